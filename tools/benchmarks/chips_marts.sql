-- The chips marts in one script, with as few passes over the lines as we know of: what a build is measured against. No
-- tests, no lists of refused rows, no table that nothing here reads again, and the project's settings as constants. The
-- variable `data` names the folder of the raw files, `reference` that of the reference lists.
--
-- Numbers are read by DuckDB, and lines without a number where one should be are left out. The project also reads
-- `12.0`, `$7.40` or 2018-07-01, and says of each line that it refuses why.

create or replace temp macro clean_text(t) as nullif(trim(regexp_replace(t, '[\s\x{00A0}]+', ' ', 'g')), '');

create or replace temp macro capitalize(t) as upper(left(t, 1)) || lower(substr(t, 2));

-- Trimming is expensive, so it is left to names that are long or begin with a blank.
create or replace temp macro is_product_name(t) as
    (strlen(t) between 1 and 200 and t >= '!' and not starts_with(t, chr(160)))
    or length(trim(t, chr(32) || chr(9) || chr(13) || chr(10) || chr(160))) between 1 and 200;

-- Units, then sales, then the first name, as one number; what is not stated has number 0 and comes after all else.
create or replace temp macro preference(units, sales_amount, value_number) as
    case
        when value_number = 0 then -1
        else (cast(units as hugeint) * 1000000000000 + cast(sales_amount * 100 as bigint)) * 1000000 - value_number
    end;


-- Lines ------------------------------------------------------------------------------------------------------------

create temp table lines as
select
    "PROD_NBR" as product_id,
    "LYLTY_CARD_NBR" as customer_id,
    date '1899-12-30' + "DATE" as transaction_date,
    "TXN_ID" as transaction_id,
    cast("PROD_QTY" as integer) as units,
    cast("TOT_SALES" as decimal(18, 2)) as sales_amount,
    "PROD_NAME" as product_name
from read_csv(
    getvariable('data') || '/chips/transaction_data.csv', header = true, auto_detect = false, delim = ',', quote = '"',
    escape = '"', ignore_errors = true,
    columns = {
        'DATE': 'integer', 'STORE_NBR': 'bigint', 'LYLTY_CARD_NBR': 'bigint', 'TXN_ID': 'bigint', 'PROD_NBR': 'bigint',
        'PROD_NAME': 'varchar', 'PROD_QTY': 'bigint', 'TOT_SALES': 'decimal(18, 4)'
    }
)
where
    date '1899-12-30' + "DATE" between date '1990-01-01' and date '2049-12-31'
    and "STORE_NBR" is not null
    and "LYLTY_CARD_NBR" is not null
    and "TXN_ID" is not null
    and "PROD_NBR" is not null
    and is_product_name("PROD_NAME")
    and "PROD_QTY" between 1 and 50
    and "TOT_SALES" >= 0
    and "TOT_SALES" = round("TOT_SALES", 2);


-- Products ---------------------------------------------------------------------------------------------------------

create temp table branded as
with

till_names as (
    select
        product_id,
        product_name as till_name,
        count(*) as lines
    from lines
    group by product_id, product_name
),

name_counts as (
    select
        product_id,
        clean_text(till_name) as product_name,
        sum(lines) as lines
    from till_names
    group by product_id, clean_text(till_name)
),

names as (
    select
        product_id,
        product_name
    from name_counts
    qualify row_number() over (partition by product_id order by lines desc, product_name) = 1
),

aliased as (
    select
        names.product_id,
        names.product_name,
        max_by(aliases.brand, length(aliases.alias)) as brand,
        coalesce(max(length(aliases.alias)), length(split_part(names.product_name, ' ', 1))) as brand_length
    from names
    left join read_csv(getvariable('reference') || '/brand_aliases.csv', all_varchar = true) as aliases
        on starts_with(upper(names.product_name) || ' ', aliases.alias || ' ')
    group by names.product_id, names.product_name
)

select
    product_id,
    product_name,
    coalesce(brand, capitalize(split_part(product_name, ' ', 1))) as brand,
    trim(substr(product_name, brand_length + 1)) as name_without_brand,
    regexp_extract(
        product_name,
        '(^|[^0-9.])(([0-9]+) ?[xX] ?)?([0-9]+[.]?[0-9]*) ?([kK]?[gG])($|[^a-zA-Z0-9])',
        ['before', 'times', 'packets', 'number', 'unit', 'after']
    ) as size
