{{- config(materialized="table") }}

with

raw as (
    select * from {{ ref('purchase_behaviour') }}
),

-- Few texts repeat in many rows, and cleaning is slow.
segments as (
    select
        lifestage as stated_lifestage,
        premium_customer as stated_premium_tier,
        coalesce(nullif(upper({{ clean_text('LIFESTAGE') }}), 'UNKNOWN'), 'Unknown') as clean_lifestage,
        coalesce({{ capitalize(clean_text('PREMIUM_CUSTOMER')) }}, 'Unknown') as clean_premium_tier
    from raw
    group by lifestage, premium_customer
),

typed as (
    select
        raw.*,
        {{ to_integer('raw.LYLTY_CARD_NBR') }} as customer_id,
        segments.clean_lifestage,
        segments.clean_premium_tier
    from raw
    inner join segments
        on
            raw.lifestage is not distinct from segments.stated_lifestage
            and raw.premium_customer is not distinct from segments.stated_premium_tier
),

compared as (
    select
        *,
        row_number() over (
            partition by customer_id
            order by lylty_card_nbr nulls last, lifestage nulls last, premium_customer nulls last
        ) as card_row,
        count(*) over (partition by customer_id) as card_rows,
        count(*) over (partition by customer_id, clean_lifestage, clean_premium_tier) as equal_rows
    from typed
),

judged as (
    select
        *,
        case
            when customer_id is null then 'LYLTY_CARD_NBR is not a number'
            when card_rows > equal_rows then 'LYLTY_CARD_NBR has rows that contradict each other'
            when card_row > 1 then 'LYLTY_CARD_NBR repeats an earlier row'
        end as rejection_reason
    from compared
),

final as (
    select
        customer_id,
        clean_lifestage as lifestage,
        clean_premium_tier as premium_tier,
        rejection_reason,
        case
            when rejection_reason is not null
                then {{ text_map(['LYLTY_CARD_NBR', 'LIFESTAGE', 'PREMIUM_CUSTOMER']) }}
        end as raw_fields
    from judged
)

select * from final
