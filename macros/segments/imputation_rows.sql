{#-
  A select of what the imputation of an analysis sees: its targets and predictors as doubles, whether a row `is_receiver` (lacks a target),
  and whether it `is_donor`: complete, eligible, and among donor_rows of these by the hash of the key, so that it is always the same.
-#}
{% macro imputation_rows(analysis, customers, eligible='true') -%}
    {%- set settings = var('imputations')[analysis] -%}
    select
        unit_id,
        {%- for column in settings['targets'] + settings['predictors'] %}
        {{ column }},
        {%- endfor %}
        not is_complete as is_receiver,
        is_eligible and row_number() over (
            partition by is_eligible
            order by md5(cast(unit_id as {{ dbt.type_string() }})) nulls last, unit_id nulls last
        ) <= {{ settings['donor_rows'] }} as is_donor
    from (
        select
            *,
            is_complete and {{ eligible }} as is_eligible
        from (
            select
                customer_id as unit_id,
                {%- for column in settings['targets'] + settings['predictors'] %}
                cast({{ column }} as double) as {{ column }},
                {%- endfor %}
                is_outlier,
                {{ settings['targets'] | join(' is not null and ') }} is not null as is_complete
            from {{ customers }}
        ) as typed
    ) as judged
{%- endmacro %}