from aliased;

create temp table products as
with

pieces as (
    select
        product_id,
        unnest(string_split(words, ' ')) as piece,
        generate_subscripts(string_split(words, ' '), 1) as position
    from (
        select
            product_id,
            upper(trim(regexp_replace(replace(regexp_replace(regexp_replace(
                name_without_brand,
                '(^|[^0-9.])(([0-9]+) ?[xX] ?)?([0-9]+[.]?[0-9]*) ?([kK]?[gG])($|[^a-zA-Z0-9])', '\1 \6', 'g'
            ), '([a-z])([A-Z])', '\1 \2', 'g'), '&', ' & '), ' +', ' ', 'g'))) as words
        from branded
    ) as separated
),

word_list as (
    select * from read_csv(getvariable('reference') || '/product_words.csv', all_varchar = true)
),

paired as (
    select
        next_pieces.*,
        pairs.words as listed_pair
    from (
        select
            *,
            lead(piece) over (partition by product_id order by position) as next_piece
        from pieces
        where piece <> ''
    ) as next_pieces
    left join word_list as pairs on next_pieces.piece || ' ' || next_pieces.next_piece = pairs.words
),

words as (
    select
        singled.product_id,
        singled.position,
        singled.word,
        word_list.meaning,
        word_list.role
    from (
        select
            product_id,
            position,
            coalesce(listed_pair, piece) as word
        from paired
        qualify lag(listed_pair) over (partition by product_id order by position) is null
    ) as singled
    left join word_list on singled.word = word_list.words
),

flavours as (
    select
        product_id,
        string_agg(meaning, ' ' order by position) as flavour
    from (
        select *
        from words
        where role in ('flavour', 'connective')
        qualify
            role = 'flavour'
            or (
                lag(role) over (partition by product_id order by position) = 'flavour'
                and lead(role) over (partition by product_id order by position) = 'flavour'
            )
    ) as flavour_words
    group by product_id
),

families as (
    select
        flavours.product_id,
        min_by(rules.flavour_family, cast(rules.priority as integer)) as flavour_family
    from flavours
    inner join read_csv(getvariable('reference') || '/flavour_families.csv', all_varchar = true) as rules
        on list_has_all(
            string_split(lower(flavours.flavour), ' '), string_split(lower(rules.required_words), ' ')
        )
    group by flavours.product_id
),

types as (
    select
        described.product_id,
        min_by(rules.product_type, cast(rules.priority as integer)) as product_type
    from (
        select
            branded.product_id,
            lower(concat_ws(' ', branded.brand, string_agg(coalesce(words.meaning, words.word), ' '))) as terms
        from branded
        left join words on branded.product_id = words.product_id
        group by branded.product_id, branded.brand
    ) as described
    inner join read_csv(getvariable('reference') || '/product_type_rules.csv', all_varchar = true) as rules
        on list_has_all(string_split(described.terms, ' '), string_split(lower(rules.required_words), ' '))
    group by described.product_id
)

select
    branded.product_id,
    branded.product_name,
    branded.brand,
    flavours.flavour,
    families.flavour_family,
    nullif(cast(round(
        try_cast(branded.size.number as decimal(9, 3))
        * case when lower(branded.size.unit) = 'kg' then 1000 else 1 end
        * coalesce(try_cast(branded.size.packets as integer), 1)
    ) as integer), 0) as pack_size_g,
    coalesce(types.product_type, 'chips') as product_type
from branded
left join flavours on branded.product_id = flavours.product_id
left join families on branded.product_id = families.product_id
left join types on branded.product_id = types.product_id
where coalesce(types.product_type, 'chips') in ('chips', 'dip');

-- The values that customers are counted by, each with a number, in the order of their names.
create temp table product_values as
select
    product_id,
    brand,
    coalesce(flavour_family, 'Not stated') as flavour_family,
    coalesce(pack_size_g || ' g', 'Not stated') as pack_size,
    pack_size_g,
    cast(dense_rank() over (order by brand) as smallint) as brand_number,
    cast(
        case when flavour_family is null then 0 else dense_rank() over (order by flavour_family) end as smallint
    ) as flavour_number,
    cast(
        case when pack_size_g is null then 0 else dense_rank() over (order by pack_size_g || ' g') end as smallint
    ) as size_number
