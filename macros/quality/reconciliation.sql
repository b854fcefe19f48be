{#- A select of what staging accepted and refused of raw files, given as {source file: base model}. Those with amounts hold
    money, and their base models have a `file_amount`. -#}
{% macro judged_totals(models, files_with_amounts=[]) -%}
    {%- for source_file, model in models.items() %}
    select
        '{{ source_file }}' as source_file,
        count(*) filter (where rejection_reason is null) as accepted_rows,
        count(*) filter (where rejection_reason is not null) as rejected_rows,
        {%- if source_file in files_with_amounts %}
        coalesce(sum(file_amount) filter (where rejection_reason is null), 0) as accepted_amount,
        coalesce(sum(file_amount) filter (where rejection_reason is not null), 0) as rejected_amount
        {%- else %}
        cast(null as decimal(38, 4)) as accepted_amount,
        cast(null as decimal(38, 4)) as rejected_amount
        {%- endif %}
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#- The columns of a reconciliation from CTEs `raw_totals` and `totals`, where the marts leave no accepted row out. -#}
{% macro reconciled_columns(unmatched_rows='cast(0 as bigint)') -%}
    raw_totals.source_file,
    raw_totals.raw_rows,
    totals.accepted_rows,
    totals.rejected_rows,
    cast(0 as bigint) as excluded_rows,
    {{ unmatched_rows }} as unmatched_rows,
    cast(raw_totals.raw_amount as decimal(38, 4)) as raw_amount,
    cast(totals.accepted_amount as decimal(38, 4)) as accepted_amount,
    cast(totals.rejected_amount as decimal(38, 4)) as rejected_amount,
    cast(case when totals.accepted_amount is not null then 0 end as decimal(38, 4)) as excluded_amount
{%- endmacro %}
