{#-
  CTEs, the last one `final`, that name every cluster after the measures in which it stands out most, in the words of
  reference.segment_traits: "High spending, younger". A name takes two traits, and further ones where clusters would share a name;
  a trait counts from a third of a standard deviation on. If all traits do not tell two clusters apart, their numbers do.
-#}
{% macro name_clusters_by_traits(analysis, profiles, segment_traits) -%}
    {{ traits_in_names(analysis, profiles, segment_traits) }},

    final as (
        select
            cluster_id,
            upper(left(name, 1)) || substr(name, 2) as segment_name
        from named
    )
{%- endmacro %}


{#-
  The choice that names and sentences about segments share, as CTEs: `traits` has every trait of a cluster with its measure and its
  position, the strongest first; `named` has one row per cluster with the name and the `trait_count` of traits in it.
-#}
{% macro traits_in_names(analysis, profiles, segment_traits) -%}
    {%- set most = var('analyses')[analysis]['features'] | length -%}
    traits as (
        select
            profiles.cluster_id,
            profiles.measure,
            case when profiles.z_score > 0 then traits.high else traits.low end as trait,
            row_number() over (
                partition by profiles.cluster_id
                order by abs(profiles.z_score) desc nulls last, profiles.measure nulls last
            ) as position
        from {{ profiles }} as profiles
        inner join {{ segment_traits }} as traits
            on profiles.measure = traits.measure and traits.analysis = '{{ analysis }}'
        where abs(profiles.z_score) >= 1.0 / 3
    ),

    clusters as (
        select distinct cluster_id from {{ profiles }}
    ),

    candidates as (
        {%- for trait_count in range(2, most + 1) %}
        select
            clusters.cluster_id,
            {{ trait_count }} as attempt,
            {{ trait_count }} as trait_count,
            coalesce({{ join_in_order('traits.trait', 'traits.position', ', ') }}, 'average') as name
        from clusters
        left join traits on clusters.cluster_id = traits.cluster_id and traits.position <= {{ trait_count }}
        group by clusters.cluster_id
        union all
        {%- endfor %}
        select
            clusters.cluster_id,
            {{ most + 1 }} as attempt,
            1 as trait_count,
            coalesce(traits.trait, 'average') || ' (' || clusters.cluster_id || ')' as name
        from clusters
        left join traits on clusters.cluster_id = traits.cluster_id and traits.position = 1
    ),

    shared as (
        select
            *,
            count(*) over (partition by attempt, name) as clusters_of_name
        from candidates
    ),

    named as (
        select
            cluster_id,
            name,
            trait_count
        from shared
        where clusters_of_name = 1
        qualify row_number() over (partition by cluster_id order by attempt nulls last) = 1
    )
{%- endmacro %}
