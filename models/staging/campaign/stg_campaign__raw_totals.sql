-- Counted from the raw tables alone, without the parsing and the rules that it checks.
with

customers as (
    select * from {{ ref('marketing_data') }}
),

entries as (
    select * from {{ ref('marketing_data_dictionary') }}
),

final as (
    select
        'marketing_data' as source_file,
        count(*) as raw_rows,
        coalesce(sum({{ rough_amount('MntWines') }}), 0)
        + coalesce(sum({{ rough_amount('MntFruits') }}), 0)
        + coalesce(sum({{ rough_amount('MntMeatProducts') }}), 0)
        + coalesce(sum({{ rough_amount('MntFishProducts') }}), 0)
        + coalesce(sum({{ rough_amount('MntSweetProducts') }}), 0)
        + coalesce(sum({{ rough_amount('MntGoldProds') }}), 0) as raw_amount
    from customers
    union all
    select
        'marketing_data_dictionary' as source_file,
        count(*) as raw_rows,
        cast(null as decimal(38, 6)) as raw_amount
    from entries
)

select * from final
