with

categories as (
    select * from {{ ref('int_offers__category_customers') }}
),

spend as (
    select * from {{ ref('int_campaigns__category_spend') }}
),

-- Most of the segment buys the category, and no less of it than others do: what a segment avoids is no habit that a
-- voucher could start.
usual_categories as (
    select
        categories.*,
        replace(categories.category, '_', ' ') as category_words,
        spend.index_to_all
    from categories
    inner join spend
        on
            categories.analysis = spend.analysis
            and categories.segment_name = spend.segment_name
            and categories.category = spend.category
    where categories.usual_amount > 0 and spend.index_to_all >= 1 / {{ var('notable_index') }}
),

try_offers as (
    select
        *,
        'try a category' as offer_type,
        never_buyers as expected_reach,
        never_buyers * usual_amount as gap,
        'A voucher for the first purchase of ' || category_words || ', for the customers who have never bought it.'
            as offer,
        'None of them has bought ' || category_words || ', as far as the files tell.' as cost,
        {{ format_count('never_buyers') }} || ' of ' || {{ format_count('customers') }}
        || ' customers have never bought ' || category_words || '; half of the segment spends '
        || {{ format_count('usual_amount') }} || ' or more on it.'
            as reason
    from usual_categories
),

more_offers as (
    select
        *,
        'more of a category' as offer_type,
        low_buyers as expected_reach,
        low_buyers_gap as gap,
        'A voucher for ' || category_words || ', only for the customers who spend less than half of what is usual in '
        || 'their segment on it.' as offer,
        'All of them have bought ' || category_words || ' before; how many would buy it in these weeks without the '
        || 'voucher, the files do not say.' as cost,
        {{ format_count('low_buyers') }} || ' of ' || {{ format_count('customers') }}
        || ' customers spend less than half of the usual ' || {{ format_count('usual_amount') }} || ' on '
        || category_words || ', and less than half of its usual share: ' || {{ format_count('low_buyers_gap') }}
        || ' less than usual in all.' as reason
    from usual_categories
),

offers as (
    select * from try_offers
    union all
    select * from more_offers
),

final as (
    select
        dataset,
        analysis,
        segment_name,
        offer_type,
        category as target,
        offer,
        'index to all' as metric_name,
        index_to_all as metric_value,
        cast(null as double) as q_value,
        expected_reach,
        cast(null as double) as anyway_share,
        'buy ' || category_words as outcome,
        cost,
        reason
    from offers
    where expected_reach >= {{ var('small_count') }}
    qualify row_number() over (
        partition by analysis, segment_name, offer_type
        order by gap desc nulls last, category nulls last
    ) <= {{ var('offers_per_type') }}
)

select * from final
