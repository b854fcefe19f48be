-- What a segment buys of one attribute adds up to all it buys.
select
    dataset,
    segment_type,
    segment,
    attribute,
    sum(segment_unit_share) as total_share
from {{ ref('segment_affinity') }}
group by dataset, segment_type, segment, attribute
having abs(sum(segment_unit_share) - 1) > 1e-9
