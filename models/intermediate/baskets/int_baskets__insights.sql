select 'grocery' as dataset, * from {{ ref('int_grocery__basket_insights') }} union all select 'chips' as dataset, * from {{ ref('int_chips__brand_insights') }}
