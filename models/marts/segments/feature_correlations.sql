with

final as (
    {%- for analysis in enabled_analyses() %}
    {{ feature_correlation(analysis) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
