select 'grocery' as dataset, * from {{ ref('int_grocery__item_pairs') }} union all select 'chips' as dataset, * from {{ ref('int_chips__item_pairs') }}
