with

staged as (
    {{ union_staging(
        'implausible_rows',
        ['shop', 'campaign', 'grocery'],
        {'customer_id': dbt.type_string(), 'reason': dbt.type_string()}
    ) }}
),

baskets as (
    select * from {{ ref('int_baskets__implausible_baskets') }}
),

customers as (
    select * from {{ ref('customers') }}
),

final as (
    select
        dataset,
        customer_id,
        reason
    from staged
    union all
    select
        baskets.dataset,
        customers.customer_id,
        baskets.reason
    from baskets
    left join customers on baskets.customer_key = customers.customer_key
)

select * from final
