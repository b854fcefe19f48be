-- Customers times receipts per customer times units per receipt times price per unit are the sales to customers. What a
-- change owes to one of them is the logarithm of its ratio times the logarithmic mean of the sales. The parts add up to
-- the change without a rest, whichever factor comes first (Ang, Energy Policy 32, 2004).
{%- set measures = ['customers', 'receipts', 'units', 'sales_amount'] %}
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

member_periods as (
    select * from {{ ref('int_loyalty__member_periods') }}
),

customer_totals as (
    select
        comparison_key,
        sum(previous_buyers) as previous_customers,
        sum(buyers) as customers,
        sum(previous_receipts) as previous_receipts,
        sum(receipts) as receipts,
        sum(previous_units) as previous_units,
        sum(units) as units,
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

totals as (
    select
        comparisons.comparison_key,
        'all' as level,
        'All' as member,
        {%- for measure in measures %}
        customer_totals.previous_{{ measure }},
        customer_totals.{{ measure }},
        {%- endfor %}
        comparisons.previous_anonymous_sales_amount,
        comparisons.anonymous_sales_amount
    from comparisons
    left join customer_totals on comparisons.comparison_key = customer_totals.comparison_key
    union all
    select
        comparison_key,
        level,
        member,
        {%- for measure in measures %}
        previous_{{ measure }},
        {{ measure }},
        {%- endfor %}
        previous_anonymous_sales_amount,
        anonymous_sales_amount
    from member_periods
),

factors as (
    select
        totals.comparison_key,
        totals.level,
        totals.member,
        totals.previous_anonymous_sales_amount,
        totals.anonymous_sales_amount,
        coalesce(totals.previous_customers, 0) as previous_value_1,
        coalesce(totals.customers, 0) as value_1,
        cast(totals.previous_receipts as double) / nullif(totals.previous_customers, 0) as previous_value_2,
        cast(totals.receipts as double) / nullif(totals.customers, 0) as value_2,
        cast(totals.previous_units as double) / nullif(totals.previous_receipts, 0) as previous_value_3,
        cast(totals.units as double) / nullif(totals.receipts, 0) as value_3,
        cast(totals.previous_sales_amount as double) / nullif(totals.previous_units, 0) as previous_value_4,
        cast(totals.sales_amount as double) / nullif(totals.units, 0) as value_4,
        totals.sales_amount - totals.previous_sales_amount as change_amount,
        -- Without a receipt, or with as much brought back as bought, there is nothing to divide.
        case
            when
                least(totals.previous_receipts, totals.receipts) <= 0
                or least(totals.previous_units, totals.units) <= 0
                or least(totals.previous_sales_amount, totals.sales_amount) <= 0
                then null
            when totals.sales_amount = totals.previous_sales_amount
                then cast(totals.sales_amount as double)
            else
                cast(totals.sales_amount - totals.previous_sales_amount as double)
                / ln(cast(totals.sales_amount as double) / totals.previous_sales_amount)
        end as mean_sales
    from totals
),

contributions as (
    select
        *,
        cast(case
            when mean_sales > 0 then mean_sales * ln(cast(value_1 as double) / previous_value_1)
        end as decimal(18, 2)) as contribution_1,
        cast(case when mean_sales > 0 then mean_sales * ln(value_2 / previous_value_2) end as decimal(18, 2))
            as contribution_2,
        cast(case when mean_sales > 0 then mean_sales * ln(value_3 / previous_value_3) end as decimal(18, 2))
            as contribution_3
    from factors
),

-- The price takes what rounding to the cent leaves over.
final as (
    {%- for driver in drivers + ['anonymous sales'] %}
    select
        comparisons.dataset,
        comparisons.comparison,
        comparisons.period_start_date,
        comparisons.previous_start_date,
        contributions.level,
        contributions.member,
        {{ loop.index }} as driver_position,
        '{{ driver }}' as driver,
        {%- if loop.last %}
        cast(contributions.previous_anonymous_sales_amount as double) as previous_value,
        cast(contributions.anonymous_sales_amount as double) as current_value,
        cast(contributions.anonymous_sales_amount - contributions.previous_anonymous_sales_amount as decimal(18, 2))
            as contribution_amount,
        {%- else %}
        round(cast(contributions.previous_value_{{ loop.index }} as double), 9) as previous_value,
        round(cast(contributions.value_{{ loop.index }} as double), 9) as current_value,
        cast({{
            'change_amount - contribution_1 - contribution_2 - contribution_3' if loop.index == 4
            else 'contribution_' ~ loop.index
        }} as decimal(18, 2)) as contribution_amount,
        {%- endif %}
        comparisons.has_complete_periods
    from contributions
    inner join comparisons on contributions.comparison_key = comparisons.comparison_key
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
