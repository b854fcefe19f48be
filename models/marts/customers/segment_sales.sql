with

preferences as (
    select * from {{ ref('int_loyalty__customer_preferences') }}
),

attribute_values as (
    select distinct
        value_id,
        dataset,
        attribute,
        attribute_value
    from {{ ref('int_products__product_attributes') }}
),

customer_rfm as (
    select * from {{ ref('int_loyalty__customer_rfm') }}
),

customer_segments as (
    select * from {{ ref('int_segmentation__customer_segments') }}
),

customer_attributes as (
    select * from {{ ref('customer_attributes') }}
),

segment_values as (
    select * from {{ ref('int_loyalty__segment_values') }}
),

memberships as (
    select
        customer_key,
        'rfm segment' as segment_type,
        rfm_segment as segment
    from customer_rfm
    union all
    select
        customer_key,
        'segmentation ' || analysis as segment_type,
        segment_name as segment
    from customer_segments
    where cluster_id > 0
    union all
    select
        customer_attributes.customer_key,
        'customer ' || customer_attributes.attribute as segment_type,
        customer_attributes.attribute_value as segment
    from customer_attributes
    inner join segment_values
        on
            customer_attributes.dataset = segment_values.dataset
            and customer_attributes.attribute = segment_values.attribute
            and customer_attributes.attribute_value = segment_values.attribute_value
),

totals as (
    select
        memberships.segment_type,
        memberships.segment,
        preferences.value_id,
        count(*) as customers,
        sum(preferences.units) as units,
        sum(preferences.sales_amount) as sales_amount
    from preferences
    inner join memberships on preferences.customer_key = memberships.customer_key
    group by memberships.segment_type, memberships.segment, preferences.value_id
),

final as (
    select
        attribute_values.dataset,
        totals.segment_type,
        totals.segment,
        attribute_values.attribute,
        attribute_values.attribute_value,
        totals.customers,
        cast(totals.units as decimal(18, 3)) as units,
        cast(totals.sales_amount as decimal(18, 2)) as sales_amount,
        cast(greatest(totals.sales_amount, 0) as double) / nullif(sum(greatest(totals.sales_amount, 0)) over (
            partition by
                attribute_values.dataset, totals.segment_type, totals.segment, attribute_values.attribute
        ), 0) as segment_sales_share,
        cast(greatest(totals.sales_amount, 0) as double) / nullif(sum(greatest(totals.sales_amount, 0)) over (
            partition by
                attribute_values.dataset, totals.segment_type, attribute_values.attribute,
                attribute_values.attribute_value
        ), 0) as value_sales_share
    from totals
    inner join attribute_values on totals.value_id = attribute_values.value_id
)

select * from final
