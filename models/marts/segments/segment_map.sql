with

places as (
    {%- for analysis in enabled_analyses() %}
    {{ component_scores(analysis) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

names as (
    {{ union_analyses('names') }}
),

final as (
    select
        places.dataset,
        places.analysis,
        places.unit_id,
        cast(places.cluster_id as integer) as cluster_id,
        names.segment_name,
        places.component_1,
        places.component_2
    from places
    inner join names on places.analysis = names.analysis and places.cluster_id = names.cluster_id
)

select * from final
