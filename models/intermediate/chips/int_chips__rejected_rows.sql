with

final as (
    {{ rejected_rows_of({
        'transaction_data': 'base_chips__transactions',
        'purchase_behaviour': 'base_chips__customers',
    }) }}
)

select * from final
