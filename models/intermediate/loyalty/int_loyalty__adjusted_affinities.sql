-- Customers of a segment are compared with all others of the same store, and the error is the larger of two.
--
-- With the customer as the unit: within a store, too, customers have favourites. What int_loyalty__segment_affinities
-- finds over all stores, p (1 - p) (a y + b y^2) for a customer of y units, holds the variance of the stores' shares,
-- v, times y^2. Less this, and over the p (1 - p) - v that is left within stores, it is how much more a segment's units
-- vary than if each was chosen by itself: `dispersion`.
--
-- With the store as the unit: customers of a store may have more in common, such as a manager who puts up a display,
-- and a segment may prefer a brand here and not there. Differences of stores are independent; the squares of their
-- deviations from the common ratio add up to the variance, as in any estimate that is robust to clusters.
--
-- The error of the log ratio follows from that of the difference as Greenland and Robins (Biometrics 41, 1985) have it.
with

comparisons as (
    select * from {{ ref('int_loyalty__store_comparisons') }}
),

affinities as (
    select * from {{ ref('int_loyalty__segment_affinities') }}
),

joined as (
    select
        comparisons.*,
        affinities.all_share,
        affinities.variance_by_unit,
        affinities.variance_by_pair,
        affinities.typical_total,
        affinities.other_typical_total,
        affinities.all_share * (1 - affinities.all_share) as all_variance
    from comparisons
    inner join affinities
        on
            comparisons.dataset = affinities.dataset
            and comparisons.segment_type = affinities.segment_type
            and comparisons.segment = affinities.segment
            and comparisons.attribute = affinities.attribute
            and comparisons.attribute_value = affinities.attribute_value
),

over_all_stores as (
    select
        *,
        all_variance - variance_of_shares as variance_in_stores,
        variance_by_unit + variance_by_pair * typical_total as crude_dispersion,
        variance_by_unit + variance_by_pair * other_typical_total as other_crude_dispersion
    from joined
    where variance_of_shares < all_variance
),

-- Hardly less than if each unit was chosen by itself: what is taken off is an estimate.
in_stores as (
    select
        *,
        greatest(
            least(1, crude_dispersion),
            (all_variance * crude_dispersion - variance_of_shares * typical_total) / variance_in_stores
        ) as dispersion,
        greatest(
            least(1, other_crude_dispersion),
            (all_variance * other_crude_dispersion - variance_of_shares * other_typical_total) / variance_in_stores
        ) as other_dispersion
    from over_all_stores
),

ratios as (
    select
        *,
        units / nullif(other_units, 0) as ratio,
        -- Where one side has none, stores are held against a ratio of 1.
        case when units > 0 and other_units > 0 then units / other_units else 1 end as common_ratio
    from in_stores
),

variances as (
    select
        *,
        spread * dispersion + other_spread * other_dispersion as customer_variance,
        coalesce(stores / cast(nullif(stores - 1, 0) as double), 0) * (
            squared_units / common_ratio - 2 * units_by_other_units + common_ratio * squared_other_units
        ) as store_variance
    from ratios
),

errors as (
    select
        *,
        sqrt(nullif(greatest(customer_variance, store_variance), 0)) as difference_error,
        sqrt(greatest(customer_variance, store_variance) / nullif(units * other_units, 0)) as log_ratio_error
    from variances
),

final as (
    select
        dataset,
        segment_type,
        segment,
        attribute,
        attribute_value,
        stores,
        round(ratio, 9) as adjusted_index,
        round(ratio * exp(-{{ z_95() }} * log_ratio_error), 9) as adjusted_index_low,
        round(ratio * exp({{ z_95() }} * log_ratio_error), 9) as adjusted_index_high,
        round((units - other_units) / difference_error, 9) as adjusted_z_score
    from errors
)

select * from final
