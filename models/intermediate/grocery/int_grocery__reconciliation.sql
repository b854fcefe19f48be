{%- set base_models = {
    'customer_info': 'base_grocery__customers',
    'customer_basket': 'base_grocery__baskets',
    'product_mapping': 'base_grocery__product_categories',
} -%}

with

raw_totals as (
    select * from {{ ref('stg_grocery__raw_totals') }}
),

baskets as (
    select * from {{ ref('stg_grocery__baskets') }}
),

customers as (
    select * from {{ ref('stg_grocery__customers') }}
),

totals as (
    {{ judged_totals(base_models, files_with_amounts=['customer_info']) }}
),

unmatched as (
    select
        'customer_basket' as source_file,
        count(*) as unmatched_rows
    from baskets
    left join customers on baskets.customer_id = customers.customer_id
    where customers.customer_id is null
),

final as (
    select
        {{ reconciled_columns(unmatched_rows='coalesce(unmatched.unmatched_rows, 0)') }}
    from raw_totals
    inner join totals on raw_totals.source_file = totals.source_file
    left join unmatched on raw_totals.source_file = unmatched.source_file
)

select * from final
