-- Baskets of equal contents are mined as one, with their number.
with

basket_items as (
    select * from {{ ref('int_baskets__basket_items') }}
    where is_mined
),

segments as (
    select * from {{ ref('int_baskets__segments') }}
    where max_itemset_size > 1
),

frequent_items as (
    select * from {{ ref('int_baskets__itemsets_1') }}
    where is_frequent
),

-- Where a basket counts: in the segment of its customer, and in All.
memberships as (
    select
        segment_id as own_segment_id,
        segment_id
    from segments
    union
    select
        segment_id as own_segment_id,
        all_segment_id as segment_id
    from segments
),

mined_items as (
    select distinct
        memberships.own_segment_id,
        frequent_items.item_id
    from memberships
    inner join frequent_items on memberships.segment_id = frequent_items.segment_id
),

baskets as (
    select
        basket_items.segment_id,
        basket_items.basket_id,
        array_sort(array_agg(basket_items.item_id)) as items
    from basket_items
    inner join mined_items
        on basket_items.segment_id = mined_items.own_segment_id and basket_items.item_id = mined_items.item_id
    group by basket_items.segment_id, basket_items.basket_id
    having count(*) > 1
),

equal_baskets as (
    select
        segment_id,
        items,
        count(*) as baskets
    from baskets
    group by segment_id, items
),

final as (
    select
        memberships.segment_id,
        equal_baskets.items,
        cast(sum(equal_baskets.baskets) as bigint) as baskets
    from equal_baskets
    inner join memberships on equal_baskets.segment_id = memberships.own_segment_id
    group by memberships.segment_id, equal_baskets.items
)

select * from final
