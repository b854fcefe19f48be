-- Only of datasets whose files hold costs or discounts.
with

sales_lines as (
    select
        *,
        units < 0 and sales_amount < 0 as is_return
    from {{ ref('sales_lines') }}
    where sales_amount is not null
),

datasets as (
    select dataset
    from sales_lines
    group by dataset
    having count(cost_amount) + count(discount_amount) > 0
),

-- Datasets are chosen here, where rows are few: a join of lines by dataset is the work of one task on Spark.
counted_products as (
    select * from {{ ref('int_products__products') }}
    where is_counted and dataset in (select datasets.dataset from datasets)
),

-- The words that stand for something else here.
product_attributes as (
    select * from {{ ref('int_products__product_attributes') }}
    where attribute not in ('all', 'store', 'rfm segment', 'promotion')
),

stores as (
    select * from {{ ref('stores') }}
),

customer_rfm as (
    select * from {{ ref('int_loyalty__customer_rfm') }}
),

promotions as (
    select * from {{ ref('int_promotions__promotions') }}
),

-- Cost counts only beside its sale, and a discount is deep or shallow where goods are sold, not where they come back.
totals as (
    select
        sales_lines.dataset,
        sales_lines.product_key,
        sales_lines.store_key,
        customer_rfm.rfm_segment,
        promotions.promotion_id,
        sum(sales_lines.sales_amount) as sales_amount,
        -sum(sales_lines.sales_amount) filter (where sales_lines.is_return) as returned_amount,
        sum(sales_lines.sales_amount) filter (where sales_lines.cost_amount is not null) as costed_sales_amount,
        sum(sales_lines.cost_amount) as cost_amount,
        sum(sales_lines.discount_amount) as discount_amount,
        sum(sales_lines.sales_amount) filter (where sales_lines.discount_amount <> 0 and not sales_lines.is_return)
            as discounted_sold_amount,
        sum(sales_lines.discount_amount) filter (where not sales_lines.is_return) as sold_discount_amount
    from sales_lines
    inner join counted_products on sales_lines.product_key = counted_products.product_key
    left join customer_rfm on sales_lines.customer_key = customer_rfm.customer_key
    left join promotions
        on
            sales_lines.product_key = promotions.product_key
            and sales_lines.receipt_date between promotions.first_date and promotions.last_date
    group by
        sales_lines.dataset, sales_lines.product_key, sales_lines.store_key, customer_rfm.rfm_segment,
        promotions.promotion_id
),

labels as (
    {%- for attribute in ['all', 'store', 'rfm segment', 'promotion'] %}
    select '{{ attribute }}' as attribute
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

labelled as (
    select
        totals.*,
        labels.attribute,
        case labels.attribute
            when 'all' then 'All'
            when 'store' then stores.store_id
            when 'rfm segment' then totals.rfm_segment
            when 'promotion' then totals.promotion_id
        end as attribute_value
    from totals
    left join stores on totals.store_key = stores.store_key
    cross join labels
    union all
    select
        totals.*,
        product_attributes.attribute,
        product_attributes.attribute_value
    from totals
    inner join product_attributes on totals.product_key = product_attributes.product_key
),

final as (
    select
        dataset,
        attribute,
        attribute_value,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount,
        cast(coalesce(sum(returned_amount), 0) as decimal(18, 2)) as returned_amount,
        cast(coalesce(sum(costed_sales_amount), 0) as decimal(18, 2)) as costed_sales_amount,
        cast(sum(cost_amount) as decimal(18, 2)) as cost_amount,
        cast(sum(costed_sales_amount) - sum(cost_amount) as decimal(18, 2)) as margin_amount,
        cast(sum(discount_amount) as decimal(18, 2)) as discount_amount,
        cast(coalesce(sum(discounted_sold_amount), 0) as decimal(18, 2)) as discounted_sold_amount,
        cast(coalesce(sum(sold_discount_amount), 0) as decimal(18, 2)) as sold_discount_amount
    from labelled
    where attribute_value is not null
    group by dataset, attribute, attribute_value
)

select * from final
