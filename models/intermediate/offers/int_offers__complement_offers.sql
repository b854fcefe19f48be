with

complements as (
    select * from {{ ref('int_offers__complements') }}
),

-- Pairs are of names, which several products may share.
customer_products as (
    select distinct
        basket_products.analysis,
        basket_products.segment_name,
        basket_products.customer_key,
        products.product_name
    from {{ ref('int_offers__basket_products') }} as basket_products
    inner join {{ ref('products') }} as products on basket_products.product_key = products.product_key
),

buyers as (
    select
        complements.analysis,
        complements.segment_name,
        complements.bought_item,
        complements.offered_item,
        count(*) as buyers,
        count(offered_buyers.customer_key) as buyers_of_both
    from complements
    inner join customer_products
        on
            complements.analysis = customer_products.analysis
            and complements.segment_name = customer_products.segment_name
            and complements.bought_item = customer_products.product_name
    left join customer_products as offered_buyers
        on
            complements.analysis = offered_buyers.analysis
            and customer_products.customer_key = offered_buyers.customer_key
            and complements.offered_item = offered_buyers.product_name
    group by complements.analysis, complements.segment_name, complements.bought_item, complements.offered_item
),

reached as (
    select
        complements.*,
        buyers.buyers,
        buyers.buyers_of_both,
        buyers.buyers - buyers.buyers_of_both as expected_reach
    from complements
    inner join buyers
        on
            complements.analysis = buyers.analysis
            and complements.segment_name = buyers.segment_name
            and complements.bought_item = buyers.bought_item
            and complements.offered_item = buyers.offered_item
    where buyers.buyers - buyers.buyers_of_both >= {{ var('small_count') }}
    qualify row_number() over (
        partition by complements.analysis, complements.segment_name, complements.first_item, complements.second_item
        order by buyers.buyers - buyers.buyers_of_both desc nulls last, complements.offered_item nulls last
    ) = 1
),

final as (
    select
        dataset,
        analysis,
        segment_name,
        'complement' as offer_type,
        bought_item,
        offered_item as target,
        'A voucher for ' || offered_item || ' to buyers of ' || bought_item || ' who have not bought it.' as offer,
        'adjusted lift' as metric_name,
        adjusted_lift as metric_value,
        adjusted_q_value as q_value,
        expected_reach,
        cast(buyers_of_both as double) / buyers as anyway_share,
        'buy ' || offered_item as outcome,
        {{ format_count('buyers_of_both') }} || ' of the ' || {{ format_count('buyers') }}
        || ' buyers of ' || bought_item || ' have bought it without an offer.' as cost,
        {{ format_count('pair_baskets') }} || ' of the segment''s ' || {{ format_count('baskets') }}
        || ' baskets hold ' || bought_item || ' and ' || offered_item || ', ' || {{ format_ratio('adjusted_lift') }}
        || ' times as many as chance would have it in baskets of the same size'
        || case when compared_stores > 1 then ' in the same store' else ' (stores are not compared)' end
        || '.' as reason
    from reached
    qualify row_number() over (
        partition by analysis, segment_name
        order by adjusted_lift desc nulls last, bought_item nulls last, offered_item nulls last
    ) <= {{ var('offers_per_type') }}
)

select * from final
