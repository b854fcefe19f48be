with

listed as (
    select * from {{ ref('base_mapped__products') }}
    where rejection_reason is null
),

lines as (
    select * from {{ ref('stg_mapped__sales_lines') }}
),

names as (
    select
        dataset,
        product_id,
        product_name,
        count(*) as lines
    from lines
    group by dataset, product_id, product_name
),

-- Of several names at the till the most frequent counts.
sold as (
    select
        dataset,
        product_id,
        product_name
    from names
    qualify row_number() over (
        partition by product_id order by product_name is null nulls last, lines desc nulls last, product_name nulls last
    ) = 1
),

final as (
    select
        coalesce(listed.dataset, sold.dataset) as dataset,
        coalesce(listed.product_id, sold.product_id) as product_id,
        coalesce(listed.product_name, sold.product_name, listed.product_id, sold.product_id) as product_name
    from listed
    full outer join sold on listed.product_id = sold.product_id
)

select * from final
