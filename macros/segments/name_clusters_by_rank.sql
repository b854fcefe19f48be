{#-
  CTEs, the last one `final`, that give every cluster a name from reference.segment_names. Names are handed out in the order of their
  priority: each goes to the cluster without a name that has the highest weighted sum of z-scores; a name without
  measures goes to all clusters that are left. Equal sums go to the lower cluster id.
-#}
{% macro name_clusters_by_rank(analysis, profiles, segment_names) -%}
    candidates as (
        select
            names.priority,
            names.segment_name,
            profiles.cluster_id,
            max(names.measure) is null as is_for_the_rest,
            sum(coalesce(profiles.z_score, 0) * names.weight) as score
        from (
            select
                cast(priority as integer) as priority,
                segment_name,
                measure,
                cast(weight as double) as weight
            from {{ segment_names }}
            where analysis = '{{ analysis }}'
        ) as names
        inner join {{ profiles }} as profiles on coalesce(names.measure, 'cluster_customers') = profiles.measure
        group by names.priority, names.segment_name, profiles.cluster_id
    ),

    {%- for step in range(1, var('analyses')[analysis]['n_clusters'] + 1) %}

    named_{{ step }} as (
        select
            priority,
            segment_name,
            cluster_id
        from candidates
        where
            priority = {{ step }}
            {%- for taken in range(1, step) %}
            and cluster_id not in (select cluster_id from named_{{ taken }})
            {%- endfor %}
        qualify is_for_the_rest or row_number() over (order by score desc nulls last, cluster_id nulls last) = 1
    ),
    {%- endfor %}

    final as (
        {%- for step in range(1, var('analyses')[analysis]['n_clusters'] + 1) %}
        select
            cluster_id,
            segment_name
        from named_{{ step }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
