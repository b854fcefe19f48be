-- Baskets of one store with equal contents, as one with their number.
with

basket_items as (
    select * from {{ ref('int_baskets__basket_items') }}
    where is_mined
),

memberships as (
    select * from {{ ref('int_baskets__memberships') }}
),

frequent_items as (
    select * from {{ ref('int_baskets__itemsets_1') }}
    where is_frequent
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
        basket_items.segment_id as own_segment_id,
        basket_items.basket_id,
        -- All rows of a basket have the same.
        min(basket_items.store_key) as store_key,
        array_sort(array_agg(basket_items.item_id)) as items
    from basket_items
    inner join mined_items
        on basket_items.segment_id = mined_items.own_segment_id and basket_items.item_id = mined_items.item_id
    group by basket_items.segment_id, basket_items.basket_id
    having count(*) > 1
),

final as (
    select
        own_segment_id,
        coalesce(store_key, 0) as store_key,
        items,
        count(*) as baskets
    from baskets
    group by own_segment_id, coalesce(store_key, 0), items
)

select * from final
