select 'grocery' as dataset, b.basket_id, cast(b.basket_id as varchar) as receipt_id, c.customer_key, b.reason
from {{ ref('int_grocery__implausible_baskets') }} as b inner join {{ ref('customers') }} as c on c.dataset = 'grocery' and c.customer_id = cast(b.customer_id as varchar)
