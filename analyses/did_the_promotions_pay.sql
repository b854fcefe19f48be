-- Did the promotions pay? What each brand's promotions brought above what was to be expected, and how many surely
-- sold more. Promotions of products that were hardly sold without one have nothing to be compared with: they are
-- counted, and not summed.
with

promotions as (
    select * from {{ ref('price_promotions') }}
),

final as (
    select
        brand,
        count(*) as promotions,
        count(*) filter (where is_uplift_significant and uplift_share > 0) as surely_successful_promotions,
        count(*) filter (where expected_units is null) as promotions_without_comparison,
        sum(sales_amount) as sales_amount,
        sum(incremental_sales_amount) as incremental_sales_amount,
        sum(units) filter (where expected_units is not null) / sum(expected_units) - 1 as uplift_share
    from promotions
    group by brand
)

select * from final
order by incremental_sales_amount desc nulls last, brand nulls last
