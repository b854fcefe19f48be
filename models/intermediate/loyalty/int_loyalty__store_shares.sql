-- All customers' shares by store, and how far stores differ: the variance of the shares, units weighing. Numbers stand
-- for texts, which are slow to join and group by.
with

store_cells as (
    select * from {{ ref('int_loyalty__store_cells') }}
),

store_values as (
    select
        dataset,
        store_key,
        period,
        attribute,
        attribute_value,
        is_bought,
        cast(sum(weight) as decimal(18, 3)) as weight
    from store_cells
    group by dataset, store_key, period, attribute, attribute_value, is_bought
),

totalled as (
    select
        *,
        sum(weight) over (partition by dataset, store_key, period, attribute) as total_weight,
        sum(weight) over (partition by dataset, attribute) as attribute_weight,
        sum(weight) over (partition by dataset, attribute, attribute_value) as value_weight
    from store_values
),

shares as (
    select
        *,
        cast(weight as double) / total_weight as share,
        cast(value_weight as double) / attribute_weight as all_share
    from totalled
),

final as (
    select
        dataset,
        store_key,
        period,
        attribute,
        attribute_value,
        dense_rank() over (
            order by dataset nulls last, attribute nulls last, attribute_value nulls last
        ) as value_id,
        dense_rank() over (
            order by dataset nulls last, store_key nulls last, period nulls last, attribute nulls last
        ) as stratum_id,
        is_bought,
        weight,
        cast(total_weight as decimal(18, 3)) as total_weight,
        share,
        -- Stores that do not sell the value have no row, and a share of 0.
        round(greatest(0, cast(sum({{ double_as_decimal('share * share * total_weight', 12) }}) over (
            partition by dataset, attribute, attribute_value
        ) as double) / attribute_weight - all_share * all_share), 12) as variance_of_shares
    from shares
)

select * from final
