-- A customer who has bought is a customer at every later month end, so the months of a segment without a gap begin
-- after the last month end with another one.
with

rfm as (
    select * from {{ ref('int_loyalty__customer_rfm') }}
),

month_ends as (
    select * from {{ ref('int_loyalty__month_ends') }}
),

month_rfm as (
    select
        snapshot_rfm.dataset,
        snapshot_rfm.customer_key,
        month_ends.month_number,
        snapshot_rfm.rfm_segment,
        snapshot_rfm.is_loyal
    from {{ ref('int_loyalty__snapshot_rfm') }} as snapshot_rfm
    inner join month_ends
        on snapshot_rfm.dataset = month_ends.dataset and snapshot_rfm.snapshot = month_ends.snapshot
),

first_months as (
    select
        rfm.dataset,
        rfm.customer_key,
        coalesce(
            max(month_rfm.month_number) filter (where month_rfm.rfm_segment <> rfm.rfm_segment) + 1,
            min(month_rfm.month_number)
        ) as rfm_segment_month,
        coalesce(
            max(month_rfm.month_number) filter (where month_rfm.is_loyal <> rfm.is_loyal) + 1,
            min(month_rfm.month_number)
        ) as loyal_month
    from rfm
    inner join month_rfm on rfm.customer_key = month_rfm.customer_key
    group by rfm.dataset, rfm.customer_key
),

final as (
    select
        first_months.dataset,
        first_months.customer_key,
        segment_ends.snapshot_date as rfm_segment_since_date,
        loyal_ends.snapshot_date as loyal_since_date
    from first_months
    left join month_ends as segment_ends
        on
            first_months.dataset = segment_ends.dataset
            and first_months.rfm_segment_month = segment_ends.month_number
    left join month_ends as loyal_ends
        on first_months.dataset = loyal_ends.dataset and first_months.loyal_month = loyal_ends.month_number
)

select * from final
