with

customers as (
    select * from {{ ref('int_campaigns__customers') }}
),

-- Amounts that add up to what a customer spent.
categories as (
    select
        analysis,
        measure,
        replace(measure, '_amount', '') as category
    from {{ ref('int_segmentation__measures') }}
    where part_of is not null
),

-- An unknown amount is none of 0: such a customer may well buy the category.
amounts as (
    select
        customers.dataset,
        customers.analysis,
        customers.segment_name,
        customers.customer_key,
        categories.category,
        attributes.number_value as amount,
        sum(attributes.number_value) over (partition by customers.analysis, customers.customer_key) as total_amount
    from customers
    inner join categories on customers.analysis = categories.analysis
    inner join {{ ref('customer_attributes') }} as attributes
        on customers.customer_key = attributes.customer_key and categories.measure = attributes.attribute
    where attributes.attribute_type = 'number' and attributes.number_value is not null
),

usual_amounts as (
    select
        analysis,
        segment_name,
        category,
        median(amount) as usual_amount
    from amounts
    group by analysis, segment_name, category
),

spend as (
    select * from {{ ref('int_campaigns__category_spend') }}
),

-- Both the amount and its share have to be small: who spends little on everything lacks nothing in particular.
compared as (
    select
        amounts.*,
        usual_amounts.usual_amount,
        amounts.amount = 0 as is_never_buyer,
        amounts.amount > 0
        and amounts.amount < usual_amounts.usual_amount / 2
        and amounts.amount < amounts.total_amount * spend.share_of_segment_spend / 2 as is_low_buyer
    from amounts
    inner join usual_amounts
        on
            amounts.analysis = usual_amounts.analysis
            and amounts.segment_name = usual_amounts.segment_name
            and amounts.category = usual_amounts.category
    inner join spend
        on
            amounts.analysis = spend.analysis
            and amounts.segment_name = spend.segment_name
            and amounts.category = spend.category
),

final as (
    select
        dataset,
        analysis,
        segment_name,
        customer_key,
        category,
        amount,
        usual_amount,
        is_never_buyer,
        is_low_buyer
    from compared
)

select * from final
