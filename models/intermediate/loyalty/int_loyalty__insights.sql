with

purchases as (
    select * from {{ ref('int_loyalty__customer_purchases') }}
),

rfm as (
    select * from {{ ref('int_loyalty__customer_rfm') }}
),

rfm_segments as (
    select * from {{ ref('rfm_segments') }}
),

activity as (
    select * from {{ ref('int_loyalty__rfm_activity') }}
),

rfm_totals as (
    select
        rfm.dataset,
        rfm.rfm_segment,
        rfm.is_loyal,
        count(*) as customers,
        min(purchases.recency_days) as least_recency_days,
        sum(purchases.sales_amount) as sales_amount
    from rfm
    inner join purchases on rfm.customer_key = purchases.customer_key
    group by rfm.dataset, rfm.rfm_segment, rfm.is_loyal
),

shares as (
    select
        *,
        sum(customers) over (partition by dataset) as dataset_customers,
        nullif(cast(sum(sales_amount) over (partition by dataset) as double), 0) as dataset_sales,
        cast(sales_amount as double)
        / nullif(cast(sum(sales_amount) over (partition by dataset) as double), 0) as sales_share
    from rfm_totals
),

-- Amounts are added up before they are divided, so that no share depends on the order of rows.
loyal_shares as (
    select
        dataset,
        sum(customers) / max(dataset_customers) as customer_share,
        cast(sum(sales_amount) as double) / max(dataset_sales) as sales_share
    from shares
    where is_loyal
    group by dataset
),

loyal_customers as (
    select
        dataset,
        'loyal customers' as topic,
        {{ format_share('customer_share') }} || ' of customers are loyal and bring '
        || {{ format_share('sales_share') }} || ' of sales.' as insight,
        sales_share as metric_value,
        'sales_share of loyal customers' as metric_name,
        sales_share as touched_share,
        'loyalty_customers' as evidence_mart,
        'is_loyal' as evidence_key,
        'Measure every offer by what it does to these customers first.' as recommended_action
    from loyal_shares
),

-- Segments of customers who bought often and no longer do, whatever the reference calls them.
absent_customers as (
    select
        shares.*,
        activity.active_share,
        activity.expected_active_share,
        activity.is_leaving
    from shares
    inner join activity on shares.dataset = activity.dataset and shares.rfm_segment = activity.rfm_segment
    inner join rfm_segments
        on
            shares.rfm_segment = rfm_segments.rfm_segment
            and rfm_segments.f_min >= 4
            and rfm_segments.r_max <= 2
),

lapsed_customers as (
    select
        dataset,
        'customers at risk' as topic,
        '"' || rfm_segment || '": ' || {{ format_count('customers') }} || ' of the most frequent customers, with '
        || {{ format_share('sales_share') }} || ' of sales, have not bought for ' || least_recency_days
        || ' days or more. ' || case
            when active_share is null then 'The sales cover too few days to show whether such customers come back.'
            else 'Of customers like them {{ var("lapse_horizon_days") }} days before the end, '
                || {{ format_share('active_share') }} || ' came back by then; of all who had come as often, '
                || {{ format_share('expected_active_share') }} || ' did.'
        end as insight,
        customers as metric_value,
        'customers' as metric_name,
        sales_share as touched_share,
        'rfm_activity' as evidence_mart,
        'rfm_segment = ' || rfm_segment as evidence_key,
        case
            when active_share is null then 'Try an offer on a part of them, and keep the others to compare with.'
            when is_leaving then 'Win them back now, with an offer on what each of them bought most.'
            else 'Spend nothing on winning them back: nothing shows that they are leaving.'
        end as recommended_action
    from absent_customers
),

final as (
    select * from loyal_customers
    union all
    select * from lapsed_customers
)

select * from final
