with

customers as (
    select * from {{ ref('int_campaign__segmented_customers') }}
),

channels as (
    {%- for channel in campaign_channels() %}
    select
        segment_name,
        '{{ channel }}' as channel,
        {{ channel }}_purchases as purchases
    from customers
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

totals as (
    select
        segment_name,
        channel,
        count(*) as customers,
        count(*) filter (where purchases > 0) as channel_customers,
        cast(sum(purchases) as bigint) as purchases
    from channels
    group by segment_name, channel
),

shares as (
    select
        *,
        cast(purchases as double) / customers as purchases_per_customer,
        coalesce(
            cast(purchases as double) / nullif(sum(purchases) over (partition by segment_name), 0), 0
        ) as share_of_segment_purchases,
        coalesce(
            cast(sum(purchases) over (partition by channel) as double) / nullif(sum(purchases) over (), 0), 0
        ) as share_of_all_purchases
    from totals
),

final as (
    select
        *,
        round(share_of_segment_purchases / nullif(share_of_all_purchases, 0), 9) as index_to_all
    from shares
)

select * from final
