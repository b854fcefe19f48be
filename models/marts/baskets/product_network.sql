with

pairs as (
    select * from {{ ref('int_baskets__pairs') }}
    where segment_name = 'All' and item_level <> 'category' and is_frequent and is_adjusted_significant
),

edges as (
    select
        *,
        cast(row_number() over (
            partition by dataset, item_level
            order by
                adjusted_lift desc nulls last, pair_baskets desc nulls last, first_item nulls last,
                second_item nulls last
        ) as integer) as edge_rank
    from pairs
    qualify edge_rank <= {{ var('max_network_edges') }}
),

ends as (
    select
        dataset,
        item_level,
        first_item as item,
        first_category as category
    from edges
    union
    select
        dataset,
        item_level,
        second_item as item,
        second_category as category
    from edges
),

-- Items stand on a circle, those of a category side by side, so that a chart only has to draw lines.
angles as (
    select
        dataset,
        item_level,
        item,
        2 * pi() * row_number() over (partition by dataset, item_level order by category nulls last, item nulls last)
        / count(*) over (partition by dataset, item_level) as angle
    from ends
),

final as (
    select
        edges.dataset,
        edges.edge_rank,
        edges.item_level,
        edges.first_item,
        edges.second_item,
        edges.first_category,
        edges.second_category,
        round(cos(firsts.angle), 6) as first_x,
        round(sin(firsts.angle), 6) as first_y,
        round(cos(seconds.angle), 6) as second_x,
        round(sin(seconds.angle), 6) as second_y,
        edges.first_baskets,
        edges.second_baskets,
        edges.pair_baskets,
        edges.lift,
        edges.q_value,
        edges.adjusted_lift,
        edges.adjusted_q_value
    from edges
    inner join angles as firsts
        on
            edges.dataset = firsts.dataset
            and edges.item_level = firsts.item_level
            and edges.first_item = firsts.item
    inner join angles as seconds
        on
            edges.dataset = seconds.dataset
            and edges.item_level = seconds.item_level
            and edges.second_item = seconds.item
)

select * from final
