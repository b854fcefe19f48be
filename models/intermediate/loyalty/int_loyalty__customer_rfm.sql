with

scores as (
    select * from {{ ref('int_loyalty__snapshot_rfm') }}
    where snapshot = 'now'
),

final as (
    select
        customer_key,
        dataset,
        r_score,
        f_score,
        m_score,
        rfm_segment,
        is_loyal
    from scores
)

select * from final
