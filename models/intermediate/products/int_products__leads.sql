-- By how much a value sells more than the next one, and by how much at least. The unit is the customer, or the receipt
-- where nobody is known: what one customer buys is no sign of what others will. The variance of a difference of two
-- sums over customers is the sum of the squares of the customers' own differences.
with

ranked as (
    select
        dataset,
        attribute,
        attribute_value,
        value_id,
        sales_rank,
        sales_amount
    from {{ ref('int_products__attribute_sales') }}
    where
        is_stated
        and sales_rank <= 4
        and sales_amount > 0
        and attribute in ({{ sql_texts(['product'] + var('leading_attributes')) }})
),

product_attributes as (
    select * from {{ ref('int_products__product_attributes') }}
),

lines as (
    select * from {{ ref('int_products__sales_lines') }}
),

buyer_amounts as (
    select
        ranked.dataset,
        ranked.attribute,
        ranked.sales_rank,
        lines.customer_key,
        case when lines.customer_key is null then lines.receipt_date end as receipt_date,
        case when lines.customer_key is null then lines.receipt_id end as receipt_id,
        sum(lines.sales_amount) as sales_amount
    from lines
    inner join product_attributes on lines.product_key = product_attributes.product_key
    inner join ranked on product_attributes.value_id = ranked.value_id
    group by
        ranked.dataset, ranked.attribute, ranked.sales_rank, lines.customer_key,
        case when lines.customer_key is null then lines.receipt_date end,
        case when lines.customer_key is null then lines.receipt_id end
),

-- A value leads the next one, and is led by the one before.
compared_amounts as (
    select * from buyer_amounts
    union all
    select
        dataset,
        attribute,
        sales_rank - 1 as sales_rank,
        customer_key,
        receipt_date,
        receipt_id,
        -sales_amount as sales_amount
    from buyer_amounts
),

differences as (
    select
        dataset,
        attribute,
        sales_rank,
        sum(sales_amount) as lead_amount
    from compared_amounts
    group by dataset, attribute, sales_rank, customer_key, receipt_date, receipt_id
),

leads as (
    select
        dataset,
        attribute,
        sales_rank,
        cast(sum(lead_amount) as double) as lead_amount,
        sqrt(cast(sum(lead_amount * lead_amount) as double)) as lead_error
    from differences
    group by dataset, attribute, sales_rank
),

final as (
    select
        ranked.dataset,
        ranked.attribute,
        ranked.attribute_value,
        ranked.sales_rank,
        cast(ranked.sales_amount as double) as sales_amount,
        next_ranked.attribute_value as next_value,
        cast(next_ranked.sales_amount as double) as next_sales_amount,
        leads.lead_amount - {{ z_95() }} * leads.lead_error as lead_amount_low,
        leads.lead_amount - {{ z_95() }} * leads.lead_error
        > {{ var('notable_difference') }} * ranked.sales_amount as is_proven
    from ranked
    inner join ranked as next_ranked
        on
            ranked.dataset = next_ranked.dataset
            and ranked.attribute = next_ranked.attribute
            and ranked.sales_rank + 1 = next_ranked.sales_rank
    inner join leads
        on
            ranked.dataset = leads.dataset
            and ranked.attribute = leads.attribute
            and ranked.sales_rank = leads.sales_rank
)

select * from final
