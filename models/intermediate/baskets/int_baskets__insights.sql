with

-- Categories are too few and too wide to recommend one to the buyers of another.
pairs as (
    select
        *,
        is_frequent
        and is_adjusted_significant
        and not is_small_count
        and adjusted_lift >= {{ var('notable_index') }} as is_notable
    from {{ ref('int_baskets__pairs') }}
    where item_level <> 'category'
),

pairs_of_all as (
    select * from pairs
    where segment_name = 'All'
),

-- A pair of a segment is told for what it has beyond all baskets.
notable_pairs as (
    select
        pairs.*,
        pairs_of_all.baskets as all_baskets,
        pairs.adjusted_lift
        / case when pairs.segment_name = 'All' then 1 else coalesce(pairs_of_all.adjusted_lift, 1) end as strength,
        case when pairs.basket = 'customer' then 'customers bought' else 'baskets hold' end as who,
        case when pairs.basket = 'customer' then 'bought' else 'hold' end as verb,
        case
            when pairs.basket = 'customer'
                then 'as chance would have it among customers who bought as many ' || pairs.item_level || 's'
            else 'as chance would have it in baskets of the same size'
        end
        || case when pairs.compared_stores > 1 then ' in the same store' else ' (stores are not compared)' end
            as chance
    from pairs
    inner join pairs_of_all
        on
            pairs.dataset = pairs_of_all.dataset
            and pairs.item_level = pairs_of_all.item_level
            and pairs.first_item = pairs_of_all.first_item
            and pairs.second_item = pairs_of_all.second_item
    where
        pairs.is_notable
        and (
            pairs.segment_name = 'All'
            -- What is rare among all baskets is not judged there.
            or pairs.adjusted_lift > coalesce(pairs_of_all.adjusted_lift, 1) * {{ var('notable_index') }}
        )
),

-- Of all baskets several pairs, of a segment one at most.
candidates as (
    select *
    from notable_pairs
    qualify
        segment_name = 'All'
        or row_number() over (
            partition by dataset, item_level, segment_name
            order by strength desc nulls last, first_item nulls last, second_item nulls last
        ) = 1
),

strongest as (
    select *
    from candidates
    qualify row_number() over (
        partition by dataset, item_level, segment_name = 'All'
        order by strength desc nulls last, segment_name nulls last, first_item nulls last, second_item nulls last
    ) <= 3
),

final as (
    select
        dataset,
        'bought together' as topic,
        case when segment_name = 'All' then '' else 'In the segment "' || segment_name || '": ' end
        || {{ format_count('pair_baskets') }} || ' ' || who || ' both ' || first_item || ' and ' || second_item || ', '
        || {{ format_ratio('adjusted_lift') }} || ' times as many ' || chance || '; of those with ' || first_item || ', '
        || {{ format_share('second_share_with_first') }} || ' ' || verb || ' ' || second_item || ', of all others '
        || {{ format_share('cast(second_baskets - pair_baskets as double) / nullif(baskets - first_baskets, 0)') }}
        || '.' as insight,
        adjusted_lift as metric_value,
        'adjusted_lift' as metric_name,
        cast(pair_baskets as double) / all_baskets as touched_share,
        'product_pairs' as evidence_mart,
        'dataset = ' || dataset || ', item_level = ' || item_level || ', segment_name = ' || segment_name
        || ', first_item = ' || first_item || ', second_item = ' || second_item as evidence_key,
        case
            when segment_name = 'All' then 'Recommend the one to buyers of the other, and do not discount both at once.'
            else 'Recommend the one to buyers of the other in this segment.'
        end as recommended_action
    from strongest
)

select * from final
