with

unpromoted_days as (
    select * from {{ ref('int_promotions__product_days') }}
    where not is_promoted
),

usual_sales as (
    select
        product_key,
        cast(sum(units) as double) / count(*) as units
    from unpromoted_days
    group by product_key
),

final as (
    select
        unpromoted_days.dataset,
        unpromoted_days.product_group,
        unpromoted_days.receipt_date,
        sum(unpromoted_days.units) as units,
        round(sum(usual_sales.units), 9) as usual_units
    from unpromoted_days
    inner join usual_sales on unpromoted_days.product_key = usual_sales.product_key
    group by unpromoted_days.dataset, unpromoted_days.product_group, unpromoted_days.receipt_date
)

select * from final
