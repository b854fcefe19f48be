-- Findings are judged within stores. In a dataset with one store or none, they are judged over all customers; where
-- stores could be compared but none has customers of both sides, nothing is proven.
with

affinities as (
    select * from {{ ref('int_loyalty__segment_affinities') }}
),

adjusted as (
    select * from {{ ref('int_loyalty__adjusted_affinities') }}
),

compared_datasets as (
    select * from {{ ref('int_loyalty__compared_datasets') }}
),

p_values as (
    select * from {{ ref('affinity_p_values') }}
),

joined as (
    select
        affinities.dataset,
        affinities.segment_type,
        affinities.segment,
        affinities.attribute,
        affinities.attribute_value,
        affinities.customers,
        affinities.other_customers,
        affinities.buyers,
        affinities.weight,
        affinities.share,
        affinities.other_share,
        affinities.affinity_index,
        affinities.affinity_index_low,
        affinities.affinity_index_high,
        affinities.z_score,
        p_values.p_value,
        p_values.q_value,
        coalesce(p_values.q_value < {{ var('significance_level') }}, false) as is_significant,
        affinities.buyers < {{ var('small_count') }} as is_small_count,
        affinities.attribute_value not in ('Not stated', 'Unknown') as is_stated,
        coalesce(adjusted.stores, 0) as compared_stores,
        adjusted.adjusted_index,
        adjusted.adjusted_index_low,
        adjusted.adjusted_index_high,
        p_values.adjusted_p_value,
        p_values.adjusted_q_value,
        coalesce(p_values.adjusted_q_value < {{ var('significance_level') }}, false) as is_adjusted_significant,
        compared_datasets.dataset is not null as is_compared_in_stores
    from affinities
    inner join p_values
        on
            affinities.dataset = p_values.dataset
            and affinities.segment_type = p_values.segment_type
            and affinities.segment = p_values.segment
            and affinities.attribute = p_values.attribute
            and affinities.attribute_value = p_values.attribute_value
    left join adjusted
        on
            affinities.dataset = adjusted.dataset
            and affinities.segment_type = adjusted.segment_type
            and affinities.segment = adjusted.segment
            and affinities.attribute = adjusted.attribute
            and affinities.attribute_value = adjusted.attribute_value
    left join compared_datasets on affinities.dataset = compared_datasets.dataset
),

final as (
    select
        *,
        case when is_compared_in_stores then adjusted_index else affinity_index end as judged_index,
        case when is_compared_in_stores then adjusted_index_low else affinity_index_low end as judged_index_low,
        case when is_compared_in_stores then is_adjusted_significant else is_significant end as is_proven
    from joined
)

select * from final
