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
    {%- for source_file, model in base_models.items() %}
    select
        '{{ source_file }}' as source_file,
        count(*) filter (where rejection_reason is null) as accepted_rows,
        count(*) filter (where rejection_reason is not null) as rejected_rows,
        {%- if source_file == 'customer_info' %}
        coalesce(sum(file_amount) filter (where rejection_reason is null), 0) as accepted_amount,
        coalesce(sum(file_amount) filter (where rejection_reason is not null), 0) as rejected_amount
        {%- else %}
        null as accepted_amount,
        null as rejected_amount
        {%- endif %}
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

unmatched as (
    select count(*) as unmatched_baskets
    from baskets
    left join customers on baskets.customer_id = customers.customer_id
    where customers.customer_id is null
),

final as (
    select
        raw_totals.source_file,
        raw_totals.raw_rows,
        totals.accepted_rows,
        totals.rejected_rows,
        cast(0 as bigint) as excluded_rows,
        case
            when raw_totals.source_file = 'customer_basket' then unmatched.unmatched_baskets
            else 0
        end as unmatched_rows,
        cast(raw_totals.raw_amount as decimal(38, 4)) as raw_amount,
        cast(totals.accepted_amount as decimal(38, 4)) as accepted_amount,
        cast(totals.rejected_amount as decimal(38, 4)) as rejected_amount,
        cast(case when totals.accepted_amount is not null then 0 end as decimal(38, 4)) as excluded_amount
    from raw_totals
    inner join totals on raw_totals.source_file = totals.source_file
    cross join unmatched
)

select * from final
