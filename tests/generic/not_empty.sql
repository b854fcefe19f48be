{#- The model has at least one row: otherwise every row of the file was refused, and rejected_rows says why. -#}
{% test not_empty(model) %}
    select rows_found
    from (select count(*) as rows_found from {{ model }}) as counted
    where rows_found = 0
{% endtest %}