from products;

create temp table brands as
select distinct
    brand_number,
    brand
from product_values;

create temp table flavours as
select distinct
    flavour_number,
    flavour_family
from product_values;

create temp table sizes as
select distinct
    size_number,
    pack_size
from product_values;


-- Promotions -------------------------------------------------------------------------------------------------------

create temp table daily_prices as
select
    product_id,
    transaction_date,
    cast(date_trunc('week', transaction_date) as date) as week_start_date,
    cast(sales_amount / units as decimal(18, 2)) as unit_price,
    sum(lines) as lines,
    sum(lines * units) as units,
    sum(lines * sales_amount) as sales_amount
from (
    -- Few lines differ in quantity and amount, so the price is worked out once for each.
    select
        product_id,
        transaction_date,
        units,
        sales_amount,
        count(*) as lines
    from lines
    where product_id in (select products.product_id from products)
    group by product_id, transaction_date, units, sales_amount
) as different_lines
group by all;

create temp table promotions as
with

weekly_prices as (
    select
        product_id,
        week_start_date,
        unit_price,
        sum(lines) as lines,
        sum(day_share) as day_share
    from (
        select
            *,
            cast(round(
                1000 * cast(lines as double) / sum(lines) over (partition by product_id, transaction_date)
            ) as bigint) as day_share
        from daily_prices
    ) as shares
    group by product_id, week_start_date, unit_price
),

surrounding as (
    select
        weeks.product_id,
        weeks.week_start_date,
        weekly_prices.unit_price,
        coalesce(sum(weekly_prices.day_share) filter (
            where weekly_prices.week_start_date <= weeks.week_start_date
        ), 0) as share_before,
        coalesce(sum(weekly_prices.day_share) filter (
            where weekly_prices.week_start_date >= weeks.week_start_date
        ), 0) as share_after
    from (select distinct product_id, week_start_date from weekly_prices) as weeks
    inner join weekly_prices
        on
            weeks.product_id = weekly_prices.product_id
            and weekly_prices.week_start_date between weeks.week_start_date - 84 and weeks.week_start_date + 84
    group by all
),

list_prices as (
    select
        product_id,
        week_start_date,
        least(
            max(unit_price) filter (where dearer_before >= 0.25 * all_before),
            max(unit_price) filter (where dearer_after >= 0.25 * all_after)
        ) as list_price
    from (
        select
            *,
            sum(share_before) over as_dear as dearer_before,
            sum(share_before) over (partition by product_id, week_start_date) as all_before,
            sum(share_after) over as_dear as dearer_after,
            sum(share_after) over (partition by product_id, week_start_date) as all_after
        from surrounding
        window as_dear as (
            partition by product_id, week_start_date
            order by unit_price desc rows between unbounded preceding and current row
        )
    ) as cumulated
    group by product_id, week_start_date
),

days as (
    select
        daily_prices.product_id,
        daily_prices.transaction_date,
        max(list_prices.list_price) as list_price,
        coalesce(
            sum(daily_prices.lines) filter (where daily_prices.unit_price <= list_prices.list_price * (1 - 0.1)), 0
        ) as cheap_lines,
        sum(daily_prices.lines) as all_lines,
        row_number() over (
            partition by daily_prices.product_id order by daily_prices.transaction_date
        ) as day_number
    from daily_prices
    inner join list_prices
        on
            daily_prices.product_id = list_prices.product_id
            and daily_prices.week_start_date = list_prices.week_start_date
    group by daily_prices.product_id, daily_prices.transaction_date
),

runs as (
    select
        *,
        sum(case when is_continued then 0 else 1 end) over (
            partition by product_id order by transaction_date rows between unbounded preceding and current row
        ) as run
    from (
        select
            *,
            coalesce(
                day_number <= lag(day_number) over by_day + 2
                and transaction_date <= lag(transaction_date) over by_day + 7,
                false
            ) as is_continued
        from days
        where 2 * cheap_lines > all_lines or (cheap_lines >= 2 and cheap_lines >= 0.25 * all_lines)
        window by_day as (partition by product_id order by transaction_date)
    ) as neighbours
),

