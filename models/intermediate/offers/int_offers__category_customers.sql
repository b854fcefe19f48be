with

category_buyers as (
    select * from {{ ref('int_offers__category_buyers') }}
),

final as (
    select
        dataset,
        analysis,
        segment_name,
        category,
        usual_amount,
        count(*) as customers,
        count(*) filter (where is_never_buyer) as never_buyers,
        count(*) filter (where is_low_buyer) as low_buyers,
        round(coalesce(sum(usual_amount - amount) filter (where is_low_buyer), 0), 2) as low_buyers_gap
    from category_buyers
    group by dataset, analysis, segment_name, category, usual_amount
)

select * from final
