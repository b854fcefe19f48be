with

feature_values as (
    select
        features.dataset,
        features.analysis,
        scores.cluster_id,
        features.measure as feature,
        features.measure_value as feature_value
    from {{ ref('int_segmentation__features') }} as features
    inner join {{ ref('int_segmentation__scores') }} as scores
        on features.analysis = scores.analysis and features.unit_id = scores.unit_id
    where features.role = 'feature'
),

ranges as (
    select
        analysis,
        feature,
        percentile_cont(0.01) within group (order by feature_value nulls last) as low,
        percentile_cont(0.99) within group (order by feature_value nulls last) as high
    from feature_values
    group by analysis, feature
),

steps as (
    select
        *,
        greatest((high - low) / 20, 1e-9) as step,
        power(10, floor(log10(greatest((high - low) / 20, 1e-9)))) as power_of_ten
    from ranges
),

-- Bins are 1, 2 or 5 times a power of ten wide, about twenty between the 1 % and the 99 % quantile.
bins as (
    select
        analysis,
        feature,
        low,
        high,
        power_of_ten * case
            when step <= 2 * power_of_ten then 2
            when step <= 5 * power_of_ten then 5
            else 10
        end as width
    from steps
),

-- What lies outside falls into the first or last bin, so that one outlier does not flatten the picture.
binned as (
    select
        feature_values.dataset,
        feature_values.analysis,
        feature_values.cluster_id,
        feature_values.feature,
        bins.width,
        greatest(
            least(floor(feature_values.feature_value / bins.width), floor(bins.high / bins.width)),
            floor(bins.low / bins.width)
        ) as bin
    from feature_values
    inner join bins on feature_values.analysis = bins.analysis and feature_values.feature = bins.feature
),

counts as (
    select
        dataset,
        analysis,
        cluster_id,
        feature,
        width * bin as bin_start,
        width * (bin + 1) as bin_end,
        count(*) as units
    from binned
    group by dataset, analysis, cluster_id, feature, width, bin
),

names as (
    select * from {{ ref('int_segmentation__names') }}
),

segment_counts as (
    select
        counts.dataset,
        counts.analysis,
        names.segment_name,
        counts.feature,
        counts.bin_start,
        counts.bin_end,
        counts.units
    from counts
    inner join names on counts.analysis = names.analysis and counts.cluster_id = names.cluster_id
    union all
    select
        dataset,
        analysis,
        'All' as segment_name,
        feature,
        bin_start,
        bin_end,
        sum(units) as units
    from counts
    group by dataset, analysis, feature, bin_start, bin_end
),

final as (
    select
        dataset,
        analysis,
        segment_name,
        feature,
        bin_start,
        bin_end,
        cast(units as bigint) as units,
        cast(units as double) / sum(units) over (partition by analysis, segment_name, feature) as unit_share
    from segment_counts
)

select * from final
