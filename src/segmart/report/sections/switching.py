"""Which brands and categories share their customers, and where money moves between them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from segmart.report import charts, words
from segmart.report.blocks import Block, Column, Figure, Section, Table
from segmart.report.marts import Marts
from segmart.report.sections.products import readable_names

TOP_ROWS = 20
"""More pairs than this are left to the table."""

LATEST = """
    select *
    from switching
    where attribute in ('brand', 'category')
    qualify
        dense_rank() over (
            partition by dataset order by has_complete_periods desc nulls last, period_start_date desc nulls last
        ) = 1
    order by dataset, attribute, source <> 'switching', abs(net_amount) desc, attribute_value, other_value
"""
"""The last pair of half years, of complete ones if there are some."""


def sections(marts: Marts) -> list[Section]:
    """The section, if customers are known and goods have brands, categories or names."""
    blocks: list[Block] = []
    if marts.has("cross_shopping"):
        query = """
            select
                *,
                coalesce(first_product_name, first_value) as first_name,
                coalesce(second_product_name, second_value) as second_name
            from cross_shopping
            order by dataset, is_significant desc, abs(ln(nullif(overlap_index, 0))) desc nulls last, attribute,
                first_value, second_value
        """
        blocks.append(shared(named(marts.frame(query), readable_names(marts))))
    if marts.has("switching"):
        blocks.append(switched(marts.frame(LATEST)))
    lead = "Which goods have the same customers, and between which they move their money."
    return [Section("switching", "Shared and lost customers", lead, blocks)] if blocks else []


def named(pairs: pd.DataFrame, products: Mapping[object, str]) -> pd.DataFrame:
    """Pairs with the readable names of products.

    Args:
        pairs: `cross_shopping` with ``first_name`` and ``second_name``.
        products: Readable names by the id of the product.
    """
    is_product = pairs["attribute"] == "product"
    return pairs.assign(
        **{
            f"{side}_name": pairs[f"{side}_name"].where(
                ~is_product, pairs[f"{side}_value"].map(products).fillna(pairs[f"{side}_name"])
            )
            for side in ("first", "second")
        }
    )


def shared(pairs: pd.DataFrame) -> Figure:
    """Pairs that share more or fewer customers than chance, with intervals.

    Args:
        pairs: `cross_shopping` with ``first_name`` and ``second_name``, those beyond chance first.
    """
    paired = pairs.assign(
        pair=[f"{first} + {second}" for first, second in zip(pairs["first_name"], pairs["second_name"], strict=True)]
    )
    proven = paired[paired["is_significant"].astype(bool) & ~paired["is_small_count"].astype(bool)]
    shown = proven.dropna(subset=["overlap_index_low"]).head(TOP_ROWS)
    shown = shown.assign(label=[charts.broken(words.text(name)) for name in shown["pair"]])
    tooltip = [
        charts.tip("pair", "Pair"),
        charts.tip("both_customers", "Customers of both", charts.COUNT),
        charts.tip("expected_both_customers", "Expected", charts.COUNT),
        charts.tip("overlap_index", "Ratio", charts.DECIMAL),
        charts.tip("overlap_index_low", "At least", charts.DECIMAL),
        charts.tip("overlap_index_high", "At most", charts.DECIMAL),
    ]
    columns = ["label", "pair", "both_customers", "expected_both_customers"]
    return Figure(
        key="cross-shopping",
        for_analysts=True,
        title=shared_title(paired, proven),
        chart=charts.intervals(
            *(shown, "label", "overlap_index", "overlap_index_low", "overlap_index_high"),
            *("Customers of both against those expected", charts.DECIMAL, tooltip),
            reference=1.0,
        ),
        data=shown[[*columns, "overlap_index", "overlap_index_low", "overlap_index_high"]],
        alt="Ratios of shared to expected customers with their intervals",
        table=Table(
            paired,
            [
                Column("attribute", "Of"),
                Column("first_name", "First"),
                Column("second_name", "Second"),
                Column("first_customers", "Customers of the first", words.count),
                Column("second_customers", "Of the second", words.count),
                Column("both_customers", "Of both", words.count),
                Column("expected_both_customers", "Expected of both", words.count),
                Column("overlap_index", "Ratio", words.decimal),
                Column("q_value", "q-value", words.p_value),
            ],
            "cross_shopping",
            is_searchable=True,
        ),
        note="Expected: among customers of the same store who buy as many of these goods, or who come as often."
        " Above 1 customers of one tend to the other, below 1 one stands for the other.",
    )


def shared_title(pairs: pd.DataFrame, proven: pd.DataFrame) -> str:
    """How many pairs share more or fewer customers than chance, and the first of them.

    Args:
        pairs: All pairs.
        proven: Those that are beyond chance, with ``pair``, the strongest first.
    """
    if not len(pairs):
        return "No two goods have customers who are known"
    if not len(proven):
        return "No two goods share more or fewer customers than by chance"
    first = proven.iloc[0]
    index = float(first["overlap_index"])
    count = words.plural(len(proven), "pair shares", "pairs share")
    return (
        f"{count} more or fewer customers than by chance; {first['pair']} share"
        f" {words.decimal(index)} times as many as expected"
    )


def switched(rows: pd.DataFrame) -> Figure:
    """Money that customers moved from one value to another.

    Args:
        rows: `switching` of one pair of half years in each dataset, the largest net amounts first.
    """
    moves = rows[(rows["source"] == "switching") & (rows["net_amount"].astype(float) > 0)]
    shown = moves.sort_values(["is_significant", "net_amount"], ascending=False, kind="stable").head(TOP_ROWS)
    shown = shown.assign(
        label=[
            charts.broken(f"{other} → {value}", 2 * charts.LINE_CHARACTERS)
            for value, other in zip(shown["attribute_value"], shown["other_value"], strict=True)
        ]
    )
    tooltip = [
        charts.tip("other_value", "From"),
        charts.tip("attribute_value", "To"),
        charts.tip("net_amount", "Net", charts.COUNT),
        charts.tip("net_low_amount", "At least", charts.COUNT),
        charts.tip("net_high_amount", "At most", charts.COUNT),
        charts.tip("customers", "Customers", charts.COUNT),
    ]
    columns = ["label", "other_value", "attribute_value", "net_amount", "net_low_amount", "net_high_amount"]
    return Figure(
        key="switched-sales",
        for_analysts=True,
        title=switched_title(moves),
        chart=charts.intervals(
            *(shown, "label", "net_amount", "net_low_amount", "net_high_amount"),
            *("Money moved, less what was moved back", charts.COUNT, tooltip),
            reference=0.0,
        ),
        data=shown[[*columns, "customers"]],
        alt="Net amounts that customers moved from one value to another, with their intervals",
        table=Table(
            rows,
            [
                Column("attribute", "Of"),
                Column("attribute_value", "Goods"),
                Column("source", "Source"),
                Column("other_value", "From or to"),
                Column("customers", "Customers", words.count),
                Column("gained_amount", "Gained", words.amount),
                Column("lost_amount", "Lost", words.amount),
                Column("net_amount", "Net", words.amount),
                Column("q_value", "q-value", words.p_value),
            ],
            "switching",
            is_searchable=True,
        ),
        note="Customers of two half years in a row: what they spend less on some goods is allotted to those on which"
        " they spend more. Each interval is that of one move alone; a move is proven only if it stands out among all.",
    )


def switched_title(moves: pd.DataFrame) -> str:
    """The largest move that is beyond chance.

    Args:
        moves: Rows of `switching` with a net gain from another value.
    """
    proven = moves[moves["is_significant"].astype(bool)]
    if not len(moves):
        return "No customer is known to have moved money from some goods to others"
    if not len(proven):
        return "No money is proven to have moved from some goods to others: what moves back is about as much"
    most = proven.loc[proven["net_amount"].astype(float).idxmax()]
    amount = words.amount(most["net_amount"])
    return f"Customers moved {amount} more from {most['other_value']} to {most['attribute_value']} than back"
