{{- config(materialized="table") -}}
{%- set raw_columns = [
    'ID', 'Year_Birth', 'Education', 'Marital_Status', 'Income', 'Kidhome', 'Teenhome', 'Dt_Customer', 'Recency',
    'MntWines', 'MntFruits', 'MntMeatProducts', 'MntFishProducts', 'MntSweetProducts', 'MntGoldProds',
    'NumDealsPurchases', 'NumWebPurchases', 'NumCatalogPurchases', 'NumStorePurchases', 'NumWebVisitsMonth',
    'AcceptedCmp3', 'AcceptedCmp4', 'AcceptedCmp5', 'AcceptedCmp1', 'AcceptedCmp2', 'Response', 'Complain', 'Country',
] %}

with

raw as (
    select * from {{ ref('marketing_data') }}
),

-- A date such as 03/04/14 is read as the file writes it: some other row says which number is the day.
ordered as (
    select
        *,
        coalesce(max({{ date_part_of_text('Dt_Customer', 1) }}) over () > 12, false)
        and not coalesce(max({{ date_part_of_text('Dt_Customer', 2) }}) over () > 12, false) as is_day_first
    from raw
),

typed as (
    select
        {{ to_integer('ID') }} as customer_id,
        {{ to_plausible_integer('Year_Birth') }} as birth_year,
        coalesce({{ clean_text('Education') }}, 'Unknown') as education,
        coalesce({{ clean_text('Marital_Status') }}, 'Unknown') as stated_marital_status,
        coalesce({{ clean_text('Country') }}, 'Unknown') as country,
        {{ is_stated('Income') }} as has_income,
        {{ to_amount('Income') }} as income,
        coalesce({{ to_date('Dt_Customer') }}, {{ to_date_us('Dt_Customer', 'is_day_first') }}) as enrolment_date,
        {{ to_amount('MntWines') }} as wine_amount,
        {{ to_amount('MntFruits') }} as fruit_amount,
        {{ to_amount('MntMeatProducts') }} as meat_amount,
        {{ to_amount('MntFishProducts') }} as fish_amount,
        {{ to_amount('MntSweetProducts') }} as sweets_amount,
        {{ to_amount('MntGoldProds') }} as gold_amount,
        {{ to_plausible_integer('Kidhome') }} as small_children,
        {{ to_plausible_integer('Teenhome') }} as teenagers,
        {{ to_plausible_integer('Recency') }} as recency_days,
        {{ to_plausible_integer('NumDealsPurchases') }} as deal_purchases,
        {{ to_plausible_integer('NumWebPurchases') }} as web_purchases,
        {{ to_plausible_integer('NumCatalogPurchases') }} as catalogue_purchases,
        {{ to_plausible_integer('NumStorePurchases') }} as store_purchases,
        {{ to_plausible_integer('NumWebVisitsMonth') }} as web_visits,
        -- The file has the third to the fifth campaign in front and calls the last one Response.
        {{ to_answer('AcceptedCmp1') }} as has_accepted_1,
        {{ to_answer('AcceptedCmp2') }} as has_accepted_2,
        {{ to_answer('AcceptedCmp3') }} as has_accepted_3,
        {{ to_answer('AcceptedCmp4') }} as has_accepted_4,
        {{ to_answer('AcceptedCmp5') }} as has_accepted_5,
        {{ to_answer('Response') }} as has_accepted_6,
        {{ to_answer('Complain') }} as has_complained,
        coalesce({{ rough_amount('MntWines') }}, 0)
        + coalesce({{ rough_amount('MntFruits') }}, 0)
        + coalesce({{ rough_amount('MntMeatProducts') }}, 0)
        + coalesce({{ rough_amount('MntFishProducts') }}, 0)
        + coalesce({{ rough_amount('MntSweetProducts') }}, 0)
        + coalesce({{ rough_amount('MntGoldProds') }}, 0) as file_amount,
        {{ text_map(raw_columns) }} as raw_fields
    from ordered
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
                customer_id, birth_year, education, stated_marital_status, country, income, enrolment_date,
                wine_amount, fruit_amount, meat_amount, fish_amount, sweets_amount, gold_amount,
                small_children, teenagers, recency_days, deal_purchases, web_purchases, catalogue_purchases,
                store_purchases, web_visits, has_accepted_1, has_accepted_2, has_accepted_3, has_accepted_4,
                has_accepted_5, has_accepted_6, has_complained
        ) as equal_rows
    from typed
),

