-- A holdout decides: what each method said one horizon before the end, against what customers did since.
{%- set methods = {
    'purchases': [
        ('all alike', 'purchases_all_alike'),
        ('recent purchases', 'purchases_by_recent_count'),
        ('purchase rate', 'purchases_by_rate'),
        ('as others with as many purchases', 'purchases_by_count'),
        ('BG/NBD', 'purchases_by_bg_nbd'),
    ],
    'purchase amount': [
        ('all alike', 'mean_amount_of_all'),
        ('own mean', 'own_mean_amount'),
        ('Gamma-Gamma', 'gamma_gamma_amount'),
    ],
} %}
with

customers as (
    select * from {{ ref('int_loyalty__lifetime_predictions') }}
    where snapshot = 'check'
),

predicted as (
    {%- for target, named in methods.items() %}
    {%- set outer_loop = loop %}
    {%- for method, column in named %}
    select
        dataset,
        customer_group,
        customer_key,
        '{{ target }}' as target,
        '{{ method }}' as method,
        {{ loop.index }} as method_position,
        {{ 'true' if loop.last else 'false' }} as is_model,
        {{ column }} as predicted,
        cast({{ 'next_purchases' if target == 'purchases' else 'next_mean_amount' }} as double) as actual
    from customers
    where {{ column }} is not null{{ ' and next_purchases > 0' if target == 'purchase amount' }}
    {{ 'union all' if not (loop.last and outer_loop.last) }}
    {%- endfor %}
    {%- endfor %}
),

levels as (
    select
        dataset,
        customer_group,
        target,
        method,
        count(*) as customers,
        sum(actual) / nullif(sum(predicted), 0) as level_factor
    from predicted
    group by dataset, customer_group, target, method
),

-- The level moves from horizon to horizon, with the season and with the length of what is known; methods are compared
-- by what they say of one customer against another.
errors as (
    select
        predicted.*,
        levels.level_factor,
        predicted.actual - predicted.predicted * levels.level_factor as error
    from predicted
    inner join levels
        on
            predicted.dataset = levels.dataset
            and predicted.customer_group = levels.customer_group
            and predicted.target = levels.target
            and predicted.method = levels.method
    where levels.customers >= {{ var('small_count') }} and levels.level_factor > 0
),

scores as (
    select
        dataset,
        customer_group,
        target,
        method,
        method_position,
        is_model,
        count(*) as customers,
        avg(predicted) as predicted_mean,
        avg(actual) as actual_mean,
        max(level_factor) as level_factor,
        avg(abs(error)) as mean_absolute_error,
        sqrt(avg(error * error)) as root_mean_squared_error,
        {{ correlation('predicted', 'actual') }} as correlation
    from errors
    group by dataset, customer_group, target, method, method_position, is_model
),

best_rules as (
    select *
    from scores
    where not is_model
    qualify row_number() over (
        partition by dataset, customer_group, target
        order by round(root_mean_squared_error, 9) nulls last, method_position nulls last
    ) = 1
),

gains as (
    select
        errors.dataset,
        errors.customer_group,
        errors.target,
        avg(rule_errors.error * rule_errors.error - errors.error * errors.error)
        / nullif(
            stddev_pop(rule_errors.error * rule_errors.error - errors.error * errors.error) / sqrt(count(*)), 0
        ) as gain_z_score
    from errors
    inner join best_rules
        on
            errors.dataset = best_rules.dataset
            and errors.customer_group = best_rules.customer_group
            and errors.target = best_rules.target
    inner join errors as rule_errors
        on
            best_rules.target = rule_errors.target
            and best_rules.method = rule_errors.method
            and errors.customer_key = rule_errors.customer_key
    where errors.is_model
    group by errors.dataset, errors.customer_group, errors.target
),

final as (
    select
        scores.dataset,
        scores.customer_group,
        scores.target,
        scores.method,
        scores.method_position,
        scores.is_model,
        scores.customers,
        round(scores.predicted_mean, 9) as predicted_mean,
        round(scores.actual_mean, 9) as actual_mean,
        round(scores.level_factor, 9) as level_factor,
        round(scores.mean_absolute_error, 9) as mean_absolute_error,
        round(scores.root_mean_squared_error, 9) as root_mean_squared_error,
        round(scores.correlation, 9) as correlation,
        case when scores.is_model then round(gains.gain_z_score, 6) end as gain_z_score,
        case
            when scores.is_model then coalesce(gains.gain_z_score > {{ z_95() }}, false)
            else
                scores.method = best_rules.method and not coalesce(gains.gain_z_score > {{ z_95() }}, false)
        end as is_chosen
    from scores
    inner join best_rules
        on
            scores.dataset = best_rules.dataset
            and scores.customer_group = best_rules.customer_group
            and scores.target = best_rules.target
    left join gains
        on
            scores.dataset = gains.dataset
            and scores.customer_group = gains.customer_group
            and scores.target = gains.target
)

select * from final