candidates as (
    select
        product_id,
        min(transaction_date) as first_date,
        max(transaction_date) as last_date,
        max(list_price) * (1 - 0.1) as highest_discounted_price,
        cast(sum(cheap_lines) as double) / sum(all_lines) as line_share
    from runs
    group by product_id, run
    having count(*) >= 3 and sum(cheap_lines) >= 10 and max(list_price) > 0
),

usual_shares as (
    select
        product_id,
        first_date,
        quantile_cont(cheap_share, 0.25) as cheap_share
    from (
        select
            candidates.product_id,
            candidates.first_date,
            weekly_prices.week_start_date,
            cast(coalesce(sum(weekly_prices.lines) filter (
                where weekly_prices.unit_price <= candidates.highest_discounted_price
            ), 0) as double) / sum(weekly_prices.lines) as cheap_share
        from candidates
        inner join weekly_prices
            on
                candidates.product_id = weekly_prices.product_id
                and (
                    weekly_prices.week_start_date between candidates.first_date - 84 and candidates.first_date - 7
                    or weekly_prices.week_start_date between candidates.last_date + 1 and candidates.last_date + 84
                )
        group by all
    ) as weeks
    group by product_id, first_date
),

neighbours as (
    select
        product_id,
        first_date,
        max(cheap_share) filter (where is_before) as share_before,
        max(cheap_share) filter (where not is_before) as share_after
    from (
        select
            candidates.product_id,
            candidates.first_date,
            daily_prices.transaction_date < candidates.first_date as is_before,
            cast(coalesce(sum(daily_prices.lines) filter (
                where daily_prices.unit_price <= candidates.highest_discounted_price
            ), 0) as double) / sum(daily_prices.lines) as cheap_share
        from candidates
        inner join daily_prices
            on
                candidates.product_id = daily_prices.product_id
                and daily_prices.transaction_date between candidates.first_date - 7 and candidates.last_date + 7
                and daily_prices.transaction_date not between candidates.first_date and candidates.last_date
        group by all
    ) as sides
    group by product_id, first_date
)

select candidates.*
from candidates
inner join usual_shares
    on candidates.product_id = usual_shares.product_id and candidates.first_date = usual_shares.first_date
inner join neighbours
    on candidates.product_id = neighbours.product_id and candidates.first_date = neighbours.first_date
where
    candidates.last_date - candidates.first_date < 63
    and usual_shares.cheap_share <= 0.05
    and 2 * neighbours.share_before < candidates.line_share
    and 2 * neighbours.share_after < candidates.line_share;


-- Passes over the lines --------------------------------------------------------------------------------------------

create temp table promoted_units as
select
    lines.customer_id,
    sum(lines.units) as units
from lines
inner join promotions
    on
        lines.product_id = promotions.product_id
        and lines.transaction_date between promotions.first_date and promotions.last_date
        and cast(lines.sales_amount / lines.units as decimal(18, 2)) <= promotions.highest_discounted_price
group by lines.customer_id;

-- A visit of one line is one purchase. Only the few other visits need to be looked at more closely.
create temp table visits as
select
    customer_id,
    transaction_date,
    count(*) as lines
from lines
where product_id in (select products.product_id from products)
group by customer_id, transaction_date;

create temp table lines_of_long_visits as
select
    lines.customer_id,
    lines.transaction_date,
    lines.transaction_id,
    lines.product_id
from lines
inner join visits
    on lines.customer_id = visits.customer_id and lines.transaction_date = visits.transaction_date and visits.lines > 1
where lines.product_id in (select products.product_id from products);

create temp table long_visits as
select
    customer_id,
    transaction_date,
    count(distinct transaction_id) as transactions
from lines_of_long_visits
group by customer_id, transaction_date;

create temp table customer_brands as
select
    lines.customer_id,
    product_values.brand_number,
    cast(sum(lines.units) as bigint) as units,
    cast(sum(lines.sales_amount) as decimal(18, 2)) as sales_amount
from lines
inner join product_values on lines.product_id = product_values.product_id
group by lines.customer_id, product_values.brand_number;

create temp table customer_flavours as
select
    lines.customer_id,
    product_values.flavour_number,
    cast(sum(lines.units) as bigint) as units,
    cast(sum(lines.sales_amount) as decimal(18, 2)) as sales_amount
