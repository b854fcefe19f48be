with

customers as (
    select * from {{ ref('base_campaign__customers') }}
),

final as (
    select
        -- keys
        customer_id,

        -- attributes
        birth_year,
        education,
        marital_status,
        stated_marital_status,
        country,
        row_number() over (
            partition by
                birth_year, education, marital_status, stated_marital_status, country, income, wine_amount,
                fruit_amount, meat_amount, fish_amount, sweets_amount, gold_amount, small_children, teenagers,
                recency_days, deal_purchases, web_purchases, catalogue_purchases, store_purchases, web_visits,
                has_accepted_1, has_accepted_2, has_accepted_3, has_accepted_4, has_accepted_5, has_accepted_6,
                has_complained, enrolment_date
            order by customer_id nulls last
        ) > 1 as is_repeat,

        -- measures
        income,
        wine_amount,
        fruit_amount,
        meat_amount,
        fish_amount,
        sweets_amount,
        gold_amount,
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

        -- dates
        enrolment_date
    from customers
    where rejection_reason is null
)

select * from final
