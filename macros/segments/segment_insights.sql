{#-
  CTEs, the last one `final`, with a finding per segment of an analysis of customers: how many they are and how they stand out. The
  sentence tells the traits that the segment is named after, or the two strongest features of a segment that is named after none.
-#}
{% macro segment_insights(analysis, profiles, actions, segment_traits) -%}
    own_profiles as (
        select * from {{ profiles }}
        where analysis = '{{ analysis }}'
    ),

    {{ traits_in_names(analysis, 'own_profiles', segment_traits) }},

    features as (
        select
            cluster_id,
            measure,
            row_number() over (
                partition by cluster_id order by abs(z_score) desc nulls last, measure nulls last
            ) as position
        from own_profiles
        where is_fit_feature
    ),

    told as (
        select
            traits.cluster_id,
            traits.measure,
            traits.position
        from traits
        inner join named on traits.cluster_id = named.cluster_id and traits.position <= named.trait_count
        union all
        select
            cluster_id,
            measure,
            position
        from features
        where position <= 2 and cluster_id not in (select cluster_id from traits)
    ),

    total as (
        select cast(sum(customers) as double) as customers
        from own_profiles
        where measure = 'cluster_customers'
    ),

    described as (
        select
            own_profiles.cluster_id,
            own_profiles.segment_name,
            own_profiles.customers,
            told.position,
            replace(own_profiles.measure, '_', ' ') || ' ' || {{ format_ratio('own_profiles.index_to_population') }}
            || ' times the average' as trait
        from own_profiles
        inner join told on own_profiles.cluster_id = told.cluster_id and own_profiles.measure = told.measure
    ),

    final as (
        select
            'segments' as topic,
            'The segment "' || described.segment_name || '": ' || {{ format_count('max(described.customers)') }}
            || ' customers, ' || {{ format_share('max(described.customers) / max(total.customers)') }} || ' of all; '
            || {{ join_in_order('described.trait', 'described.position', ', ') }} || '.' as insight,
            max(described.customers) / max(total.customers) as metric_value,
            'share of customers' as metric_name,
            max(described.customers) / max(total.customers) as touched_share,
            'segment_profiles' as evidence_mart,
            'analysis = {{ analysis }}, segment_name = ' || described.segment_name as evidence_key,
            coalesce(max(actions.action), 'Treat them as the average customer.') as recommended_action
        from described
        cross join total
        left join {{ actions }} as actions
            on
                actions.analysis = '{{ analysis }}'
                and actions.cluster_id = described.cluster_id
                and actions.action_rank = 1
        group by described.cluster_id, described.segment_name
    )
{%- endmacro %}
