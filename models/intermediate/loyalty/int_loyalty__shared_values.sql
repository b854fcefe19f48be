-- Whoever bought more of a value than was brought back is its customer. Stores offer different ranges, so customers are
-- compared within the store where they buy most, or, where there is one store, with others who came about as often.
with

purchases as (
    select * from {{ ref('int_loyalty__customer_purchases') }}
),

compared_datasets as (
    select * from {{ ref('int_loyalty__compared_datasets') }}
),

home_stores as (
    select * from {{ ref('int_loyalty__home_stores') }}
),

preferences as (
    select * from {{ ref('int_loyalty__customer_preferences') }}
    where units > 0
),

lines as (
    select * from {{ ref('int_products__sales_lines') }}
    where customer_key is not null
),

product_attributes as (
    select * from {{ ref('int_products__product_attributes') }}
    where attribute = 'product'
),

compared_values as (
    select
        dataset,
        attribute,
        value_id
    from {{ ref('int_products__attribute_sales') }}
    where
        attribute in ('brand', 'category', 'product')
        and is_stated
        and sales_rank <= {{ var('max_compared_values') }}
),

-- The stores with most customers stand for themselves, all others together as one.
store_ranks as (
    select
        store_key,
        row_number() over (order by count(*) desc nulls last, store_key nulls last) as store_rank
    from home_stores
    group by store_key
),

strata as (
    select
        purchases.customer_key,
        purchases.dataset,
        case
            when compared_datasets.dataset is null then 0
            when store_ranks.store_rank <= {{ var('max_mined_stores') }} then store_ranks.store_key
            else -1
        end as store_key,
        case
            when compared_datasets.dataset is not null then 0
            {%- for receipts in [1, 2, 4, 8, 16, 32] %}
            when purchases.receipts <= {{ receipts }} then {{ receipts }}
            {%- endfor %}
            else 64
        end as activity_class
    from purchases
    left join compared_datasets on purchases.dataset = compared_datasets.dataset
    left join home_stores on purchases.customer_key = home_stores.customer_key
    left join store_ranks on home_stores.store_key = store_ranks.store_key
),

bought_values as (
    select
        customer_key,
        value_id
    from preferences
    union all
    select
        lines.customer_key,
        product_attributes.value_id
    from lines
    inner join product_attributes on lines.product_key = product_attributes.product_key
    inner join compared_values on product_attributes.value_id = compared_values.value_id
    group by lines.customer_key, product_attributes.value_id
    having sum(lines.units) > 0
),

customer_values as (
    select
        bought_values.customer_key,
        compared_values.attribute,
        bought_values.value_id,
        strata.dataset,
        strata.store_key,
        strata.activity_class,
        count(*) over (partition by bought_values.customer_key, compared_values.attribute) as values_bought
    from bought_values
    inner join compared_values on bought_values.value_id = compared_values.value_id
    inner join strata on bought_values.customer_key = strata.customer_key
),

-- A value with itself counts its own customers.
final as (
    select
        firsts.dataset,
        firsts.attribute,
        firsts.value_id as first_value_id,
        seconds.value_id as second_value_id,
        cast(firsts.store_key as integer) as store_key,
        cast(firsts.activity_class as integer) as activity_class,
        cast(firsts.values_bought as integer) as values_bought,
        count(*) as customers
    from customer_values as firsts
    inner join customer_values as seconds
        on
            firsts.customer_key = seconds.customer_key
            and firsts.attribute = seconds.attribute
            and firsts.value_id <= seconds.value_id
    group by
        firsts.dataset, firsts.attribute, firsts.value_id, seconds.value_id, firsts.store_key,
        firsts.activity_class, firsts.values_bought
)

select * from final
