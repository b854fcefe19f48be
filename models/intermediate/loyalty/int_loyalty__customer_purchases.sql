with

receipts as (
    select * from {{ ref('int_products__receipts') }}
    where customer_key is not null
),

promoted_lines as (
    select * from {{ ref('int_promotions__promoted_lines') }}
),

promoted_units as (
    select
        customer_key,
        sum(units) as units
    from promoted_lines
    where customer_key is not null and units > 0
    group by customer_key
),

-- Bringing something back is no purchase. Whoever only did that counts with these receipts.
customer_totals as (
    select
        customer_key,
        dataset,
        coalesce(min(receipt_date) filter (where units >= 0), min(receipt_date)) as first_purchase_date,
        coalesce(max(receipt_date) filter (where units >= 0), max(receipt_date)) as last_purchase_date,
        coalesce(nullif(count(*) filter (where units >= 0), 0), count(*)) as receipts,
        count(*) filter (where units >= 0 and units <= 1) as receipts_of_1_unit,
        count(*) filter (where units > 1 and units <= 2) as receipts_of_2_units,
        count(*) filter (where units > 2) as receipts_of_3_units,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount,
        cast(sum(units) as decimal(18, 3)) as units,
        {{ count_months('receipt_date') }} as months_active
    from receipts
    group by customer_key, dataset
),

last_days as (
    select
        dataset,
        {{ as_of_date_of_dataset('max(last_purchase_date)') }} as as_of_date
    from customer_totals
    group by dataset
),

final as (
    select
        customer_totals.*,
        {{ days_between('customer_totals.last_purchase_date', 'last_days.as_of_date') }} as recency_days,
        cast(customer_totals.units as double) / customer_totals.receipts as avg_units_per_receipt,
        cast(customer_totals.sales_amount as double) / nullif(customer_totals.units, 0) as avg_unit_price,
        -- Units are net of what came back, which may have been bought at a promotion price.
        least(1, greatest(0, coalesce(
            cast(coalesce(promoted_units.units, 0) as double) / nullif(customer_totals.units, 0), 0
        ))) as promotion_share
    from customer_totals
    inner join last_days on customer_totals.dataset = last_days.dataset
    left join promoted_units on customer_totals.customer_key = promoted_units.customer_key
)

select * from final
