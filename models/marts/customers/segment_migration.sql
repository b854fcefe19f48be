with

month_ends as (
    select
        *,
        lag(snapshot_date) over (partition by dataset order by month_number nulls last) as previous_date
    from {{ ref('int_loyalty__month_ends') }}
),

customer_months as (
    select * from {{ ref('int_loyalty__customer_months') }}
),

customer_segments as (
    select
        month_ends.dataset,
        month_ends.month_number,
        snapshot_rfm.customer_key,
        snapshot_rfm.rfm_segment,
        snapshot_rfm.is_loyal,
        coalesce(customer_months.sales_amount, 0) as sales_amount
    from {{ ref('int_loyalty__snapshot_rfm') }} as snapshot_rfm
    inner join month_ends
        on snapshot_rfm.dataset = month_ends.dataset and snapshot_rfm.snapshot = month_ends.snapshot
    left join customer_months
        on
            snapshot_rfm.customer_key = customer_months.customer_key
            and month_ends.month_number = customer_months.month_number
),

-- A customer who has bought is a customer at every later month end: the row before is that of the month before.
moves as (
    select
        *,
        lag(rfm_segment) over (partition by customer_key order by month_number nulls last) as previous_segment,
        lag(is_loyal) over (partition by customer_key order by month_number nulls last) as previous_is_loyal,
        lag(sales_amount) over (partition by customer_key order by month_number nulls last) as previous_sales_amount
    from customer_segments
),

counted as (
    select
        dataset,
        month_number,
        coalesce(previous_segment, 'Not yet a customer') as from_segment,
        rfm_segment as to_segment,
        coalesce(previous_is_loyal, false) as is_loyal_before,
        is_loyal as is_loyal_after,
        count(*) as customers,
        sum(coalesce(previous_sales_amount, 0)) as previous_sales_amount,
        sum(sales_amount) as sales_amount
    from moves
    group by
        dataset, month_number, coalesce(previous_segment, 'Not yet a customer'), rfm_segment,
        coalesce(previous_is_loyal, false), is_loyal
),

shares as (
    select
        counted.*,
        month_ends.previous_date,
        month_ends.snapshot_date,
        month_ends.has_unknown_past,
        cast(sum(counted.customers) over (
            partition by counted.dataset, counted.month_number, counted.from_segment
        ) as double) as from_customers
    from counted
    inner join month_ends
        on counted.dataset = month_ends.dataset and counted.month_number = month_ends.month_number
    where month_ends.previous_date is not null
),

-- The interval of Wilson (J. Am. Stat. Assoc. 22, 1927).
final as (
    select
        dataset,
        'RFM' as segmentation,
        previous_date as from_month_end_date,
        snapshot_date as to_month_end_date,
        from_segment,
        to_segment,
        is_loyal_before,
        is_loyal_after,
        customers,
        cast(previous_sales_amount as decimal(18, 2)) as previous_sales_amount,
        cast(sales_amount as decimal(18, 2)) as sales_amount,
        customers / from_customers as moved_share,
        {%- for bound, sign in {'low': '-', 'high': '+'}.items() %}
        round((
            customers + power({{ z_95() }}, 2) / 2
            {{ sign }} {{ z_95() }} * sqrt(
                customers * (1 - customers / from_customers) + power({{ z_95() }}, 2) / 4
            )
        ) / (from_customers + power({{ z_95() }}, 2)), 9) as moved_share_{{ bound }},
        {%- endfor %}
        has_unknown_past,
        from_customers < {{ var('small_count') }} as is_small_count
    from shares
)

select * from final
