-- A name in the product_types variable that no product has is a misspelling.
{%- for product_type in var('product_types') %}
select '{{ product_type }}' as product_type
where
    '{{ product_type }}' not in (select product_type from {{ ref('product_type_rules') }})
    and '{{ product_type }}' <> '{{ var("default_product_type") }}'
{{ 'union all' if not loop.last }}
{%- endfor %}
