{{- config(materialized="table", post_hook="{{ remember_mapped_files() }}") -}}
{%- set column = mapped_columns('sales') -%}
{%- set product = column.product_id or column.product_name -%}
{%- set max_quantity = mapped_setting('max_quantity') -%}

with

raw as (
    {{ mapped_rows('sales') }}
),

-- Without an id a product goes by its name.
identified as (
    select
        *,
        coalesce(product_id, product_name) as known_product_id,
        product_list is not null and product_name is null as is_list_of_nothing
    from raw
),

final as (
    select
        dataset,
        coalesce(receipt_id, cast(sold_at_value as {{ dbt.type_string() }})) as receipt_id,
        customer_id,
        store_id,
        known_product_id as product_id,
        product_name,
        sold_at_value as sold_at,
        -- Money that goes back is a return, also where the files hold no units.
        coalesce(units_value, case when sales_amount_value < 0 then -1 else 1 end) as units,
        cast(round(sales_amount_value, 2) as decimal(18, 2)) as sales_amount,
        cast(round(cost_amount_value, 2) as decimal(18, 2)) as cost_amount,
        cast(round(discount_amount_value, 2) as decimal(18, 2)) as discount_amount,
        -- What a total or a note at the bottom says is no money of the file.
        case when raw_problem is null then sales_amount_value end as file_amount,
        is_goods,
        not {{ is_until_as_of_date('cast(sold_at_value as date)', mapped_setting('as_of_date') or var('as_of_date')) }}
            as is_later,
        list_position,
        raw_file,
        raw_line,
        raw_fields,
        case
            when raw_problem is not null then 'row ' || raw_problem
            when sold_at is null then '{{ column.sold_at }} is empty'
            when sold_at_value is null then '{{ column.sold_at }} is not a day or a moment'
            when
                not {{ is_plausible_date('cast(sold_at_value as date)') }}
                then '{{ column.sold_at }} is outside the plausible years'
            when is_list_of_nothing then '{{ column.product_list }} is a list of nothing'
            when known_product_id is null then '{{ product }} is empty'
            when {{ is_longer_than('known_product_id', 200) }} then '{{ product }} is longer than 200 characters'
            {%- if column.units %}
            when units is not null and units_value is null then '{{ column.units }} is not a number'
            when abs(units_value) >= 1e9 then '{{ column.units }} is not a plausible number'
            {%- endif %}
            {%- if max_quantity %}
            when abs(units_value) > {{ max_quantity }} then '{{ column.units }} is above max_quantity'
            {%- endif %}
            {%- if column.sales_amount %}
            when sales_amount is null then '{{ column.sales_amount }} is empty'
            when sales_amount_value is null then '{{ column.sales_amount }} is not an amount'
            when abs(sales_amount_value) >= 1e12 then '{{ column.sales_amount }} is not a plausible amount'
            {%- endif %}
            {%- for role in ['cost_amount', 'discount_amount'] if column[role] %}
            when abs({{ role }}_value) >= 1e12 then '{{ column[role] }} is not a plausible amount'
            {%- endfor %}
        end as rejection_reason
    from identified
)

select * from final
