{#-
  The select of a mart of sales by an attribute of the product: what was sold, to how many, with rank and share of all sales. `totals`
  has the sums, one row per `key`; `attributes` depend on it.
-#}
{% macro sales_by(totals, key, attributes=[]) -%}
    select
        {{ ([key] + attributes) | join(',\n        ') }},
        sales_amount,
        units,
        transactions,
        customers,
        cast(sales_amount as double) / units as avg_unit_price,
        row_number() over (order by sales_amount desc nulls last, {{ key }} nulls last) as sales_rank,
        {{ share_of_total('sales_amount') }} as sales_share,
        coalesce(cast(sum(sales_amount) over (
            order by sales_amount desc nulls last, {{ key }} nulls last
            rows between unbounded preceding and current row
        ) as double) / nullif(sum(sales_amount) over (), 0), 0) as cumulative_sales_share
    from {{ totals }}
{%- endmacro %}


{% macro share_of_total(amount) -%}
    coalesce(cast({{ amount }} as double) / nullif(sum({{ amount }}) over (), 0), 0)
{%- endmacro %}
