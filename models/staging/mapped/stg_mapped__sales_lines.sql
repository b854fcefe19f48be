with

lines as (
    select * from {{ ref('base_mapped__sales_lines') }}
),

-- Services, fees and deposits are accepted, but no goods, and sales after as_of_date belong to another time: the
-- reconciliation shows both as left out.
final as (
    select
        dataset,

        -- keys
        receipt_id,
        customer_id,
        store_id,
        product_id,

        -- attributes
        product_name,

        -- measures
        units,
        sales_amount,
        cost_amount,
        discount_amount,

        -- dates
        cast(sold_at as date) as receipt_date
    from lines
    where rejection_reason is null and is_goods and not is_later
)

select * from final
