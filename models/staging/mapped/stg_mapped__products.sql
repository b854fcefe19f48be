with

listed as (
    select * from {{ ref('base_mapped__products') }}
    where rejection_reason is null
),

lines as (
    select * from {{ ref('stg_mapped__sales_lines') }}
),

stated_attributes as (
    select
        coalesce(product_id, product_name) as product_id,
        attribute,
        attribute_value
    from {{ ref('base_mapped__product_attributes') }}
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

-- A product without a name is called after what it is, the more precise the better: nobody knows it by its number.
kinds as (
    select
        product_id,
        coalesce(
            min(attribute_value) filter (where attribute = 'product_type'),
            min(attribute_value) filter (where attribute = 'category'),
            min(attribute_value) filter (where attribute = 'department')
        ) as kind
    from stated_attributes
    group by product_id
),

identified as (
    select
        coalesce(listed.dataset, sold.dataset) as dataset,
        coalesce(listed.product_id, sold.product_id) as product_id,
        coalesce(listed.product_name, sold.product_name) as product_name
    from listed
    full outer join sold on listed.product_id = sold.product_id
),

final as (
    select
        identified.dataset,
        identified.product_id,
        coalesce(
            identified.product_name, kinds.kind || ' ' || identified.product_id, identified.product_id
        ) as product_name
    from identified
    left join kinds on identified.product_id = kinds.product_id
)

select * from final