judged as (
    select
        *,
        case
            when customer_id is null then 'ID is not a number'
            when id_rows > equal_rows then 'ID has rows that contradict each other'
            when id_row > 1 then 'ID repeats an earlier row'
            when birth_year is null then 'Year_Birth is not a year'
            when income is null and has_income then 'Income is not an amount'
            when enrolment_date is null then 'Dt_Customer is not a date'
            when not {{ is_plausible_date('enrolment_date') }} then 'Dt_Customer is outside the plausible years'
            when not {{ is_whole_cents('wine_amount') }} then 'MntWines is not an amount of 0 or more in whole cents'
            when not {{ is_whole_cents('fruit_amount') }} then 'MntFruits is not an amount of 0 or more in whole cents'
            when not {{ is_whole_cents('meat_amount') }}
                then 'MntMeatProducts is not an amount of 0 or more in whole cents'
            when not {{ is_whole_cents('fish_amount') }}
                then 'MntFishProducts is not an amount of 0 or more in whole cents'
            when not {{ is_whole_cents('sweets_amount') }}
                then 'MntSweetProducts is not an amount of 0 or more in whole cents'
            when not {{ is_whole_cents('gold_amount') }}
                then 'MntGoldProds is not an amount of 0 or more in whole cents'
            when coalesce(small_children < 0, true) then 'Kidhome is not a whole number of 0 or more'
            when coalesce(teenagers < 0, true) then 'Teenhome is not a whole number of 0 or more'
            when coalesce(recency_days < 0, true) then 'Recency is not a whole number of 0 or more'
            when coalesce(deal_purchases < 0, true) then 'NumDealsPurchases is not a whole number of 0 or more'
            when coalesce(web_purchases < 0, true) then 'NumWebPurchases is not a whole number of 0 or more'
            when coalesce(catalogue_purchases < 0, true) then 'NumCatalogPurchases is not a whole number of 0 or more'
            when coalesce(store_purchases < 0, true) then 'NumStorePurchases is not a whole number of 0 or more'
            when coalesce(web_visits < 0, true) then 'NumWebVisitsMonth is not a whole number of 0 or more'
            when has_accepted_1 is null then 'AcceptedCmp1 is neither 0 nor 1'
            when has_accepted_2 is null then 'AcceptedCmp2 is neither 0 nor 1'
            when has_accepted_3 is null then 'AcceptedCmp3 is neither 0 nor 1'
            when has_accepted_4 is null then 'AcceptedCmp4 is neither 0 nor 1'
            when has_accepted_5 is null then 'AcceptedCmp5 is neither 0 nor 1'
            when has_accepted_6 is null then 'Response is neither 0 nor 1'
            when has_complained is null then 'Complain is neither 0 nor 1'
        end as rejection_reason
    from compared
),

final as (
    select
        customer_id,
        birth_year,
        education,
        case
            when lower(stated_marital_status) = 'alone' then 'Single'
            when lower(stated_marital_status) in ('yolo', 'absurd') then 'Unknown'
            else stated_marital_status
        end as marital_status,
        stated_marital_status,
        country,
        cast(income as decimal(18, 2)) as income,
        cast(wine_amount as decimal(18, 2)) as wine_amount,
        cast(fruit_amount as decimal(18, 2)) as fruit_amount,
        cast(meat_amount as decimal(18, 2)) as meat_amount,
        cast(fish_amount as decimal(18, 2)) as fish_amount,
        cast(sweets_amount as decimal(18, 2)) as sweets_amount,
        cast(gold_amount as decimal(18, 2)) as gold_amount,
        small_children,
        teenagers,
        recency_days,
        deal_purchases,
        web_purchases,
        catalogue_purchases,
        store_purchases,
        web_visits,
        has_accepted_1,
        has_accepted_2,
        has_accepted_3,
        has_accepted_4,
        has_accepted_5,
        has_accepted_6,
        has_complained,
        enrolment_date,
        cast(file_amount as decimal(38, 6)) as file_amount,
        rejection_reason,
        case when rejection_reason is not null then raw_fields end as raw_fields
    from judged
)

select * from final