from lines
inner join product_values on lines.product_id = product_values.product_id
group by lines.customer_id, product_values.flavour_number;

create temp table customer_sizes as
select
    lines.customer_id,
    product_values.size_number,
    cast(sum(lines.units) as bigint) as units,
    cast(sum(lines.sales_amount) as decimal(18, 2)) as sales_amount
from lines
inner join product_values on lines.product_id = product_values.product_id
group by lines.customer_id, product_values.size_number;


-- Marts of products ------------------------------------------------------------------------------------------------

create temp table totals as
with

sums as (
    select
        'brand' as attribute,
        product_values.brand as attribute_value,
        sum(daily_prices.sales_amount) as sales_amount,
        sum(daily_prices.units) as units,
        sum(daily_prices.lines) as lines
    from daily_prices
    inner join product_values on daily_prices.product_id = product_values.product_id
    group by attribute_value
    union all
    select
        'flavour' as attribute,
        product_values.flavour_family as attribute_value,
        sum(daily_prices.sales_amount) as sales_amount,
        sum(daily_prices.units) as units,
        sum(daily_prices.lines) as lines
    from daily_prices
    inner join product_values on daily_prices.product_id = product_values.product_id
    group by attribute_value
    union all
    select
        'pack size' as attribute,
        product_values.pack_size as attribute_value,
        sum(daily_prices.sales_amount) as sales_amount,
        sum(daily_prices.units) as units,
        sum(daily_prices.lines) as lines
    from daily_prices
    inner join product_values on daily_prices.product_id = product_values.product_id
    group by attribute_value
    union all
    select
        'product' as attribute,
        cast(product_values.product_id as varchar) as attribute_value,
        sum(daily_prices.sales_amount) as sales_amount,
        sum(daily_prices.units) as units,
        sum(daily_prices.lines) as lines
    from daily_prices
    inner join product_values on daily_prices.product_id = product_values.product_id
    group by attribute_value
),

-- Lines of one purchase with the same value are one transaction of that value.
repeats as (
    select
        'brand' as attribute,
        product_values.brand as attribute_value,
        count(*) - count(distinct (lines.customer_id, lines.transaction_date, lines.transaction_id)) as repeated_lines
    from lines_of_long_visits as lines
    inner join product_values on lines.product_id = product_values.product_id
    group by attribute_value
    union all
    select
        'flavour' as attribute,
        product_values.flavour_family as attribute_value,
        count(*) - count(distinct (lines.customer_id, lines.transaction_date, lines.transaction_id)) as repeated_lines
    from lines_of_long_visits as lines
    inner join product_values on lines.product_id = product_values.product_id
    group by attribute_value
    union all
    select
        'pack size' as attribute,
        product_values.pack_size as attribute_value,
        count(*) - count(distinct (lines.customer_id, lines.transaction_date, lines.transaction_id)) as repeated_lines
    from lines_of_long_visits as lines
    inner join product_values on lines.product_id = product_values.product_id
    group by attribute_value
    union all
    select
        'product' as attribute,
        cast(product_values.product_id as varchar) as attribute_value,
        count(*) - count(distinct (lines.customer_id, lines.transaction_date, lines.transaction_id)) as repeated_lines
    from lines_of_long_visits as lines
    inner join product_values on lines.product_id = product_values.product_id
    group by attribute_value
),

customers as (
    select
        'brand' as attribute,
        names.brand as attribute_value,
        count(*) as customers
    from customer_brands as bought
    inner join brands as names on bought.brand_number = names.brand_number
    group by names.brand
    union all
    select
        'flavour' as attribute,
        names.flavour_family as attribute_value,
        count(*) as customers
    from customer_flavours as bought
    inner join flavours as names on bought.flavour_number = names.flavour_number
    group by names.flavour_family
    union all
    select
        'pack size' as attribute,
        names.pack_size as attribute_value,
        count(*) as customers
    from customer_sizes as bought
    inner join sizes as names on bought.size_number = names.size_number
    group by names.pack_size
    union all
    select
        'product' as attribute,
        cast(product_id as varchar) as attribute_value,
        count(*) as customers
    from (select distinct customer_id, product_id from lines) as bought
    group by product_id
)

