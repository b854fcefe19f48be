with

store_months as (
    select * from {{ ref('int_stores__months') }}
),

store_groups as (
    select * from {{ ref('store_groups') }}
),

attribute_sales as (
    select * from {{ ref('int_products__attribute_sales') }}
),

totals as (
    select
        dataset,
        store_id,
        cast(sum(receipts) as bigint) as receipts,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount
    from store_months
    group by dataset, store_id
),

final as (
    select
        totals.dataset,
        totals.store_id,
        store_groups.attribute,
        cast(store_groups.cluster_id as integer) as cluster_id,
        coalesce(
            'More ' || most.attribute_value || ', less ' || least.attribute_value,
            'More ' || most.attribute_value,
            'Less ' || least.attribute_value,
            'Cluster ' || cast(store_groups.cluster_id as {{ dbt.type_string() }})
        ) as cluster_name,
        store_groups.same_cluster_share,
        case
            when store_groups.verdict is not null then store_groups.verdict
            when totals.receipts < {{ var('clustered_store_receipts') }} then 'too few receipts in the store'
            else 'not compared'
        end as verdict,
        totals.receipts,
        totals.sales_amount,
        most.attribute_value as most_value,
        store_groups.most_share,
        store_groups.most_all_share,
        least.attribute_value as least_value,
        store_groups.least_share,
        store_groups.least_all_share
    from totals
    left join store_groups on totals.dataset = store_groups.dataset and totals.store_id = store_groups.store_id
    left join attribute_sales as most on store_groups.most_value_id = most.value_id
    left join attribute_sales as least on store_groups.least_value_id = least.value_id
)

select * from final
