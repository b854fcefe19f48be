with

trial_effects as (
    select * from {{ ref('trial_effects') }}
),

final as (
    select
        dataset,
        trial,
        store_id,
        measure,
        period,
        cast(month_start_date as date) as month_start_date,
        control_type,
        control_stores,
        observed as observed_value,
        expected as expected_value,
        effect_share,
        effect_share_low,
        effect_share_high,
        contribution as contribution_amount,
        p_value,
        placebo_p_value,
        cast(placebo_stores as integer) as placebo_stores,
        q_value,
        q_value < {{ var('significance_level') }} as is_significant,
        remark
    from trial_effects
)

select * from final
