with

customers as (
    select * from {{ ref('int_loyalty__customers') }}
),

final as (
    select
        dataset,
        customer_id,
        lifestage,
        premium_tier,
        first_purchase_date,
        last_purchase_date,
        recency_days,
        receipts as transactions,
        sales_amount,
        returned_amount,
        cast(returned_amount as double) / nullif(sales_amount + returned_amount, 0) as returned_share,
        units,
        avg_units_per_receipt as avg_units_per_transaction,
        avg_unit_price,
        months_active,
        promotion_share,
        favourite_brand,
        favourite_flavour,
        favourite_pack_size,
        r_score,
        f_score,
        m_score,
        rfm_segment,
        is_repeat_buyer,
        is_loyal,
        purchase_interval_days,
        relative_recency,
        active_probability,
        is_lapsing
    from customers
)

select * from final
