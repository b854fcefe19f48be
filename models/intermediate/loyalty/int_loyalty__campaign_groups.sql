{%- set horizon = var('campaign_horizon_days') %}
with

exported as (
    select * from {{ ref('campaign_exports') }}
),

customers as (
    select * from {{ ref('customers') }}
),

receipts as (
    select * from {{ ref('int_products__receipts') }}
),

purchase_days as (
    select * from {{ ref('int_loyalty__purchase_days') }}
),

datasets as (
    select distinct dataset from customers
),

last_days as (
    select
        dataset,
        max(receipt_date) as last_date
    from receipts
    group by dataset
),

members as (
    select
        exported.dataset,
        exported.audience,
        exported.exported_date,
        exported.customer_id,
        exported.is_holdout,
        customers.customer_key,
        greatest(
            least(coalesce({{ days_between('exported.exported_date', 'last_days.last_date') }}, 0), {{ horizon }}), 0
        ) as covered_days
    from exported
    inner join datasets on exported.dataset = datasets.dataset
    left join customers on exported.dataset = customers.dataset and exported.customer_id = customers.customer_id
    left join last_days on exported.dataset = last_days.dataset
),

-- Who bought nothing has a row, too.
outcomes as (
    select
        members.dataset,
        members.audience,
        members.exported_date,
        members.covered_days,
        members.customer_id,
        members.customer_key is null as is_unknown,
        members.customer_key is not null and not members.is_holdout as is_addressed,
        members.customer_key is not null and members.is_holdout as is_held_out,
        max(case when purchase_days.is_purchase then 1 else 0 end) as is_buyer,
        cast(coalesce(sum(purchase_days.sales_amount), 0) as decimal(18, 2)) as sales_amount
    from members
    left join purchase_days
        on
            members.customer_key = purchase_days.customer_key
            and {{ days_between('members.exported_date', 'purchase_days.receipt_date') }} between 1 and {{ horizon }}
    group by
        members.dataset, members.audience, members.exported_date, members.covered_days, members.is_holdout,
        members.customer_id, members.customer_key
),

-- Squares of decimals add up to the same in every build.
final as (
    select
        dataset,
        audience,
        exported_date,
        {{ horizon }} as horizon_days,
        max(covered_days) as covered_days,
        sum(case when is_unknown then 1 else 0 end) as unknown_customers,
        sum(case when is_addressed then 1 else 0 end) as customers,
        sum(case when is_addressed then is_buyer else 0 end) as buyers,
        cast(sum(case when is_addressed then sales_amount else 0 end) as double) as sales_amount,
        cast(sum(case when is_addressed then sales_amount * sales_amount else 0 end) as double) as squared_sales,
        sum(case when is_held_out then 1 else 0 end) as holdout_customers,
        sum(case when is_held_out then is_buyer else 0 end) as holdout_buyers,
        cast(sum(case when is_held_out then sales_amount else 0 end) as double) as holdout_sales_amount,
        cast(sum(case when is_held_out then sales_amount * sales_amount else 0 end) as double) as holdout_squared_sales
    from outcomes
    group by dataset, audience, exported_date
)

select * from final
