with

scores as (
    select * from {{ ref('int_segmentation__customer_segments') }}
    where analysis = 'lifestage_segments'
),

final as (
    select
        customer_key as basket_id,
        'All' as segment_name
    from scores
    union all
    select
        customer_key as basket_id,
        segment_name
    from scores
    where cluster_id > 0
)

select * from final
