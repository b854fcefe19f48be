with

affinities as (
    select * from {{ ref('int_loyalty__affinities') }}
    where is_proven and not is_small_count and is_stated
),

segment_types as (
    select
        dataset,
        segment_type,
        count(distinct segment) as segments
    from {{ ref('int_loyalty__segment_cells') }}
    group by dataset, segment_type
),

customer_attributes as (
    select distinct
        dataset,
        segment_type as attribute
    from {{ ref('int_loyalty__cell_attributes') }}
),

totals as (
    select
        dataset,
        cast(sum(units) as double) as units,
        cast(sum(sales_amount) filter (where is_loyal) as double) / nullif(sum(sales_amount), 0) as loyal_sales_share
    from {{ ref('int_loyalty__cells') }}
    group by dataset
),

-- The trait of which even the cautious estimate is largest.
loyal_traits as (
    select
        affinities.*,
        customer_attributes.attribute is not null as is_of_customers
    from affinities
    left join customer_attributes
        on affinities.dataset = customer_attributes.dataset and affinities.attribute = customer_attributes.attribute
    where affinities.segment_type = 'loyalty' and affinities.judged_index_low > {{ var('notable_index') }}
    qualify row_number() over (
        partition by affinities.dataset, affinities.attribute
        order by affinities.judged_index_low desc nulls last, affinities.attribute_value nulls last
    ) = 1
),

-- The largest preference, by the cautious estimate, of every segment where a type has few, else of the whole type.
preferences as (
    select affinities.*
    from affinities
    inner join segment_types
        on affinities.dataset = segment_types.dataset and affinities.segment_type = segment_types.segment_type
    where
        affinities.segment_type not in ('loyalty', 'cluster')
        and affinities.segment not like '%Unknown%'
        and affinities.judged_index_low
        > case when segment_types.segments <= 5 then 1 else {{ var('notable_index') }} end
    qualify row_number() over (
        partition by
            affinities.dataset,
            affinities.segment_type,
            case when segment_types.segments <= 5 then affinities.segment end
        order by
            affinities.judged_index_low desc nulls last, affinities.segment nulls last,
            affinities.attribute_value nulls last
    ) = 1
),

loyal_sentences as (
    select
        loyal_traits.dataset,
        'loyal customers' as topic,
        case
            when loyal_traits.is_of_customers then 'Among loyal customers, '
            when loyal_traits.attribute = 'basket size' then 'Of the purchases of loyal customers, '
            else 'Of what loyal customers buy, '
        end
        || {{ format_share('loyal_traits.share') }} || ' are ' || loyal_traits.attribute_value || ' ('
        || loyal_traits.attribute || '), '
        || case
            when loyal_traits.is_compared_in_stores
                then {{ format_ratio('loyal_traits.judged_index') }} || ' times the share among all others in the same stores.'
            else
                'against ' || {{ format_share('loyal_traits.other_share') }} || ' among all others: '
                || {{ format_ratio('loyal_traits.judged_index') }} || ' times as much (stores are not compared).'
        end as insight,
        loyal_traits.judged_index as metric_value,
        case when loyal_traits.is_compared_in_stores then 'adjusted_index' else 'affinity_index' end as metric_name,
        loyal_traits.share * totals.loyal_sales_share as touched_share,
        'loyal_customer_profile' as evidence_mart,
        loyal_traits.attribute || ' = ' || loyal_traits.attribute_value as evidence_key,
        case
            when loyal_traits.is_of_customers
                then 'Look for the next loyal customers among ' || loyal_traits.attribute_value || '.'
            when loyal_traits.attribute = 'basket size'
                then 'Offer multi-packs to customers who come often.'
            else 'Keep ' || loyal_traits.attribute_value || ' in stock and in members'' offers.'
        end as recommended_action
    from loyal_traits
    inner join totals on loyal_traits.dataset = totals.dataset
),

preference_sentences as (
    select
        preferences.dataset,
        preferences.segment_type || ' preferences' as topic,
        preferences.segment || ' customers choose ' || preferences.attribute_value || ' (' || preferences.attribute
        || ') ' || {{ format_ratio('preferences.judged_index') }} || ' times as often as '
        || case
            when preferences.is_compared_in_stores
                then
                    'everybody else in the same stores: ' || {{ format_share('preferences.share') }}
                    || ' of their units.'
            else
                'everybody else: ' || {{ format_share('preferences.share') }} || ' against '
                || {{ format_share('preferences.other_share') }} || ' of their units (stores are not compared).'
        end as insight,
        preferences.judged_index as metric_value,
        case when preferences.is_compared_in_stores then 'adjusted_index' else 'affinity_index' end as metric_name,
        preferences.weight / totals.units as touched_share,
        'segment_affinity' as evidence_mart,
        preferences.segment_type || ' = ' || preferences.segment || ', ' || preferences.attribute || ' = '
        || preferences.attribute_value as evidence_key,
        'Offer ' || preferences.attribute_value || ' to ' || preferences.segment || ' customers first.'
            as recommended_action
    from preferences
    inner join totals on preferences.dataset = totals.dataset
),

final as (
    select * from loyal_sentences
    union all
    select * from preference_sentences
)

select * from final
