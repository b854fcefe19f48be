with

customer_products as (
    select * from {{ ref('int_grocery__customer_products') }}
),

products as (
    select * from {{ ref('int_grocery__products') }}
),

counts as (
    select
        segment_name,
        product_id,
        cast(sum(baskets) as bigint) as baskets,
        count(*) as buyers
    from customer_products
    group by segment_name, product_id
),

compared as (
    select
        *,
        cast(baskets as double) / sum(baskets) over (partition by segment_name) as segment_share,
        cast(sum(baskets) over (partition by product_id) as double) / sum(baskets) over () as all_share
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
        partition by segment_name order by segment_share / all_share desc nulls last, product_id nulls last
    ) <= {{ var('offers_per_type') }}
),

final as (
    select
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
    inner join products on favourites.product_id = products.product_id
)

select * from final
