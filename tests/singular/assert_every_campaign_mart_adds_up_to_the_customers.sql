{{- config(enabled='campaign' in enabled_datasets()) -}}
-- No mart loses or invents a customer, a purchase or a cent: each adds up to the accepted rows of the file.
with

accepted as (
    select
        accepted_rows as customers,
        accepted_amount as spend_amount
    from {{ ref('row_reconciliation') }}
    where source_file = 'marketing_data'
),

purchases as (
    select sum(web_purchases + catalogue_purchases + store_purchases) as purchases
    from {{ ref('stg_campaign__customers') }}
),

totals as (
    select
        'spend_by_segment_category, ' || category as mart,
        sum(customers) as customers,
        null as spend_amount,
        null as purchases
    from {{ ref('spend_by_segment_category') }}
    where dataset = 'campaign'
    group by category
    union all
    select
        'spend_by_segment_category' as mart,
        null as customers,
        sum(spend_amount) as spend_amount,
        null as purchases
    from {{ ref('spend_by_segment_category') }}
    where dataset = 'campaign'
    union all
    select
        'enrolments_by_month' as mart,
        sum(enrolled_customers) as customers,
        sum(spend_amount) as spend_amount,
        null as purchases
    from {{ ref('enrolments_by_month') }}
    union all
    select
        'purchases_by_segment_channel, ' || channel as mart,
        sum(customers) as customers,
        null as spend_amount,
        null as purchases
    from {{ ref('purchases_by_segment_channel') }}
    group by channel
    union all
    select
        'purchases_by_segment_channel' as mart,
        null as customers,
        null as spend_amount,
        sum(purchases) as purchases
    from {{ ref('purchases_by_segment_channel') }}
    union all
    select
        'campaign_responses, campaign ' || campaign_number as mart,
        sum(customers) as customers,
        null as spend_amount,
        null as purchases
    from {{ ref('campaign_responses') }}
    group by campaign_number
    union all
    select
        'customer_segments' as mart,
        count(*) as customers,
        null as spend_amount,
        null as purchases
    from {{ ref('customer_segments') }}
    where analysis = 'campaign_customers'
)

select
    totals.*,
    accepted.customers as accepted_customers,
    accepted.spend_amount as accepted_amount
from totals
cross join accepted
cross join purchases
where
    totals.customers <> accepted.customers
    or totals.spend_amount <> accepted.spend_amount
    or totals.purchases <> purchases.purchases
