with

lines as (
    select * from {{ ref('base_mapped__sales_lines') }}
    where rejection_reason is null
),

-- What is written alike in a whole file is judged by file: a time that is the same on every line is no time, and some
-- tills write discounts with a minus.
files as (
    select
        raw_file,
        min(sold_at - date_trunc('day', sold_at)) <> max(sold_at - date_trunc('day', sold_at)) as has_moments,
        coalesce(sum(discount_amount) filter (where sales_amount > 0) < 0, false) as has_negative_discounts
    from lines
    group by raw_file
),

-- Services, fees and deposits are accepted, but no goods, and sales after as_of_date belong to another time: the
-- reconciliation shows both as left out.
final as (
    select
        lines.dataset,

        -- keys
        lines.receipt_id,
        lines.customer_id,
        lines.store_id,
        lines.product_id,

        -- attributes
        lines.product_name,

        -- measures
        lines.units,
        lines.sales_amount,
        lines.cost_amount,
        case when files.has_negative_discounts then -lines.discount_amount else lines.discount_amount end
            as discount_amount,

        -- dates
        case when files.has_moments then lines.sold_at end as sold_at,
        cast(lines.sold_at as date) as receipt_date
    from lines
    inner join files on lines.raw_file = files.raw_file
    where lines.is_goods and not lines.is_later
)

select * from final
