with

customers as (
    select * from {{ ref('int_campaign__segmented_customers') }}
),

final as (
    {{ category_spend('customers', campaign_amounts().values()) }}
)

select * from final
