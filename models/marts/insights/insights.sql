with

findings as (
    select * from {{ ref('int_insights__findings') }}
),

cautions as (
    select * from {{ ref('int_insights__cautions') }}
),

combined as (
    select
        dataset,
        topic,
        insight,
        metric_name,
        metric_value,
        touched_share,
        evidence_mart,
        evidence_key,
        recommended_action,
        is_founded,
        false as is_caution
    from findings
    union all
    select
        dataset,
        topic,
        insight,
        metric_name,
        metric_value,
        0 as touched_share,
        evidence_mart,
        evidence_key,
        recommended_action,
        true as is_founded,
        true as is_caution
    from cautions
    where insight is not null
),

final as (
    select
        cast(row_number() over (
            order by
                is_caution nulls last, is_founded desc nulls last, touched_share desc nulls last, dataset nulls last,
                evidence_mart nulls last, evidence_key nulls last
        ) as integer) as insight_rank,
        dataset,
        topic,
        insight,
        metric_name,
        cast(metric_value as double) as metric_value,
        cast(touched_share as double) as touched_share,
        is_caution,
        is_founded,
        evidence_mart,
        evidence_key,
        recommended_action
    from combined
)

select * from final
