{#- Text to typed values. Every macro takes an SQL expression of type text and gives null where the text is not clearly
    such a value: the caller decides what a null means. Their tables of nasty inputs are the unit tests of the base models.
    Cheap comparisons try the common form first; a regular expression is the last resort. -#}

{#- Text without surrounding white space; null if nothing is left. -#}
{% macro trim_text(text) -%}
    case
        when {{ text }} >= '!' and {{ last_character(text) }} >= '!' and not contains({{ text }}, '{{ '\u00a0' }}') then {{ text }}
        else nullif({{ trim_characters(text, [' ', '\t', '\r', '\n', '\u00a0']) }}, '')
    end
{%- endmacro %}


{#- Whether a text holds more than white space. -#}
{% macro is_stated(text) -%}
    ({{ trim_text(text) }} is not null)
{%- endmacro %}


{#- Text without surrounding and repeated white space; null if nothing is left. Expensive on many rows: where few texts repeat, trim the
    rows and clean the distinct texts. -#}
{% macro clean_text(text) -%}
    nullif(trim({{ replace_regex(text, '[ \\t\\n\\f\\r\\x{00A0}]+', ' ') }}), '')
{%- endmacro %}


{#- Whether a text is written as the database writes a whole number of a type; a cast alone takes ` 7`, `1e3` and `7.5`, too. -#}
{% macro is_plain_integer(text, type) -%}
    cast(try_cast({{ text }} as {{ type }}) as {{ dbt.type_string() }}) = {{ text }}
{%- endmacro %}


{#- Whole numbers; `12.0` counts as one, `12.5` does not. Most fit into 32 bits, which are read faster. -#}
{% macro to_integer(text) -%}
    case
        {%- for type in ['integer', 'bigint'] %}
        when {{ is_plain_integer(text, type) }} then try_cast({{ text }} as {{ type }})
        {%- endfor %}
        else try_cast({{ extract_regex('trim(' ~ text ~ ')', '^([+-]?[0-9]+)([.]0*)?$', 1) }} as bigint)
    end
{%- endmacro %}


{#- Whole numbers to calculate with. Beyond a billion either way they are typing errors, and sums of them would overflow; only ids
    are longer. -#}
{% macro to_plausible_integer(text) -%}
    case when {{ to_integer(text) }} between -1000000000 and 1000000000 then {{ to_integer(text) }} end
{%- endmacro %}


{#- 1 as true and 0 as false. -#}
{% macro to_answer(text) -%}
    case {{ to_integer(text) }} when 1 then true when 0 then false end
{%- endmacro %}


{#- Numbers with a decimal point, also those that Python writes as 1e-05; no separators of thousands, and no size that only a
    typing error has. -#}
{% macro to_number(text) -%}
    {%- set pattern = '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$' -%}
    {%- set number = 'try_cast(' ~ extract_regex('trim(' ~ text ~ ')', pattern, 0) ~ ' as double)' -%}
    case when abs({{ number }}) <= 1e12 then {{ number }} end
{%- endmacro %}


{#- Money with or without a currency sign and thousands separators: 7.4, $7.40, 1,234.50, -$3. A comma is never read as a
    decimal separator: 1,23 is refused. Four decimals are kept, so that the caller sees an amount finer than a cent; what
    lies beyond them is the noise of floating-point exports and is rounded off. A trillion or more is no amount: the type has no
    room for it, so that sums and products of amounts never overflow. -#}
{% macro to_amount(text) -%}
    case
        when {{ is_match(text, '[0-9]{1,12}([.][0-9]{1,4})?') }} then try_cast({{ text }} as decimal(16, 4))
        when {{ extract_regex(
            'trim(' ~ text ~ ')', '^[+-]?[$€£]?[+-]?(([0-9]+|[0-9]{1,3}(,[0-9]{3})+)([.][0-9]*)?|[.][0-9]+)$', 0
        ) }} <> '' then try_cast({{ replace_regex(text, '[$€£, \\t\\n\\f\\r]', '') }} as decimal(16, 4))
    end
{%- endmacro %}


{#- Whether an amount is there, not negative and not finer than a cent. -#}
{% macro is_whole_cents(amount) -%}
    coalesce({{ amount }} >= 0 and {{ amount }} = round({{ amount }}, 2), false)
{%- endmacro %}


{#- Whatever number an amount's text may stand for, for adding up what a file holds: no judgement whether it is meant so. A trillion or
    more counts as nothing. -#}
{% macro rough_amount(text) -%}
    cast(try_cast(translate({{ text }}, '$€£, ', '') as decimal(16, 4)) as decimal(38, 4))
{%- endmacro %}


{#- Excel serials (days since 1899-12-30, a time of day as a fraction is cut off) and ISO dates, with or without a time.
    Dates such as 03/04/2018 are refused: nothing in the file says which number is the month. -#}
{% macro to_date(text) -%}
    case
        when {{ is_plain_integer(text, 'integer') }} and try_cast({{ text }} as integer) between 0 and 99999
            then date '1899-12-30' + try_cast({{ text }} as integer)
        else coalesce(
            date '1899-12-30'
            + try_cast({{ extract_regex('trim(' ~ text ~ ')', '^([0-9]{1,5})([.][0-9]*)?$', 1) }} as integer),
            try_cast({{ extract_regex('trim(' ~ text ~ ')', '^([0-9]{4}-[0-9]{2}-[0-9]{2})([ T].*)?$', 1) }} as date)
        )
    end
{%- endmacro %}
