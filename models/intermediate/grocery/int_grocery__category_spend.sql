with

customers as (
    select * from {{ ref('int_grocery__segmented_customers') }}
),

final as (
    {{ category_spend('customers', grocery_amounts().values()) }}
)

select * from final
