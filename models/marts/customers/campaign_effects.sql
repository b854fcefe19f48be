with

compared as (
    select * from {{ ref('int_loyalty__campaign_groups') }}
),

p_values as (
    select * from {{ ref('campaign_p_values') }}
),

final as (
    select
        compared.dataset,
        compared.audience,
        compared.exported_date,
        cast(compared.horizon_days as integer) as horizon_days,
        cast(compared.covered_days as integer) as covered_days,
        cast(compared.customers as integer) as customers,
        cast(compared.holdout_customers as integer) as holdout_customers,
        cast(compared.unknown_customers as integer) as unknown_customers,
        cast(case when compared.covered_days > 0 then compared.buyers end as integer) as buyers,
        cast(case when compared.covered_days > 0 then compared.holdout_buyers end as integer) as holdout_buyers,
        case when compared.covered_days > 0 then compared.buyers / nullif(cast(compared.customers as double), 0) end
            as buyer_share,
        case
            when compared.covered_days > 0
                then compared.holdout_buyers / nullif(cast(compared.holdout_customers as double), 0)
        end as holdout_buyer_share,
        p_values.buyer_share_difference,
        p_values.buyer_share_difference_low,
        p_values.buyer_share_difference_high,
        p_values.buyer_share_p_value,
        p_values.buyer_share_q_value,
        case when compared.covered_days > 0 then compared.sales_amount / nullif(compared.customers, 0) end
            as sales_per_customer,
        case
            when compared.covered_days > 0
                then compared.holdout_sales_amount / nullif(compared.holdout_customers, 0)
        end as holdout_sales_per_customer,
        p_values.sales_per_customer_difference,
        p_values.sales_per_customer_difference_low,
        p_values.sales_per_customer_difference_high,
        p_values.sales_per_customer_p_value,
        p_values.sales_per_customer_q_value,
        case
            when p_values.buyer_share_q_value is not null or p_values.sales_per_customer_q_value is not null
                then
                    least(
                        coalesce(p_values.buyer_share_q_value, 1), coalesce(p_values.sales_per_customer_q_value, 1)
                    ) < {{ var('significance_level') }}
        end as is_significant,
        least(compared.customers, compared.holdout_customers) < {{ var('small_count') }} as is_small_count,
        case
            when compared.covered_days = 0 then 'the sales end before the first day after the export'
            when compared.customers = 0 then 'nobody who was addressed is known'
            when compared.holdout_customers = 0 then 'nobody who is known was held out'
            when compared.covered_days < compared.horizon_days
                then
                    'the sales cover ' || {{ format_count('compared.covered_days') }} || ' of '
                    || {{ format_count('compared.horizon_days') }} || ' days'
        end as remark
    from compared
    inner join p_values
        on
            compared.dataset = p_values.dataset
            and compared.audience = p_values.audience
            and compared.exported_date = cast(p_values.exported_date as date)
)

select * from final
