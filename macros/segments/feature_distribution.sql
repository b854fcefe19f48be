{#-
  A select of the histogram of every feature of an analysis per cluster: `bin_start` (included), `bin_end` (not included) and
  `units`. Bins are 1, 2 or 5 times a power of ten wide, about twenty between the 1 % and the 99 % quantile; what lies outside
  falls into the first or last bin, so that one outlier does not flatten the picture.
-#}
{% macro feature_distribution(analysis) -%}
    {%- set settings = var('analyses')[analysis] -%}
    {%- set features = settings['features'] -%}
    select
        '{{ settings["dataset"] }}' as dataset,
        '{{ analysis }}' as analysis,
        values_.cluster_id,
        values_.feature,
        bins.width * values_.bin as bin_start,
        bins.width * (values_.bin + 1) as bin_end,
        count(*) as units
    from (
        {%- for feature in features %}
        select
            scores.cluster_id,
            '{{ feature }}' as feature,
            greatest(least(floor(features.{{ feature }} / bins.width), bins.last_bin), bins.first_bin) as bin
        from {{ ref(analysis_model(analysis, 'features')) }} as features
        inner join {{ ref(analysis_model(analysis, 'scores')) }} as scores on features.unit_id = scores.unit_id
        cross join ({{ feature_bins(analysis, feature) }}) as bins
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as values_
    inner join (
        {%- for feature in features %}
        select
            '{{ feature }}' as feature,
            width
        from ({{ feature_bins(analysis, feature) }}) as bins
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as bins on values_.feature = bins.feature
    group by values_.cluster_id, values_.feature, values_.bin, bins.width
{%- endmacro %}


{% macro feature_bins(analysis, feature) -%}
    select
        width,
        floor(low / width) as first_bin,
        floor(high / width) as last_bin
    from (
        select
            low,
            high,
            power(10, floor(log10(step))) * case
                when step <= 2 * power(10, floor(log10(step))) then 2
                when step <= 5 * power(10, floor(log10(step))) then 5
                else 10
            end as width
        from (
            select
                low,
                high,
                greatest((high - low) / 20, 1e-9) as step
            from (
                select
                    percentile_cont(0.01) within group (order by {{ feature }} nulls last) as low,
                    percentile_cont(0.99) within group (order by {{ feature }} nulls last) as high
                from {{ ref(analysis_model(analysis, 'features')) }}
            ) as range_
        ) as stepped
    ) as widths
{%- endmacro %}
