{#- What a till name of a product says, cut out by patterns; the words in it are looked up in seeds/reference. -#}

{#- Grams: 175g, 210 G, Ht300g, 1.5kg; the packets of a multipack (6x25g) are multiplied. Null where no size stands. -#}
{% macro pack_size_grams(name) -%}
    nullif(cast(round(
        try_cast({{ pack_size_part(name, 4) }} as decimal(9, 3))
        * case when lower({{ pack_size_part(name, 5) }}) = 'kg' then 1000 else 1 end
        * coalesce(try_cast({{ pack_size_part(name, 3) }} as integer), 1)
    ) as integer), 0)
{%- endmacro %}


{% macro pack_size_pattern() -%}
    (^|[^0-9.])(([0-9]+) ?[xX] ?)?([0-9]+[.]?[0-9]*) ?([kK]?[gG])($|[^a-zA-Z0-9])
{%- endmacro %}


{% macro pack_size_part(name, group) -%}
    regexp_extract({{ name }}, '{{ pack_size_pattern() }}', {{ group }})
{%- endmacro %}


{#- The words of a name: without its pack size, glued words (`SeaSalt`, `Cream&Chives`) taken apart, upper case. -#}
{% macro separated_words(name) -%}
    upper(trim({{ replace_regex(
        replace_regex(
            replace_regex(replace_regex(name, pack_size_pattern(), '\\1 \\6'), '([a-z])([A-Z])', '\\1 \\2'),
            '&', ' & '
        ),
        ' +', ' '
    ) }}))
{%- endmacro %}


{#-
  A select of the first reference rule per thing whose `required_words` are all among the thing's words. `terms` has one row per
  thing (`key`) and word (`piece`), in lower case; the rule with the lowest priority number wins.
-#}
{% macro first_rule_by_words(terms, key, rules, result) -%}
    select
        matched.{{ key }},
        matched.{{ result }}
    from (
        select
            terms.{{ key }},
            rules.{{ result }},
            rules.priority
        from (select distinct {{ key }}, piece from {{ terms }}) as terms
        inner join (
            {{ split_to_rows(rules, ['priority', result, 'required_words'], 'lower(required_words)', ' ') }}
        ) as rules on terms.piece = rules.piece
        group by terms.{{ key }}, rules.{{ result }}, rules.priority, rules.required_words
        having count(*) = length(rules.required_words) - length(replace(rules.required_words, ' ', '')) + 1
    ) as matched
    qualify row_number() over (
        partition by matched.{{ key }} order by cast(matched.priority as integer) nulls last
    ) = 1
{%- endmacro %}
