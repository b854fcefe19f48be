with

uplifts as (
    select * from {{ ref('int_promotions__uplifts') }}
    -- Days that were unusual for all products tell nothing of one.
    where
        expected_units is not null
        and 2 * anomalous_days <= {{ days_between('first_date', 'last_date') }}
),

judged as (
    select
        *,
        case
            when is_uplift_significant and (is_season_corrected or has_control)
                then {{ cautious_effect('1 + uplift_share_low', '1 + uplift_share_high') }}
            else 0
        end as cautious_effect
    from uplifts
),

strongest as (
    select *
    from judged
    qualify row_number() over (
        partition by dataset, cautious_effect > 0
        order by sales_amount * cautious_effect desc nulls last, sales_amount desc nulls last, promotion_id nulls last
    ) <= 3
),

products as (
    select * from {{ ref('int_products__products') }}
),

totals as (
    select
        dataset,
        nullif(cast(sum(sales_amount) as double), 0) as sales_amount
    from {{ ref('int_products__attribute_sales') }}
    where attribute = 'product'
    group by dataset
),

final as (
    select
        uplifts.dataset,
        'promotions' as topic,
        products.product_name || ' cost ' || {{ format_share('uplifts.discount_share') }} || ' less from '
        || uplifts.first_date || ' to ' || uplifts.last_date || ' and sold '
        || {{ format_count('uplifts.units') }} || ' units where ' || {{ format_count('uplifts.expected_units') }}
        || ' were expected (uplift ' || {{ format_share('uplifts.uplift_share') }} || ', 95 % interval '
        || {{ format_share('uplifts.uplift_share_low') }} || ' to '
        || {{ format_share('uplifts.uplift_share_high') }}
        || case when uplifts.is_season_corrected then '' else '; without another year, its own season is unknown' end
        || ').' as insight,
        uplifts.uplift_share as metric_value,
        'uplift_share' as metric_name,
        uplifts.sales_amount / totals.sales_amount as touched_share,
        uplifts.cautious_effect,
        'price_promotions' as evidence_mart,
        'promotion_id = ' || uplifts.promotion_id as evidence_key,
        case
            when not uplifts.is_season_corrected and not uplifts.has_control
                then 'Compare it with another year first: no other product tells good weeks from bad ones.'
            when uplifts.uplift_share_high < 0
                then 'Find out why: units fell below what was to be expected without the promotion.'
            when not uplifts.is_uplift_significant
                then 'Test it again with a control group before repeating it: no effect on units can be seen.'
            when uplifts.after_share_high < 0 or uplifts.brand_share_high < 0
                then 'Count what it took first: the product sold less afterwards, or the rest of the brand meanwhile.'
            when uplifts.incremental_sales_amount > 0
                then 'Repeat it: sales rose in spite of the lower price.'
            else 'Try a smaller discount: units rose, but sales stayed below those at the list price.'
        end as recommended_action
    from strongest as uplifts
    inner join products on uplifts.product_key = products.product_key
    inner join totals on uplifts.dataset = totals.dataset
)

select * from final
