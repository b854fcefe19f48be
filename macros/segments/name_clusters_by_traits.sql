{#-
  CTEs, the last one `final`, that name every cluster after the measures in which it stands out most, in the words of
  reference.segment_traits: "High spending, younger". A name takes two traits, and further ones where clusters would share a name;
  a trait counts from a third of a standard deviation on. If all traits do not tell two clusters apart, their numbers do.
-#}
{% macro name_clusters_by_traits(analysis, profiles, segment_traits) -%}
    {%- set most = var('analyses')[analysis]['features'] | length -%}
    traits as (
        select
            profiles.cluster_id,
            case when profiles.z_score > 0 then traits.high else traits.low end as trait,
            row_number() over (
                partition by profiles.cluster_id order by abs(profiles.z_score) desc, profiles.measure
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
        {%- for traits in range(2, most + 1) %}
        select
            clusters.cluster_id,
            {{ traits }} as trait_count,
            coalesce({{ join_in_order('traits.trait', 'traits.position', ', ') }}, 'average') as name
        from clusters
        left join traits on clusters.cluster_id = traits.cluster_id and traits.position <= {{ traits }}
        group by clusters.cluster_id
        union all
        {%- endfor %}
        select
            clusters.cluster_id,
            {{ most + 1 }} as trait_count,
            coalesce(traits.trait, 'average') || ' (' || clusters.cluster_id || ')' as name
        from clusters
        left join traits on clusters.cluster_id = traits.cluster_id and traits.position = 1
    ),

    shared as (
        select
            *,
            count(*) over (partition by trait_count, name) as clusters_of_name
        from candidates
    ),

    final as (
        select
            cluster_id,
            upper(left(name, 1)) || substr(name, 2) as segment_name
        from shared
        where clusters_of_name = 1
        qualify row_number() over (partition by cluster_id order by trait_count) = 1
    )
{%- endmacro %}
