with

levels as (
    select * from {{ ref('int_baskets__levels') }}
),

baskets as (
    select * from {{ ref('int_baskets__baskets') }}
),

counted as (
    select
        levels.level_id,
        baskets.segment_name,
        count(*) as baskets
    from baskets
    inner join levels on baskets.dataset = levels.dataset and baskets.basket = levels.basket
    group by levels.level_id, baskets.segment_name
),

segments as (
    select
        level_id,
        segment_name,
        baskets
    from counted
    where segment_name <> 'All'
    union all
    select
        level_id,
        'All' as segment_name,
        cast(sum(baskets) as bigint) as baskets
    from counted
    group by level_id
),

numbered as (
    select
        *,
        cast(row_number() over (
            order by level_id nulls last, segment_name <> 'All' nulls last, segment_name nulls last
        ) as integer) as segment_id
    from segments
),

final as (
    select
        numbered.segment_id,
        levels.level_id,
        levels.dataset,
        levels.item_level,
        levels.basket,
        numbered.segment_name,
        min(numbered.segment_id) over (partition by numbered.level_id) as all_segment_id,
        numbered.baskets,
        greatest(
            cast(ceil(levels.min_support * numbered.baskets) as bigint), levels.min_baskets
        ) as required_baskets,
        levels.min_confidence,
        levels.min_lift,
        levels.max_itemset_size
    from numbered
    inner join levels on numbered.level_id = levels.level_id
)

select * from final
