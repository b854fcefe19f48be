{#-
  Comparison of a value's share in a group with its share among everybody else, honest about whose choice it is: a customer's
  packets are bought together, so the customer is the unit of sampling, not the packet. A share is the ratio of two
  sums over customers (weight of the value to total weight); its variance is that of the ratio estimator (Cochran,
  Sampling Techniques, 3rd ed. 1977, section 6.4). With a total weight of 1 per customer it is the plain proportion.

  All of it follows from sums that add up over disjoint groups:
      buyers, weight, squared_weight, weight_by_total (of the value's weight times the customer's total weight).
-#}
{% macro additive_sum_names() -%}
    {{ return(['buyers', 'weight', 'squared_weight', 'weight_by_total']) }}
{%- endmacro %}


{% macro additive_sums() -%}
    {%- for name in additive_sum_names() %}
        cast(sum({{ name }}) as bigint) as {{ name }}
        {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#- The sums of a segment, and of all customers outside it with the prefix `other_`. -#}
{% macro sums_of_segment_and_others(segment, everybody) -%}
    {%- for name in additive_sum_names() %}
        coalesce({{ segment }}.{{ name }}, 0) as {{ name }},
        {{ everybody }}.{{ name }} - coalesce({{ segment }}.{{ name }}, 0) as other_{{ name }}
        {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#-
  A select with, per row of `compared`: share, other_share, affinity_index (their ratio), affinity_index_low and _high (95 %
  confidence interval by the delta method on its logarithm; null where a share is zero) and z_score (difference of the
  shares in standard errors of groups that do not differ: with the variance of all customers together, so that a handful of
  customers who happen to be alike is no finding). `compared` holds `customers` and the sums, and both again with the prefix `other_`; rows with
  equal `total_of` columns are the values of one attribute, whose weights make up the total.
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
        round((share - other_share) / nullif(sqrt(pooled_variance), 0), 9) as z_score
    from (
        select
            *,
            case
                when share > 0 and other_share > 0
                    then sqrt(share_variance / (share * share) + other_share_variance / (other_share * other_share))
            end as log_ratio_error
        from (
            select
                *,
                {{ ratio_variance('') }} as share_variance,
                {{ ratio_variance('other_') }} as other_share_variance,
                {{ pooled_ratio_variance() }} as pooled_variance
            from (
                select
                    *,
                    cast(weight as double) / total_weight as share,
                    cast(other_weight as double) / other_total_weight as other_share,
                    cast(weight + other_weight as double) / (total_weight + other_total_weight) as pooled_share
                from (
                    select
                        *,
                        -- Over the values of an attribute, a customer's weights add up to the customer's total.
                        {%- for prefix in ['', 'other_'] %}
                        sum({{ prefix }}weight) over (partition by {{ total_of | join(', ') }}) as {{ prefix }}total_weight,
                        sum({{ prefix }}weight_by_total) over (
                            partition by {{ total_of | join(', ') }}
                        ) as {{ prefix }}total_weight_squared
                        {{- ',' if not loop.last }}
                        {%- endfor %}
                    from {{ compared }}
                ) as totalled
            ) as shared
        ) as varied
    ) as judged
{%- endmacro %}


{% macro ratio_variance(prefix) -%}
    cast({{ prefix }}customers as double) / nullif({{ prefix }}customers - 1, 0) * greatest(
        0,
        {{ prefix }}squared_weight
        - 2 * {{ prefix }}share * {{ prefix }}weight_by_total
        + {{ prefix }}share * {{ prefix }}share * {{ prefix }}total_weight_squared
    ) / (cast({{ prefix }}total_weight as double) * {{ prefix }}total_weight)
{%- endmacro %}


{#- Variance of the difference of the two shares if all customers choose alike. -#}
{% macro pooled_ratio_variance() -%}
    greatest(
        0,
        squared_weight + other_squared_weight
        - 2 * pooled_share * (weight_by_total + other_weight_by_total)
        + pooled_share * pooled_share * (total_weight_squared + other_total_weight_squared)
    ) / nullif(customers + other_customers - 1, 0)
    * (
        customers / (cast(total_weight as double) * total_weight)
        + other_customers / (cast(other_total_weight as double) * other_total_weight)
    )
{%- endmacro %}
