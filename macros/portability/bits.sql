{#-
  Sets of whole numbers as bits: numbers are cut into blocks, and a block of them is one value. Where `a` and `b` are
  such values of the same block, `bit_count(a & b)` says how many numbers they share.

      bits_per_block  how many numbers make a block
      bits_of_block   aggregate of the numbers of one block
-#}
{% macro bits_per_block() -%}
    {{ return(adapter.dispatch('bits_per_block')()) }}
{%- endmacro %}

{% macro duckdb__bits_per_block() -%}
    {{ return(4096) }}
{%- endmacro %}

{% macro default__bits_per_block() -%}
    {{ return(64) }}
{%- endmacro %}


{% macro bits_of_block(number) -%}
    {{ return(adapter.dispatch('bits_of_block')(number)) }}
{%- endmacro %}

{% macro duckdb__bits_of_block(number) -%}
    {{ return('bitstring_agg(' ~ number ~ ' % ' ~ bits_per_block() ~ ', 0, ' ~ (bits_per_block() - 1) ~ ')') }}
{%- endmacro %}

{% macro default__bits_of_block(number) -%}
    {{ return('bit_or(shiftleft(cast(1 as bigint), ' ~ number ~ ' % ' ~ bits_per_block() ~ '))') }}
{%- endmacro %}
