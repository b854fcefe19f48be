with

totals as (
    {{ union_datasets({
        'campaign': 'int_campaign__category_spend',
        'grocery': 'int_grocery__category_spend',
    }) }}
),

shares as (
    select
        *,
        cast(spend_amount as double) / customers as spend_per_customer,
        coalesce(
            cast(spend_amount as double) / nullif(sum(spend_amount) over (partition by dataset, segment_name), 0), 0
        ) as share_of_segment_spend,
        coalesce(
            cast(sum(spend_amount) over (partition by dataset, category) as double)
            / nullif(sum(spend_amount) over (partition by dataset), 0), 0
        ) as share_of_all_spend
    from totals
),

final as (
    select
        *,
        round(share_of_segment_spend / nullif(share_of_all_spend, 0), 9) as index_to_all
    from shares
)

select * from final
