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

-- As int_baskets__customer_segments chooses it.
segmentations as (
    select
        dataset,
        min(analysis) as analysis
    from {{ ref('int_segmentation__customer_segments') }}
    group by dataset
),

pairs_of_all as (
    select * from pairs
    where segment_name = 'All'
),

-- A pair of a segment is told for what it has beyond all baskets, at the end of its interval that is nearer to nothing.
compared_pairs as (
    select
        pairs.*,
        pairs_of_all.baskets as all_baskets,
        pairs.adjusted_lift_low
        / case
            when pairs.segment_name = 'All' then 1
            else greatest(1, coalesce(pairs_of_all.adjusted_lift, 1))
        end as lift_beyond
    from pairs
    inner join pairs_of_all
        on
            pairs.dataset = pairs_of_all.dataset
            and pairs.item_level = pairs_of_all.item_level
            and pairs.first_item = pairs_of_all.first_item
            and pairs.second_item = pairs_of_all.second_item
    where pairs.is_notable
),

positions as (
    {%- for position in range(1, 16) %}
    select {{ position }} as position
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Names of three words or more that differ in one are often one thing in two colours or sizes.
compared_words as (
    select
        compared_pairs.dataset,
        compared_pairs.item_level,
        compared_pairs.segment_name,
        compared_pairs.first_item,
        compared_pairs.second_item,
        count(*) as words,
        sum(case
            when
                split_part(compared_pairs.first_item, ' ', positions.position)
                = split_part(compared_pairs.second_item, ' ', positions.position)
                then 0
            else 1
        end) as other_words
    from compared_pairs
    cross join positions
    where
        split_part(compared_pairs.first_item, ' ', positions.position) <> ''
        or split_part(compared_pairs.second_item, ' ', positions.position) <> ''
    group by
        compared_pairs.dataset, compared_pairs.item_level, compared_pairs.segment_name, compared_pairs.first_item,
        compared_pairs.second_item
),

notable_pairs as (
    select
        compared_pairs.*,
        compared_words.words >= 3 and compared_words.other_words = 1 as are_variants,
        {{ cautious_effect('compared_pairs.lift_beyond', 'compared_pairs.lift_beyond') }} as cautious_effect,
        case when compared_pairs.basket = 'customer' then 'customers bought' else 'baskets hold' end as who,
        case when compared_pairs.basket = 'customer' then 'bought' else 'hold' end as verb,
        case
            when compared_pairs.basket = 'customer'
                then 'as chance would have it among customers who bought as many ' || compared_pairs.item_level || 's'
            else 'as chance would have it in baskets of the same size'
        end
        || case
            when compared_pairs.compared_stores > 1 then ' in the same store'
            else ' (stores are not compared)'
        end as chance
    from compared_pairs
    inner join compared_words
        on
            compared_pairs.dataset = compared_words.dataset
            and compared_pairs.item_level = compared_words.item_level
            and compared_pairs.segment_name = compared_words.segment_name
            and compared_pairs.first_item = compared_words.first_item
            and compared_pairs.second_item = compared_words.second_item
    where compared_pairs.lift_beyond > {{ var('notable_index') }}
),

-- Of all baskets several pairs, of a segment one at most. Who likes one variant likes the others: that is told last.
candidates as (
    select *
    from notable_pairs
    qualify
        segment_name = 'All'
        or row_number() over (
            partition by dataset, item_level, segment_name
            order by
                are_variants nulls last, pair_baskets * cautious_effect desc nulls last, first_item nulls last,
                second_item nulls last
        ) = 1
),

strongest as (
    select *
    from candidates
    qualify row_number() over (
        partition by dataset, item_level, segment_name = 'All'
        order by
            are_variants nulls last, pair_baskets * cautious_effect desc nulls last, segment_name nulls last,
            first_item nulls last, second_item nulls last
    ) <= 3
),

of_analyses as (
    select
        strongest.*,
        segmentations.analysis
    from strongest
    left join segmentations on strongest.dataset = segmentations.dataset
),

final as (
    select
        dataset,
        'bought together' as topic,
        case when segment_name = 'All' then '' else 'In the segment "' || segment_name || '": ' end
        || {{ format_count('pair_baskets') }} || ' ' || who || ' both ' || first_item || ' and ' || second_item || ', '
        || {{ format_ratio('adjusted_lift') }} || ' times as many ' || chance || '; of those with '
        || first_item || ', ' || {{ format_share('second_share_with_first') }} || ' ' || verb || ' ' || second_item
        || ', by chance ' || {{ format_share('second_share_with_first / adjusted_lift') }} || '.'
        || case
            when are_variants then ' Their names differ in one word; they may be variants of one thing.'
            else ''
        end as insight,
        adjusted_lift as metric_value,
        'adjusted_lift' as metric_name,
        cast(pair_baskets as double) / all_baskets as touched_share,
        cautious_effect,
        'product_pairs' as evidence_mart,
        'dataset = ' || dataset || ', item_level = ' || item_level
        || case
            when segment_name = 'All' then ''
            else coalesce(', analysis = ' || analysis, '')
        end
        || ', segment_name = ' || segment_name
        || ', first_item = ' || first_item || ', second_item = ' || second_item as evidence_key,
        case
            when are_variants then 'Try them as a set, and do not recommend one in place of another thing.'
            when segment_name = 'All' then 'Recommend the one to buyers of the other, and do not discount both at once.'
            else 'Recommend the one to buyers of the other in this segment.'
        end as recommended_action
    from of_analyses
)

select * from final
