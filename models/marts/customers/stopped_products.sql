-- Lost is what those who left would have spent, had they changed as those who stayed did with the same products in the
-- same months. They lose something everywhere, because that is how they are found; missing is what they gave up more
-- than the rest. Who left altogether gave up everything alike, and nothing is missing.
with

purchases as (
    select
        dataset,
        customer_key,
        attribute,
        attribute_value,
        has_left,
        from_date,
        to_date,
        cast(previous_sales_amount as double) as previous_sales,
        cast(sales_amount as double) as sales
    from {{ ref('int_loyalty__leaver_items') }}
),

products as (
    select * from {{ ref('products') }}
),

-- Sums of the customers who left (left_) and of those who stayed (kept_).
totals as (
    select
        {%- for name, condition in {'left': 'has_left', 'kept': 'not has_left'}.items() %}
        count(*) filter (where {{ condition }}) as {{ name }}_customers,
        count(*) filter (where {{ condition }} and previous_sales > 0) as {{ name }}_buyers,
        count(*) filter (where {{ condition }} and previous_sales > 0 and sales <= 0) as {{ name }}_stopped,
        coalesce(sum(previous_sales) filter (where {{ condition }}), 0) as {{ name }}_previous,
        coalesce(sum(sales) filter (where {{ condition }}), 0) as {{ name }}_sales,
        {%- endfor %}
        dataset,
        attribute,
        attribute_value,
        from_date,
        to_date
    from purchases
    group by dataset, attribute, attribute_value, from_date, to_date
),

everything as (
    select
        *,
        case when left_sales > 0 then (left_sales / left_previous) / (kept_sales / kept_previous) end as usual_ratio
    from totals
    where attribute = 'all' and least(left_previous, kept_previous, kept_sales) > 0
),

expected as (
    select
        totals.*,
        everything.left_customers as all_left_customers,
        everything.kept_customers as all_kept_customers,
        totals.left_previous * totals.kept_sales / totals.kept_previous as expected_sales,
        totals.left_previous * totals.kept_sales / totals.kept_previous * everything.usual_ratio as usual_sales
    from totals
    inner join everything on totals.dataset = everything.dataset
    where totals.attribute <> 'all' and least(totals.left_previous, totals.kept_previous, totals.kept_sales) > 0
),

-- What each customer adds to the change of all sales.
changes as (
    select
        purchases.dataset,
        purchases.customer_key,
        case
            when purchases.has_left
                then
                    purchases.sales / nullif(greatest(everything.left_sales, 0), 0)
                    - purchases.previous_sales / everything.left_previous
            else purchases.previous_sales / everything.kept_previous - purchases.sales / everything.kept_sales
        end as change
    from purchases
    inner join everything on purchases.dataset = everything.dataset
    where purchases.attribute = 'all'
),

squared_changes as (
    select
        dataset,
        sum(change * change) as squares
    from changes
    group by dataset
),

-- Variances with the customer as unit, by the delta method: the squared influence of each. Who did not buy the product
-- has a part in the usual ratio alone.
influences as (
    select
        purchases.dataset,
        purchases.attribute,
        purchases.attribute_value,
        expected.expected_sales,
        expected.usual_sales,
        changes.change,
        case when purchases.has_left then purchases.sales else 0 end as left_sales,
        case
            when purchases.has_left then -purchases.previous_sales / expected.left_previous
            else purchases.previous_sales / expected.kept_previous - purchases.sales / expected.kept_sales
        end as item_change
    from purchases
    inner join expected
        on
            purchases.dataset = expected.dataset
            and purchases.attribute = expected.attribute
            and purchases.attribute_value = expected.attribute_value
    inner join changes on purchases.customer_key = changes.customer_key
),

buyers_squares as (
    select
        dataset,
        attribute,
        attribute_value,
        sum(power(left_sales + expected_sales * item_change, 2)) as lost_squares,
        sum(power(left_sales + usual_sales * (item_change - change), 2)) as missing_squares,
        sum(change * change) as change_squares
    from influences
    group by dataset, attribute, attribute_value
),

