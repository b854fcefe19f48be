{#- Dates with the month first, with or without a time of day that is cut off: 6/16/14, 06/16/2014, 08/22/1948 05:06 AM; a year of two
    digits belongs to this century. Only for files that are known to write the month first: nothing in 03/04/14 says so. -#}
{% macro to_date_us(text) -%}
    {%- set pattern = '^([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}|[0-9]{2})( .*)?$' -%}
    {%- set part = namespace(of=[]) -%}
    {%- for group in [1, 2] -%}
        {%- do part.of.append("lpad(regexp_extract(trim(" ~ text ~ "), '" ~ pattern ~ "', " ~ group ~ "), 2, '0')") -%}
    {%- endfor -%}
    try_cast(
        right('20' || regexp_extract(trim({{ text }}), '{{ pattern }}', 3), 4) || '-' || {{ part.of | join(" || '-' || ") }} as date
    )
{%- endmacro %}