select
    sums.attribute,
    sums.attribute_value,
    cast(sums.sales_amount as decimal(18, 2)) as sales_amount,
    cast(sums.units as bigint) as units,
    cast(sums.lines - coalesce(repeats.repeated_lines, 0) as bigint) as transactions,
    customers.customers
from sums
inner join customers on sums.attribute = customers.attribute and sums.attribute_value = customers.attribute_value
left join repeats on sums.attribute = repeats.attribute and sums.attribute_value = repeats.attribute_value;

-- Of equal sales, products rank by id, which is a text, all else by name.
create temp table ranked_totals as
select
    *,
    cast(sales_amount as double) / units as avg_unit_price,
    row_number() over by_sales as sales_rank,
    coalesce(
        cast(sales_amount as double) / nullif(sum(sales_amount) over (partition by attribute), 0), 0
    ) as sales_share,
    coalesce(
        cast(sum(sales_amount) over by_sales as double) / nullif(sum(sales_amount) over (partition by attribute), 0), 0
    ) as cumulative_sales_share
from totals
window by_sales as (
    partition by attribute
    order by sales_amount desc, attribute_value
    rows between unbounded preceding and current row
);

create or replace table product_sales as
select
    products.product_id,
    products.product_name,
    products.brand,
    products.flavour,
    products.flavour_family,
    products.pack_size_g,
    products.product_type,
    totals.* exclude (attribute, attribute_value),
    100 * totals.avg_unit_price / products.pack_size_g as price_per_100g,
    case
        when totals.cumulative_sales_share - totals.sales_share < 0.8 then 'A'
        when totals.cumulative_sales_share - totals.sales_share < 0.95 then 'B'
        else 'C'
    end as abc_class
from ranked_totals as totals
inner join products on totals.attribute = 'product' and totals.attribute_value = cast(products.product_id as varchar);

create or replace table brand_sales as
select
    attribute_value as brand,
    * exclude (attribute, attribute_value)
from ranked_totals
where attribute = 'brand';

create or replace table flavour_sales as
select
    attribute_value as flavour_family,
    * exclude (attribute, attribute_value)
from ranked_totals
where attribute = 'flavour';

create or replace table pack_size_sales as
select
    attribute_value as pack_size,
    try_cast(split_part(attribute_value, ' ', 1) as integer) as pack_size_g,
    * exclude (attribute, attribute_value)
from ranked_totals
where attribute = 'pack size';


-- Sales by day -----------------------------------------------------------------------------------------------------

create or replace table daily_sales as
with

calendar as (
    select
        cast(unnest(generate_series(first_date, last_date, interval 1 day)) as date) as sales_date
    from (select min(transaction_date) as first_date, max(transaction_date) as last_date from daily_prices) as period
),

amounts as (
    select
        transaction_date,
        sum(sales_amount) as sales_amount,
        sum(units) as units
    from daily_prices
    group by transaction_date
),

counts as (
    select
        transaction_date,
        count(*) as customers
    from visits
    group by transaction_date
),

further_transactions as (
    select
        transaction_date,
        sum(transactions - 1) as transactions
    from long_visits
    group by transaction_date
),

promotion_days as (
    select distinct calendar.sales_date
    from calendar
    inner join promotions on calendar.sales_date between promotions.first_date and promotions.last_date
),

days as (
    select
        calendar.sales_date,
        dayname(calendar.sales_date) as weekday,
        cast(isodow(calendar.sales_date) as integer) as iso_weekday,
        cast(weekofyear(calendar.sales_date) as integer) as iso_week,
        cast(isoyear(calendar.sales_date) as integer) as iso_year,
        cast(date_trunc('week', calendar.sales_date) as date) as week_start_date,
        cast(date_trunc('month', calendar.sales_date) as date) as month_start_date,
        cast(coalesce(amounts.sales_amount, 0) as decimal(18, 2)) as sales_amount,
        cast(coalesce(amounts.units, 0) as bigint) as units,
        cast(coalesce(counts.customers, 0) + coalesce(further_transactions.transactions, 0) as bigint) as transactions,
        coalesce(counts.customers, 0) as customers,
        amounts.transaction_date is not null as is_trading_day,
        promotion_days.sales_date is not null as is_promotion_day
    from calendar
    left join amounts on calendar.sales_date = amounts.transaction_date
    left join counts on calendar.sales_date = counts.transaction_date
    left join further_transactions on calendar.sales_date = further_transactions.transaction_date
    left join promotion_days on calendar.sales_date = promotion_days.sales_date
)

