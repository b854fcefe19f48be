with

basket_products as (
    select * from {{ ref('int_offers__basket_products') }}
),

products as (
    select * from {{ ref('products') }}
),

counts as (
    select
        dataset,
        analysis,
        segment_name,
        product_key,
        count(*) as baskets,
        count(distinct customer_key) as buyers
    from basket_products
    group by dataset, analysis, segment_name, product_key
),

compared as (
    select
        *,
        cast(baskets as double) / sum(baskets) over (partition by analysis, segment_name) as segment_share,
        cast(sum(baskets) over (partition by analysis, product_key) as double)
        / sum(baskets) over (partition by analysis) as all_share
    from counts
),

favourites as (
    select
        *,
        segment_share / all_share as index_to_all
    from compared
    where
        buyers >= {{ var('small_count') }}
        and segment_share / all_share >= {{ var('notable_index') }}
    qualify row_number() over (
        partition by analysis, segment_name
        order by segment_share / all_share desc nulls last, product_key nulls last
    ) <= {{ var('offers_per_type') }}
),

final as (
    select
        favourites.dataset,
        favourites.analysis,
        favourites.segment_name,
        'buy two, get one' as offer_type,
        products.product_name as target,
        'Three ' || products.product_name || ' for the price of two.' as offer,
        'index to all' as metric_name,
        favourites.index_to_all as metric_value,
        cast(null as double) as q_value,
        favourites.buyers as expected_reach,
        {{ format_share('favourites.segment_share') }} || ' of the segment''s purchases are '
        || products.product_name || ', ' || {{ format_ratio('favourites.index_to_all') }}
        || ' times the share among all customers.' as reason
    from favourites
    inner join products on favourites.product_key = products.product_key
)

select * from final
