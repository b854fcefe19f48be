with

feature_values as (
    select
        features.dataset,
        features.analysis,
        features.unit_id,
        features.position,
        features.measure as feature,
        features.measure_value as feature_value
    from {{ ref('int_segmentation__features') }} as features
    inner join {{ ref('int_segmentation__units') }} as units
        on features.analysis = units.analysis and features.unit_id = units.unit_id
    where features.role = 'feature' and units.is_fitted
),

-- Equal values share their mean rank.
ranked as (
    select
        *,
        rank() over (partition by analysis, position order by feature_value nulls last)
        + (count(*) over (partition by analysis, position, feature_value) - 1) / 2.0 as value_rank
    from feature_values
),

final as (
    select
        firsts.dataset,
        firsts.analysis,
        firsts.feature as feature_x,
        seconds.feature as feature_y,
        round({{ correlation('firsts.feature_value', 'seconds.feature_value') }}, 9) as pearson,
        round({{ correlation('firsts.value_rank', 'seconds.value_rank') }}, 9) as spearman,
        count(*) as units
    from ranked as firsts
    inner join ranked as seconds
        on
            firsts.analysis = seconds.analysis
            and firsts.unit_id = seconds.unit_id
            and firsts.position < seconds.position
    group by firsts.dataset, firsts.analysis, firsts.feature, seconds.feature
)

select * from final
