with

customers as (
    select * from {{ ref('loyalty_customers') }}
),

loyal_profile as (
    select * from {{ ref('loyal_customer_profile') }}
),

rfm_segments as (
    select * from {{ ref('rfm_segments') }}
),

totals as (
    select
        count(*) as customers,
        nullif(cast(sum(sales_amount) as double), 0) as sales_amount
    from customers
),

rfm_totals as (
    select
        rfm_segment,
        is_loyal,
        count(*) as customers,
        min(recency_days) as least_recency_days,
        cast(sum(sales_amount) as double) as sales_amount
    from customers
    group by rfm_segment, is_loyal
),

loyal_customers as (
    select
        'loyal customers' as topic,
        {{ format_share('sum(rfm_totals.customers) / max(totals.customers)') }} || ' of customers are loyal and bring '
        || {{ format_share('sum(rfm_totals.sales_amount) / max(totals.sales_amount)') }} || ' of sales.' as insight,
        sum(rfm_totals.sales_amount) / max(totals.sales_amount) as metric_value,
        'sales_share of loyal customers' as metric_name,
        sum(rfm_totals.sales_amount) / max(totals.sales_amount) as touched_share,
        'loyalty_customers' as evidence_mart,
        'is_loyal' as evidence_key,
        'Measure every offer by what it does to these customers first.' as recommended_action
    from rfm_totals
    cross join totals
    where rfm_totals.is_loyal
    having count(*) > 0
),

lapsed_customers as (
    select
        'customers at risk' as topic,
        '"' || rfm_totals.rfm_segment || '": ' || {{ format_count('rfm_totals.customers') }}
        || ' of the most frequent customers, with '
        || {{ format_share('rfm_totals.sales_amount / totals.sales_amount') }} || ' of sales, have not bought for '
        || rfm_totals.least_recency_days || ' days or more.' as insight,
        rfm_totals.customers as metric_value,
        'customers' as metric_name,
        rfm_totals.sales_amount / totals.sales_amount as touched_share,
        'loyalty_customers' as evidence_mart,
        'rfm_segment = ' || rfm_totals.rfm_segment as evidence_key,
        'Win them back now, with an offer on what each of them bought most.' as recommended_action
    from rfm_totals
    cross join totals
    -- Segments of customers who bought often and no longer do, whatever the reference calls them.
    inner join rfm_segments
        on
            rfm_totals.rfm_segment = rfm_segments.rfm_segment
            and cast(rfm_segments.f_min as integer) >= 4
            and cast(rfm_segments.r_max as integer) <= 2
),

loyal_traits as (
    select
        'loyal customers' as topic,
        case loyal_profile.attribute
            when 'life stage' then 'Among loyal customers, '
            when 'premium tier' then 'Among loyal customers, '
            when 'basket size' then 'Of loyal customers'' purchases, '
            else 'Of what loyal customers buy, '
        end
        || {{ format_share('loyal_profile.loyal_share') }} || ' are ' || loyal_profile.attribute_value || ' ('
        || loyal_profile.attribute || '), against ' || {{ format_share('loyal_profile.other_share') }}
        || ' of the others'': ' || {{ format_ratio('loyal_profile.affinity_index') }} || ' times as much.' as insight,
        loyal_profile.affinity_index as metric_value,
        'affinity_index' as metric_name,
        loyal_profile.loyal_share * loyal_customers.touched_share as touched_share,
        'loyal_customer_profile' as evidence_mart,
        loyal_profile.attribute || ' = ' || loyal_profile.attribute_value as evidence_key,
        case
            when loyal_profile.attribute in ('life stage', 'premium tier')
                then 'Look for the next loyal customers among ' || loyal_profile.attribute_value || '.'
            when loyal_profile.attribute = 'basket size'
                then 'Offer multi-packs to customers who come often.'
            else 'Keep ' || loyal_profile.attribute_value || ' in stock and in members'' offers.'
        end as recommended_action
    from loyal_profile
    cross join loyal_customers
    where
        loyal_profile.is_significant
        and not loyal_profile.is_small_count
        and loyal_profile.affinity_index_low > {{ var('notable_index') }}
        and loyal_profile.attribute_value not in ('Not stated', 'Unknown')
    -- The trait of which even the cautious estimate is largest.
    qualify row_number() over (
        partition by loyal_profile.attribute
        order by loyal_profile.affinity_index_low desc nulls last, loyal_profile.attribute_value nulls last
    ) = 1
),

final as (
    select * from loyal_customers
    union all
    select * from lapsed_customers
    union all
    select * from loyal_traits
)

select * from final
