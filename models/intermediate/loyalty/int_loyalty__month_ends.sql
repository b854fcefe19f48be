with

months as (
    select * from {{ ref('int_loyalty__months') }}
    where is_complete_month
),

last_months as (
    select
        dataset,
        month_number,
        cast({{ dbt.dateadd('month', 1, 'month_start_date') }} as date) - 1 as snapshot_date,
        has_unknown_past
    from months
    qualify row_number() over (
        partition by dataset order by month_number desc nulls last
    ) <= {{ var('migration_months') }} + 1
),

final as (
    select
        dataset,
        'month end ' || cast(snapshot_date as {{ dbt.type_string() }}) as snapshot,
        snapshot_date,
        month_number,
        has_unknown_past
    from last_months
)

select * from final
