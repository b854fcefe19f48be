{#-
  Comparison of a value's share in a group with its share among everybody else, honest about whose choice it is: a customer's
  packets are bought together, so the customer is the unit of sampling, not the packet. A share is the ratio of two
  sums over customers, weight of the value x to total weight y. With a total weight of 1 per customer it is the plain proportion.

  Customers who all choose alike, with share p, still differ: var(x) = p (1 - p) (a y + b y^2). With a = 1 - rho and b = rho it is binary
  data with the intraclass correlation rho (Williams, Applied Statistics 31, 1982), the variance in Donner's adjusted chi-squared
  test. Here a and b are both free, because packets are bought in twos (a) as well as by customers with favourites (b); one
  rho would serve neither those who buy little nor those who buy much. They follow from two moments over all customers,
  the sums of the squared residuals (x - p y)^2 and of the same divided by y, whose expectations are p (1 - p) times
      a sum(y) + b sum(y^2)   and   a customers + b sum(y).
  The first one is met exactly, and neither a nor b is below 0. The variance of a group's share is then
      share (1 - share) * (a sum(y) + b sum(y^2)) / sum(y)^2,   the sums being those of the group.

  All of it follows from sums that add up over disjoint groups: buyers, weight (of x), weight_by_total (of x y), squared_weight (of x^2)
  and weight_times_share (of x^2 / y); the last two are needed of all customers together only.
-#}
{#- All of these sums over customers whose weight of a value is above 0. Of the last one decimals are added up, because their sum does
    not depend on the order of rows. -#}
{% macro sums_of_weights(weight, total_weight) -%}
        count(*) as buyers,
        cast(sum({{ weight }}) as bigint) as weight,
        cast(sum({{ weight }} * {{ total_weight }}) as bigint) as weight_by_total,
        cast(sum({{ weight }} * {{ weight }}) as bigint) as squared_weight,
        cast(sum(cast(
            cast({{ weight }} as double) * {{ weight }} / {{ total_weight }} as decimal(18, 9)
        )) as decimal(28, 9)) as weight_times_share
{%- endmacro %}


{% macro additive_sum_names() -%}
    {{ return(['buyers', 'weight', 'weight_by_total']) }}
{%- endmacro %}


{% macro additive_sums() -%}
    {%- for name in additive_sum_names() %}
        cast(sum({{ name }}) as bigint) as {{ name }}
        {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#- The sums of a segment, of all customers outside it with the prefix `other_`, and those needed of all customers with `all_`. -#}
{% macro sums_of_segment_and_others(segment, everybody) -%}
    {%- for name in additive_sum_names() %}
        coalesce({{ segment }}.{{ name }}, 0) as {{ name }},
        {{ everybody }}.{{ name }} - coalesce({{ segment }}.{{ name }}, 0) as other_{{ name }},
    {%- endfor %}
        {{ everybody }}.squared_weight as all_squared_weight,
        {{ everybody }}.weight_times_share as all_weight_times_share
{%- endmacro %}


{#-
  A select with, per row of `compared`: share, other_share, affinity_index (their ratio), affinity_index_low and _high (95 %
  confidence interval by the delta method on its logarithm; null where a share is zero) and z_score (difference of the
  shares in standard errors of groups that do not differ; null if all choose the same). `compared` holds `customers`, `other_customers` and the
  sums of segment and others; rows with equal `total_of` columns are the values of one attribute, whose weights make up the total.
-#}
{% macro compare_shares(compared, keys, total_of) -%}
    select
        {{ keys | join(',\n        ') }},
        customers,
        other_customers,
        buyers,
        weight,
        share,
        other_share,
        round(share / nullif(other_share, 0), 9) as affinity_index,
        round(share / other_share * exp(-{{ z_95() }} * log_ratio_error), 9) as affinity_index_low,
        round(share / other_share * exp({{ z_95() }} * log_ratio_error), 9) as affinity_index_high,
        round(
            (share - other_share)
            / nullif(sqrt(all_share * (1 - all_share) * (relative_variance + other_relative_variance)), 0), 9
        ) as z_score
    from (
        select
            *,
            case
                when share > 0 and other_share > 0
                    then sqrt(
                        (1 - share) / share * relative_variance
                        + (1 - other_share) / other_share * other_relative_variance
                    )
            end as log_ratio_error
        from (
            select
                *,
                -- Variance of each share over share (1 - share).
                {%- for prefix in ['', 'other_'] %}
                (
                    (residuals - by_pair * all_total_squared) / all_total * {{ prefix }}total_weight
                    + by_pair * {{ prefix }}total_squared
                ) / (cast({{ prefix }}total_weight as double) * {{ prefix }}total_weight) as {{ prefix }}relative_variance
                {{- ',' if not loop.last }}
                {%- endfor %}
            from (
                select
                    *,
                    -- b; where all customers buy equally much, a and b can't be told apart and need not be.
                    least(residuals / all_total_squared, greatest(0, coalesce(
                        (residuals * all_customers - residuals_by_total * all_total)
                        / nullif(all_total_squared * all_customers - all_total * all_total, 0), 0
                    ))) as by_pair
                from (
                    select
                        *,
                        -- The two sums of squared residuals over p (1 - p).
                        all_customers / nullif(all_customers - 1, 0) * greatest(
                            0,
                            all_squared_weight - 2 * all_share * (weight_by_total + other_weight_by_total)
                            + all_share * all_share * all_total_squared
                        ) / nullif(all_share * (1 - all_share), 0) as residuals,
                        all_customers / nullif(all_customers - 1, 0)
                        * (all_weight_times_share - all_share * (weight + other_weight))
                        / nullif(all_share * (1 - all_share), 0) as residuals_by_total
                    from (
                        select
                            *,
                            cast(weight as double) / total_weight as share,
                            cast(other_weight as double) / other_total_weight as other_share,
                            cast(weight + other_weight as double) / (total_weight + other_total_weight) as all_share,
                            cast(customers + other_customers as double) as all_customers,
                            cast(total_weight + other_total_weight as double) as all_total,
                            cast(total_squared + other_total_squared as double) as all_total_squared
                        from (
                            select
                                *,
                                -- Over the values of an attribute, a customer's weights add up to the customer's total.
                                {%- for prefix in ['', 'other_'] %}
                                sum({{ prefix }}weight) over (
                                    partition by {{ total_of | join(', ') }}
                                ) as {{ prefix }}total_weight,
                                sum({{ prefix }}weight_by_total) over (
                                    partition by {{ total_of | join(', ') }}
                                ) as {{ prefix }}total_squared
                                {{- ',' if not loop.last }}
                                {%- endfor %}
                            from {{ compared }}
                        ) as totalled
                    ) as shared
                ) as moments
            ) as fitted
        ) as varied
    ) as judged
{%- endmacro %}
