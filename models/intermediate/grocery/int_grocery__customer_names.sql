with

profiles as (
    select * from {{ ref('int_grocery__customer_profiles') }}
),

segment_traits as (
    select * from {{ ref('segment_traits') }}
),

personas as (
    select * from {{ ref('grocery_customers_personas') }}
),

{{ traits_in_names('grocery_customers', 'profiles', 'segment_traits') }},

final as (
    select
        named.cluster_id,
        coalesce(personas.persona, upper(left(named.name, 1)) || substr(named.name, 2)) as segment_name
    from named
    left join personas on named.cluster_id = personas.cluster_id
)

select * from final
