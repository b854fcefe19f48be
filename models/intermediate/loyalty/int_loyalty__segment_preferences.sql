-- What each cluster of life stages over-buys most, by the cautious estimate; else what sells best to everyone.
with

affinities as (
    select * from {{ ref('int_loyalty__affinities') }}
),

attribute_sales as (
    select * from {{ ref('int_products__attribute_sales') }}
),

clusters as (
    select distinct
        dataset,
        segment
    from {{ ref('int_loyalty__segment_cells') }}
    where segment_type = 'cluster' and segment <> 'Unknown'
),

strongest as (
    select *
    from affinities
    where
        segment_type = 'cluster'
        and is_proven
        and not is_small_count
        and is_stated
        and judged_index_low > {{ var('notable_index') }}
    qualify row_number() over (
        partition by dataset, segment, attribute
        order by judged_index_low desc nulls last, attribute_value nulls last
    ) = 1
),

leaders as (
    select *
    from attribute_sales
    where sales_rank = 1 and is_stated
),

choices as (
    select
        clusters.dataset,
        clusters.segment,
        leaders.attribute,
        coalesce(strongest.attribute_value, leaders.attribute_value) as attribute_value
    from clusters
    inner join leaders on clusters.dataset = leaders.dataset
    left join strongest
        on
            clusters.dataset = strongest.dataset
            and clusters.segment = strongest.segment
            and leaders.attribute = strongest.attribute
),

final as (
    select
        dataset,
        'lifestage_segments' as analysis,
        segment as segment_name,
        max(attribute_value) filter (where attribute = 'brand') as brand,
        max(attribute_value) filter (where attribute = 'flavour') as flavour,
        max(attribute_value) filter (where attribute = 'pack size') as pack_size
    from choices
    group by dataset, segment
)

select * from final