select
    * exclude (is_trading_day, is_promotion_day),
    case
        when row_number() over (order by sales_date) >= 7 then cast(
            sum(sales_amount) over (order by sales_date rows between 6 preceding and current row) as double
        ) / 7
    end as sales_amount_7_day_average,
    is_trading_day,
    is_promotion_day,
    bool_or(is_promotion_day) over (partition by week_start_date) as is_promotion_week
from days;


-- Customers --------------------------------------------------------------------------------------------------------

create temp table listed_cards as
select
    "LYLTY_CARD_NBR" as customer_id,
    "LIFESTAGE" as raw_lifestage,
    "PREMIUM_CUSTOMER" as raw_premium_tier
from read_csv(
    getvariable('data') || '/chips/purchase_behaviour.csv', header = true, auto_detect = false, delim = ',',
    quote = '"', escape = '"', ignore_errors = true,
    columns = {'LYLTY_CARD_NBR': 'bigint', 'LIFESTAGE': 'varchar', 'PREMIUM_CUSTOMER': 'varchar'}
);

-- Texts are cleaned once for each spelling.
create temp table segments as
select
    *,
    coalesce(nullif(upper(clean_text(raw_lifestage)), 'UNKNOWN'), 'Unknown') as lifestage,
    coalesce(capitalize(clean_text(raw_premium_tier)), 'Unknown') as premium_tier,
    dense_rank() over (order by lifestage, premium_tier) as segment_number
from (select distinct raw_lifestage, raw_premium_tier from listed_cards) as spellings;

-- A card that contradicts itself is as good as not listed.
create temp table cards as
select
    listed_cards.customer_id,
    min(segments.segment_number) as segment_number
from listed_cards
inner join segments
    on
        listed_cards.raw_lifestage is not distinct from segments.raw_lifestage
        and listed_cards.raw_premium_tier is not distinct from segments.raw_premium_tier
where listed_cards.customer_id is not null
group by listed_cards.customer_id
having min(segments.segment_number) = max(segments.segment_number);

-- Months are bits of a number: years of them fit, and one too many is an error.
create temp table customer_visits as
with

first_months as (
    select min(12 * year(transaction_date) + month(transaction_date)) as first_month from daily_prices
)

select
    visits.customer_id,
    min(visits.transaction_date) as first_purchase_date,
    max(visits.transaction_date) as last_purchase_date,
    count(*) as days,
    bit_count(bit_or(
        cast(1 as hugeint)
        << (12 * year(visits.transaction_date) + month(visits.transaction_date) - first_months.first_month)
    )) as months_active
from visits
cross join first_months
group by visits.customer_id;

create temp table further_purchases as
select
    customer_id,
    sum(transactions - 1) as transactions
from long_visits
group by customer_id;

-- Of the values bought most, the one with the highest sales, and of equal ones the first by name.
create temp table customer_favourites as
select
    brands.*,
    flavours.flavour_number,
    sizes.size_number
from (
    select
        customer_id,
        cast(sum(units) as bigint) as units,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount,
        max_by(brand_number, preference(units, sales_amount, brand_number)) as brand_number
    from customer_brands
    group by customer_id
) as brands
inner join (
    select
        customer_id,
        max_by(flavour_number, preference(units, sales_amount, flavour_number)) as flavour_number
    from customer_flavours
    group by customer_id
) as flavours on brands.customer_id = flavours.customer_id
inner join (
    select
        customer_id,
        max_by(size_number, preference(units, sales_amount, size_number)) as size_number
    from customer_sizes
    group by customer_id
) as sizes on brands.customer_id = sizes.customer_id;

create temp table purchases as
select
    customer_favourites.*,
    customer_visits.first_purchase_date,
    customer_visits.last_purchase_date,
    last_days.last_day - customer_visits.last_purchase_date as recency_days,
    cast(customer_visits.days + coalesce(further_purchases.transactions, 0) as bigint) as transactions,
    customer_visits.months_active,
    coalesce(promoted_units.units, 0) as promoted_units,
    cards.segment_number
