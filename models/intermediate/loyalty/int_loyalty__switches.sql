-- Of a customer who bought in both periods, what sales of a value lost goes to the values that gained, in proportion to
-- their gains, and at most as much as was lost or gained in all.
with

value_changes as (
    select * from {{ ref('int_loyalty__value_changes') }}
),

customer_totals as (
    select
        comparison_key,
        customer_key,
        attribute_id,
        greatest(sum(greatest(change_amount, 0)), sum(greatest(-change_amount, 0))) as moved_amount
    from value_changes
    where is_retained
    group by comparison_key, customer_key, attribute_id
),

-- Decimals, because the sum of doubles would depend on the order of rows.
moves as (
    select
        losses.comparison_key,
        losses.attribute_id,
        losses.compared_id as from_id,
        gains.compared_id as to_id,
        {{ decimal_quotient(
            '-losses.change_amount * gains.change_amount', 'customer_totals.moved_amount', 6
        ) }} as amount
    from customer_totals
    inner join value_changes as losses
        on
            customer_totals.comparison_key = losses.comparison_key
            and customer_totals.customer_key = losses.customer_key
            and customer_totals.attribute_id = losses.attribute_id
            and losses.change_amount < 0
    inner join value_changes as gains
        on
            customer_totals.comparison_key = gains.comparison_key
            and customer_totals.customer_key = gains.customer_key
            and customer_totals.attribute_id = gains.attribute_id
            and gains.change_amount > 0
),

-- Each move is a gain of one value and a loss of the other.
sides as (
    select
        comparison_key,
        attribute_id,
        to_id as compared_id,
        from_id as other_id,
        amount as gained_amount,
        cast(0 as decimal(18, 6)) as lost_amount
    from moves
    union all
    select
        comparison_key,
        attribute_id,
        from_id as compared_id,
        to_id as other_id,
        cast(0 as decimal(18, 6)) as gained_amount,
        amount as lost_amount
    from moves
),

pairs as (
    select
        comparison_key,
        attribute_id,
        compared_id,
        other_id,
        count(*) as customers,
        cast(sum(gained_amount) as decimal(18, 2)) as gained_amount,
        cast(sum(lost_amount) as decimal(18, 2)) as lost_amount,
        sqrt(cast(sum({{ double_as_decimal(
            'cast(gained_amount + lost_amount as double) * (gained_amount + lost_amount)', 9
        ) }}) as double)) as net_error
    from sides
    group by comparison_key, attribute_id, compared_id, other_id
),

-- A customer moves money between two values in one direction alone; without switching, either is as likely.
final as (
    select
        *,
        round((gained_amount - lost_amount) / net_error, 9) as z_score
    from pairs
)

select * from final
