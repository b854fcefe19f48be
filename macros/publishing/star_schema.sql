{#- Columns that name a row of another table, wherever they stand: the columns, the table and its columns. Tables that refer to others themselves
    come behind these. -#}
{% macro known_references() %}
    {{ return([
        (['customer_key'], 'customers', ['customer_key']),
        (['dataset', 'customer_id'], 'customers', ['dataset', 'customer_id']),
        (['product_key'], 'products', ['product_key']),
        (['dataset', 'product_id'], 'products', ['dataset', 'product_id']),
        (['store_key'], 'stores', ['store_key']),
        (['dataset', 'store_id'], 'stores', ['dataset', 'store_id']),
        (['receipt_date'], 'calendar_days', ['calendar_date']),
        (['calendar_date'], 'calendar_days', ['calendar_date']),
        (['receipt_key'], 'receipts', ['receipt_key']),
        (['dataset', 'promotion_id'], 'price_promotions', ['dataset', 'promotion_id']),
    ]) }}
{% endmacro %}


{#-
  What the publication and its catalog have to know of each table: name, description, columns, key, which tables it refers to, and whether
  keys are declared. Tables that others refer to come first.
-#}
{% macro published_tables(scope) %}
    {%- set names = {} -%}
    {%- for mart in scope['marts'] -%}
        {%- do names.update({mart.config.meta.get('published_as', mart.name): mart}) -%}
    {%- endfor -%}
    {%- set first = known_references() | map(attribute=1) | unique | select('in', names) | list -%}
    {%- set keyed = [] -%}
    {%- for name, mart in names.items() if scope['rows'][mart.unique_id] <= var('max_keyed_rows') -%}
        {#- A list can't be in an index; where customers are hidden, marts lose rows that others name, and values of their keys. -#}
        {%- set lists = mart.columns.values() | selectattr('data_type', 'in', ['varchar[]', 'string[]']) | map(attribute='name') | list -%}
        {%- if key_columns(mart, scope['tests']) | select('in', lists) | list | length == 0
            and (mart.config.group == 'core' or not scope['hides_customers']) -%}
            {%- do keyed.append(name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set tables = [] -%}
    {%- for name in first + (names | reject('in', first) | sort) -%}
        {%- set mart = names[name] -%}
        {%- set key = key_columns(mart, scope['tests']) -%}
        {%- set references = references_of(name, mart, first, keyed) -%}
        {%- do tables.append({
            'name': name,
            'kind': table_kind(mart),
            'subject': mart.fqn[-2],
            'grain': mart.config.meta.get('grain'),
            'question': mart.config.meta.get('question'),
            'description': mart.description | trim,
            'mart': mart,
            'columns': mart.columns.values() | list,
            'key': key,
            'is_keyed': name in keyed,
            'unique_keys': unique_keys(name, key) if name in keyed else [],
            'references': references,
        }) -%}
    {%- endfor -%}
    {{ return(tables) }}
{% endmacro %}


{#- Facts and dimensions are the core; what says more of dimensions in long form is one of them. -#}
{% macro table_kind(mart) %}
    {{ return('fact' if mart.config.meta.get('is_fact') else 'dimension' if mart.config.group == 'core' else 'mart') }}
{% endmacro %}


{#- Where a table refers to another one; a declared one needs an index, which is small only for few rows. -#}
{% macro references_of(name, mart, published, keyed) %}
    {%- set references = [] -%}
    {%- for columns, to, to_columns in known_references() if to != name and to in published -%}
        {%- if columns | reject('in', mart.columns) | list | length == 0 -%}
            {%- do references.append({
                'columns': columns, 'to': to, 'to_columns': to_columns, 'is_enforced': name in keyed and to in keyed
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(references) }}
{% endmacro %}


{#- What others may refer to besides the key. -#}
{% macro unique_keys(name, key) %}
    {%- set keys = [] -%}
    {%- for _, to, to_columns in known_references() if to == name and to_columns != key and to_columns not in keys -%}
        {%- do keys.append(to_columns) -%}
    {%- endfor -%}
    {{ return(keys) }}
{% endmacro %}
