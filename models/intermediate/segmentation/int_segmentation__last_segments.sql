-- What makes segments recognisable, from the mart as the last build left it.
with

final as (
    {{ last_rows('segment_profiles', {
        'dataset': dbt.type_string(),
        'analysis': dbt.type_string(),
        'cluster_id': 'integer',
        'segment_name': dbt.type_string(),
        'measure': dbt.type_string(),
        'centre': 'double',
        'is_specialist': 'boolean',
        'name_position': 'integer',
    }) }}
)

select * from final
