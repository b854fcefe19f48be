with

differences as (
    select * from {{ ref('segmentation_differences') }}
),

final as (
    select
        dataset,
        analysis,
        attribute,
        is_fit_feature,
        is_derived,
        test,
        statistic,
        p_value,
        q_value,
        coalesce(q_value < {{ var('significance_level') }}, false) as is_significant,
        effect_name,
        effect_size,
        cast(rows as bigint) as fitted_rows
    from differences
)

select * from final
