-- From the mart as the last build left it.
with

final as (
    {{ last_rows('customer_segments', {
        'dataset': dbt.type_string(),
        'analysis': dbt.type_string(),
        'customer_id': dbt.type_string(),
        'cluster_id': 'integer',
        'segment_name': dbt.type_string(),
    }) }}
)

select * from final
