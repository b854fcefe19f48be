-- What each cluster of life stages over-buys most, by the cautious estimate; else what sells best to everybody.
{%- set marts = {
    'brand_sales': 'brand',
    'flavour_sales': 'flavour_family',
    'pack_size_sales': 'pack_size',
} %}

with

segment_affinity as (
    select * from {{ ref('segment_affinity') }}
),

strongest as (
    select
        segment,
        attribute,
        attribute_value
    from segment_affinity
    where
        segment_type = 'cluster'
        and is_significant
        and not is_small_count
        and affinity_index_low > {{ var('notable_index') }}
        and attribute_value <> 'Not stated'
    qualify row_number() over (
        partition by segment, attribute
        order by affinity_index_low desc nulls last, attribute_value nulls last
    ) = 1
),

leaders as (
    select
        max(brand) filter (where place = 1) as brand,
        max(flavour_family) filter (where place = 1) as flavour,
        max(pack_size) filter (where place = 1) as pack_size
    from (
        {%- for mart, key in marts.items() %}
        select
            {%- for column in ['brand', 'flavour_family', 'pack_size'] %}
            {{ column if column == key else 'null' }} as {{ column }},
            {%- endfor %}
            row_number() over (order by sales_rank nulls last) as place
        from {{ ref(mart) }}
        where {{ key }} <> 'Not stated'
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as places
),

clusters as (
    select distinct segment_name
    from {{ ref('lifestage_segment_clusters') }}
    where cluster_id > 0
),

final as (
    select
        'lifestage_segments' as analysis,
        clusters.segment_name,
        coalesce(
            max(strongest.attribute_value) filter (where strongest.attribute = 'brand'), max(leaders.brand)
        ) as brand,
        coalesce(
            max(strongest.attribute_value) filter (where strongest.attribute = 'flavour'), max(leaders.flavour)
        ) as flavour,
        coalesce(
            max(strongest.attribute_value) filter (where strongest.attribute = 'pack size'), max(leaders.pack_size)
        ) as pack_size
    from clusters
    cross join leaders
    left join strongest on clusters.segment_name = strongest.segment
    group by clusters.segment_name
)

select * from final
