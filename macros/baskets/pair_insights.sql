{#-
  A select of sentences about so many pairs of the highest lift among all baskets, and about as many pairs that are
  special to a segment, one of each: those whose lift exceeds that among all baskets most. `pairs` holds a dataset's
  pairs of one level with the flag `is_notable`; `who` is what baskets are and what they do, such as `baskets hold`.
-#}
{% macro pair_insights(pairs, who, number) -%}
    {%- set verb = who.split(' ')[1] -%}
    select
        'bought together' as topic,
        case when segment_name = 'All' then '' else 'In the segment "' || segment_name || '": ' end
        || {{ format_count('pair_baskets') }} || ' {{ who }} both ' || first_item || ' and ' || second_item || ', '
        || {{ format_ratio('lift') }} || ' times as many as by chance; of those with ' || first_item || ', '
        || {{ format_share('second_share_with_first') }} || ' {{ verb }} ' || second_item || ', of all others '
        || {{ format_share(
            'cast(second_baskets - pair_baskets as double) / nullif(baskets - first_baskets, 0)'
        ) }} || '.' as insight,
        lift as metric_value,
        'lift' as metric_name,
        cast(pair_baskets as double) / all_baskets as touched_share,
        'product_pairs' as evidence_mart,
        'dataset = ' || dataset || ', item_level = ' || item_level || ', segment_name = ' || segment_name
        || ', first_item = ' || first_item || ', second_item = ' || second_item as evidence_key,
        case
            when segment_name = 'All' then 'Recommend the one to buyers of the other, and do not discount both at once.'
            else 'Recommend the one to buyers of the other in this segment.'
        end as recommended_action
    from (
        select
            *,
            row_number() over (
                partition by segment_name = 'All'
                order by
                    strength desc nulls last, segment_name nulls last, first_item nulls last, second_item nulls last
            ) as place
        from (
            select
                *,
                row_number() over (
                    partition by segment_name
                    order by strength desc nulls last, first_item nulls last, second_item nulls last
                ) as segment_place
            from (
                select
                    pairs.*,
                    everybody.baskets as all_baskets,
                    pairs.lift / case when pairs.segment_name = 'All' then 1 else everybody.lift end as strength
                from {{ pairs }} as pairs
                inner join {{ pairs }} as everybody
                    on
                        everybody.segment_name = 'All'
                        and pairs.first_item = everybody.first_item
                        and pairs.second_item = everybody.second_item
                where
                    pairs.is_notable
                    and (
                        pairs.segment_name = 'All'
                        or pairs.lift > everybody.lift * {{ var('notable_index') }}
                    )
            ) as compared
        ) as placed_in_segment
        where segment_name = 'All' or segment_place = 1
    ) as placed
    where place <= {{ number }}
{%- endmacro %}
