{#- A select that turns columns of customers into rows of core.customer_attributes: texts and days are always known, as
    `Unknown` if need be; a number that is not known has no row. -#}
{% macro attribute_rows(customers, texts=[], numbers=[], days=[]) -%}
    {%- for attribute in texts %}
    select
        customer_id,
        '{{ attribute }}' as attribute,
        'text' as attribute_type,
        {{ attribute }} as attribute_value,
        cast(null as double) as number_value
    from {{ customers }}
    {{ 'union all' if not loop.last or numbers or days }}
    {%- endfor %}
    {%- for attribute in numbers %}
    select
        customer_id,
        '{{ attribute }}' as attribute,
        'number' as attribute_type,
        {{ number_as_text(attribute) }} as attribute_value,
        cast({{ attribute }} as double) as number_value
    from {{ customers }}
    where {{ attribute }} is not null
    {{ 'union all' if not loop.last or days }}
    {%- endfor %}
    {%- for attribute in days %}
    select
        customer_id,
        '{{ attribute }}' as attribute,
        'day' as attribute_type,
        cast({{ attribute }} as {{ dbt.type_string() }}) as attribute_value,
        cast(null as double) as number_value
    from {{ customers }}
    where {{ attribute }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
