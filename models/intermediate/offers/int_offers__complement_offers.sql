with

pairs as (
    select * from {{ ref('int_baskets__pairs') }}
    where
        item_level = 'product'
        and segment_name <> 'All'
        and is_frequent
        and q_value < {{ var('significance_level') }}
        and lift >= {{ var('notable_index') }}
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

customer_products as (
    select distinct
        analysis,
        segment_name,
        customer_key,
        product_key
    from {{ ref('int_offers__basket_products') }}
),

-- Whoever buys one of the two can be offered the other.
directed_pairs as (
    select
        *,
        first_item as bought_item,
        second_item as offered_item
    from pairs
    union all
    select
        *,
        second_item as bought_item,
        first_item as offered_item
    from pairs
),

keyed as (
    select
        segments.analysis,
        directed_pairs.*,
        bought_products.product_key as bought_key,
        offered_products.product_key as offered_key
    from directed_pairs
    inner join segments
        on directed_pairs.dataset = segments.dataset and directed_pairs.segment_name = segments.segment_name
    inner join products as bought_products
        on directed_pairs.dataset = bought_products.dataset and directed_pairs.bought_item = bought_products.product_name
    inner join products as offered_products
        on
            directed_pairs.dataset = offered_products.dataset
            and directed_pairs.offered_item = offered_products.product_name
),

buyers as (
    select
        keyed.analysis,
        keyed.segment_name,
        keyed.bought_key,
        keyed.offered_key,
        count(*) as buyers,
        count(offered_buyers.customer_key) as buyers_of_both
    from keyed
    inner join customer_products
        on
            keyed.analysis = customer_products.analysis
            and keyed.segment_name = customer_products.segment_name
            and keyed.bought_key = customer_products.product_key
    left join customer_products as offered_buyers
        on
            keyed.analysis = offered_buyers.analysis
            and customer_products.customer_key = offered_buyers.customer_key
            and keyed.offered_key = offered_buyers.product_key
    group by keyed.analysis, keyed.segment_name, keyed.bought_key, keyed.offered_key
),

reached as (
    select
        keyed.*,
        buyers.buyers,
        buyers.buyers_of_both,
        buyers.buyers - buyers.buyers_of_both as expected_reach
    from keyed
    inner join buyers
        on
            keyed.analysis = buyers.analysis
            and keyed.segment_name = buyers.segment_name
            and keyed.bought_key = buyers.bought_key
            and keyed.offered_key = buyers.offered_key
    where buyers.buyers - buyers.buyers_of_both >= {{ var('small_count') }}
    qualify row_number() over (
        partition by keyed.analysis, keyed.segment_name, keyed.first_item, keyed.second_item
        order by buyers.buyers - buyers.buyers_of_both desc nulls last, keyed.offered_item nulls last
    ) = 1
),

final as (
    select
        dataset,
        analysis,
        segment_name,
        'complement' as offer_type,
        offered_item as target,
        'A voucher for ' || offered_item || ' to buyers of ' || bought_item || ' who have not bought it.' as offer,
        'lift' as metric_name,
        lift as metric_value,
        q_value,
        expected_reach,
        cast(buyers_of_both as double) / buyers as anyway_share,
        'buy ' || offered_item as outcome,
        {{ format_count('buyers_of_both') }} || ' of the ' || {{ format_count('buyers') }} || ' buyers of ' || bought_item
        || ' have bought it without an offer.' as cost,
        {{ format_count('pair_baskets') }} || ' of the segment''s ' || {{ format_count('baskets') }}
        || ' baskets hold ' || bought_item || ' and ' || offered_item || ', ' || {{ format_ratio('lift') }}
        || ' times as many as if they were bought independently.' as reason
    from reached
    qualify row_number() over (
        partition by analysis, segment_name
        order by lift desc nulls last, bought_item nulls last, offered_item nulls last
    ) <= {{ var('offers_per_type') }}
)

select * from final
