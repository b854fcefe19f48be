{%- set rules = view_sql(ref('base_chips__validated_transactions')) -%}
{{- config(
    materialized="incremental" if target.type == "duckdb" else "table",
    incremental_strategy="delete+insert",
    unique_key="raw_file",
    on_schema_change="sync_all_columns",
    pre_hook="{{ delete_changed_files('transaction_data', view_sql(ref('base_chips__validated_transactions'))) }}",
    post_hook="{{ remember_read_files('transaction_data', view_sql(ref('base_chips__validated_transactions'))) }}",
) -}}

with

transactions as (
    select * from {{ ref('base_chips__validated_transactions') }}
),

final as (
    select * from transactions
    {% if is_incremental() %}
    where {{ is_in_changed_file('transaction_data', rules) }}
    {% endif %}
)

select * from final
