with

pairs as (
    select * from {{ ref('int_baskets__pairs') }}
    where item_level = 'product' and segment_name <> 'All'
),

segments as (
    select distinct
        dataset,
        analysis,
        segment_name
    from {{ ref('int_campaigns__customers') }}
),

products as (
    select * from {{ ref('products') }}
),

basket_products as (
    select * from {{ ref('int_offers__basket_products') }}
),

bundles as (
    select
        segments.analysis,
        pairs.*,
        first_products.product_key as first_key,
        second_products.product_key as second_key
    from pairs
    inner join segments on pairs.dataset = segments.dataset and pairs.segment_name = segments.segment_name
    inner join products as first_products
        on pairs.dataset = first_products.dataset and pairs.first_item = first_products.product_name
    inner join products as second_products
        on pairs.dataset = second_products.dataset and pairs.second_item = second_products.product_name
    where
        pairs.is_frequent
        and pairs.q_value < {{ var('significance_level') }}
        and pairs.lift >= {{ var('notable_index') }}
    qualify row_number() over (
        partition by segments.analysis, pairs.segment_name
        order by pairs.lift desc nulls last, pairs.first_item nulls last, pairs.second_item nulls last
    ) <= {{ var('offers_per_type') }}
),

buyers as (
    select
        bundles.analysis,
        bundles.segment_name,
        bundles.first_key,
        bundles.second_key,
        count(distinct basket_products.customer_key) as expected_reach
    from bundles
    inner join basket_products
        on
            bundles.analysis = basket_products.analysis
            and bundles.segment_name = basket_products.segment_name
            and basket_products.product_key in (bundles.first_key, bundles.second_key)
    group by bundles.analysis, bundles.segment_name, bundles.first_key, bundles.second_key
),

final as (
    select
        bundles.dataset,
        bundles.analysis,
        bundles.segment_name,
        'bundle' as offer_type,
        bundles.first_item || ' + ' || bundles.second_item as target,
        'Sell ' || bundles.first_item || ' and ' || bundles.second_item
        || ' as a bundle, for less than the two cost.' as offer,
        'lift' as metric_name,
        bundles.lift as metric_value,
        bundles.q_value,
        buyers.expected_reach,
        {{ format_count('bundles.pair_baskets') }} || ' of the segment''s ' || {{ format_count('bundles.baskets') }}
        || ' baskets hold both, ' || {{ format_ratio('bundles.lift') }}
        || ' times as many as if they were bought independently.' as reason
    from bundles
    inner join buyers
        on
            bundles.analysis = buyers.analysis
            and bundles.segment_name = buyers.segment_name
            and bundles.first_key = buyers.first_key
            and bundles.second_key = buyers.second_key
)

select * from final
