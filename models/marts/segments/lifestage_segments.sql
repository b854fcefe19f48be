with

lifestage_segments as (
    select * from {{ ref('int_loyalty__lifestage_segments') }}
),

final as (
    select
        dataset,
        lifestage,
        premium_tier,
        total_sales,
        customer_count,
        avg_sales_per_customer,
        units_per_customer,
        receipts_per_customer as transactions_per_customer,
        avg_unit_price
    from lifestage_segments
)

select * from final
