{%- set settings = var('analyses')['campaign_customers'] -%}

with

customers as (
    select * from {{ ref('int_campaign__customers') }}
),

imputations as (
    select * from {{ ref('campaign_customers_imputations') }}
),

completed as (
    select
        customers.*,
        coalesce(cast(customers.income as double), imputations.imputed) as known_or_imputed_income,
        customers.income is null as is_income_imputed
    from customers
    left join imputations on customers.customer_id = imputations.unit_id and imputations.measure = 'income'
),

final as (
    select
        cast(customer_id as {{ dbt.type_string() }}) as unit_id,
        customer_id,
        1 as customers,
        {%- for measure in settings['features'] + settings['derived_measures'] + settings['measures'] %}
        cast({{ 'known_or_imputed_income' if measure == 'income' else measure }} as double) as {{ measure }},
        {%- endfor %}
        {%- for category in settings['categories'] %}
        {{ category }},
        {%- endfor %}
        is_income_imputed,
        is_outlier,
        is_sampled and not is_outlier as is_fitted
    from completed
)

select * from final
