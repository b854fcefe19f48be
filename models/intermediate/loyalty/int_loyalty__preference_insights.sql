with

affinities as (
    select * from {{ ref('int_loyalty__affinities') }}
    where is_proven and not is_small_count and is_stated
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

-- Of what products have in common only what makes an assortment: nobody plans by the number of a supplier.
judged as (
    select
        affinities.*,
        customer_attributes.attribute is not null as is_of_customers,
        {{ cautious_effect('affinities.judged_index_low', 'affinities.judged_index_low') }} as cautious_effect,
        affinities.segment_type = 'loyalty' as is_of_loyal
    from affinities
    left join customer_attributes
        on affinities.dataset = customer_attributes.dataset and affinities.attribute = customer_attributes.attribute
    where
        affinities.judged_index_low > {{ var('notable_index') }}
        and affinities.segment_type <> 'cluster'
        and affinities.segment not like '%Unknown%'
        and (
            customer_attributes.attribute is not null
            or affinities.attribute in ({{ sql_texts(['basket size'] + var('leading_attributes')) }})
        )
),

-- Of loyal customers one trait of each attribute. Of segments one preference of each type, and of each value: that
-- young families, and young families of a tier, like the same brand is one finding.
strongest_traits as (
    select *
    from judged
    qualify row_number() over (
        partition by dataset, is_of_loyal, case when is_of_loyal then attribute else segment_type end
        order by
            weight * cautious_effect desc nulls last, segment nulls last, attribute nulls last,
            attribute_value nulls last
    ) = 1
),

chosen as (
    select *
    from strongest_traits
    qualify
        is_of_loyal
        or row_number() over (
            partition by dataset, is_of_loyal, attribute, attribute_value
            order by
                weight * cautious_effect desc nulls last, segment_type nulls last
        ) = 1
),

loyal_traits as (
    select * from chosen
    where is_of_loyal
),

preferences as (
    select * from chosen
    where not is_of_loyal
),

loyal_sentences as (
    select
        loyal_traits.dataset,
        'loyal customers' as topic,
        case
            when loyal_traits.is_of_customers
                then
                    'Of loyal customers of known ' || loyal_traits.attribute || ', '
                    || {{ format_share('loyal_traits.share') }} || ' have ' || loyal_traits.attribute || ' '
                    || loyal_traits.attribute_value || ', '
            else case
                when loyal_traits.attribute = 'basket size' then 'Of the purchases of loyal customers, '
                else 'Of what loyal customers buy, '
            end || {{ format_share('loyal_traits.share') }} || ' are ' || loyal_traits.attribute_value || ' ('
            || loyal_traits.attribute || '), '
        end
        || case
            when loyal_traits.is_compared_in_stores
                then
                    {{ format_ratio('loyal_traits.judged_index') }}
                    || ' times the share among all others in the same stores.'
            else
                'against ' || {{ format_share('loyal_traits.other_share') }} || ' among all others: '
                || {{ format_ratio('loyal_traits.judged_index') }} || ' times as much (stores are not compared).'
        end as insight,
        loyal_traits.judged_index as metric_value,
        case when loyal_traits.is_compared_in_stores then 'adjusted_index' else 'affinity_index' end as metric_name,
        loyal_traits.share * totals.loyal_sales_share as touched_share,
        loyal_traits.cautious_effect,
        'loyal_customer_profile' as evidence_mart,
        loyal_traits.attribute || ' = ' || loyal_traits.attribute_value as evidence_key,
        case
            when loyal_traits.is_of_customers
                then
                    'Look for the next loyal customers among those with ' || loyal_traits.attribute || ' '
                    || loyal_traits.attribute_value || '.'
            when loyal_traits.attribute = 'basket size'
                then 'Offer multi-packs to customers who come often.'
            else
                'Never run out of ' || loyal_traits.attribute_value
                || '; a lower price would go to those who buy it anyway.'
        end as recommended_action
    from loyal_traits
    inner join totals on loyal_traits.dataset = totals.dataset
),

preference_sentences as (
    select
        preferences.dataset,
        preferences.segment_type || ' preferences' as topic,
        'Customers with ' || preferences.segment_type || ' ' || preferences.segment || ' choose '
        || preferences.attribute_value || ' (' || preferences.attribute || ') '
        || {{ format_ratio('preferences.judged_index') }} || ' times as often as '
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
        preferences.cautious_effect,
        'segment_affinity' as evidence_mart,
        preferences.segment_type || ' = ' || preferences.segment || ', ' || preferences.attribute || ' = '
        || preferences.attribute_value as evidence_key,
        'Put ' || preferences.attribute_value || ' where they shop and into what is sent to them, at its usual price: '
        || 'they buy it anyway.' as recommended_action
    from preferences
    inner join totals on preferences.dataset = totals.dataset
),

final as (
    select * from loyal_sentences
    union all
    select * from preference_sentences
)

select * from final
