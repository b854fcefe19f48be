-- reference.rfm_segments covers every combination of scores, and none twice.
with

scores as (
    select whole_numbers.score
    from (values (1), (2), (3), (4), (5)) as whole_numbers (score)
),

combinations as (
    select
        r.score as r_score,
        f.score as f_score,
        m.score as m_score
    from scores as r
    cross join scores as f
    cross join scores as m
)

select
    combinations.*,
    count(segments.rfm_segment) as segment_count
from combinations
left join {{ ref('rfm_segments') }} as segments
    on
        combinations.r_score between segments.r_min and segments.r_max
        and combinations.f_score between segments.f_min and segments.f_max
        and combinations.m_score between segments.m_min and segments.m_max
group by combinations.r_score, combinations.f_score, combinations.m_score
having count(segments.rfm_segment) <> 1
