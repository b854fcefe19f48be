-- Customers times receipts per customer times units per receipt times price per unit are the sales to customers. What a
-- change owes to one of them is the logarithm of its ratio times the logarithmic mean of the sales. The parts add up to
-- the change without a rest, whichever factor comes first (Ang, Energy Policy 32, 2004).
{%- set drivers = ['customers', 'receipts per customer', 'units per receipt', 'price per unit'] %}
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

customer_totals as (
    select
        comparison_key,
        cast(sum(previous_buyers) as double) as previous_customers,
        cast(sum(buyers) as double) as customers,
        cast(sum(previous_receipts) as double) as previous_receipts,
        cast(sum(receipts) as double) as receipts,
        cast(sum(previous_units) as double) as previous_units,
        cast(sum(units) as double) as units,
        sum(previous_sales_amount) as previous_sales_amount,
        sum(sales_amount) as sales_amount
    from bridge_customers
    group by comparison_key
),

comparisons as (
    select
        compared_months.comparison_key,
        compared_months.dataset,
        compared_months.comparison,
        compared_months.period_start_date,
        compared_months.previous_start_date,
        compared_months.has_complete_periods,
        sum(case when compared_months.is_previous then months.anonymous_sales_amount else 0 end)
            as previous_anonymous_sales_amount,
        sum(case when compared_months.is_previous then 0 else months.anonymous_sales_amount end)
            as anonymous_sales_amount
    from compared_months
    inner join months
        on compared_months.dataset = months.dataset and compared_months.month_start_date = months.month_start_date
    group by
        compared_months.comparison_key, compared_months.dataset, compared_months.comparison,
        compared_months.period_start_date, compared_months.previous_start_date, compared_months.has_complete_periods
),

levels as (
    select
        comparisons.*,
        coalesce(customer_totals.previous_customers, 0) as previous_value_1,
        coalesce(customer_totals.customers, 0) as value_1,
        customer_totals.previous_receipts / nullif(customer_totals.previous_customers, 0) as previous_value_2,
        customer_totals.receipts / nullif(customer_totals.customers, 0) as value_2,
        customer_totals.previous_units / nullif(customer_totals.previous_receipts, 0) as previous_value_3,
        customer_totals.units / nullif(customer_totals.receipts, 0) as value_3,
        cast(customer_totals.previous_sales_amount as double)
        / nullif(customer_totals.previous_units, 0) as previous_value_4,
        cast(customer_totals.sales_amount as double) / nullif(customer_totals.units, 0) as value_4,
        customer_totals.sales_amount - customer_totals.previous_sales_amount as change_amount,
        -- Without a receipt, or with as much brought back as bought, there is nothing to divide.
        case
            when
                least(customer_totals.previous_receipts, customer_totals.receipts) <= 0
                or least(customer_totals.previous_units, customer_totals.units) <= 0
                or least(customer_totals.previous_sales_amount, customer_totals.sales_amount) <= 0
                then null
            when customer_totals.sales_amount = customer_totals.previous_sales_amount
                then cast(customer_totals.sales_amount as double)
            else
                cast(customer_totals.sales_amount - customer_totals.previous_sales_amount as double)
                / ln(cast(customer_totals.sales_amount as double) / customer_totals.previous_sales_amount)
        end as mean_sales
    from comparisons
    left join customer_totals on comparisons.comparison_key = customer_totals.comparison_key
),

contributions as (
    select
        *,
        cast(case when mean_sales > 0 then mean_sales * ln(value_1 / previous_value_1) end as decimal(18, 2))
            as contribution_1,
        cast(case when mean_sales > 0 then mean_sales * ln(value_2 / previous_value_2) end as decimal(18, 2))
            as contribution_2,
        cast(case when mean_sales > 0 then mean_sales * ln(value_3 / previous_value_3) end as decimal(18, 2))
            as contribution_3
    from levels
),

-- The price takes what rounding to the cent leaves over.
final as (
    {%- for driver in drivers + ['anonymous sales'] %}
    select
        dataset,
        comparison,
        period_start_date,
        previous_start_date,
        {{ loop.index }} as driver_position,
        '{{ driver }}' as driver,
        {%- if loop.last %}
        cast(previous_anonymous_sales_amount as double) as previous_value,
        cast(anonymous_sales_amount as double) as current_value,
        cast(anonymous_sales_amount - previous_anonymous_sales_amount as decimal(18, 2)) as contribution_amount,
        {%- else %}
        round(previous_value_{{ loop.index }}, 9) as previous_value,
        round(value_{{ loop.index }}, 9) as current_value,
        cast({{
            'change_amount - contribution_1 - contribution_2 - contribution_3' if loop.index == 4
            else 'contribution_' ~ loop.index
        }} as decimal(18, 2)) as contribution_amount,
        {%- endif %}
        has_complete_periods
    from contributions
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
