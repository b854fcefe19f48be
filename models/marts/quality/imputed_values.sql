with

imputations as (
    select * from {{ ref('segmentation_imputations') }}
),

final as (
    select
        dataset,
        analysis,
        unit_id as customer_id,
        measure,
        imputed as imputed_value
    from imputations
)

select * from final
