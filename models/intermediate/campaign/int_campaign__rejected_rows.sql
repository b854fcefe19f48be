with

final as (
    {{ rejected_rows_of({
        'marketing_data': 'base_campaign__customers',
        'marketing_data_dictionary': 'base_campaign__data_dictionary',
    }) }}
)

select * from final
