with

promotions as (
    select * from {{ ref('int_promotions__promotions') }}
),

product_days as (
    select * from {{ ref('int_promotions__product_days') }}
),

group_days as (
    select * from {{ ref('int_promotions__group_days') }}
),

anomalous_days as (
    select * from {{ ref('int_anomalies__days') }}
),

usual_sales as (
    select
        product_key,
        cast(sum(units) as double) / count(*) as units
    from product_days
    where not is_promoted
    group by product_key
),

totals as (
    select
        dataset,
        receipt_date,
        sum(units) as units,
        sum(usual_units) as usual_units
    from group_days
    group by dataset, receipt_date
),

-- The same days a year, which is 52 weeks, earlier and later tell a product's own season.
years as (
    select 0 as days_later
    union all
    select -364 as days_later
    union all
    select 364 as days_later
),

observed_days as (
    select
        promotions.promotion_key,
        promotions.dataset,
        years.days_later <> 0 as is_other_year,
        case
            when
                product_days.receipt_date - years.days_later
                between promotions.first_date and promotions.last_date then 'promotion'
            when
                product_days.receipt_date - years.days_later
                between promotions.last_date + 1
                and promotions.last_date + {{ var('promotion_after_days') }} then 'after'
            else 'around'
        end as period,
        product_days.product_key,
        product_days.product_group,
        product_days.receipt_date,
        product_days.units,
        product_days.sales_amount,
        product_days.is_promoted
    from promotions
    cross join years
    inner join product_days
        on
            promotions.product_key = product_days.product_key
            and product_days.receipt_date between
            promotions.first_date - {{ 7 * var('promotion_baseline_weeks') }} + years.days_later
            and promotions.last_date + {{ 7 * var('promotion_baseline_weeks') }} + years.days_later
),

-- Days that were unusual for all products are no baseline, and neither are other promotions of the product.
final as (
    select
        observed_days.promotion_key,
        observed_days.receipt_date,
        observed_days.is_other_year,
        observed_days.period,
        observed_days.units,
        observed_days.sales_amount,
        anomalous_days.receipt_date is not null as is_anomalous,
        coalesce(totals.units, 0) - coalesce(group_days.units, 0) as control_units,
        coalesce(totals.usual_units, 0) - coalesce(group_days.usual_units, 0) as control_usual_units,
        coalesce(group_days.units, 0)
        - case when observed_days.is_promoted then 0 else observed_days.units end as brand_units,
        coalesce(group_days.usual_units, 0)
        - case when observed_days.is_promoted then 0 else usual_sales.units end as brand_usual_units
    from observed_days
    inner join usual_sales on observed_days.product_key = usual_sales.product_key
    left join totals
        on observed_days.dataset = totals.dataset and observed_days.receipt_date = totals.receipt_date
    left join group_days
        on
            observed_days.dataset = group_days.dataset
            and observed_days.product_group = group_days.product_group
            and observed_days.receipt_date = group_days.receipt_date
    left join anomalous_days
        on
            observed_days.dataset = anomalous_days.dataset
            and observed_days.receipt_date = anomalous_days.receipt_date
    where
        (not observed_days.is_other_year and observed_days.period = 'promotion')
        or (not observed_days.is_promoted and anomalous_days.receipt_date is null)
)

select * from final
