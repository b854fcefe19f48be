{#-
  The select of a mart of sales by an attribute of the product: what was sold, to how many, with rank, share and ABC class.
  `keys` name one thing per row; `attributes` depend on the keys. Sums stay decimals, so that they reconcile to the cent.
-#}
{% macro sales_by(sales, keys, attributes=[]) -%}
    select
        {{ (keys + attributes) | join(',\n        ') }},
        sales_amount,
        units,
        transactions,
        customers,
        cast(sales_amount as double) / units as avg_unit_price,
        row_number() over (
            order by sales_amount desc nulls last, {{ keys | join(' nulls last, ') }} nulls last
        ) as sales_rank,
        {{ share_of_total('sales_amount') }} as sales_share,
        coalesce(cast(sum(sales_amount) over (
            order by sales_amount desc nulls last, {{ keys | join(' nulls last, ') }} nulls last
            rows between unbounded preceding and current row
        ) as double) / nullif(sum(sales_amount) over (), 0), 0) as cumulative_sales_share
    from (
        select
            {{ (keys + attributes) | join(',\n            ') }},
            cast(sum(sales_amount) as decimal(18, 2)) as sales_amount,
            cast(sum(units) as bigint) as units,
            {{ count_transactions() }} as transactions,
            count(distinct customer_id) as customers
        from {{ sales }}
        group by {{ (keys + attributes) | join(', ') }}
    ) as totals
{%- endmacro %}


{#- Receipt numbers are reused on other days and for other cards: one purchase is a card's receipt of one day. -#}
{% macro count_transactions() -%}
    count(distinct (transaction_id, customer_id, transaction_date))
{%- endmacro %}


{% macro share_of_total(amount) -%}
    coalesce(cast({{ amount }} as double) / nullif(sum({{ amount }}) over (), 0), 0)
{%- endmacro %}
