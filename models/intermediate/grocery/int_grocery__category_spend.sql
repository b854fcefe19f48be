{%- set amounts = {} -%}
{%- for name in grocery_amounts().values() -%}{%- do amounts.update({name | replace('_amount', ''): name}) -%}{%- endfor %}

with

customers as (
    select * from {{ ref('int_grocery__segmented_customers') }}
),

final as (
    {{ category_spend('customers', amounts) }}
)

select * from final
