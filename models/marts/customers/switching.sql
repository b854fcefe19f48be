with

compared_months as (
    select * from {{ ref('int_loyalty__compared_months') }}
),

value_changes as (
    select * from {{ ref('int_loyalty__value_changes') }}
),

switches as (
    select * from {{ ref('int_loyalty__switches') }}
),

p_values as (
    select * from {{ ref('switch_p_values') }}
),

comparisons as (
    select distinct
        comparison_key,
        dataset,
        comparison,
        period_start_date,
        previous_start_date,
        has_complete_periods
    from compared_months
),

value_names as (
    select
        value_id as compared_id,
        attribute,
        attribute_value
    from {{ ref('int_products__attribute_sales') }}
    union all
    select
        -min(value_id) as compared_id,
        attribute,
        'Other values' as attribute_value
    from {{ ref('int_products__attribute_sales') }}
    group by dataset, attribute
),

totals as (
    select
        comparison_key,
        compared_id,
        count(*) filter (where is_retained) as retained_customers,
        count(customer_key) filter (where not is_retained) as other_customers,
        coalesce(sum(change_amount) filter (where is_retained), 0) as retained_amount,
        coalesce(sum(change_amount) filter (where not is_retained and customer_key is not null), 0) as other_amount,
        coalesce(sum(change_amount) filter (where customer_key is null), 0) as anonymous_amount
    from value_changes
    group by comparison_key, compared_id
),

switched as (
    select
        comparison_key,
        compared_id,
        sum(gained_amount - lost_amount) as net_amount
    from switches
    group by comparison_key, compared_id
),

-- What is neither switched nor rounded is bought more or less by the same customers.
balances as (
    select
        totals.*,
        totals.retained_amount - coalesce(switched.net_amount, 0) as same_customers_amount
    from totals
    left join switched
        on totals.comparison_key = switched.comparison_key and totals.compared_id = switched.compared_id
),

sources as (
    select
        switches.comparison_key,
        switches.compared_id,
        'switching' as source,
        value_names.attribute_value as other_value,
        switches.customers,
        switches.gained_amount,
        switches.lost_amount,
        switches.gained_amount - switches.lost_amount as net_amount,
        switches.net_error,
        p_values.p_value,
        p_values.q_value
    from switches
    inner join value_names on switches.other_id = value_names.compared_id
    inner join p_values
        on
            switches.comparison_key = p_values.comparison_key
            and least(switches.compared_id, switches.other_id) = p_values.compared_id
            and greatest(switches.compared_id, switches.other_id) = p_values.other_id
    {%- for source, customers, amount in [
        ('same customers', 'retained_customers', 'same_customers_amount'),
        ('other customers', 'other_customers', 'other_amount'),
        ('anonymous', 'cast(null as bigint)', 'anonymous_amount'),
    ] %}
    union all
    select
        comparison_key,
        compared_id,
        '{{ source }}' as source,
        'none' as other_value,
        {{ customers }} as customers,
        cast(null as decimal(18, 2)) as gained_amount,
        cast(null as decimal(18, 2)) as lost_amount,
        {{ amount }} as net_amount,
        cast(null as double) as net_error,
        cast(null as double) as p_value,
        cast(null as double) as q_value
    from balances
    {%- endfor %}
),

final as (
    select
        comparisons.dataset,
        value_names.attribute,
        comparisons.comparison,
        comparisons.period_start_date,
        comparisons.previous_start_date,
        value_names.attribute_value,
        sources.source,
        sources.other_value,
        sources.customers,
        sources.gained_amount,
        sources.lost_amount,
        cast(sources.net_amount as decimal(18, 2)) as net_amount,
        round(sources.net_amount - {{ z_95() }} * sources.net_error, 9) as net_low_amount,
        round(sources.net_amount + {{ z_95() }} * sources.net_error, 9) as net_high_amount,
        sources.p_value,
        sources.q_value,
        coalesce(sources.q_value < {{ var('significance_level') }}, false) as is_significant,
        coalesce(sources.customers < {{ var('small_count') }}, false) as is_small_count,
        comparisons.has_complete_periods
    from sources
    inner join comparisons on sources.comparison_key = comparisons.comparison_key
    inner join value_names on sources.compared_id = value_names.compared_id
)

select * from final
