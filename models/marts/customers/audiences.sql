{%- set share = var('holdout_share') %}
{#- In hexadecimal digits, as lots are. -#}
{%- set lot_limit = [] %}
{%- for power in [268435456, 16777216, 1048576, 65536, 4096, 256, 16, 1] %}
{%- do lot_limit.append('0123456789abcdef'[(share * 4294967296) | int // power % 16]) %}
{%- endfor %}
with

members as (
    select * from {{ ref('int_offers__audiences') }}
),

customers as (
    select * from {{ ref('customers') }}
),

identified as (
    select
        customers.dataset,
        members.audience_type,
        members.audience,
        customers.customer_id,
        members.reason,
        members.since_date,
        -- Digits of a hash are as good as a lot, and the same in every build.
        substring(md5(customers.dataset || '|' || members.audience || '|' || customers.customer_id), 1, 8) as lot
    from members
    inner join customers on members.customer_key = customers.customer_key
),

final as (
    select
        dataset,
        audience_type,
        audience,
        customer_id,
        reason,
        since_date,
        lot < '{{ lot_limit | join if share < 1 else 'g' }}' as is_holdout
    from identified
)

select * from final
