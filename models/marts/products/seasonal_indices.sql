with

effects as (
    select * from {{ ref('seasonal_effects') }}
),

final as (
    select
        dataset,
        level,
        member,
        cast(month_of_year as integer) as month_of_year,
        case month_of_year
            {%- for name in [
                'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October',
                'November', 'December'
            ] %}
            when {{ loop.index }} then '{{ name }}'
            {%- endfor %}
        end as month_name,
        months,
        sales_per_day,
        seasonal_index,
        index_low as seasonal_index_low,
        index_high as seasonal_index_high,
        p_value,
        q_value,
        coalesce(q_value < {{ var('significance_level') }}, false) as is_significant,
        reason
    from effects
)

select * from final
