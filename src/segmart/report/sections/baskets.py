"""What is bought together: rules, pairs and their network, and what promotes what to whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from segmart.report import charts, words
from segmart.report.blocks import Block, Column, Figure, Listing, Section, Table
from segmart.report.marts import Marts

DRAWN_RULES = 1_500
"""A scatter of more points is a blot, and makes the page heavy."""

TOP_PAIRS = 10

LIFTS = ("night ? '#3f5f75' : '#a9cfe6'", "night ? '#ff9d6b' : '#7a2d00'")
"""Colours of the lowest and the highest lift, as Vega expressions."""

READABLE_EDGES = 60
"""A network with more connections is a ball of wool; the table of pairs says the same."""

EVERYBODY = "All"

ADJUSTED_RULES = """
    adjusted_lift as lift, adjusted_q_value as q_value, is_adjusted_significant as is_significant
"""
ADJUSTED_PAIRS = f"{ADJUSTED_RULES}, adjusted_expected_baskets as expected_baskets"
"""The report shows what is left when baskets are compared with others of their size and store."""


def sections(marts: Marts) -> list[Section]:
    """A section for each dataset that was mined."""
    queries = [f"select dataset from {mart}" for mart in ("association_rules", "product_pairs") if marts.has(mart)]
    if not queries:
        return []
    mined = marts.frame(f"select distinct dataset from ({' union all '.join(queries)}) order by dataset")["dataset"]
    return [_section(marts, words.text(dataset)) for dataset in mined]


def _section(marts: Marts, dataset: str) -> Section:
    blocks: list[Block] = []
    if marts.has("association_rules"):
        query = f"""
            select * replace ({ADJUSTED_RULES})
            from association_rules
            where dataset = ? and not is_redundant
            order by
                segment_name <> '{EVERYBODY}', is_adjusted_significant desc, adjusted_lift desc, rule_baskets desc,
                antecedent, consequent
        """
        rules = without_mirrors(with_names(marts.frame(query, dataset)))
        blocks.append(rules_table(rules, dataset))
        if len(rules):
            blocks.append(rules_scatter(rules, dataset))
    if marts.has("product_pairs"):
        query = f"""
            select * replace ({ADJUSTED_PAIRS})
            from product_pairs
            where dataset = ? and segment_name = '{EVERYBODY}' and is_adjusted_significant and adjusted_lift > 1
            qualify row_number() over (
                partition by item_level order by adjusted_lift desc, pair_baskets desc, first_item, second_item
            ) <= {TOP_PAIRS}
            order by item_level, adjusted_lift desc, pair_baskets desc, first_item, second_item
        """
        strongest = marts.frame(query, dataset)
        if len(strongest):
            blocks.append(pairs(strongest, dataset))
    if marts.has("product_network"):
        query = """
            select * replace (adjusted_lift as lift, adjusted_q_value as q_value)
            from product_network
            where dataset = ?
            order by edge_rank
        """
        edges = marts.frame(query, dataset)
        if 0 < len(edges) <= READABLE_EDGES:
            blocks.append(network(edges, dataset))
    if marts.has("segment_offers"):
        query = "select * from segment_offers where dataset = ? order by segment_name, offer_rank"
        offers = marts.frame(query, dataset)
        if len(offers):
            blocks.append(promotions_table(offers, dataset))
    lead = "What is bought together more often than by chance."
    return Section(f"baskets-{dataset}", "Bought together", lead, blocks)


def with_names(rules: pd.DataFrame) -> pd.DataFrame:
    """Add what each rule says as text.

    Args:
        rules: `association_rules`, whose sides are lists.
    """
    sides = {side: [words.listing(_items(items)) for items in rules[side]] for side in ("antecedent", "consequent")}
    return rules.assign(
        who_buys=sides["antecedent"],
        also_buys=sides["consequent"],
        rule=[f"{left} → {right}" for left, right in zip(sides["antecedent"], sides["consequent"], strict=True)],
    )


def without_mirrors(rules: pd.DataFrame) -> pd.DataFrame:
    """Of two rules that are each other's mirror image, the one with the higher confidence.

    Args:
        rules: Rules `with_names`; their order stays.
    """
    sides = [
        (segment, *sorted((who, also)))
        for segment, who, also in zip(rules["segment_name"], rules["who_buys"], rules["also_buys"], strict=True)
    ]
    ordered = rules.assign(sides=sides).sort_values("confidence", ascending=False, kind="stable")
    return rules.loc[ordered.drop_duplicates("sides").index.sort_values()]


def _items(items: Iterable[Any] | None) -> list[str]:
    return [] if items is None or isinstance(items, float) else [words.text(item) for item in items]


def rules_table(rules: pd.DataFrame, dataset: str) -> Listing:
    """All rules with search and sort.

    Args:
        rules: Rules `with_names`, those of all customers first.
        dataset: Which was mined.
    """
    return Listing(
        f"rules-{dataset}",
        rules_title(rules),
        Table(
            rules,
            [
                Column("segment_name", "Segment"),
                Column("who_buys", "Buyers of"),
                Column("also_buys", "also buy"),
                Column("rule_baskets", "Baskets", words.count),
                Column("support", "Support", words.share),
                Column("confidence", "Confidence", words.share),
                Column("lift", "Lift", words.decimal),
                Column("q_value", "q", words.p_value),
            ],
            "association_rules",
            is_searchable=True,
        ),
        note="Support: part of all baskets that hold both. Confidence: part of the baskets with the first that hold the"
        " second, too. Lift: times as often as chance would have it in baskets of the same size and, where it is known,"
        " store.",
        for_analysts=True,
    )


def rules_title(rules: pd.DataFrame) -> str:
    """How many rules are significant, and the strongest of all customers."""
    if not len(rules):
        return "No rule is frequent enough"
    everybody = rules[rules["segment_name"] == EVERYBODY]
    pool = everybody if len(everybody) else rules
    proven = pool[pool["is_significant"].astype(bool)]
    if not len(proven):
        of_everybody = " of all customers" if len(pool) < len(rules) else ""
        return f"None of {words.plural(len(pool), 'rule')}{of_everybody} is significant"
    top = proven.loc[proven["lift"].astype(float).idxmax()]
    lift = words.measured(top["lift"])
    return f"Buyers of {top['who_buys']} buy {top['also_buys']} {lift} times as often as chance would have it"


def rules_scatter(rules: pd.DataFrame, dataset: str) -> Figure:
    """Support, confidence and lift of the rules; a list chooses the segment.

    Args:
        rules: Rules `with_names`, those of all customers first.
        dataset: Which was mined.
    """
    segments = list(dict.fromkeys(words.text(name) for name in rules["segment_name"]))
    per_segment = max(1, DRAWN_RULES // max(1, len(segments)))
    shown = rules[rules.groupby("segment_name").cumcount() < per_segment]
    lifts = shown["lift"].astype(float)
    # A single extreme lift would make all others look alike.
    highest = float(np.nanquantile(lifts, 0.98)) if len(lifts) else 1.0
    drawn = (
        charts.chart(340)
        .transform_filter("datum.segment_name == shown")
        .mark_circle(size=60, opacity=0.75)
        .encode(
            x=alt.X("support:Q", title="Support", axis=charts.few_ticks("~%"), scale=alt.Scale(type="log")),
            y=alt.Y("confidence:Q", title="Confidence", axis=charts.few_ticks("~%"), scale=alt.Scale(zero=False)),
            color=alt.Color(
                "lift:Q",
                title="Lift",
                scale=alt.Scale(domain=[1, max(highest, 1.01)], range=[*map(alt.expr, LIFTS)], clamp=True),
                legend=alt.Legend(format=".1f", tickCount=3),
            ),
            tooltip=[
                charts.tip("rule", "Rule"),
                charts.tip("support", "Support", charts.SHARE),
                charts.tip("confidence", "Confidence", charts.SHARE),
                charts.tip("lift", "Lift", charts.DECIMAL),
                charts.tip("rule_baskets", "Baskets", charts.COUNT),
            ],
        )
        .add_params(charts.shown(segments[0] if segments else ""))
    )
    title = scatter_title(rules)
    return Figure(
        key=f"rules-scatter-{dataset}",
        title=title,
        chart=drawn,
        data=shown[["segment_name", "rule", "support", "confidence", "lift", "rule_baskets"]],
        alt="Scatter of rules by support, confidence and lift",
        table=Table(
            shown.sort_values("lift", ascending=False, kind="stable"),
            [
                Column("segment_name", "Segment"),
                Column("rule", "Rule"),
                Column("support", "Support", words.share),
                Column("confidence", "Confidence", words.share),
                Column("lift", "Lift", words.decimal),
            ],
            "association_rules",
        ),
        note="Rules at the upper right are frequent and sure. Redundant rules are left out.",
        options=("Segment", tuple((name, name) for name in segments)),
        for_analysts=True,
    )


def scatter_title(rules: pd.DataFrame) -> str:
    """How many rules are both significant and lift sales by half."""
    if not len(rules):
        return "There are no rules to draw"
    strong = int((rules["is_significant"].astype(bool) & (rules["lift"].astype(float) >= 1.5)).sum())
    verb = "is" if strong < 2 else "are"
    shown = words.count(strong) if strong else "None"
    return f"{shown} of {words.plural(len(rules), 'rule')} {verb} significant with a lift of 1.5 or more"


def pairs(strongest: pd.DataFrame, dataset: str) -> Figure:
    """The pairs with the highest lift; a list chooses products or categories.

    Args:
        strongest: `product_pairs` of one dataset and all customers, the significant ones, by level and lift.
        dataset: Which was mined.
    """
    frame = strongest.assign(
        pair=[f"{row.first_item} + {row.second_item}" for row in strongest.itertuples()],
        label=[charts.broken(f"{row.first_item} + {row.second_item}") for row in strongest.itertuples()],
    )
    levels = sorted(
        {words.text(level) for level in frame["item_level"]}, key=lambda level: (level == "category", level)
    )
    first = frame[frame["item_level"] == levels[0]] if levels else frame
    tooltip = [
        charts.tip("pair", "Pair"),
        charts.tip("lift", "Lift", charts.DECIMAL),
        charts.tip("pair_baskets", "Baskets with both", charts.COUNT),
        charts.tip("expected_baskets", "by chance", charts.COUNT),
    ]
    bars = charts.bars(
        frame, "label", "lift", "Lift, from 1", charts.DECIMAL, tooltip, rows=len(first), start=1,
        choices=frame["item_level"],
    )  # fmt: skip
    drawn = (
        bars.transform_filter("datum.item_level == shown")
        .add_params(charts.shown(levels[0] if levels else ""))
        .properties(usermeta=charts.chosen_heights(frame["label"], frame["item_level"]))
    )
    title = pairs_title(first)
    return Figure(
        key=f"pairs-{dataset}",
        title=title,
        chart=drawn,
        data=frame[["item_level", "label", "pair", "lift", "pair_baskets", "expected_baskets"]],
        alt="Bars of the lift of pairs that are bought together",
        table=Table(
            frame,
            [
                Column("item_level", "Level"),
                Column("first_item", "First"),
                Column("second_item", "Second"),
                Column("pair_baskets", "Baskets", words.count),
                Column("expected_baskets", "By chance", words.count),
                Column("lift", "Lift", words.decimal),
                Column("q_value", "q", words.p_value),
            ],
            "product_pairs",
        ),
        note="Bars begin at 1, where a pair is as frequent as by chance. Pairs that are significant after correction"
        " for all pairs, the strongest first. By chance: in baskets of the same size and, where it is known, store.",
        options=("Show", tuple((level, f"pairs by {level}") for level in levels)),
    )


def pairs_title(strongest: pd.DataFrame) -> str:
    """The pair with the highest lift."""
    top = strongest.loc[strongest["lift"].astype(float).idxmax()]
    return (
        f"{top['first_item']} and {top['second_item']} are together in {words.count(top['pair_baskets'])} baskets,"
        f" where chance would give {words.count(top['expected_baskets'])}"
    )


def network(edges: pd.DataFrame, dataset: str) -> Figure:
    """Items on a circle, joined where they are bought together.

    Args:
        edges: `product_network` of one dataset, the strongest first.
        dataset: Which was mined.
    """
    lines = pd.concat(
        [
            edges.assign(step=step, x=edges[f"{end}_x"], y=edges[f"{end}_y"])
            for step, end in enumerate(("first", "second"))
        ]
    )
    ends = pd.concat(
        [
            pd.DataFrame(
                {
                    "item_level": edges["item_level"],
                    "item": edges[f"{end}_item"],
                    "category": edges[f"{end}_category"],
                    "x": edges[f"{end}_x"],
                    "y": edges[f"{end}_y"],
                    "baskets": edges[f"{end}_baskets"],
                }
            )
            for end in ("first", "second")
        ]
    )
    nodes = ends.drop_duplicates(["item_level", "item"]).sort_values(["item_level", "item"])
    # Each level has a circle of its own.
    levels = list(dict.fromkeys(words.text(level) for level in edges["item_level"]))
    turned = -np.degrees(np.arctan2(nodes["y"].astype(float), nodes["x"].astype(float)))
    nodes = nodes.assign(
        partners=pd.MultiIndex.from_frame(nodes[["item_level", "item"]]).map(
            ends[["item_level", "item"]].value_counts().to_dict()
        ),
        category=[words.label(category) for category in nodes["category"]],
        side=["left" if x < 0 else "right" for x in nodes["x"]],
        # Names point away from the middle, and none stands on its head.
        angle=np.where(nodes["x"].astype(float) < 0, turned + 180, turned).round(1),
    )
    categories = sorted(set(nodes["category"]))
    data = pd.concat([lines.assign(kind="edge"), nodes.assign(kind="node")], ignore_index=True)
    span = alt.Scale(domain=[-1.6, 1.6], nice=False)
    base = (
        charts.chart(640)
        .transform_filter("datum.item_level == shown")
        .encode(x=alt.X("x:Q", axis=None, scale=span), y=alt.Y("y:Q", axis=None, scale=span))
    )
    joined = (
        base.transform_filter("datum.kind == 'edge'")
        .mark_line(color=charts.GREY, opacity=0.55)
        .encode(
            detail="edge_rank:N",
            order="step:Q",
            strokeWidth=alt.StrokeWidth("lift:Q", legend=None, scale=alt.Scale(range=[0.8, 5])),
            tooltip=[
                charts.tip("first_item", "First"),
                charts.tip("second_item", "Second"),
                charts.tip("lift", "Lift", charts.DECIMAL),
                charts.tip("pair_baskets", "Baskets", charts.COUNT),
            ],
        )
    )
    points = base.transform_filter("datum.kind == 'node'")
    known = [name for name in categories if name != words.MISSING]
    legend = alt.Legend(values=known) if len(known) > 1 else None
    colour = charts.named_colours("category", charts.colours(categories), legend=legend)
    dots = points.mark_circle(opacity=1).encode(
        size=alt.Size("baskets:Q", legend=None, scale=alt.Scale(range=[50, 400])),
        **({"color": colour} if len(categories) <= len(charts.PALETTE) else {"color": alt.value(charts.BLUE)}),
        tooltip=[
            charts.tip("item", "Item"),
            charts.tip("category", "Category"),
            charts.tip("baskets", "Baskets", charts.COUNT),
            charts.tip("partners", "Partners", charts.COUNT),
        ],
    )
    labels = [
        points.transform_filter(f"datum.side == '{side}'")
        .mark_text(align=align, dx=shift, fontSize=11, limit=alt.expr("max(60, 0.17 * width)"))
        .encode(text="item:N", angle=alt.Angle("angle:Q", scale=None))
        for side, align, shift in (("left", "right", -12), ("right", "left", 12))
    ]
    title = network_title(edges, nodes)
    columns = ["kind", "edge_rank", "step", "x", "y", "first_item", "second_item", "lift", "pair_baskets", "item"]
    return Figure(
        key=f"network-{dataset}",
        title=title,
        chart=alt.layer(joined, dots, *labels).add_params(charts.shown(levels[0] if levels else "")),
        data=data[["item_level", *columns, "category", "baskets", "partners", "side", "angle"]],
        alt=f"Network of {words.plural(len(nodes), 'item')} with {words.plural(len(edges), 'connection')}",
        table=Table(
            edges,
            [
                Column("first_item", "First"),
                Column("second_item", "Second"),
                Column("lift", "Lift", words.decimal),
                Column("pair_baskets", "Baskets", words.count),
                Column("q_value", "q", words.p_value),
            ],
            "product_network",
            is_searchable=True,
        ),
        note="Joined: bought together provably more often than chance; the thicker the line, the more.",
        options=("Show", tuple((level, f"pairs by {level}") for level in levels)) if len(levels) > 1 else None,
        is_wide=True,
        for_analysts=True,
        needs_room=True,
    )


def network_title(edges: pd.DataFrame, nodes: pd.DataFrame) -> str:
    """How many pairs are joined, and the item with most partners."""
    if not len(edges):
        return "No pair is bought together provably more often than by chance"
    hubs, partners = words.leaders(nodes["item"], nodes["partners"])
    pairs = words.plural(len(edges), "pair")
    title = f"{pairs} {'is' if len(edges) == 1 else 'are'} bought together more often than by chance"
    return f"{title}; {hubs[0]} has most partners, {words.count(partners)}" if len(hubs) == 1 else title


def promotions_table(offers: pd.DataFrame, dataset: str) -> Listing:
    """What to offer to which segment.

    Args:
        offers: `segment_offers` of one dataset, by segment and rank.
        dataset: Which.
    """
    segments = offers["segment_name"].nunique()
    # A column that says the same in every row says nothing.
    optional = (Column("reach_share", "Of the segment", words.share), Column("q_value", "q", words.p_value))
    return Listing(
        f"segment-promotions-{dataset}",
        f"{words.plural(len(offers), 'offer')} for {words.plural(segments, 'segment')}",
        Table(
            offers,
            [
                Column("segment_name", "Segment"),
                Column("offer", "Offer"),
                Column("reason", "Because"),
                Column("expected_reach", "Reaches", words.count),
                *(column for column in optional if len(offers) and offers[column.name].nunique() > 1),
            ],
            "segment_offers",
            is_searchable=True,
        ),
    )
