with

pairs as (
    select * from {{ ref('int_baskets__pairs') }}
    where dataset = 'grocery' and item_level = 'product'
),

products as (
    select * from {{ ref('int_grocery__products') }}
),

customer_products as (
    select * from {{ ref('int_grocery__customer_products') }}
),

bundles as (
    select
        pairs.*,
        first_products.product_id as first_id,
        second_products.product_id as second_id
    from pairs
    inner join products as first_products on pairs.first_item = first_products.product_name
    inner join products as second_products on pairs.second_item = second_products.product_name
    where
        pairs.segment_name <> 'All'
        and pairs.is_frequent
        and pairs.q_value < {{ var('significance_level') }}
        and pairs.lift >= {{ var('notable_index') }}
    qualify row_number() over (
        partition by pairs.segment_name
        order by pairs.lift desc nulls last, pairs.first_item nulls last, pairs.second_item nulls last
    ) <= {{ var('offers_per_type') }}
),

buyers as (
    select
        bundles.segment_name,
        bundles.first_id,
        bundles.second_id,
        count(distinct customer_products.customer_id) as expected_reach
    from bundles
    inner join customer_products
        on
            bundles.segment_name = customer_products.segment_name
            and customer_products.product_id in (bundles.first_id, bundles.second_id)
    group by bundles.segment_name, bundles.first_id, bundles.second_id
),

final as (
    select
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
            bundles.segment_name = buyers.segment_name
            and bundles.first_id = buyers.first_id
            and bundles.second_id = buyers.second_id
)

select * from final
