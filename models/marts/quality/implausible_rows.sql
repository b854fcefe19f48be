with

implausible as (
    select * from {{ ref('int_quality__implausible_rows') }}
),

-- Among ids that are numbers the shortest is the lowest.
numbered as (
    select
        *,
        row_number() over (
            partition by dataset, reason
            order by length(customer_id) nulls last, customer_id nulls last
        ) as position
    from implausible
),

final as (
    select
        dataset,
        reason,
        count(*) as row_count,
        max(customer_id) filter (where position = 1) as example_customer_id
    from numbered
    group by dataset, reason
)

select * from final
