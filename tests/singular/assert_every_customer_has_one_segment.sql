{{- config(enabled='chips' in var('datasets')) -}}
-- Each customer with a purchase belongs to exactly one cluster of life stages.
select
    customers.customer_id,
    count(clusters.cluster_id) as cluster_count
from {{ ref('loyalty_customers') }} as customers
left join {{ ref('lifestage_segment_clusters') }} as clusters
    on customers.lifestage = clusters.lifestage and customers.premium_tier = clusters.premium_tier
group by customers.customer_id
having count(clusters.cluster_id) <> 1
