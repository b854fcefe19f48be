-- What is bought counts in the store where it was bought, what a customer is in the store where the customer buys most.
with

compared_datasets as (
    select * from {{ ref('int_loyalty__compared_datasets') }}
),

cells as (
    select * from {{ ref('int_loyalty__cells') }}
),

cell_attributes as (
    select * from {{ ref('int_loyalty__cell_attributes') }}
),

customer_cells as (
    select * from {{ ref('int_loyalty__customer_cells') }}
),

receipts as (
    select * from {{ ref('int_products__receipts') }}
),

home_stores as (
    select * from {{ ref('int_loyalty__home_stores') }}
),

store_preferences as (
    select * from {{ ref('int_loyalty__store_preferences') }}
),

sized_receipts as (
    select
        customer_cells.cell_id,
        receipts.store_key,
        case
            when receipts.units <= 1 then '1 unit'
            when receipts.units <= 2 then '2 units'
            else '3 units or more'
        end as basket_size
    from receipts
    inner join customer_cells on receipts.customer_key = customer_cells.customer_key
    where receipts.dataset in (select compared_datasets.dataset from compared_datasets)
),

basket_sizes as (
    select
        cell_id,
        store_key,
        basket_size,
        count(*) as receipts
    from sized_receipts
    group by cell_id, store_key, basket_size
),

customers as (
    select
        customer_cells.cell_id,
        home_stores.store_key,
        count(*) as customers
    from customer_cells
    left join home_stores on customer_cells.customer_key = home_stores.customer_key
    group by customer_cells.cell_id, home_stores.store_key
),

all_weights as (
    select
        cell_id,
        store_key,
        period,
        attribute,
        attribute_value,
        true as is_bought,
        units as weight
    from store_preferences
    where units > 0
    union all
    select
        cell_id,
        store_key,
        0 as period,
        'basket size' as attribute,
        basket_size as attribute_value,
        false as is_bought,
        cast(receipts as decimal(18, 3)) as weight
    from basket_sizes
    union all
    select
        customers.cell_id,
        customers.store_key,
        0 as period,
        cell_attributes.segment_type as attribute,
        cell_attributes.attribute_value,
        false as is_bought,
        cast(customers.customers as decimal(18, 3)) as weight
    from customers
    inner join cell_attributes on customers.cell_id = cell_attributes.cell_id
    where cell_attributes.attribute_value <> 'Unknown'
),

final as (
    select
        cells.dataset,
        all_weights.cell_id,
        coalesce(all_weights.store_key, compared_datasets.no_store_key) as store_key,
        all_weights.period,
        all_weights.attribute,
        all_weights.attribute_value,
        all_weights.is_bought,
        all_weights.weight
    from all_weights
    inner join cells on all_weights.cell_id = cells.cell_id
    inner join compared_datasets on cells.dataset = compared_datasets.dataset
)

select * from final
