-- Mantel and Haenszel (Journal of the National Cancer Institute 22, 1959) compare within strata, here a store, or a
-- month in a store. Of a value, a segment bought x of y units there, all others x' of y'. If they choose alike,
--     x y' / (y + y')   and   x' y / (y + y')
-- are equal but for chance. The sums over strata are `units` and `other_units`, and the ratio of these is the index.
with

segment_cells as (
    select
        *,
        -- Numbers are faster to group by than texts.
        dense_rank() over (
            order by dataset nulls last, segment_type nulls last, segment nulls last
        ) as segment_id
    from {{ ref('int_loyalty__segment_cells') }}
),

store_cells as (
    select * from {{ ref('int_loyalty__store_cells') }}
),

store_shares as (
    select * from {{ ref('int_loyalty__store_shares') }}
),

segments as (
    select distinct
        segment_id,
        dataset,
        segment_type,
        segment
    from segment_cells
),

compared_values as (
    select distinct
        value_id,
        attribute,
        attribute_value,
        variance_of_shares
    from store_shares
),

weights as (
    select
        store_cells.cell_id,
        store_shares.value_id,
        store_shares.stratum_id,
        store_cells.is_bought,
        store_cells.weight
    from store_cells
    inner join store_shares
        on
            store_cells.dataset = store_shares.dataset
            and store_cells.store_key = store_shares.store_key
            and store_cells.period = store_shares.period
            and store_cells.attribute = store_shares.attribute
            and store_cells.attribute_value = store_shares.attribute_value
),

segment_values as (
    select
        segment_cells.segment_id,
        weights.stratum_id,
        weights.value_id,
        sum(weights.weight) as weight
    from weights
    inner join segment_cells on weights.cell_id = segment_cells.cell_id
    where segment_cells.segment_type = 'loyalty' or weights.is_bought
    group by segment_cells.segment_id, weights.stratum_id, weights.value_id
),

segment_totals as (
    select
        segment_id,
        stratum_id,
        cast(sum(weight) as double) as total
    from segment_values
    group by segment_id, stratum_id
),

-- A value that a segment never chooses in a store where others do is a finding too.
strata as (
    select
        segment_totals.segment_id,
        store_shares.value_id,
        store_shares.store_key,
        store_shares.share * (1 - store_shares.share) as variance,
        cast(coalesce(segment_values.weight, 0) as double) as own,
        cast(store_shares.weight - coalesce(segment_values.weight, 0) as double) as other,
        segment_totals.total / store_shares.total_weight as total_share,
        store_shares.total_weight - segment_totals.total as other_total,
        segment_totals.total
    from segment_totals
    inner join store_shares on segment_totals.stratum_id = store_shares.stratum_id
    left join segment_values
        on
            segment_totals.segment_id = segment_values.segment_id
            and segment_totals.stratum_id = segment_values.stratum_id
            and store_shares.value_id = segment_values.value_id
    where segment_totals.total < store_shares.total_weight
),

-- Decimals, because the sum of doubles would depend on the order of rows. The variance of the difference of the two
-- sums is a multiple of the spreads, if customers choose alike.
stores as (
    select
        segment_id,
        value_id,
        store_key,
        sum({{ double_as_decimal('own * (1 - total_share)', 9) }}) as units,
        sum({{ double_as_decimal('other * total_share', 9) }}) as other_units,
        sum({{ double_as_decimal('variance * total * (1 - total_share) * (1 - total_share)', 9) }}) as spread,
        sum({{ double_as_decimal('variance * other_total * total_share * total_share', 9) }}) as other_spread
    from strata
    group by segment_id, value_id, store_key
),

sums as (
    select
        segment_id,
        value_id,
        cast(count(*) as bigint) as stores,
        cast(sum(units) as double) as units,
        cast(sum(other_units) as double) as other_units,
        cast(sum(spread) as double) as spread,
        cast(sum(other_spread) as double) as other_spread,
        cast(sum({{ double_as_decimal('cast(units as double) * units', 9) }}) as double) as squared_units,
        cast(sum({{ double_as_decimal('cast(units as double) * other_units', 9) }}) as double)
            as units_by_other_units,
        cast(sum({{ double_as_decimal('cast(other_units as double) * other_units', 9) }}) as double)
            as squared_other_units
    from stores
    group by segment_id, value_id
),

final as (
    select
        segments.dataset,
        segments.segment_type,
        segments.segment,
        compared_values.attribute,
        compared_values.attribute_value,
        compared_values.variance_of_shares,
        sums.stores,
        sums.units,
        sums.other_units,
        sums.spread,
        sums.other_spread,
        sums.squared_units,
        sums.units_by_other_units,
        sums.squared_other_units
    from sums
    inner join segments on sums.segment_id = segments.segment_id
    inner join compared_values on sums.value_id = compared_values.value_id
)

select * from final
