-- Baskets of equal contents are mined as one, with their number.
with

store_contents as (
    select * from {{ ref('int_baskets__store_contents') }}
),

memberships as (
    select * from {{ ref('int_baskets__memberships') }}
),

final as (
    select
        memberships.segment_id,
        store_contents.items,
        cast(sum(store_contents.baskets) as bigint) as baskets
    from store_contents
    inner join memberships on store_contents.own_segment_id = memberships.own_segment_id
    group by memberships.segment_id, store_contents.items
)

select * from final
