{{- config(materialized="table") -}}
{%- set raw_columns = [
    'CustomerID', 'Gender', 'Age', 'Annual Income ($)', 'Spending Score (1-100)', 'Profession', 'Work Experience',
    'Family Size',
] -%}
{%- set income = adapter.quote('Annual Income ($)') %}

with

raw as (
    select * from {{ ref('shop_customers') }}
),

-- 70.791 is seventy thousand in one file and seventy in another. Where every income with a point is written so, nothing
-- says which.
marked as (
    select
        *,
        coalesce(
            min(case
                when not contains({{ income }}, '.') then null
                when {{ is_match('trim(' ~ income ~ ')', '[0-9]{1,3}[.][0-9]{3}') }} then 1
                else 0
            end) over () = 1
            and contains({{ income }}, '.'),
            false
        ) as has_unclear_income
    from raw
),

typed as (
    select
        {{ to_integer('CustomerID') }} as customer_id,
        coalesce({{ capitalize(clean_text('Gender')) }}, 'Unknown') as gender,
        {{ to_plausible_integer('Age') }} as age,
        {{ to_amount(income) }} as annual_income,
        {{ to_plausible_integer(adapter.quote('Spending Score (1-100)')) }} as spending_score,
        coalesce({{ clean_text('Profession') }}, 'Unknown') as profession,
        {{ to_plausible_integer(adapter.quote('Work Experience')) }} as work_experience,
        {{ to_plausible_integer(adapter.quote('Family Size')) }} as family_size,
        has_unclear_income,
        {{ text_map(raw_columns) }} as raw_fields
    from marked
),

compared as (
    select
        *,
        row_number() over (
            partition by customer_id order by cast(raw_fields as {{ dbt.type_string() }}) nulls last
        ) as id_row,
        count(*) over (partition by customer_id) as id_rows,
        count(*) over (
            partition by
                customer_id, gender, age, annual_income, spending_score, profession, work_experience, family_size
        ) as equal_rows
    from typed
),

judged as (
    select
        *,
        case
            when customer_id is null then 'CustomerID is not a number'
            when id_rows > equal_rows then 'CustomerID has rows that contradict each other'
            when id_row > 1 then 'CustomerID repeats an earlier row'
            when age is null then 'Age is not a whole number'
            when has_unclear_income
                then 'Annual Income ($) has a point for decimals or for thousands, nothing says which'
            when annual_income is null then 'Annual Income ($) is not an amount'
            when spending_score is null then 'Spending Score (1-100) is not a whole number'
            when work_experience is null then 'Work Experience is not a whole number'
            when family_size is null then 'Family Size is not a whole number'
        end as rejection_reason
    from compared
),

final as (
    select
        customer_id,
        gender,
        age,
        cast(annual_income as decimal(18, 2)) as annual_income,
        spending_score,
        profession,
        work_experience,
        family_size,
        rejection_reason,
        case when rejection_reason is not null then raw_fields end as raw_fields
    from judged
)

select * from final
