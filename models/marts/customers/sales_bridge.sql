with

compared_months as (
    select * from {{ ref('int_loyalty__compared_months') }}
),

months as (
    select * from {{ ref('int_loyalty__months') }}
),

bridge_customers as (
    select * from {{ ref('int_loyalty__bridge_customers') }}
),

comparisons as (
    select distinct
        comparison_key,
        dataset,
        comparison,
        period_start_date,
        previous_start_date,
        has_complete_periods,
        has_unknown_past
    from compared_months
),

steps as (
    {%- for customer_group in [
        'retained up', 'retained down', 'new', 'reactivated', 'lapsed', 'returns only', 'anonymous'
    ] %}
    select
        {{ loop.index }} as bridge_step,
        '{{ customer_group }}' as customer_group
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

amounts as (
    select
        comparison_key,
        customer_group,
        customers,
        previous_sales_amount,
        sales_amount
    from bridge_customers
    union all
    -- Nobody knows how many customers buy without a card.
    select
        compared_months.comparison_key,
        'anonymous' as customer_group,
        cast(null as bigint) as customers,
        sum(case when compared_months.is_previous then months.anonymous_sales_amount else 0 end)
            as previous_sales_amount,
        sum(case when compared_months.is_previous then 0 else months.anonymous_sales_amount end) as sales_amount
    from compared_months
    inner join months
        on compared_months.dataset = months.dataset and compared_months.month_start_date = months.month_start_date
    group by compared_months.comparison_key
),

filled as (
    select
        comparisons.*,
        steps.bridge_step,
        steps.customer_group,
        case when steps.customer_group <> 'anonymous' then coalesce(amounts.customers, 0) end as customers,
        coalesce(amounts.previous_sales_amount, 0) as previous_sales_amount,
        coalesce(amounts.sales_amount, 0) as sales_amount
    from comparisons
    cross join steps
    left join amounts
        on
            comparisons.comparison_key = amounts.comparison_key
            and steps.customer_group = amounts.customer_group
),

final as (
    select
        dataset,
        comparison,
        period_start_date,
        previous_start_date,
        bridge_step,
        customer_group,
        customers,
        cast(previous_sales_amount as decimal(18, 2)) as previous_sales_amount,
        cast(sales_amount as decimal(18, 2)) as sales_amount,
        cast(sales_amount - previous_sales_amount as decimal(18, 2)) as change_amount,
        cast(sales_amount - previous_sales_amount as double)
        / nullif(greatest(sum(previous_sales_amount) over (partition by comparison_key), 0), 0) as change_share,
        has_complete_periods,
        has_unknown_past
    from filled
)

select * from final
