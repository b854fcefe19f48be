{{- config(enabled='chips' in var('datasets')) -}}
-- No mart loses or invents a cent or a packet: each adds up to the accepted, counted sales.
{%- set marts = {
    'product_sales': ('sales_amount', 'units'),
    'brand_sales': ('sales_amount', 'units'),
    'flavour_sales': ('sales_amount', 'units'),
    'pack_size_sales': ('sales_amount', 'units'),
    'daily_sales': ('sales_amount', 'units'),
    'loyalty_customers': ('sales_amount', 'units'),
    'lifestage_segments': ('total_sales', 'null'),
    'lifestage_segment_clusters': ('total_sales', 'null'),
} %}

with

counted_units as (
    select sum(units) as units from {{ ref('int_chips__sales') }}
),

accepted as (
    select
        counted_units.units,
        sum(reconciliation.accepted_amount - reconciliation.excluded_amount) as sales_amount
    from {{ ref('row_reconciliation') }} as reconciliation
    cross join counted_units
    where reconciliation.dataset = 'chips'
    group by counted_units.units
),

totals as (
    {%- for mart, (amount, units) in marts.items() %}
    select
        '{{ mart }}' as mart,
        sum({{ amount }}) as sales_amount,
        sum({{ units }}) as units
    from {{ ref(mart) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    totals.*,
    accepted.sales_amount as accepted_amount,
    accepted.units as accepted_units
from totals
cross join accepted
where
    totals.sales_amount is distinct from accepted.sales_amount
    or coalesce(totals.units, accepted.units) <> accepted.units
