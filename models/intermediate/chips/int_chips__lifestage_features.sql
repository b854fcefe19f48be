with

lifestage_segments as (
    select * from {{ ref('lifestage_segments') }}
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
        transactions_per_customer,
        avg_unit_price,
        -- Customers without a known life stage are no segment to learn from; they are still assigned to one.
        lifestage <> 'Unknown' and premium_tier <> 'Unknown' as is_fitted
    from lifestage_segments
)

select * from final
