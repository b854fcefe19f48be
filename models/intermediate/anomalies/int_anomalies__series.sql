{%- set measures = {
    'sales_amount': 'cast(sales_amount as double) / trading_days',
    'receipts': 'cast(receipts as double) / trading_days',
    'customers': 'cast(nullif(customers, 0) as double) / trading_days',
    'units_per_line': 'cast(units as double) / nullif(lines, 0)',
    'price_level': 'cast(sales_amount as double) / nullif(cast(usual_amount as double), 0)',
} %}

with

totals as (
    select
        dataset,
        level,
        cast(null as integer) as store_key,
        period_start_date,
        trading_days,
        receipts,
        customers,
        lines,
        units,
        sales_amount,
        usual_amount
    from {{ ref('int_anomalies__totals') }}
    union all
    select
        dataset,
        level,
        store_key,
        period_start_date,
        trading_days,
        receipts,
        customers,
        lines,
        units,
        sales_amount,
        usual_amount
    from {{ ref('int_anomalies__store_weeks') }}
),

-- Sums are those of a trading day, so that a week with a closed day is no anomaly.
measured as (
    {%- for measure, value in measures.items() %}
    select
        dataset,
        level,
        store_key,
        '{{ measure }}' as measure,
        period_start_date,
        {{ value }} as value
    from totals
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select * from measured
    where value is not null
)

select * from final
