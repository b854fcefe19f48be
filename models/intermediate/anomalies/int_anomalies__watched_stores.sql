with

receipts as (
    select * from {{ ref('int_products__receipts') }}
),

stores as (
    select
        dataset,
        store_key,
        count(*) as receipts,
        sum(sales_amount) as sales_amount,
        min(receipt_date) as first_date,
        max(receipt_date) as last_date
    from receipts
    where store_key is not null
    group by dataset, store_key
),

-- In a store with a few receipts a week chance is larger than any anomaly.
final as (
    select
        dataset,
        store_key,
        first_date,
        last_date
    from stores
    where 7 * receipts >= {{ var('anomaly_min_receipts') }} * ({{ days_between('first_date', 'last_date') }} + 1)
    qualify
        row_number() over (
            partition by dataset order by sales_amount desc nulls last, store_key nulls last
        ) <= {{ var('anomaly_max_stores') }}
)

select * from final
