{{- config(enabled='grocery' in enabled_datasets()) -}}
-- A product counts as often as the accepted lists name it: with or without a category, spelled in one way or several.
with

listed as (
    select coalesce(sum(cardinality(product_literals)), 0) as lines from {{ ref('stg_grocery__baskets') }}
),

held as (
    select coalesce(sum(lines), 0) as lines from {{ ref('int_grocery__basket_items') }}
),

sold as (
    select coalesce(sum(lines), 0) as lines from {{ ref('int_grocery__products') }}
)

select
    listed.lines as listed_lines,
    held.lines as held_lines,
    sold.lines as sold_lines
from listed
cross join held
cross join sold
where listed.lines <> held.lines or listed.lines <> sold.lines
