-- Where many rows are refused, what is left misleads: above max_rejected_share nothing is published. A segmart.yml sets
-- it for its files.
{%- set is_mapped = 'mapped' in enabled_datasets() %}
{%- set mapped_limit = mapped_setting('max_rejected_share') if is_mapped else none %}

with

reconciliation as (
    select * from {{ ref('int_quality__reconciliation') }}
),

reasons as (
    select
        dataset,
        source_file,
        rejection_reason,
        count(*) as refused_rows,
        max(left(rejected_value, 40)) as example
    from {{ ref('int_quality__rejected_rows') }}
    group by dataset, source_file, rejection_reason
),

commonest as (
    select
        dataset,
        source_file,
        {{ join_in_order(
            "refused_rows || ' times ' || rejection_reason || coalesce(' (such as ' || example || ')', '')",
            '-refused_rows', '; '
        ) }} as reasons
    from reasons
    group by dataset, source_file
),

limits as (
    select
        *,
        {% if mapped_limit is not none and execute -%}
        case
            when dataset = {{ sql_text(mapped_files()['dataset']) }} then {{ mapped_limit }}
            else {{ var('max_rejected_share') }}
        end
        {%- else -%}
        {{ var('max_rejected_share') }}
        {%- endif %} as max_rejected_share
    from reconciliation
),

refused as (
    select
        limits.dataset,
        limits.source_file,
        limits.rejected_rows,
        limits.raw_rows,
        commonest.reasons
    from limits
    inner join commonest
        on limits.dataset = commonest.dataset and limits.source_file = commonest.source_file
    where
        limits.rejected_rows > limits.max_rejected_share * limits.raw_rows
        or abs(limits.rejected_amount) > limits.max_rejected_share * abs(limits.raw_amount)
)

-- In the condition, because dbt counts the rows of a test and reads none of its columns.
select *
from refused
where {{ raise_in_sql(
    "rejected_rows || ' of ' || raw_rows || ' rows of ' || source_file || ' are refused, more than max_rejected_share allows: '"
    ~ " || reasons || '. Correct the file or the segmart.yml that describes it (segmart inspect proposes one), or raise max_rejected_share'"
) }} is null
