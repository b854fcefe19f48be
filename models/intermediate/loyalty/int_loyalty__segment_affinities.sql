-- Compares a value's share in a segment with its share among all other customers. A customer's units are bought
-- together, so customers are sampled, not units. A share is the ratio of two sums over customers, weight of the value x
-- to total weight y. With a total weight of 1 per customer it is the plain proportion.
--
-- Customers who all choose alike, with share p, still differ: var(x) = p (1 - p) (a y + b y^2). With a = 1 - rho and
-- b = rho it is binary data with the intraclass correlation rho (Williams, Applied Statistics 31, 1982), the variance
-- in Donner's adjusted chi-squared test. Here a and b are both free, because units are bought in twos (a) as well as by
-- customers with favourites (b). They follow from two moments over all customers, the sums of the squared residuals
-- (x - p y)^2 and of the same divided by y, whose expectations are p (1 - p) times
--     a sum(y) + b sum(y^2)   and   a customers + b sum(y).
-- The first one is met exactly, and neither a nor b is below 0. The variance of a segment's share is then
--     share (1 - share) * (a sum(y) + b sum(y^2)) / sum(y)^2,   the sums being those of the segment.
with

weights as (
    select * from {{ ref('int_loyalty__segment_weights') }}
),

-- Over the values of an attribute, a customer's weights add up to the customer's total.
totalled as (
    select
        *,
        sum(weight) over (partition by dataset, segment_type, segment, attribute) as total_weight,
        sum(other_weight) over (partition by dataset, segment_type, segment, attribute) as other_total_weight,
        sum(weight_by_total) over (partition by dataset, segment_type, segment, attribute) as total_squared,
        sum(other_weight_by_total) over (
            partition by dataset, segment_type, segment, attribute
        ) as other_total_squared
    from weights
),

shares as (
    select
        dataset,
        segment_type,
        segment,
        attribute,
        attribute_value,
        customers,
        other_customers,
        buyers,
        weight,
        cast(weight as double) / total_weight as share,
        cast(other_weight as double) / other_total_weight as other_share,
        cast(weight + other_weight as double) as all_weight,
        cast(weight_by_total + other_weight_by_total as double) as all_weight_by_total,
        all_squared_weight,
        all_weight_times_share,
        cast(total_weight as double) as total_weight,
        cast(other_total_weight as double) as other_total_weight,
        cast(total_squared as double) as total_squared,
        cast(other_total_squared as double) as other_total_squared,
        cast(customers + other_customers as double) as all_customers,
        cast(total_weight + other_total_weight as double) as all_total,
        cast(total_squared + other_total_squared as double) as all_total_squared
    from totalled
    where total_weight > 0 and other_total_weight > 0
),

all_shares as (
    select
        *,
        all_weight / all_total as all_share
    from shares
),

-- The two sums of squared residuals over p (1 - p).
moments as (
    select
        *,
        all_customers / nullif(all_customers - 1, 0) * greatest(
            0,
            all_squared_weight - 2 * all_share * all_weight_by_total
            + all_share * all_share * all_total_squared
        ) / nullif(all_share * (1 - all_share), 0) as residuals,
        all_customers / nullif(all_customers - 1, 0)
        * (all_weight_times_share - all_share * all_weight)
        / nullif(all_share * (1 - all_share), 0) as residuals_by_total
    from all_shares
),

-- b; where all customers buy equally much, a and b can't be told apart and need not be.
fitted as (
    select
        *,
        least(residuals / all_total_squared, greatest(0, coalesce(
            (residuals * all_customers - residuals_by_total * all_total)
            / nullif(all_total_squared * all_customers - all_total * all_total, 0), 0
        ))) as by_pair
    from moments
),

-- Variance of each share over share (1 - share).
variances as (
    select
        *,
        (
            (residuals - by_pair * all_total_squared) / all_total * total_weight + by_pair * total_squared
        ) / (total_weight * total_weight) as relative_variance,
        (
            (residuals - by_pair * all_total_squared) / all_total * other_total_weight + by_pair * other_total_squared
        ) / (other_total_weight * other_total_weight) as other_relative_variance
    from fitted
),

errors as (
    select
        *,
        share / nullif(other_share, 0) as share_ratio,
        case
            when share > 0 and other_share > 0
                then sqrt(
                    (1 - share) / share * relative_variance
                    + (1 - other_share) / other_share * other_relative_variance
                )
        end as log_ratio_error,
        sqrt(all_share * (1 - all_share) * (relative_variance + other_relative_variance)) as difference_error
    from variances
),

final as (
    select
        dataset,
        segment_type,
        segment,
        attribute,
        attribute_value,
        customers,
        other_customers,
        buyers,
        cast(weight as decimal(18, 3)) as weight,
        share,
        other_share,
        round(share_ratio, 9) as affinity_index,
        round(share_ratio * exp(-{{ z_95() }} * log_ratio_error), 9) as affinity_index_low,
        round(share_ratio * exp({{ z_95() }} * log_ratio_error), 9) as affinity_index_high,
        round((share - other_share) / nullif(difference_error, 0), 9) as z_score,
        all_share,
        (residuals - by_pair * all_total_squared) / all_total as variance_by_unit,
        by_pair as variance_by_pair,
        total_squared / total_weight as typical_total,
        other_total_squared / other_total_weight as other_typical_total
    from errors
)

select * from final
