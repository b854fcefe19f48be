{#-
  Three tables in which a program finds what the file holds: tables, columns and metrics. What DuckDB knows already, such as types, comments
  and numbers of rows, is read from it.
-#}
{% macro catalog_sql(tables) %}
    create table draft.main.catalog_tables as
    select
        described.table_name,
        described.table_kind,
        described.subject,
        described.grain,
        described.key_columns,
        publication.row_count,
        found.comment as meaning,
        described.example_question
    from (
        values
            {%- for table in tables %}
            (
                {{ duckdb_text(table.name) }}, {{ duckdb_text(table.kind) }}, {{ duckdb_text(table.subject) }}, {{ text_or_null(table.grain) }},
                {{ text_or_null(table.key | join(', ')) }}, {{ text_or_null(table.question) }}
            ){{ ',' if not loop.last }}
            {%- endfor %}
    ) as described (table_name, table_kind, subject, grain, key_columns, example_question)
    inner join draft.main.publication on described.table_name = publication.table_name
    inner join duckdb_tables() as found on described.table_name = found.table_name and found.database_name = 'draft'
    order by described.table_name;
    {{ comments_sql('catalog_tables', 'What each table of this file holds, one row per table.', {
        'table_name': 'Name of the table.',
        'table_kind': 'fact, dimension or mart: facts and dimensions are the star schema, marts are worked out from it.',
        'subject': 'What the table is about; folder of its model.',
        'grain': 'What one row stands for.',
        'key_columns': 'Columns that tell rows apart, with commas between them; null if none do.',
        'row_count': 'Rows of the table.',
        'meaning': 'Description of the table, which is its comment, too.',
        'example_question': 'A question that the table answers.',
    }) }}

    create table draft.main.catalog_columns as
    with

    table_references (table_name, column_name, refers_to) as (
        select *
        from (
            values
                (null, null, null)
                {%- for table in tables %}
                    {%- for reference in table.references %}
                        {%- set target = reference.to ~ ' (' ~ reference.to_columns | join(', ') ~ ')' %},
                ({{ duckdb_text(table.name) }}, {{ duckdb_text(reference.columns[-1]) }}, {{ duckdb_text(target) }})
                    {%- endfor %}
                {%- endfor %}
        )
    )

    select
        found.table_name,
        found.column_index as column_position,
        found.column_name,
        found.data_type,
        list_contains(string_split(catalog_tables.key_columns, ', '), found.column_name) is true as is_key,
        table_references.refers_to,
        {{ unit_of_column('found.column_name', 'found.data_type') }} as unit,
        found.comment as meaning
    from duckdb_columns() as found
    inner join draft.main.catalog_tables on found.table_name = catalog_tables.table_name
    left join table_references on found.table_name = table_references.table_name and found.column_name = table_references.column_name
    where found.database_name = 'draft'
    order by found.table_name, found.column_index;
    {{ comments_sql('catalog_columns', 'What each column of the tables means, one row per column.', {
        'table_name': 'Name of the table.',
        'column_position': 'Place of the column in its table, from 1.',
        'column_name': 'Name of the column.',
        'data_type': 'Type of the column in DuckDB.',
        'is_key': 'Whether the column is part of the key of its table.',
        'refers_to': 'Table and columns that the column names a row of, together with dataset where it stands there; null if none.',
        'unit': 'What numbers are counted in, by the end of the name: currency of the files, share from 0 to 1, days, or pieces such as rows '
            ~ 'and customers; null for texts, and for numbers without a unit.',
        'meaning': 'Description of the column, which is its comment, too.',
    }) }}

    create table draft.main.catalog_metrics (
        metric_name varchar not null,
        label varchar not null,
        unit varchar not null,
        formula varchar not null,
        meaning varchar not null,
        example_question varchar not null,
        example_query varchar not null,
        primary key (metric_name)
    );
    {%- for metric in graph.metrics.values() | sort(attribute='name') if metric.config.meta.get('query') %}
    insert into draft.main.catalog_metrics
    select
        {{ duckdb_text(metric.name) }},
        {{ duckdb_text(metric.label) }},
        {{ duckdb_text(metric.config.meta.unit) }},
        {{ duckdb_text(metric_formula(metric)) }},
        {{ duckdb_text(metric.description) }},
        {{ duckdb_text(metric.config.meta.question) }},
        {{ duckdb_text(metric.config.meta.query | trim) }}
    where {{ duckdb_text(metric.config.meta.table) }} in (select catalog_tables.table_name from draft.main.catalog_tables);
    {%- endfor %}
    {{ comments_sql('catalog_metrics', 'Measures that are defined once, one row per metric, each with a query of this file.', {
        'metric_name': 'Name of the metric, as MetricFlow knows it.',
        'label': 'Name of the metric for people.',
        'unit': 'What the metric is counted in.',
        'formula': 'What is divided by what, or which rows are summed or counted.',
        'meaning': 'Description of the metric.',
        'example_question': 'A question that the metric answers.',
        'example_query': 'A query of this file that answers it.',
    }) }}
{% endmacro %}


{#- What numbers of a column are counted in: names of columns end in it. -#}
{% macro unit_of_column(name, type) -%}
    case
        when {{ type }} in ('VARCHAR', 'BOOLEAN') then null
        when {{ type }} in ('DATE', 'TIMESTAMP') then 'date'
        when regexp_matches({{ name }}, '_(key|id|rank|score|position|step|number)$') then null
        when regexp_matches({{ name }}, '(amount|_sales|sales_per_.*|_price|^price)(_low|_high)?$') then 'currency'
        when regexp_matches({{ name }}, '(share|probability|p_value|q_value|support|confidence|rate)(_[0-9]+_days)?(_low|_high)?$') then 'share'
        when regexp_matches({{ name }}, '(days|recency)(_low|_high)?$') then 'days'
        when regexp_matches({{ name }}, '_g$') then 'grams'
        when regexp_matches({{ name }}, '(index|lift|ratio|leverage|conviction)(_low|_high)?$') then 'ratio'
        when regexp_matches({{ name }}, '(units|customers|receipts|transactions|lines|rows|products|baskets|stores|weeks|months|buyers)$')
            then regexp_extract({{ name }}, '([a-z]+)$', 1)
    end
{%- endmacro %}


{#- A metric in one line, such as `sales / customers`. -#}
{% macro metric_formula(metric) %}
    {%- set parts = metric.type_params -%}
    {%- if parts.numerator -%}
        {{ return(parts.numerator.name ~ ' / ' ~ parts.denominator.name) }}
    {%- endif -%}
    {{ return(metric.config.meta.formula) }}
{% endmacro %}


{% macro text_or_null(text) -%}
    {{ duckdb_text(text) if text else 'null' }}
{%- endmacro %}
