with

settings as (
    select * from {{ ref('basket_levels') }}
),

products as (
    select * from {{ ref('products') }}
),

datasets as (
    select distinct dataset from products
),

-- The rows of a dataset's own take the place of those of any dataset, all together.
own_settings as (
    select distinct dataset from settings
),

applied as (
    select
        datasets.dataset,
        settings.item_level,
        settings.basket,
        settings.min_support,
        settings.min_baskets,
        settings.min_confidence,
        settings.min_lift,
        settings.max_itemset_size,
        'basket_levels: row ' || settings.dataset || ', ' || settings.item_level || ': ' as row_name
    from datasets
    left join own_settings on datasets.dataset = own_settings.dataset
    inner join settings on coalesce(own_settings.dataset, '*') = settings.dataset
),

-- Thresholds are decimals, never floating-point numbers, which lose the itemsets and rules that sit on a threshold.
final as (
    select
        cast(row_number() over (order by dataset nulls last, item_level nulls last) as integer) as level_id,
        dataset,
        item_level,
        case
            when basket in ('receipt', 'customer') then basket
            else {{ raise_in_sql(
                "row_name || 'basket is ' || coalesce(basket, 'empty') || ', but has to be receipt or customer'"
            ) }}
        end as basket,
        {{ checked_number('min_support', 'decimal(10, 9)', 0, 1, 'row_name') }} as min_support,
        {{ checked_number('min_baskets', 'bigint', 1, 1000000000, 'row_name') }} as min_baskets,
        {{ checked_number('min_confidence', 'decimal(10, 9)', 0, 1, 'row_name') }} as min_confidence,
        {{ checked_number('min_lift', 'decimal(13, 9)', 0, 1000, 'row_name') }} as min_lift,
        {{ checked_number('max_itemset_size', 'integer', 1, 8, 'row_name') }} as max_itemset_size
    from applied
)

select * from final
