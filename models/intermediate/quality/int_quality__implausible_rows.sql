with

staged as (
    {{ union_staging(
        'implausible_rows',
        ['shop', 'campaign', 'grocery'],
        {'customer_id': dbt.type_string(), 'reason': dbt.type_string()}
    ) }}
),

baskets as (
    {{ union_datasets({'grocery': 'int_grocery__implausible_baskets'}, columns=['customer_id', 'reason']) }}
),

final as (
    select
        dataset,
        customer_id,
        reason
    from staged
    union all
    select
        dataset,
        cast(customer_id as {{ dbt.type_string() }}) as customer_id,
        reason
    from baskets
)

select * from final
