-- Whom each published offer is for: the same customers that its reach counts.
with

verdicts as (
    select * from {{ ref('int_segmentation__verdicts') }}
),

-- Other customers of the same kind would give other segments where these are unstable: nobody is to act on them.
offers as (
    select offers.*
    from {{ ref('int_offers__offers') }} as offers
    left join verdicts on offers.analysis = verdicts.analysis
    where not coalesce(verdicts.verdict like '%unstable%', false)
),

complements as (
    select
        offers.analysis,
        offers.segment_name,
        offers.offer_type,
        offers.target,
        complement_offers.bought_item
    from offers
    inner join {{ ref('int_offers__complement_offers') }} as complement_offers
        on
            offers.analysis = complement_offers.analysis
            and offers.segment_name = complement_offers.segment_name
            and offers.offer_type = complement_offers.offer_type
            and offers.target = complement_offers.target
),

basket_products as (
    select * from {{ ref('int_offers__basket_products') }}
),

complement_names as (
    select bought_item as product_name from complements
    union distinct
    select target as product_name from complements
),

named_products as (
    select
        products.product_key,
        products.product_name
    from {{ ref('products') }} as products
    inner join complement_names on products.product_name = complement_names.product_name
),

customer_products as (
    select distinct
        basket_products.analysis,
        basket_products.segment_name,
        basket_products.customer_key,
        named_products.product_name
    from basket_products
    inner join named_products on basket_products.product_key = named_products.product_key
),

complement_customers as (
    select
        complements.analysis,
        complements.segment_name,
        complements.offer_type,
        complements.target,
        customer_products.customer_key,
        'Has bought ' || complements.bought_item || ', and not ' || complements.target || '.' as reason
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
            and complements.target = offered_buyers.product_name
    where offered_buyers.customer_key is null
),

category_customers as (
    select
        offers.analysis,
        offers.segment_name,
        offers.offer_type,
        offers.target,
        buyers.customer_key,
        case
            when buyers.is_never_buyer then 'Has never bought ' || replace(offers.target, '_', ' ')
            else 'Spends ' || {{ format_ratio('buyers.amount') }} || ' on ' || replace(offers.target, '_', ' ')
        end || ', on which half of the segment spends ' || {{ format_ratio('buyers.usual_amount') }} || ' or more.'
            as reason
    from offers
    inner join {{ ref('int_offers__category_buyers') }} as buyers
        on
            offers.analysis = buyers.analysis
            and offers.segment_name = buyers.segment_name
            and offers.target = buyers.category
    where
        (offers.offer_type = 'try a category' and buyers.is_never_buyer)
        or (offers.offer_type = 'more of a category' and buyers.is_low_buyer)
),

baskets as (
    select
        analysis,
        segment_name,
        customer_key,
        sum(lines) as items
    from basket_products
    group by analysis, segment_name, customer_key, receipt_date, receipt_id
),

largest_baskets as (
    select
        analysis,
        segment_name,
        customer_key,
        max(items) as items
    from baskets
    group by analysis, segment_name, customer_key
),

basket_customers as (
    select
        offers.analysis,
        offers.segment_name,
        offers.offer_type,
        offers.target,
        largest_baskets.customer_key,
        'The largest basket holds ' || {{ format_count('largest_baskets.items') }} || ' items; the discount begins at '
        || {{ format_count('basket_offers.threshold') }} || '.' as reason
    from offers
    inner join {{ ref('int_offers__basket_offers') }} as basket_offers
        on
            offers.analysis = basket_offers.analysis
            and offers.segment_name = basket_offers.segment_name
            and offers.offer_type = basket_offers.offer_type
            and offers.target = basket_offers.target
    inner join largest_baskets
        on
            offers.analysis = largest_baskets.analysis
            and offers.segment_name = largest_baskets.segment_name
            and basket_offers.median_items <= largest_baskets.items
            and basket_offers.threshold > largest_baskets.items
),

win_back_customers as (
    select
        offers.analysis,
        offers.segment_name,
        offers.offer_type,
        offers.target,
        customers.customer_key,
        {{ format_share('activity.active_probability') }} || ' of such customers come back within '
        || '{{ var("lapse_horizon_days") }} days, against ' || {{ format_share('activity.visits_probability') }}
        || ' of all who came as often.' as reason
    from offers
    inner join {{ ref('int_campaigns__customers') }} as customers
        on offers.analysis = customers.analysis and offers.segment_name = customers.segment_name
    inner join {{ ref('int_loyalty__customer_activity') }} as activity
        on customers.customer_key = activity.customer_key
    where offers.offer_type = 'win back' and activity.is_lapsing
),

final as (
    select * from complement_customers
    union all
    select * from category_customers
    union all
    select * from basket_customers
    union all
    select * from win_back_customers
)

select * from final
