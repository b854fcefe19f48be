{{- config(materialized="table") -}}
{%- set raw_columns = ['LYLTY_CARD_NBR', 'LIFESTAGE', 'PREMIUM_CUSTOMER'] -%}
{%- set rules = [
    {'column': 'LYLTY_CARD_NBR', 'reason': 'is not a number', 'broken': 'customer_id is null'},
    {
        'column': 'LYLTY_CARD_NBR',
        'reason': 'has rows that contradict each other',
        'broken': 'is_contradicted',
    },
    {'column': 'LYLTY_CARD_NBR', 'reason': 'repeats an earlier row', 'broken': 'card_row > 1'},
] -%}

with

raw as (
    select * from {{ ref('purchase_behaviour') }}
),

-- Few texts repeat in millions of rows, and cleaning is dear.
segments as (
    select
        "LIFESTAGE" as lifestage,
        "PREMIUM_CUSTOMER" as premium_tier,
        coalesce(nullif(upper({{ clean_text('"LIFESTAGE"') }}), 'UNKNOWN'), 'Unknown') as clean_lifestage,
        coalesce({{ capitalize(clean_text('"PREMIUM_CUSTOMER"')) }}, 'Unknown') as clean_premium_tier
    from raw
    group by "LIFESTAGE", "PREMIUM_CUSTOMER"
),

typed as (
    select
        raw.*,
        {{ to_integer('raw."LYLTY_CARD_NBR"') }} as customer_id,
        segments.clean_lifestage,
        segments.clean_premium_tier
    from raw
    inner join segments
        on
            raw."LIFESTAGE" is not distinct from segments.lifestage
            and raw."PREMIUM_CUSTOMER" is not distinct from segments.premium_tier
),

repeated_cards as (
    select customer_id
    from typed
    where customer_id is not null
    group by customer_id
    having count(*) > 1
),

-- Few cards have several rows, and only these need to be compared.
compared as (
    select
        typed.*,
        1 as card_row,
        false as is_contradicted
    from typed
    left join repeated_cards on typed.customer_id = repeated_cards.customer_id
    where repeated_cards.customer_id is null
    union all
    select
        typed.*,
        {{ row_of_key('typed.customer_id', ['clean_lifestage', 'clean_premium_tier'], raw_columns) }} as card_row,
        {{ has_variants('typed.customer_id', ['clean_lifestage', 'clean_premium_tier']) }} as is_contradicted
    from typed
    inner join repeated_cards on typed.customer_id = repeated_cards.customer_id
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
        clean_lifestage as lifestage,
        clean_premium_tier as premium_tier,
        {{ rejection_columns(rules, raw_columns) }}
    from judged
)

select * from final
