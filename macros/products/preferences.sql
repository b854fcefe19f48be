{#- What each customer bought of each value of an attribute: `sales` has lines, `values` the value of each product. -#}
{% macro preferences_for(sales, values) -%}
    select
        {{ sales }}.customer_id,
        {{ values }}.value_id,
        cast(sum({{ sales }}.units) as bigint) as units,
        cast(sum({{ sales }}.sales_amount) as decimal(18, 2)) as sales_amount
    from {{ sales }}
    inner join {{ values }} on {{ sales }}.product_id = {{ values }}.product_id
    group by {{ sales }}.customer_id, {{ values }}.value_id
{%- endmacro %}
