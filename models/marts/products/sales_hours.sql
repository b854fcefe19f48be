with

hours as (
    select * from {{ ref('int_products__hours') }}
),

final as (
    select
        dataset,
        iso_weekday,
        case iso_weekday
            {%- for name in ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] %}
            when {{ loop.index }} then '{{ name }}'
            {%- endfor %}
        end as weekday,
        hour_of_day,
        receipts,
        cast(receipts as double) / sum(receipts) over (partition by dataset) as receipt_share,
        customers,
        units,
        sales_amount,
        cast(sales_amount as double) / nullif(sum(sales_amount) over (partition by dataset), 0) as sales_share
    from hours
)

select * from final
