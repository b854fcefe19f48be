with

counts as (
    {%- for analysis in enabled_analyses() %}
    {{ feature_distribution(analysis) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

names as (
    {{ union_analyses('names') }}
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
