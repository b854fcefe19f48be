{#- Whether customer ids are kept out of what is published; stops the build if the secret is none. -#}
{% macro hides_customers() %}
    {{ return(answer_of('hides_customers()')['value'] == 'True') }}
{% endmacro %}


{#- Numbers of customers, which follow the order of their ids, drawn anew in the order of their pseudonyms. -#}
{% macro hidden_keys_sql(scope) %}
    {%- for mart in scope['marts'] if mart.name == 'customers' %}
    create or replace temp table hidden_keys as
    select
        own_key,
        cast(row_number() over (order by pseudonym) as integer) as customer_key
    from (
        select customer_key as own_key, {{ pseudonym('customer', 'customer_id') }} as pseudonym
        from {{ mart.relation_name }}
    ) as pseudonyms;
    {%- endfor %}
{% endmacro %}


{#- The rows of a mart without what tells customers. -#}
{% macro hidden_rows_sql(mart) %}
    select
        {%- for column in mart.columns.values() %}
        {{ hidden_column_sql(column.name) }} as {{ quoted_name(column.name) }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ mart.relation_name }} as mart
    {{- large_groups_sql(mart) }}
{% endmacro %}


{% macro pseudonym(kind, column) -%}
    pseudonym({{ duckdb_text(kind) }}, dataset, {{ quoted_name(column) }})
{%- endmacro %}


{#- What a column of a mart is published as where customers are hidden. Columns are known by their names, so that a new mart is
    covered, too. -#}
{% macro hidden_column_sql(name) -%}
    {%- if name in ['customer_id', 'example_customer_id', 'unit_id'] -%}
        {{ pseudonym('customer', name) }}
    {%- elif name == 'customer_key' -%}
        (select hidden_keys.customer_key from hidden_keys where hidden_keys.own_key = mart.customer_key)
    {%- elif name == 'receipt_id' -%}
        {{ pseudonym('receipt', name) }}
    {%- elif name == 'raw_row' -%}
        {{ pseudonym('row', name) }}
    {%- elif name == 'rejected_value' -%}
        null
    {%- else -%}
        {{ quoted_name(name) }}
    {%- endif -%}
{%- endmacro %}


{#- Rows of a mart that count fewer customers than `smallest_group` are left out, and so are attributes that fewer share, also where only
    a share of them is stated. Units of an analysis are customers; pairs of products count baskets, of which one customer may have several.
    What was sold at which price, on which day and in which store says nothing about a customer: those marts keep all rows. -#}
{% macro large_groups_sql(mart) %}
    {%- set counts = ['customers', 'customer_count', 'buyers', 'responses', 'pair_baskets', 'rule_baskets'] -%}
    {%- set smallest = var('smallest_group') -%}
    {%- set conditions = [] -%}
    {%- for column in mart.columns.values() if column.data_type in ['integer', 'bigint'] and mart.fqn[2] not in ['products', 'stores'] -%}
        {%- set is_unit = column.name == 'units' and 'analysis' in mart.columns -%}
        {%- if column.name in counts or column.name.endswith('_customers') or is_unit -%}
            {%- do conditions.append('coalesce(' ~ quoted_name(column.name) ~ ', 0) not between 1 and ' ~ (smallest - 1)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set is_of_values = 'attribute_value' in mart.columns and 'customer_key' not in mart.columns -%}
    {%- if is_of_values and mart.fqn[2] not in ['products', 'stores'] -%}
        {%- do conditions.append('not exists (' ~ small_values_sql(smallest) ~ ')') -%}
    {%- endif -%}
    {%- if conditions %}
    where {{ conditions | join(' and ') }}
    {%- elif 'customer_key' in mart.columns and 'attribute' in mart.columns %}
    qualify count(*) over (partition by dataset, attribute, attribute_value, number_value) >= {{ smallest }}
    {%- endif %}
{% endmacro %}


{#- The attribute value of a mart's row, if fewer customers share it. -#}
{% macro small_values_sql(smallest) -%}
    select shared.attribute_value
    from {{ graph.nodes['model.segmart.customer_attributes'].relation_name }} as shared
    where
        shared.attribute_type = 'text'
        and shared.dataset = mart.dataset
        and shared.attribute = mart.attribute
        and shared.attribute_value = mart.attribute_value
    group by shared.attribute_value
    having count(*) < {{ smallest }}
{%- endmacro %}