judged as (
    select
        expected.*,
        expected.expected_sales - expected.left_sales as lost_sales,
        sqrt(buyers_squares.lost_squares) as lost_error,
        expected.usual_sales - expected.left_sales as missing_sales,
        sqrt(
            buyers_squares.missing_squares
            + power(expected.usual_sales, 2)
            * greatest(squared_changes.squares - buyers_squares.change_squares, 0)
        ) as missing_error,
        expected.left_buyers < {{ var('small_count') }} or expected.kept_buyers < {{ var('small_count') }}
            as is_small_count
    from expected
    inner join buyers_squares
        on
            expected.dataset = buyers_squares.dataset
            and expected.attribute = buyers_squares.attribute
            and expected.attribute_value = buyers_squares.attribute_value
    inner join squared_changes on expected.dataset = squared_changes.dataset
),

-- The tail of the normal distribution by formula 26.2.17 of Abramowitz & Stegun, right to 1e-7.
tails as (
    select
        *,
        abs(missing_sales) / nullif(missing_error, 0) as z,
        1 / (1 + 0.2316419 * abs(missing_sales) / nullif(missing_error, 0)) as t
    from judged
),

tested as (
    select
        *,
        case when not is_small_count and z is not null then least(1, 0.797884560802865 * exp(-z * z / 2) * t * (
            0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))
        )) end as p_value
    from tails
),

ranked as (
    select
        *,
        count(p_value) over (partition by dataset) as tests,
        row_number() over (
            partition by dataset order by p_value nulls last, attribute nulls last, attribute_value nulls last
        ) as p_rank
    from tested
),

-- By Benjamini & Hochberg (J. R. Stat. Soc. B 57, 1995), over all products and values of the dataset.
corrected as (
    select
        *,
        case when p_value is not null then least(1, min(p_value * tests / p_rank) over (
            partition by dataset order by p_rank desc nulls last rows between unbounded preceding and current row
        )) end as q_value
    from ranked
),

final as (
    select
        corrected.dataset,
        corrected.attribute,
        corrected.attribute_value,
        coalesce(products.product_name, corrected.attribute_value) as item_name,
        corrected.from_date as from_month_end_date,
        corrected.to_date as to_month_end_date,
        corrected.all_left_customers as left_customers,
        corrected.all_kept_customers as stayed_customers,
        corrected.left_buyers as buyers,
        cast(corrected.left_stopped as double) / nullif(corrected.left_buyers, 0) as stopped_share,
        cast(corrected.kept_stopped as double) / nullif(corrected.kept_buyers, 0) as stayed_stopped_share,
        cast(corrected.left_previous as decimal(18, 2)) as previous_sales_amount,
        cast(corrected.left_sales as decimal(18, 2)) as sales_amount,
        round(corrected.expected_sales, 6) as expected_sales_amount,
        {%- for measure in ['lost', 'missing'] %}
        round(corrected.{{ measure }}_sales, 6) as {{ measure }}_sales_amount,
        round(corrected.{{ measure }}_sales - {{ z_95() }} * corrected.{{ measure }}_error, 6)
            as {{ measure }}_sales_amount_low,
        round(corrected.{{ measure }}_sales + {{ z_95() }} * corrected.{{ measure }}_error, 6)
            as {{ measure }}_sales_amount_high,
        {%- endfor %}
        round(corrected.p_value, 6) as p_value,
        round(corrected.q_value, 6) as q_value,
        coalesce(corrected.q_value < {{ var('significance_level') }} and corrected.missing_sales > 0, false)
            as is_significant,
        corrected.is_small_count
    from corrected
    left join products
        on
            corrected.dataset = products.dataset
            and corrected.attribute = 'product'
            and corrected.attribute_value = products.product_id
)

select * from final
