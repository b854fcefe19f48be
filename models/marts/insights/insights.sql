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
        cautious_effect,
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
        0 as cautious_effect,
        evidence_mart,
        evidence_key,
        recommended_action,
        true as is_founded,
        true as is_caution
    from cautions
    where insight is not null
),

weighed as (
    select
        *,
        round(cast(touched_share as double) * cautious_effect, 9) as share_at_stake
    from combined
),

final as (
    select
        cast(row_number() over (
            order by
                case when is_caution then 2 when is_founded then 1 else 3 end nulls last,
                share_at_stake desc nulls last, touched_share desc nulls last, dataset nulls last,
                evidence_mart nulls last, evidence_key nulls last
        ) as integer) as insight_rank,
        dataset,
        topic,
        insight,
        metric_name,
        cast(metric_value as double) as metric_value,
        cast(touched_share as double) as touched_share,
        cast(cautious_effect as double) as cautious_effect,
        share_at_stake,
        is_caution,
        is_founded,
        evidence_mart,
        evidence_key,
        recommended_action
    from weighed
)

select * from final
