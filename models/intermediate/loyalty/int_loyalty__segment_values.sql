-- A customer's cell is the combination of the values of these attributes. As one number it is quickly grouped by: each
-- attribute has three digits of it, so there is room for twelve.
with

attributes as (
    select * from {{ ref('customer_attributes') }}
    where attribute_type = 'text'
),

attribute_values as (
    select distinct
        dataset,
        attribute,
        attribute_value
    from attributes
),

-- An attribute of very many values, such as a postcode, makes no segments.
short_attributes as (
    select
        dataset,
        attribute,
        row_number() over (partition by dataset order by count(*) nulls last, attribute nulls last) as attribute_number
    from attribute_values
    group by dataset, attribute
    having count(*) <= {{ var('max_attribute_values') }}
),

digits as (
    {%- for attribute_number in range(1, 13) %}
    select
        {{ attribute_number }} as attribute_number,
        cast({{ '1' ~ '000' * (attribute_number - 1) }} as {{ wide_integer() }}) as step
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        short_attributes.dataset,
        short_attributes.attribute,
        case short_attributes.attribute
            when 'lifestage' then 'life stage'
            else replace(short_attributes.attribute, '_', ' ')
        end as segment_type,
        attribute_values.attribute_value,
        digits.step * row_number() over (
            partition by short_attributes.dataset, short_attributes.attribute
            order by attribute_values.attribute_value nulls last
        ) as value_code
    from short_attributes
    inner join digits on short_attributes.attribute_number = digits.attribute_number
    inner join attribute_values
        on
            short_attributes.dataset = attribute_values.dataset
            and short_attributes.attribute = attribute_values.attribute
)

select * from final
