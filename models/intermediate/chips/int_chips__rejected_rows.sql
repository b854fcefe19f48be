{%- set tables = {'transaction_data': 'base_chips__transactions', 'purchase_behaviour': 'base_chips__customers'} -%}

with

final as (
    {%- for source_file, model in tables.items() %}
    select
        '{{ source_file }}' as source_file,
        rejection_reason,
        rejected_column,
        rejected_value,
        raw_row
    from {{ ref(model) }}
    where rejection_reason is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
