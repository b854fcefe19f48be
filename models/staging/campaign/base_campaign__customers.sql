{{- config(materialized="table") -}}
{%- set rules = [
    {'column': 'ID', 'reason': 'is not a number', 'broken': 'customer_id is null'},
    {'column': 'ID', 'reason': 'has rows that contradict each other', 'broken': 'is_contradicted'},
    {'column': 'ID', 'reason': 'repeats an earlier row', 'broken': 'id_row > 1'},
    {'column': 'Year_Birth', 'reason': 'is not a year', 'broken': 'birth_year is null'},
    {'column': 'Income', 'reason': 'is not an amount', 'broken': 'clean_income is null and income_text is not null'},
    {'column': 'Dt_Customer', 'reason': 'is not a date', 'broken': 'enrolment_date is null'},
    {
        'column': 'Dt_Customer',
        'reason': 'is outside the plausible years',
        'broken': 'not ' ~ is_plausible_date('enrolment_date'),
    },
] -%}
{%- set answers = dict(campaign_answers(), Complain='has_complained') -%}
{%- do rules.extend(rules_for_each(
    campaign_amounts(), 'is not an amount of 0 or more in whole cents',
    broken='{name} is null or {name} < 0 or {name} <> round({name}, 2)'
)) -%}
{%- do rules.extend(rules_for_each(
    campaign_counts(), 'is not a whole number of 0 or more', broken='{name} is null or {name} < 0'
)) -%}
{%- do rules.extend(rules_for_each(answers, 'is neither 0 nor 1', broken='{name} is null')) -%}
{%- set compared_columns = [
    'birth_year', 'clean_education', 'stated_marital_status', 'clean_country', 'clean_income', 'enrolment_date'
] -%}
{%- do compared_columns.extend(campaign_amounts().values()) -%}
{%- do compared_columns.extend(campaign_counts().values()) -%}
{%- do compared_columns.extend(answers.values()) %}

with

raw as (
    select * from {{ ref('marketing_data') }}
),

typed as (
    select
        *,
        {{ to_integer('"ID"') }} as customer_id,
        {{ to_integer('"Year_Birth"') }} as birth_year,
        coalesce({{ clean_text('"Education"') }}, 'Unknown') as clean_education,
        coalesce({{ clean_text('"Marital_Status"') }}, 'Unknown') as stated_marital_status,
        coalesce({{ clean_text('"Country"') }}, 'Unknown') as clean_country,
        {{ trim_text('"Income"') }} as income_text,
        {{ to_amount('"Income"') }} as clean_income,
        coalesce({{ to_date('"Dt_Customer"') }}, {{ to_date_us('"Dt_Customer"') }}) as enrolment_date,
        {%- for column, name in campaign_amounts().items() %}
        {{ to_amount(adapter.quote(column)) }} as {{ name }},
        {%- endfor %}
        {%- for column, name in campaign_counts().items() %}
        {{ to_integer(adapter.quote(column)) }} as {{ name }},
        {%- endfor %}
        {%- for column, name in answers.items() %}
        case {{ to_integer(adapter.quote(column)) }} when 1 then true when 0 then false end as {{ name }},
        {%- endfor %}
        {%- for column in campaign_amounts() %}
        coalesce({{ rough_amount(adapter.quote(column)) }}, 0) {{ '+' if not loop.last }}
        {%- endfor %} as file_amount
    from raw
),

compared as (
    select
        *,
        {{ row_of_key('customer_id', compared_columns, campaign_columns()) }} as id_row,
        {{ has_variants('customer_id', compared_columns) }} as is_contradicted
    from typed
),

judged as (
    select
        *,
        {{ broken_rule(rules) }} as broken_rule
    from compared
),

final as (
    select
        customer_id,
        birth_year,
        clean_education as education,
        case lower(stated_marital_status)
            when 'alone' then 'Single'
            when 'yolo' then 'Unknown'
            when 'absurd' then 'Unknown'
            else stated_marital_status
        end as marital_status,
        stated_marital_status,
        clean_country as country,
        cast(clean_income as decimal(18, 2)) as income,
        {%- for name in campaign_amounts().values() %}
        cast({{ name }} as decimal(18, 2)) as {{ name }},
        {%- endfor %}
        {%- for name in campaign_counts().values() %}
        {{ name }},
        {%- endfor %}
        {%- for name in answers.values() %}
        {{ name }},
        {%- endfor %}
        enrolment_date,
        file_amount,
        {{ rejection_columns(rules, campaign_columns()) }}
    from judged
)

select * from final
