-- What every null model of a store's baskets keeps: how many items each has, and how many baskets each item is in. Of a
-- segment, the items that are frequent there count, in baskets that hold two of them or more.
with

store_contents as (
    select
        *,
        row_number() over (order by own_segment_id nulls last, store_key nulls last, items nulls last) as content_id
    from {{ ref('int_baskets__store_contents') }}
),

memberships as (
    select * from {{ ref('int_baskets__memberships') }}
),

frequent_items as (
    select * from {{ ref('int_baskets__itemsets_1') }}
    where is_frequent
),

-- The stores with most baskets stand for themselves, all others together as one.
store_ranks as (
    select
        memberships.segment_id,
        store_contents.store_key,
        row_number() over (
            partition by memberships.segment_id
            order by sum(store_contents.baskets) desc nulls last, store_contents.store_key nulls last
        ) as store_rank
    from store_contents
    inner join memberships on store_contents.own_segment_id = memberships.own_segment_id
    group by memberships.segment_id, store_contents.store_key
),

content_items as (
    {{ unnest_array('store_contents', ['own_segment_id', 'content_id', 'store_key', 'baskets'], 'items', 'item_id') }}
),

frequent_content_items as (
    select
        memberships.segment_id,
        content_items.content_id,
        case
            when store_ranks.store_rank <= {{ var('max_mined_stores') }} then content_items.store_key
            else -1
        end as store_key,
        content_items.item_id,
        content_items.baskets,
        count(*) over (partition by memberships.segment_id, content_items.content_id) as basket_size
    from content_items
    inner join memberships on content_items.own_segment_id = memberships.own_segment_id
    inner join frequent_items
        on memberships.segment_id = frequent_items.segment_id and content_items.item_id = frequent_items.item_id
    inner join store_ranks
        on memberships.segment_id = store_ranks.segment_id and content_items.store_key = store_ranks.store_key
),

final as (
    select
        segment_id,
        store_key,
        basket_size,
        item_id,
        cast(sum(baskets) as bigint) as item_baskets
    from frequent_content_items
    where basket_size > 1
    group by segment_id, store_key, basket_size, item_id
)

select * from final
