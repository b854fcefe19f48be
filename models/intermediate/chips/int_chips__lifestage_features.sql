with

lifestage_segments as (
    select * from {{ ref('int_loyalty__lifestage_segments') }}
    where dataset = 'chips'
),

final as (
    select
        lifestage || ', ' || premium_tier as unit_id,
        lifestage,
        premium_tier,
        customer_count as customers,
        cast(total_sales as double) as total_sales,
        cast(customer_count as double) as customer_count,
        avg_sales_per_customer,
        units_per_customer,
        receipts_per_customer as transactions_per_customer,
        avg_unit_price,
        true as is_fitted
    from lifestage_segments
    -- Customers without a known life stage are no segment to learn from, and none that a cluster says anything about.
    where lifestage <> 'Unknown' and premium_tier <> 'Unknown'
)

select * from final
