with

p_values as (
    select * from {{ ref('shared_value_p_values') }}
),

purchases as (
    select * from {{ ref('int_loyalty__customer_purchases') }}
),

attribute_sales as (
    select * from {{ ref('int_products__attribute_sales') }}
),

products as (
    select * from {{ ref('products') }}
),

all_customers as (
    select
        dataset,
        count(*) as customers
    from purchases
    group by dataset
),

value_names as (
    select
        attribute_sales.value_id,
        attribute_sales.attribute_value,
        attribute_sales.sales_rank,
        products.product_name
    from attribute_sales
    left join products
        on
            attribute_sales.attribute = 'product'
            and attribute_sales.dataset = products.dataset
            and attribute_sales.attribute_value = products.product_id
),

-- Of two values the better seller is the first.
ordered as (
    select
        p_values.*,
        firsts.sales_rank <= seconds.sales_rank as is_first_better,
        firsts.attribute_value as low_value,
        firsts.product_name as low_name,
        seconds.attribute_value as high_value,
        seconds.product_name as high_name
    from p_values
    inner join value_names as firsts on p_values.first_value_id = firsts.value_id
    inner join value_names as seconds on p_values.second_value_id = seconds.value_id
),

final as (
    select
        ordered.dataset,
        ordered.attribute,
        case when ordered.is_first_better then ordered.low_value else ordered.high_value end as first_value,
        case when ordered.is_first_better then ordered.high_value else ordered.low_value end as second_value,
        case when ordered.is_first_better then ordered.low_name else ordered.high_name end as first_product_name,
        case when ordered.is_first_better then ordered.high_name else ordered.low_name end as second_product_name,
        case when ordered.is_first_better then ordered.first_customers else ordered.second_customers end
            as first_customers,
        case when ordered.is_first_better then ordered.second_customers else ordered.first_customers end
            as second_customers,
        ordered.customers as both_customers,
        all_customers.customers - ordered.first_customers - ordered.second_customers + ordered.customers
            as neither_customers,
        cast(ordered.customers as double)
        / case when ordered.is_first_better then ordered.first_customers else ordered.second_customers end
            as second_share_with_first,
        ordered.expected_customers as expected_both_customers,
        ordered.ratio as overlap_index,
        ordered.ratio_low as overlap_index_low,
        ordered.ratio_high as overlap_index_high,
        ordered.p_value,
        ordered.q_value,
        coalesce(ordered.q_value < {{ var('significance_level') }}, false) as is_significant,
        greatest(ordered.customers, coalesce(ordered.expected_customers, 0)) < {{ var('small_count') }}
            as is_small_count
    from ordered
    inner join all_customers on ordered.dataset = all_customers.dataset
)

select * from final
