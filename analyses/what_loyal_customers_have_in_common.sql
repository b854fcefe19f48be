-- What are loyal customers, and what do they buy, more than others of the same stores do? Proven differences, the
-- largest first; the crude index is what shows if stores are not looked at.
select
    attribute,
    attribute_value,
    loyal_customers,
    loyal_share,
    other_share,
    coalesce(adjusted_index, affinity_index) as judged_index,
    affinity_index,
    coalesce(adjusted_q_value, q_value) as judged_q_value
from {{ ref('loyal_customer_profile') }}
where is_proven and not is_small_count and coalesce(adjusted_index, affinity_index) > 1
order by judged_index desc nulls last
