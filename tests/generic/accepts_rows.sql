{#- Staging accepts at least one row of a raw file: otherwise the build stops with a sentence that names the file and the commonest reason. A
    file that may be empty may have no rows, but not only refused ones. -#}
{% test accepts_rows(model, file, may_be_empty=false) %}
    with

    judged as (
        select
            count(*) as raw_rows,
            count(*) filter (where rejection_reason is null) as accepted_rows
        from {{ model }}
    ),

    reasons as (
        select
            rejection_reason,
            count(*) as refused_rows
        from {{ model }}
        where rejection_reason is not null
        group by rejection_reason
    ),

    commonest as (
        select *
        from reasons
        qualify row_number() over (order by refused_rows desc nulls last, rejection_reason nulls last) = 1
    ),

    described as (
        select
            judged.accepted_rows,
            judged.raw_rows,
            case
                when judged.raw_rows = 0 then '{{ file }} holds no rows'
                else
                    'every row of {{ file }} is refused (' || judged.raw_rows || '), most often because '
                    || commonest.rejection_reason || ' (' || commonest.refused_rows || ')'
                    || '; a file that is written in another way can be described in a segmart.yml, which segmart inspect proposes'
            end as message
        from judged
        left join commonest on judged.raw_rows > 0
    )

    select *
    from described
    where case when accepted_rows = 0 {{ 'and raw_rows > 0' if may_be_empty }} then {{ raise_in_sql('message') }} is not null else false end
{% endtest %}
