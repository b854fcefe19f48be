{%- set base_models = {
    'marketing_data': 'base_campaign__customers',
    'marketing_data_dictionary': 'base_campaign__data_dictionary',
} -%}

with

raw_totals as (
    select * from {{ ref('stg_campaign__raw_totals') }}
),

totals as (
    {{ judged_totals(base_models, files_with_amounts=['marketing_data']) }}
),

final as (
    select
        {{ reconciled_columns() }}
    from raw_totals
    inner join totals on raw_totals.source_file = totals.source_file
)

select * from final
