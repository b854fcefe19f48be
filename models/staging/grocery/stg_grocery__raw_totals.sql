-- Counted from the raw tables alone, without the parsing and the rules that it checks.
with

customers as (
    select * from {{ ref('customer_info') }}
),

baskets as (
    select * from {{ ref('customer_basket') }}
),

product_categories as (
    select * from {{ ref('product_mapping') }}
),

final as (
    select
        'customer_info' as source_file,
        count(*) as raw_rows,
        coalesce(sum({{ rough_amount('lifetime_spend_groceries') }}), 0)
        + coalesce(sum({{ rough_amount('lifetime_spend_electronics') }}), 0)
        + coalesce(sum({{ rough_amount('lifetime_spend_vegetables') }}), 0)
        + coalesce(sum({{ rough_amount('lifetime_spend_nonalcohol_drinks') }}), 0)
        + coalesce(sum({{ rough_amount('lifetime_spend_alcohol_drinks') }}), 0)
        + coalesce(sum({{ rough_amount('lifetime_spend_meat') }}), 0)
        + coalesce(sum({{ rough_amount('lifetime_spend_fish') }}), 0)
        + coalesce(sum({{ rough_amount('lifetime_spend_hygiene') }}), 0)
        + coalesce(sum({{ rough_amount('lifetime_spend_videogames') }}), 0)
        + coalesce(sum({{ rough_amount('lifetime_spend_petfood') }}), 0) as raw_amount
    from customers
    union all
    select
        'customer_basket' as source_file,
        count(*) as raw_rows,
        cast(null as decimal(38, 6)) as raw_amount
    from baskets
    union all
    select
        'product_mapping' as source_file,
        count(*) as raw_rows,
        cast(null as decimal(38, 6)) as raw_amount
    from product_categories
)

select * from final
