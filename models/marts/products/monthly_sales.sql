with

daily_prices as (
    select * from {{ ref('int_products__daily_prices') }}
),

product_attributes as (
    select * from {{ ref('int_products__product_attributes') }}
),

months as (
    select * from {{ ref('int_loyalty__months') }}
),

product_months as (
    select
        product_key,
        cast(date_trunc('month', receipt_date) as date) as month_start_date,
        sum(units) as units,
        sum(sales_amount) as sales_amount
    from daily_prices
    group by product_key, cast(date_trunc('month', receipt_date) as date)
),

value_months as (
    select
        product_attributes.dataset,
        product_attributes.attribute,
        product_attributes.attribute_value,
        product_months.month_start_date,
        cast(sum(product_months.units) as decimal(18, 3)) as units,
        cast(sum(product_months.sales_amount) as decimal(18, 2)) as sales_amount
    from product_attributes
    inner join product_months on product_attributes.product_key = product_months.product_key
    group by
        product_attributes.dataset, product_attributes.attribute, product_attributes.attribute_value,
        product_months.month_start_date
),

-- What customers brought back beyond what they bought is no part of the sales that shares are of.
shares as (
    select
        *,
        cast(greatest(sales_amount, 0) as double) / nullif(
            sum(greatest(sales_amount, 0)) over (partition by dataset, attribute, month_start_date), 0
        ) as sales_share
    from value_months
),

final as (
    select
        shares.dataset,
        shares.attribute,
        shares.attribute_value,
        shares.month_start_date,
        shares.sales_amount,
        shares.units,
        cast(shares.sales_amount as double) / nullif(shares.units, 0) as avg_unit_price,
        coalesce(shares.sales_share, 0) as sales_share,
        months.is_complete_month
    from shares
    inner join months
        on shares.dataset = months.dataset and shares.month_start_date = months.month_start_date
)

select * from final
