{{- config(
    materialized="incremental" if target.type == "duckdb" else "table",
    incremental_strategy="delete+insert",
    unique_key="raw_file",
    on_schema_change="sync_all_columns",
    pre_hook="{{ delete_changed_files('transaction_data', rough_amount('TOT_SALES')) }}",
    post_hook="{{ remember_read_files('transaction_data', rough_amount('TOT_SALES')) }}",
) -}}
-- Counted from the raw table alone, without the parsing and the rules on the other side of the reconciliation.
with

transactions as (
    select * from {{ ref('transaction_data') }}
    {% if is_incremental() %}
    where {{ is_in_changed_file('transaction_data', rough_amount('TOT_SALES')) }}
    {% endif %}
),

final as (
    select
        raw_file,
        count(*) as raw_rows,
        sum({{ rough_amount('TOT_SALES') }}) as raw_amount
    from transactions
    group by raw_file
)

select * from final
