-- What was known of each customer on three days: the last one, one horizon before it and two horizons before it.
with

days as (
    select * from {{ ref('int_loyalty__purchase_days') }}
),

months as (
    select * from {{ ref('int_loyalty__months') }}
),

customers as (
    select * from {{ ref('customers') }}
),

limits as (
    select
        dataset,
        min(receipt_date) as first_day,
        max(receipt_date) as last_day
    from days
    group by dataset
),

snapshots as (
    {%- for snapshot in ['now', 'check', 'fit'] %}
    select
        dataset,
        '{{ snapshot }}' as snapshot,
        last_day - {{ loop.index0 * var('lifetime_horizon_days') }} as snapshot_date
    from limits
    {%- if not loop.first %}
    where {{ days_between('first_day', 'last_day') }} + 1 >= {{ loop.index * var('lifetime_horizon_days') }}
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

placed as (
    select
        days.*,
        snapshots.snapshot,
        snapshots.snapshot_date,
        {{ days_between('days.receipt_date', 'snapshots.snapshot_date') }} as days_ago
    from days
    inner join snapshots on days.dataset = snapshots.dataset
),

observed as (
    select
        dataset,
        snapshot,
        snapshot_date,
        customer_key,
        count(*) filter (where is_purchase and days_ago >= 0) as purchases,
        min(receipt_date) filter (where is_purchase and days_ago >= 0) as first_purchase_date,
        max(days_ago) filter (where is_purchase and days_ago >= 0) as age_days,
        min(days_ago) filter (where is_purchase and days_ago >= 0) as away_days,
        sum(sales_amount) filter (where is_purchase and days_ago >= 0) as purchase_amount,
        sum(sales_amount) filter (where not is_purchase and days_ago >= 0) as returned_amount,
        count(*) filter (
            where is_purchase and days_ago between 0 and {{ var('lifetime_horizon_days') - 1 }}
        ) as recent_purchases,
        count(*) filter (
            where is_purchase and days_ago between -{{ var('lifetime_horizon_days') }} and -1
        ) as next_purchases,
        sum(sales_amount) filter (
            where is_purchase and days_ago between -{{ var('lifetime_horizon_days') }} and -1
        ) as next_purchase_amount,
        sum(sales_amount) filter (
            where days_ago between -{{ var('lifetime_horizon_days') }} and -1
        ) as next_sales_amount
    from placed
    group by dataset, snapshot, snapshot_date, customer_key
    having count(*) filter (where is_purchase and days_ago >= 0) > 0
),

known as (
    select
        observed.*,
        customers.customer_id,
        months.has_unknown_past,
        observed.age_days - observed.away_days as recency_days
    from observed
    inner join months
        on
            observed.dataset = months.dataset
            and months.month_start_date = cast(date_trunc('month', observed.first_purchase_date) as date)
    inner join customers on observed.customer_key = customers.customer_key
),

kinds as (
    select
        dataset,
        has_unknown_past,
        count(*) filter (where snapshot = 'check' and purchases > 1) as judged_customers
    from known
    group by dataset, has_unknown_past
),

-- Customers who may be old are other customers than new ones. Where one kind is rare, both are taken together.
groups as (
    select
        *,
        case
            when
                count(*) over (partition by dataset) < 2
                or min(judged_customers) over (partition by dataset) < {{ var('small_count') }}
                then 'all customers'
            when has_unknown_past then 'start unknown'
            else 'start known'
        end as customer_group
    from kinds
),

judged_groups as (
    select
        *,
        sum(judged_customers) over (partition by dataset, customer_group) >= {{ var('small_count') }} as is_judged
    from groups
),

grouped as (
    select
        known.*,
        judged_groups.customer_group,
        judged_groups.is_judged
    from known
    inner join judged_groups
        on known.dataset = judged_groups.dataset and known.has_unknown_past = judged_groups.has_unknown_past
),

final as (
    select
        dataset,
        customer_group,
        snapshot,
        snapshot_date,
        customer_key,
        customer_id,
        has_unknown_past,
        purchases,
        purchases - 1 as repeat_purchases,
        recent_purchases,
        recency_days,
        age_days,
        cast(purchase_amount as double) / purchases as mean_purchase_amount,
        cast(purchase_amount as decimal(18, 2)) as purchase_amount,
        cast(coalesce(-returned_amount, 0) as decimal(18, 2)) as returned_amount,
        case when snapshot <> 'now' then next_purchases end as next_purchases,
        cast(next_purchase_amount as double) / nullif(next_purchases, 0) as next_mean_amount,
        case
            when snapshot <> 'now' then cast(coalesce(next_sales_amount, 0) as decimal(18, 2))
        end as next_sales_amount,
        is_judged
        and snapshot <> 'fit'
        and row_number() over (
            partition by dataset, customer_group, snapshot
            order by md5(customer_id) nulls last, customer_id nulls last
        ) <= {{ var('lifetime_sample_customers') }} as is_fitted
    from grouped
)

select * from final
