-- What are loyal customers, and what do they buy, more than others do? Significant differences, the largest first.
select
    attribute,
    attribute_value,
    loyal_customers,
    loyal_share,
    other_share,
    affinity_index,
    q_value
from {{ ref('loyal_customer_profile') }}
where is_significant and not is_small_count and affinity_index > 1
order by affinity_index desc nulls last
