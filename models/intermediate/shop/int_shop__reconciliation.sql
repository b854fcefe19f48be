with

raw_totals as (
    select * from {{ ref('stg_shop__raw_totals') }}
),

totals as (
    {{ judged_totals({'shop_customers': 'base_shop__customers'}) }}
),

final as (
    select
        {{ reconciled_columns() }}
    from raw_totals
    inner join totals on raw_totals.source_file = totals.source_file
)

select * from final
