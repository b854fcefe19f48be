with

final as (
    {{ rejected_rows_of({'shop_customers': 'base_shop__customers'}) }}
)

select * from final
