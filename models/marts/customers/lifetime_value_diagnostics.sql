with

customers as (
    select * from {{ ref('int_loyalty__lifetime_customers') }}
    where snapshot = 'now'
),

methods as (
    select * from {{ ref('int_loyalty__lifetime_methods') }}
),

fits as (
    select * from {{ ref('lifetime_fits') }}
    where snapshot = 'now'
),

buckets as (
    select * from {{ ref('int_loyalty__lifetime_buckets') }}
),

-- The two models have a row in each group, also where there is too little for a fit or for an answer.
groups as (
    select
        dataset,
        customer_group,
        cast(max(age_days) + 1 as bigint) as days_covered,
        count(*) filter (where repeat_purchases > 0) as repeat_customers
    from customers
    group by dataset, customer_group
),

models as (
    select
        'purchases' as target,
        'BG/NBD' as method
    union all
    select
        'purchase amount' as target,
        'Gamma-Gamma' as method
),

method_rows as (
    select
        groups.dataset,
        groups.customer_group,
        models.target,
        models.method
    from groups
    cross join models
    union
    select
        dataset,
        customer_group,
        target,
        method
    from methods
),

judged as (
    select
        method_rows.dataset,
        method_rows.customer_group,
        method_rows.target,
        method_rows.method,
        cast(0 as integer) as bucket,
        methods.customers,
        methods.predicted_mean,
        methods.actual_mean,
        methods.level_factor,
        methods.mean_absolute_error,
        methods.root_mean_squared_error,
        methods.correlation,
        methods.gain_z_score,
        coalesce(methods.is_chosen, false) as is_chosen,
        case when method_rows.method = 'BG/NBD' then fits.r end as r,
        case when method_rows.method = 'BG/NBD' then fits.alpha end as alpha_days,
        case when method_rows.method = 'BG/NBD' then fits.a end as a,
        case when method_rows.method = 'BG/NBD' then fits.b end as b,
        case when method_rows.method = 'Gamma-Gamma' then fits.p end as p,
        case when method_rows.method = 'Gamma-Gamma' then fits.q end as q,
        case when method_rows.method = 'Gamma-Gamma' then fits.gamma end as gamma_amount,
        case
            when methods.is_chosen and methods.is_model then 'better than every plain rule'
            when methods.is_model then 'no better than the best plain rule'
            when methods.is_chosen then 'the best plain rule'
            when methods.method is not null then 'a plain rule'
            when groups.days_covered < {{ 2 * var('lifetime_horizon_days') }}
                then
                    'too short: ' || groups.days_covered || ' days of purchases, '
                    || {{ 2 * var('lifetime_horizon_days') }} || ' are needed'
            else 'too few customers who came again'
        end as verdict
    from method_rows
    inner join groups
        on method_rows.dataset = groups.dataset and method_rows.customer_group = groups.customer_group
    left join methods
        on
            method_rows.dataset = methods.dataset
            and method_rows.customer_group = methods.customer_group
            and method_rows.target = methods.target
            and method_rows.method = methods.method
    left join fits
        on method_rows.dataset = fits.dataset and method_rows.customer_group = fits.customer_group
),

targets as (
    select 'purchases' as target
    union all
    select 'sales' as target
),

calibration as (
    select
        buckets.dataset,
        buckets.customer_group,
        targets.target,
        'chosen' as method,
        buckets.bucket,
        buckets.customers,
        case targets.target
            when 'purchases' then buckets.expected_purchases
            else buckets.expected_sales_amount
        end as predicted_mean,
        case targets.target
            when 'purchases' then buckets.next_purchases
            else buckets.next_sales_amount
        end as actual_mean
    from buckets
    cross join targets
),

final as (
    select * from judged
    union all
    select
        dataset,
        customer_group,
        target,
        method,
        bucket,
        customers,
        predicted_mean,
        actual_mean,
        cast(null as double) as level_factor,
        cast(null as double) as mean_absolute_error,
        cast(null as double) as root_mean_squared_error,
        cast(null as double) as correlation,
        cast(null as double) as gain_z_score,
        true as is_chosen,
        cast(null as double) as r,
        cast(null as double) as alpha_days,
        cast(null as double) as a,
        cast(null as double) as b,
        cast(null as double) as p,
        cast(null as double) as q,
        cast(null as double) as gamma_amount,
        'a tenth of the customers, by what was expected of them' as verdict
    from calibration
)

select * from final
