with

cells as (
    select
        lifestage,
        premium_tier,
        is_loyal,
        count(*) as customers
    from {{ ref('loyalty_customers') }}
    group by lifestage, premium_tier, is_loyal
),

clusters as (
    select * from {{ ref('lifestage_segment_clusters') }}
),

final as (
    select
        'life stage and tier' as segment_type,
        lifestage || ', ' || premium_tier as segment,
        *
    from cells
    union all
    select
        'life stage' as segment_type,
        lifestage as segment,
        *
    from cells
    union all
    select
        'premium tier' as segment_type,
        premium_tier as segment,
        *
    from cells
    union all
    select
        'cluster' as segment_type,
        clusters.segment_name as segment,
        cells.*
    from cells
    inner join clusters
        on cells.lifestage = clusters.lifestage and cells.premium_tier = clusters.premium_tier
    union all
    select
        'loyalty' as segment_type,
        'Loyal customers' as segment,
        *
    from cells
    where is_loyal
)

select * from final
