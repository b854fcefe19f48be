{#- Dates with the month first, 6/16/14 or 06/16/2014; a year of two digits belongs to this century. Only for files that are known to
    write the month first: nothing in 03/04/14 says so. -#}
{% macro to_date_us(text) -%}
    {%- set pattern = '^([0-9]{1,2})/([0-9]{1,2})/(20)?([0-9]{2})$' -%}
    {%- set part = namespace(of=[]) -%}
    {%- for group in [4, 1, 2] -%}
        {%- do part.of.append("lpad(regexp_extract(trim(" ~ text ~ "), '" ~ pattern ~ "', " ~ group ~ "), 2, '0')") -%}
    {%- endfor -%}
    try_cast('20' || {{ part.of | join(" || '-' || ") }} as date)
{%- endmacro %}
