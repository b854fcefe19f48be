with

final as (
    {{ rejected_rows_of({
        'customer_info': 'base_grocery__customers',
        'customer_basket': 'base_grocery__baskets',
        'product_mapping': 'base_grocery__product_categories',
    }) }}
)

select * from final
