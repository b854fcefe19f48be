with

customers as (
    select * from {{ ref('int_grocery__customers') }}
),

final as (
    {{ imputation_rows('grocery_customers', 'customers', eligible='not is_outlier') }}
)

select * from final
