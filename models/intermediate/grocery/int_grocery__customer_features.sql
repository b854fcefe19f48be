{%- set amounts = grocery_amounts().values() | list -%}
{%- set settings = var('analyses')['grocery_customers'] -%}
{%- set targets = var('imputations')['grocery_customers']['targets'] -%}
{%- set shares = [] -%}
{%- for name in amounts -%}{%- do shares.append(name | replace('_amount', '_share')) -%}{%- endfor %}

with

customers as (
    select * from {{ ref('int_grocery__customers') }}
),

imputations as (
    select * from {{ ref('grocery_customers_imputations') }}
),

imputed as (
    select
        {%- for target in targets %}
        max(imputed) filter (where measure = '{{ target }}') as {{ target }},
        {%- endfor %}
        unit_id
    from imputations
    group by unit_id
),

completed as (
    select
        customers.customer_id,
        customers.gender,
        customers.education,
        case when customers.has_loyalty_card then 'Yes' else 'No' end as loyalty_card,
        {%- for target in targets %}
        coalesce(cast(customers.{{ target }} as double), imputed.{{ target }}) as {{ target }},
        customers.{{ target }} is null as is_{{ target }}_imputed,
        {%- endfor %}
        customers.is_outlier,
        customers.is_sampled
    from customers
    left join imputed on customers.customer_id = imputed.unit_id
),

totalled as (
    select
        *,
        {{ amounts | join(' + ') }} as lifetime_amount
    from completed
),

final as (
    select
        cast(customer_id as {{ dbt.type_string() }}) as unit_id,
        customer_id,
        1 as customers,
        {%- for name in settings['features'] + settings['derived_measures'] + settings['measures'] %}
        {%- if name in shares %}
        coalesce({{ name | replace('_share', '_amount') }} / nullif(lifetime_amount, 0), 0) as {{ name }},
        {%- else %}
        {{ name }},
        {%- endif %}
        {%- endfor %}
        {%- for category in settings['categories'] %}
        {{ category }},
        {%- endfor %}
        {%- for target in targets %}
        is_{{ target }}_imputed,
        {%- endfor %}
        is_outlier,
        is_sampled and not is_outlier as is_fitted
    from totalled
)

select * from final
