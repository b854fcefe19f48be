with

compared_months as (
    select * from {{ ref('int_loyalty__compared_months') }}
    where comparison = 'half year to half year'
),

lines as (
    select * from {{ ref('int_products__sales_lines') }}
),

customer_months as (
    select * from {{ ref('int_loyalty__customer_months') }}
),

product_attributes as (
    select * from {{ ref('int_products__product_attributes') }}
),

-- Numbers below zero stand for all values of an attribute that sell less than those compared.
compared_values as (
    select
        value_id,
        case
            when is_stated and sales_rank <= {{ var('max_compared_values') }} then value_id
            else -min(value_id) over (partition by dataset, attribute)
        end as compared_id,
        min(value_id) over (partition by dataset, attribute) as attribute_id
    from {{ ref('int_products__attribute_sales') }}
    where attribute in ('brand', 'category')
),

product_values as (
    select
        product_attributes.product_key,
        compared_values.attribute_id,
        compared_values.compared_id
    from product_attributes
    inner join compared_values on product_attributes.value_id = compared_values.value_id
),

monthly as (
    select
        lines.dataset,
        lines.customer_key,
        product_values.attribute_id,
        product_values.compared_id,
        cast(date_trunc('month', lines.receipt_date) as date) as month_start_date,
        sum(lines.sales_amount) as sales_amount
    from lines
    inner join product_values on lines.product_key = product_values.product_key
    group by
        lines.dataset, lines.customer_key, product_values.attribute_id, product_values.compared_id,
        cast(date_trunc('month', lines.receipt_date) as date)
),

retained as (
    select
        compared_months.comparison_key,
        customer_months.customer_key
    from customer_months
    inner join compared_months
        on
            customer_months.dataset = compared_months.dataset
            and customer_months.month_start_date = compared_months.month_start_date
    where customer_months.receipts > 0
    group by compared_months.comparison_key, customer_months.customer_key
    having min(compared_months.is_previous) <> max(compared_months.is_previous)
),

changes as (
    select
        compared_months.comparison_key,
        monthly.customer_key,
        monthly.attribute_id,
        monthly.compared_id,
        sum(case when compared_months.is_previous then -monthly.sales_amount else monthly.sales_amount end)
            as change_amount
    from monthly
    inner join compared_months
        on
            monthly.dataset = compared_months.dataset
            and monthly.month_start_date = compared_months.month_start_date
    group by
        compared_months.comparison_key, monthly.customer_key, monthly.attribute_id, monthly.compared_id
),

final as (
    select
        changes.*,
        retained.customer_key is not null as is_retained
    from changes
    left join retained
        on changes.comparison_key = retained.comparison_key and changes.customer_key = retained.customer_key
)

select * from final
