with

implausible as (
    {{ union_datasets(
        {
            'shop': 'int_shop__implausible_customers',
            'campaign': 'int_campaign__implausible_customers',
            'grocery': 'int_grocery__implausible_rows',
        },
        columns=['customer_id', 'reason']
    ) }}
),

final as (
    select
        dataset,
        reason,
        count(*) as row_count,
        cast(min(customer_id) as bigint) as example_customer_id
    from implausible
    group by dataset, reason
)

select * from final
