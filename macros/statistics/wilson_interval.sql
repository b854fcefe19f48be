{#- Ends of the 95 % confidence interval of a proportion (Wilson, JASA 22, 1927): it stays within 0 and 1 and has a width also where nobody
    or all customers answer. Null without observations. -#}
{% macro wilson_low(successes, observations) -%}
    case
        when {{ observations }} > 0 and {{ successes }} = 0 then 0.0
        when {{ observations }} > 0 then {{ wilson_end(successes, observations, '-') }}
    end
{%- endmacro %}


{% macro wilson_high(successes, observations) -%}
    case
        when {{ observations }} > 0 and {{ successes }} = {{ observations }} then 1.0
        when {{ observations }} > 0 then {{ wilson_end(successes, observations, '+') }}
    end
{%- endmacro %}


{% macro wilson_end(successes, observations, sign) -%}
    (
        {{ successes }} + {{ z_95() }} * {{ z_95() }} / 2 {{ sign }} {{ z_95() }} * sqrt(
            {{ successes }} * (1 - {{ successes }} / cast({{ observations }} as double)) + {{ z_95() }} * {{ z_95() }} / 4
        )
    ) / ({{ observations }} + {{ z_95() }} * {{ z_95() }})
{%- endmacro %}
