{%- set settings = var('income_imputation') -%}

with

customers as (
    select * from {{ ref('int_campaign__customers') }}
),

final as (
    select
        customer_id as unit_id,
        cast(income as double) as income,
        {%- for predictor in settings['predictors'] %}
        cast({{ predictor }} as double) as {{ predictor }},
        {%- endfor %}
        is_sampled and not is_outlier and income is not null as is_donor
    from customers
)

select * from final
