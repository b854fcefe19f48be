with

customers as (
    select * from {{ ref('int_campaign__customers') }}
),

final as (
    {{ imputation_rows('campaign_customers', 'customers', eligible='not is_outlier') }}
)

select * from final
