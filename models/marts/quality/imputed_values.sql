with

imputations as (
    {{ union_analyses('imputations', fitted=true, with_entry_in='imputations') }}
),

final as (
    select
        dataset,
        analysis,
        cast(unit_id as bigint) as customer_id,
        -- An empty column of a Python model has no type of its own.
        cast(measure as {{ dbt.type_string() }}) as measure,
        cast(imputed as double) as imputed_value
    from imputations
)

select * from final
