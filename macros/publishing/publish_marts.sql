{#-
  The last step of a build: writes all public marts into a file that BI tools open, if this run made and tested all of them.
  Returns one SQL script, which dbt runs as a hook, or nothing. Readers see the old file or the new one: the script
  writes a draft and renames it.
-#}
{% macro publish_marts(results) %}
    {#- dbt renders hooks also to compile or document them. -#}
    {%- if execute and flags.WHICH in ['build', 'run', 'test', 'seed', 'snapshot', 'retry'] -%}
        {%- set published = published_file() -%}
        {%- set scope = publication_scope() -%}
        {%- set reason = why_not_published(results, scope, published) -%}
        {%- if reason -%}
            {%- do log('Not published: ' ~ reason, info=true) -%}
            {%- if published and is_failed_build(results) %}
            select {{ checked('note_failure(' ~ duckdb_text(published) ~ ', ' ~ duckdb_text(env_var('SEGMART_DATA', '')) ~ ')') }}
            {%- endif %}
        {%- else -%}
            {%- do show_marts(scope['marts'] + [graph.nodes['model.segmart.sales_lines']]) -%}
            {%- do scope.update({'hides_customers': hides_customers()}) -%}
            {%- do scope.update(marts_to_publish(scope)) -%}
            {%- set published = publication_target(published) -%}
            {%- do log('Publishing ' ~ scope['marts'] | length ~ ' marts in ' ~ published, info=true) -%}
            {{ publication_sql(results, scope, published) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- Says which figures moved most since the build that was published before. -#}
{% macro log_changes() %}
    {%- if execute and flags.WHICH in ['build', 'run', 'test', 'retry'] and published_file() -%}
        {%- set published = duckdb_text(published_file()) ~ ', ' ~ duckdb_text(invocation_id) -%}
        {%- set changes = duckdb_query('select recorded_changes(' ~ published ~ ')').rows[0][0] -%}
        {%- if changes -%}
            {%- do log(changes, info=true) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- Stops a build at its beginning if the published file is not a build's to replace, or would not hide customers. -#}
{% macro check_published_file() %}
    {%- if execute and flags.WHICH == 'build' and published_file() -%}
        {%- do publication_target(published_file()) -%}
        {%- do hides_customers() -%}
    {%- endif -%}
{% endmacro %}


{#- The file that will be replaced; see `segmart.publishing.publication_target`. -#}
{% macro publication_target(published) %}
    {{ return(answer_of('publication_target(' ~ duckdb_text(published) ~ ')')['value']) }}
{% endmacro %}


{#- A build of another database than the project's own is an experiment: it must not replace what others read, unless
    SEGMART_PUBLISHED says so. -#}
{% macro published_file() %}
    {%- set default = '' if env_var('SEGMART_DATABASE', '') else 'published/marts.duckdb' -%}
    {{ return(env_var('SEGMART_PUBLISHED', '') or default) }}
{% endmacro %}


{#- The public models, everything they are made from, and every data test on any of these. -#}
{% macro publication_scope() %}
    {%- set models = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | list -%}
    {%- set marts = models | selectattr('config.access', 'equalto', 'public')
        | rejectattr('config.meta.is_unpublished', 'equalto', true) | sort(attribute='name') | list -%}
    {%- set sources = [] -%}
    {%- set to_visit = marts | map(attribute='unique_id') | list -%}
    {%- for _ in graph.nodes if to_visit -%}
        {%- set unique_id = to_visit.pop() -%}
        {%- if unique_id not in sources -%}
            {%- do sources.append(unique_id) -%}
            {%- do to_visit.extend(graph.nodes[unique_id].depends_on.nodes | select('in', graph.nodes) | reject('in', sources) | reject('in', to_visit) | list) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set tests = [] -%}
    {%- for test in graph.nodes.values() | selectattr('resource_type', 'equalto', 'test') -%}
        {%- if test.depends_on.nodes | select('in', sources) | list -%}
            {%- do tests.append(test) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return({'marts': marts, 'sources': sources, 'tests': tests}) }}
{% endmacro %}


{#- Whether a build of everything failed, so that what is published is of another one. -#}
{% macro is_failed_build(results) %}
    {%- set is_whole = flags.WHICH == 'build' and not invocation_args_dict.get('select') and not invocation_args_dict.get('exclude') -%}
    {{ return(is_whole and results | rejectattr('status', 'in', good_statuses()) | list | length > 0) }}
{% endmacro %}


{#- Of steps that went well. -#}
{% macro good_statuses() %}
    {{ return(['success', 'pass', 'warn', 'no-op']) }}
{% endmacro %}


{#- A sentence, or none if the run may be published. -#}
{% macro why_not_published(results, scope, published) %}
    {%- set good = good_statuses() -%}
    {%- set failed = results | rejectattr('status', 'in', good + ['skipped']) | map(attribute='node.unique_id') | sort -%}
    {%- set skipped = results | selectattr('status', 'equalto', 'skipped') | map(attribute='node.unique_id') | sort -%}
    {%- set done = results | selectattr('status', 'in', good) | map(attribute='node.unique_id') | list -%}
    {%- set unbuilt = scope['sources'] | reject('in', done) | sort -%}
    {%- set untested = scope['tests'] | map(attribute='unique_id') | reject('in', done) | sort -%}
    {%- if failed -%}
        {{ return(failed | length ~ ' of ' ~ results | length ~ ' steps failed: ' ~ first_few(failed)) }}
    {%- elif skipped -%}
        {{ return(skipped | length ~ ' of ' ~ results | length ~ ' steps were skipped: ' ~ first_few(skipped)) }}
    {%- elif not scope['marts'] -%}
        {{ return('no mart is built with datasets ' ~ enabled_datasets() | join(' ')) }}
    {%- elif invocation_args_dict.get('empty') or invocation_args_dict.get('sample') -%}
        {{ return('this run read a part of the rows only') }}
    {%- elif unbuilt -%}
        {{ return(
            'this run left out ' ~ unbuilt | length ~ ' of the ' ~ scope['sources'] | length ~ ' models and seeds that the marts are '
            'made from, so they may be of different builds; a whole `dbt build` publishes. Left out: ' ~ first_few(unbuilt)
        ) }}
    {%- elif untested -%}
        {{ return(
            'this run left out ' ~ untested | length ~ ' of the ' ~ scope['tests'] | length
            ~ ' tests of the marts and of what they are made from; a whole `dbt build` publishes. Left out: ' ~ first_few(untested)
        ) }}
    {%- elif not published -%}
        {{ return('SEGMART_DATABASE names another database; to publish its marts, name their file in SEGMART_PUBLISHED') }}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}


{% macro first_few(unique_ids) %}
    {%- set names = [] -%}
    {%- for unique_id in unique_ids[:3] -%}
        {%- do names.append(unique_id.split('.')[2]) -%}
    {%- endfor -%}
    {{ return(names | join(', ') ~ (', …' if unique_ids | length > 3 else '')) }}
{% endmacro %}


{#- Marts without rows have nothing to say of these files, so BI tools and the report do not see them; those about data quality say by having
    none that nothing was refused or doubted. Facts of too many lines stay in the working database, and so do single receipts
    where customers are hidden. -#}
{% macro marts_to_publish(scope) %}
    {%- set published = [] -%}
    {%- set rows = {} -%}
    {%- for mart in scope['marts'] -%}
        {#- Facts are views that number receipts: the table below them is counted. -#}
        {%- set counted = graph.nodes['model.segmart.sales_lines'] if mart.config.meta.is_fact else mart -%}
        {%- do rows.update({mart.unique_id: row_count(counted)}) -%}
        {%- set is_left_out = mart.config.meta.is_fact
            and (scope['hides_customers'] or rows[mart.unique_id] > var('max_published_lines')) -%}
        {%- if not is_left_out and (mart.config.group == 'data_quality' or rows[mart.unique_id] > 0) -%}
            {%- do published.append(mart) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return({'marts': published, 'rows': rows}) }}
{% endmacro %}


{% macro row_count(mart) %}
    {%- set relation = api.Relation.create(database=mart.database, schema=mart.schema, identifier=mart.alias) -%}
    {{ return(duckdb_query('select count(*) from ' ~ relation).rows[0][0] | int) }}
{% endmacro %}
