{%- set effect = var('offer_test_effect') %}
-- How many customers with and without an offer find its effect: the usual sample size of two proportions (Fleiss, Levin
-- & Paik, Statistical Methods for Rates and Proportions, 2003, formula 4.14 without the correction for continuity).
with

offers as (
    select * from {{ ref('int_offers__candidates') }}
),

tails as (
    select
        'significance' as tail,
        {{ var('offer_test_significance') }} / 2.0 as probability
    union all
    select
        'power' as tail,
        1 - {{ var('offer_test_power') }} as probability
),

-- Quantiles of the normal distribution by P. J. Acklam's rational approximation, whose relative error is below 2e-9.
quantile_arguments as (
    select
        *,
        probability < 0.02425 as is_far,
        case when probability < 0.02425 then sqrt(-2 * ln(probability)) else 0.5 - probability end as q,
        (0.5 - probability) * (0.5 - probability) as r
    from tails
),

quantiles as (
    select
        tail,
        case
            when is_far
                then -(
                    -0.00778489400243029 * power(q, 5) - 0.322396458041136 * power(q, 4)
                    - 2.40075827716184 * power(q, 3) - 2.54973253934373 * power(q, 2)
                    + 4.37466414146497 * q + 2.93816398269878
                ) / (
                    0.00778469570904146 * power(q, 4) + 0.32246712907004 * power(q, 3)
                    + 2.445134137143 * power(q, 2) + 3.75440866190742 * q + 1
                )
            else q * (
                -39.6968302866538 * power(r, 5) + 220.946098424521 * power(r, 4) - 275.928510446969 * power(r, 3)
                + 138.357751867269 * power(r, 2) - 30.6647980661472 * r + 2.50662827745924
            ) / (
                -54.4760987982241 * power(r, 5) + 161.585836858041 * power(r, 4) - 155.698979859887 * power(r, 3)
                + 66.8013118877197 * power(r, 2) - 13.2806815528857 * r + 1
            )
        end as z
    from quantile_arguments
),

limits as (
    select
        max(z) filter (where tail = 'significance') as z_significance,
        max(z) filter (where tail = 'power') as z_power
    from quantiles
),

-- The nearer to a half, the more customers it takes: where nobody knows how many would buy anyway, that is the safe
-- side.
rates as (
    select
        analysis,
        segment_name,
        offer_type,
        target,
        expected_reach,
        coalesce(anyway_share, 0.5 - {{ effect }} / 2.0) as rate_without,
        least(1, coalesce(anyway_share, 0.5 - {{ effect }} / 2.0) + {{ effect }}) as rate_with
    from offers
),

sizes as (
    select
        rates.*,
        (rates.rate_without + rates.rate_with) / 2 as mean_rate,
        limits.z_significance,
        limits.z_power
    from rates
    cross join limits
),

final as (
    select
        analysis,
        segment_name,
        offer_type,
        target,
        -- Where nearly everybody buys anyway, no test can find such a rise.
        case
            when rate_without + {{ effect }} <= 1
                then cast(ceil(round(power(
                    z_significance * sqrt(2 * mean_rate * (1 - mean_rate))
                    + z_power * sqrt(rate_without * (1 - rate_without) + rate_with * (1 - rate_with)), 2
                ) / power({{ effect }}, 2), 6)) as bigint)
        end as test_customers_per_group,
        -- With half of those reached in each group, and the share without the offer at its least favourable, a half.
        case
            when expected_reach >= 2
                then round((z_significance + z_power) * sqrt(0.5 / floor(expected_reach / 2.0)), 4)
        end as detectable_effect
    from sizes
)

select * from final
