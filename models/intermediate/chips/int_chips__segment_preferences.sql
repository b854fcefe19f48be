-- What each cluster of life stages over-buys most: of the significant affinities above 1 the clearest.
with

segment_affinity as (
    select * from {{ ref('segment_affinity') }}
),

strongest as (
    select
        segment,
        attribute,
        attribute_value
    from segment_affinity
    where
        segment_type = 'cluster'
        and is_significant
        and not is_small_count
        and affinity_index > 1
        and attribute_value <> 'Not stated'
    qualify row_number() over (
        partition by segment, attribute order by p_value, affinity_index desc, attribute_value
    ) = 1
),

final as (
    select
        'lifestage_segments' as analysis,
        segment as segment_name,
        max(attribute_value) filter (where attribute = 'brand') as brand,
        max(attribute_value) filter (where attribute = 'flavour') as flavour,
        max(attribute_value) filter (where attribute = 'pack size') as pack_size
    from strongest
    group by segment
)

select * from final
