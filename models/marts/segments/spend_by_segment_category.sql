with

spend as (
    select * from {{ ref('int_campaigns__category_spend') }}
),

final as (
    select
        dataset,
        analysis,
        segment_name,
        category,
        customers,
        buyers,
        spend_amount,
        spend_per_customer,
        share_of_segment_spend,
        share_of_all_spend,
        index_to_all
    from spend
)

select * from final
