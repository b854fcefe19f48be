{#- CTEs, the last one `final`, with a finding per segment of an analysis of customers: how many they are and how they stand out. -#}
{% macro segment_insights(analysis, profiles, actions) -%}
    traits as (
        select
            cluster_id,
            segment_name,
            customers,
            replace(measure, '_', ' ') || ' ' || {{ format_ratio('index_to_population') }} || ' times the average' as trait,
            row_number() over (partition by cluster_id order by abs(z_score) desc, measure) as position
        from {{ profiles }}
        where analysis = '{{ analysis }}' and is_fit_feature
    ),

    total as (
        select cast(sum(customers) as double) as customers from traits where position = 1
    ),

    final as (
        select
            'segments' as topic,
            'The segment "' || traits.segment_name || '": ' || {{ format_count('max(traits.customers)') }} || ' customers, '
            || {{ format_share('max(traits.customers) / max(total.customers)') }} || ' of all; '
            || {{ join_in_order('traits.trait', 'traits.position', ', ') }} || '.' as insight,
            max(traits.customers) / max(total.customers) as metric_value,
            'share of customers' as metric_name,
            max(traits.customers) / max(total.customers) as touched_share,
            'segment_profiles' as evidence_mart,
            'analysis = {{ analysis }}, segment_name = ' || traits.segment_name as evidence_key,
            coalesce(max(actions.action), 'Treat them as the average customer.') as recommended_action
        from traits
        cross join total
        left join {{ actions }} as actions
            on
                actions.analysis = '{{ analysis }}'
                and actions.cluster_id = traits.cluster_id
                and actions.action_rank = 1
        where traits.position <= 2
        group by traits.cluster_id, traits.segment_name
    )
{%- endmacro %}
