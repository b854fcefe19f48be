with

product_attributes as (
    select * from {{ ref('int_products__product_attributes') }}
),

attribute_totals as (
    select * from {{ ref('int_products__attribute_totals') }}
),

attribute_values as (
    select distinct
        value_id,
        dataset,
        attribute,
        attribute_value,
        is_stated
    from product_attributes
),

measured as (
    select
        attribute_values.dataset,
        attribute_values.attribute,
        attribute_values.attribute_value,
        attribute_values.is_stated,
        attribute_totals.*
    from attribute_totals
    inner join attribute_values on attribute_totals.value_id = attribute_values.value_id
),

-- A value that is not stated has the last rank, whatever it sells. What customers brought back beyond what they bought
-- in these files is no part of the sales that shares are of.
ranked as (
    select
        *,
        row_number() over (
            partition by dataset, attribute
            order by is_stated desc nulls last, sales_amount desc nulls last, attribute_value nulls last
        ) as sales_rank,
        greatest(sales_amount, 0) as shared_amount,
        nullif(sum(greatest(sales_amount, 0)) over (partition by dataset, attribute), 0) as total_amount
    from measured
),

shares as (
    select
        *,
        coalesce(cast(shared_amount as double) / total_amount, 0) as sales_share,
        coalesce(cast(sum(shared_amount) over (
            partition by dataset, attribute
            order by sales_rank nulls last rows between unbounded preceding and current row
        ) as double) / total_amount, 0) as cumulative_sales_share
    from ranked
),

final as (
    select
        dataset,
        attribute,
        attribute_value,
        value_id,
        is_stated,
        sales_amount,
        units,
        receipts,
        customers,
        cast(sales_amount as double) / nullif(units, 0) as avg_unit_price,
        sales_rank,
        sales_share,
        cumulative_sales_share,
        -- The value that crosses a limit still belongs to the class above it: a class is never empty at the top.
        case
            when cumulative_sales_share - sales_share < {{ var('abc_limits')[0] }} then 'A'
            when cumulative_sales_share - sales_share < {{ var('abc_limits')[1] }} then 'B'
            else 'C'
        end as abc_class
    from shares
)

select * from final
