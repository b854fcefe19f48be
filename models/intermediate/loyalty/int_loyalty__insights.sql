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

-- Whether loyal customers stay is not part of what loyal means: it was seen after the day on which they were called so.
checked as (
    select
        rfm_segments.is_loyal,
        activity.dataset,
        nullif(cast(sum(activity.active_customers) as double), 0) as active_customers,
        cast(sum(activity.checked_customers) as double) as checked_customers
    from activity
    inner join rfm_segments on activity.rfm_segment = rfm_segments.rfm_segment
    group by activity.dataset, rfm_segments.is_loyal
),

loyal_stays as (
    select
        loyal.dataset,
        loyal.active_customers / loyal.checked_customers as active_share,
        others.active_customers / others.checked_customers as other_active_share,
        sqrt(
            1 / loyal.active_customers - 1 / loyal.checked_customers
            + 1 / others.active_customers - 1 / others.checked_customers
        ) as log_ratio_error
    from checked as loyal
    inner join checked as others on loyal.dataset = others.dataset and not others.is_loyal
    where loyal.is_loyal
),

stay_ratios as (
    select
        *,
        active_share / other_active_share * exp(-{{ z_95() }} * log_ratio_error) as ratio_low,
        active_share / other_active_share * exp({{ z_95() }} * log_ratio_error) as ratio_high
    from loyal_stays
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
        loyal_shares.dataset,
        'loyal customers' as topic,
        {{ format_share('loyal_shares.customer_share') }} || ' of known customers are loyal and bring '
        || {{ format_share('loyal_shares.sales_share') }} || ' of known customers'' sales.'
        || coalesce(
            ' Of those who were loyal {{ var("lapse_horizon_days") }} days before the end, '
            || {{ format_share('stay_ratios.active_share') }} || ' came back by then, of all others '
            || {{ format_share('stay_ratios.other_active_share') }} || '.', ''
        ) as insight,
        loyal_shares.sales_share as metric_value,
        'sales_share of loyal customers' as metric_name,
        loyal_shares.sales_share as touched_share,
        {{ cautious_effect('stay_ratios.ratio_low', 'stay_ratios.ratio_high') }} as cautious_effect,
        'loyalty_customers' as evidence_mart,
        'is_loyal' as evidence_key,
        'Measure every offer by what it does to these customers first.' as recommended_action
    from loyal_shares
    left join stay_ratios on loyal_shares.dataset = stay_ratios.dataset
),

-- Segments of customers who bought often and no longer do, whatever the reference calls them.
absent_customers as (
    select
        shares.*,
        activity.active_share,
        activity.expected_active_share,
        activity.activity_index_low,
        activity.activity_index_high,
        activity.is_leaving
    from shares
    inner join activity on shares.dataset = activity.dataset and shares.rfm_segment = activity.rfm_segment
    inner join rfm_segments
        on
            shares.rfm_segment = rfm_segments.rfm_segment
            and rfm_segments.f_min >= 4
            and rfm_segments.r_max <= 2
    -- That nothing is to be done is said once, of the segment with most sales.
    qualify
        activity.is_leaving
        or row_number() over (
            partition by shares.dataset, activity.is_leaving
            order by shares.sales_amount desc nulls last, shares.rfm_segment nulls last
        ) = 1
),

lapsed_customers as (
    select
        dataset,
        'customers at risk' as topic,
        '"' || rfm_segment || '": ' || {{ format_count('customers') }} || ' of the most frequent customers, with '
        || {{ format_share('sales_share') }} || ' of known customers'' sales, have not bought for '
        || least_recency_days || ' days or more. ' || case
            when active_share is null then 'The sales cover too few days to show whether such customers come back.'
            else
                'Of customers like them {{ var("lapse_horizon_days") }} days before the end, '
                || {{ format_share('active_share') }} || ' came back by then; of all who had come as often, '
                || {{ format_share('expected_active_share') }} || ' did.'
        end as insight,
        customers as metric_value,
        'customers' as metric_name,
        sales_share as touched_share,
        case when is_leaving then {{ cautious_effect('activity_index_low', 'activity_index_high') }} else 0 end
            as cautious_effect,
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