from customer_favourites
inner join customer_visits on customer_favourites.customer_id = customer_visits.customer_id
cross join (select max(transaction_date) as last_day from daily_prices) as last_days
left join further_purchases on customer_favourites.customer_id = further_purchases.customer_id
left join promoted_units on customer_favourites.customer_id = promoted_units.customer_id
left join cards on customer_favourites.customer_id = cards.customer_id;

create or replace table loyalty_customers as
with

limits as (
    select
        quantile_cont(recency_days, [0.2, 0.4, 0.6, 0.8]) as recency_limits,
        quantile_cont(transactions, [0.2, 0.4, 0.6, 0.8]) as transaction_limits,
        quantile_cont(sales_amount, [0.2, 0.4, 0.6, 0.8]) as sales_limits
    from purchases
),

scored as (
    select
        purchases.*,
        5 - (recency_days > recency_limits[1])::integer - (recency_days > recency_limits[2])::integer
        - (recency_days > recency_limits[3])::integer - (recency_days > recency_limits[4])::integer as r_score,
        1 + (transactions > transaction_limits[1])::integer + (transactions > transaction_limits[2])::integer
        + (transactions > transaction_limits[3])::integer + (transactions > transaction_limits[4])::integer as f_score,
        1 + (sales_amount > sales_limits[1])::integer + (sales_amount > sales_limits[2])::integer
        + (sales_amount > sales_limits[3])::integer + (sales_amount > sales_limits[4])::integer as m_score
    from purchases
    cross join limits
),

-- All 125 combinations of scores with their segment.
rfm_segments as (
    select
        r_scores.score as r_score,
        f_scores.score as f_score,
        m_scores.score as m_score,
        rules.rfm_segment,
        rules.is_loyal = 'true' as is_loyal
    from read_csv(getvariable('reference') || '/rfm_segments.csv', all_varchar = true) as rules
    inner join range(1, 6) as r_scores(score) on r_scores.score between rules.r_min::integer and rules.r_max::integer
    inner join range(1, 6) as f_scores(score) on f_scores.score between rules.f_min::integer and rules.f_max::integer
    inner join range(1, 6) as m_scores(score) on m_scores.score between rules.m_min::integer and rules.m_max::integer
),

segment_names as (
    select distinct
        segment_number,
        lifestage,
        premium_tier
    from segments
)

select
    scored.customer_id,
    coalesce(segment_names.lifestage, 'Unknown') as lifestage,
    coalesce(segment_names.premium_tier, 'Unknown') as premium_tier,
    scored.first_purchase_date,
    scored.last_purchase_date,
    scored.recency_days,
    scored.transactions,
    scored.sales_amount,
    scored.units,
    cast(scored.units as double) / scored.transactions as avg_units_per_transaction,
    cast(scored.sales_amount as double) / scored.units as avg_unit_price,
    cast(scored.months_active as bigint) as months_active,
    cast(scored.promoted_units as double) / scored.units as promotion_share,
    brands.brand as favourite_brand,
    flavours.flavour_family as favourite_flavour,
    sizes.pack_size as favourite_pack_size,
    scored.r_score,
    scored.f_score,
    scored.m_score,
    rfm_segments.rfm_segment,
    scored.transactions > 1 as is_repeat_buyer,
    rfm_segments.is_loyal
from scored
left join segment_names on scored.segment_number = segment_names.segment_number
inner join brands on scored.brand_number = brands.brand_number
inner join flavours on scored.flavour_number = flavours.flavour_number
inner join sizes on scored.size_number = sizes.size_number
left join rfm_segments
    on
        scored.r_score = rfm_segments.r_score
        and scored.f_score = rfm_segments.f_score
        and scored.m_score = rfm_segments.m_score;

create or replace table lifestage_segments as
select
    lifestage,
    premium_tier,
    total_sales,
    customer_count,
    cast(total_sales as double) / customer_count as avg_sales_per_customer,
    cast(units as double) / customer_count as units_per_customer,
    cast(transactions as double) / customer_count as transactions_per_customer,
    cast(total_sales as double) / units as avg_unit_price
from (
    select
        lifestage,
        premium_tier,
        cast(sum(sales_amount) as decimal(18, 2)) as total_sales,
        count(*) as customer_count,
        sum(units) as units,
        sum(transactions) as transactions
    from loyalty_customers
    group by lifestage, premium_tier
) as totals;
