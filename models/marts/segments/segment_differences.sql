with

differences as (
    {{ union_analyses('differences', fitted=true) }}
),

final as (
    select
        dataset,
        analysis,
        attribute,
        is_fit_feature,
        is_derived,
        -- An empty column of a Python model has no type of its own.
        cast(test as {{ dbt.type_string() }}) as test,
        statistic,
        p_value,
        q_value,
        coalesce(q_value < {{ var('significance_level') }}, false) as is_significant,
        effect_name,
        effect_size,
        cast(rows as bigint) as fitted_rows
    from differences
)

select * from final
