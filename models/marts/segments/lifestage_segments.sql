with

loyalty_customers as (
    select * from {{ ref('loyalty_customers') }}
),

totals as (
    select
        lifestage,
        premium_tier,
        cast(sum(sales_amount) as decimal(18, 2)) as total_sales,
        count(*) as customer_count,
        sum(units) as units,
        sum(transactions) as transactions
    from loyalty_customers
    group by lifestage, premium_tier
),

final as (
    select
        lifestage,
        premium_tier,
        total_sales,
        customer_count,
        cast(total_sales as double) / customer_count as avg_sales_per_customer,
        cast(units as double) / customer_count as units_per_customer,
        cast(transactions as double) / customer_count as transactions_per_customer,
        cast(total_sales as double) / units as avg_unit_price
    from totals
)

select * from final
