with

spend as (
    select * from {{ ref('int_campaigns__category_spend') }}
),

categories as (
    select
        analysis,
        measure,
        replace(share_of, '_amount', '') as category
    from {{ ref('int_segmentation__measures') }}
    where share_of is not null
),

customer_shares as (
    select
        customers.analysis,
        customers.segment_name,
        categories.category,
        features.measure_value as customer_share
    from {{ ref('int_segmentation__features') }} as features
    inner join categories on features.analysis = categories.analysis and features.measure = categories.measure
    inner join {{ ref('int_campaigns__customers') }} as customers
        on features.analysis = customers.analysis and features.unit_id = customers.unit_id
),

-- Whoever spends less than half of the usual share on a category hardly knows it.
newcomers as (
    select
        spend.analysis,
        spend.segment_name,
        spend.category,
        count(*) as newcomers
    from customer_shares
    inner join spend
        on
            customer_shares.analysis = spend.analysis
            and customer_shares.segment_name = spend.segment_name
            and customer_shares.category = spend.category
    where customer_shares.customer_share < spend.share_of_all_spend / 2
    group by spend.analysis, spend.segment_name, spend.category
),

over_bought as (
    select
        dataset,
        analysis,
        segment_name,
        'category discount' as offer_type,
        category as target,
        'A members'' price on ' || replace(category, '_', ' ') || ' for four weeks.' as offer,
        index_to_all,
        buyers as expected_reach,
        {{ format_share('share_of_segment_spend') }} || ' of their spend goes to '
        || replace(category, '_', ' ') || ', ' || {{ format_ratio('index_to_all') }}
        || ' times the usual share.' as reason
    from spend
    where index_to_all >= {{ var('notable_index') }} and buyers >= {{ var('small_count') }}
    qualify row_number() over (
        partition by analysis, segment_name order by index_to_all desc nulls last, category nulls last
    ) <= {{ var('offers_per_type') }}
),

under_bought as (
    select
        spend.dataset,
        spend.analysis,
        spend.segment_name,
        'try a category' as offer_type,
        spend.category as target,
        'A voucher for the first purchase of ' || replace(spend.category, '_', ' ') || '.' as offer,
        spend.index_to_all,
        newcomers.newcomers as expected_reach,
        'Only ' || {{ format_share('spend.share_of_segment_spend') }} || ' of their spend goes to '
        || replace(spend.category, '_', ' ') || ', ' || {{ format_ratio('spend.index_to_all') }}
        || ' times the usual share.' as reason
    from spend
    inner join newcomers
        on
            spend.analysis = newcomers.analysis
            and spend.segment_name = newcomers.segment_name
            and spend.category = newcomers.category
    where
        spend.index_to_all <= 1 / {{ var('notable_index') }}
        -- What nearly nobody buys here is no habit that a voucher could start.
        and spend.index_to_all >= {{ var('min_tried_index') }}
        and newcomers.newcomers >= {{ var('small_count') }}
    qualify row_number() over (
        partition by spend.analysis, spend.segment_name
        order by newcomers.newcomers desc nulls last, spend.category nulls last
    ) <= {{ var('offers_per_type') }}
),

offers as (
    select * from over_bought
    union all
    select * from under_bought
),

final as (
    select
        dataset,
        analysis,
        segment_name,
        offer_type,
        target,
        offer,
        'index to all' as metric_name,
        index_to_all as metric_value,
        cast(null as double) as q_value,
        expected_reach,
        reason
    from offers
)

select * from final
