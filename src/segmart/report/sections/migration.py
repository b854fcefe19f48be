"""Migration: how customers moved between RFM segments in the last month, and what those who left the best gave up."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from segmart.report import charts, words
from segmart.report.blocks import Block, Column, Figure, Section, Table
from segmart.report.marts import Marts
from segmart.report.sections.products import readable_names

ITEMS = 12
"""The chart of what was given up shows so many, the table has the others."""

LAST_STEP = """
    select *
    from segment_migration
    where to_month_end_date = (select max(to_month_end_date) from segment_migration)
    order by is_loyal_before desc, from_segment, is_loyal_after desc, to_segment
"""


def sections(marts: Marts) -> list[Section]:
    """The section, if two month ends can be compared."""
    if not marts.has("segment_migration"):
        return []
    blocks: list[Block] = [moves(marts.frame(LAST_STEP))]
    if marts.has("stopped_products"):
        query = """
            select *
            from stopped_products
            order by attribute <> 'product', is_significant desc, lost_sales_amount desc, attribute, attribute_value
        """
        blocks.append(given_up(named(marts.frame(query), readable_names(marts))))
    lead = "Who became loyal, who fell out of the best, and what they stopped buying."
    return [Section("migration", "Moves between segments", lead, blocks)]


def named(items: pd.DataFrame, products: Mapping[object, str]) -> pd.DataFrame:
    """What was given up, with the readable names of products.

    Args:
        items: `stopped_products`.
        products: Readable names by the id of the product.
    """
    names = [
        products.get(value, name) if kind == "product" else name
        for kind, value, name in zip(items["attribute"], items["attribute_value"], items["item_name"], strict=True)
    ]
    return items.assign(item_name=pd.Series(names, index=items.index, dtype=object))


def moves(steps: pd.DataFrame) -> Figure:
    """Shares of each segment that stayed or went to another one.

    Args:
        steps: `segment_migration` of one month, loyal segments first.
    """
    note = "Rows: segment at the month end before. Columns: segment at the month end. Each row adds up to 100 %."
    if steps["has_unknown_past"].astype(bool).any():
        note += " The data begin so shortly before that many customers may be older than they seem."
    tooltip = [
        charts.tip("from_segment", "From"),
        charts.tip("to_segment", "To"),
        charts.tip("customers", "Customers", charts.COUNT),
        charts.tip("moved_share", "Share", charts.SHARE),
        charts.tip("moved_share_low", "95 % from", charts.SHARE),
        charts.tip("moved_share_high", "to", charts.SHARE),
    ]
    # Columns stand in the order of the rows, so that who stayed is the diagonal.
    order = list(dict.fromkeys([*steps["from_segment"], *steps["to_segment"]]))
    drawn = steps.assign(position=[order.index(name) for name in steps["to_segment"]])
    columns = ["from_segment", "to_segment", "customers", "moved_share", "moved_share_low", "moved_share_high"]
    drawn = drawn.sort_values(["position"], kind="stable")[columns]
    return Figure(
        key="segment-moves",
        title=moves_title(steps),
        chart=charts.heat_map(
            drawn, "to_segment", "from_segment", "moved_share", charts.WHOLE_SHARE, "Share of the segment", tooltip
        ),
        data=drawn,
        alt="Heat map of the share of each segment's customers who are in each segment a month later",
        table=Table(
            steps,
            [
                Column("from_segment", "From"),
                Column("to_segment", "To"),
                Column("customers", "Customers", words.count),
                Column("moved_share", "Share", words.share),
                Column("moved_share_low", "95 % from", words.share),
                Column("moved_share_high", "to", words.share),
                Column("previous_sales_amount", "Sales in the month before", words.amount),
                Column("sales_amount", "Sales in the month", words.amount),
                Column("is_small_count", "Few customers", words.yes_no),
            ],
            "segment_migration",
        ),
        note=note,
        is_wide=True,
    )


def moves_title(steps: pd.DataFrame) -> str:
    """How many loyal customers were lost and won in the month."""
    if not len(steps):
        return "There is one month end alone, and nothing to compare it with"
    before, after = steps["is_loyal_before"].astype(bool), steps["is_loyal_after"].astype(bool)
    month = f"{pd.Timestamp(str(steps['to_month_end_date'].iloc[0])):%B %Y}"
    loyal, lost = (int(steps.loc[rows, "customers"].sum()) for rows in (before, before & ~after))
    won = int(steps.loc[~before & after, "customers"].sum())
    if not loyal:
        return f"In {month}, {words.plural(won, 'customer')} became loyal; nobody was before"
    if not lost:
        return (
            f"In {month}, none of {words.plural(loyal, 'loyal customer')} was lost, and {words.count(won)} became loyal"
        )
    verb = "was" if lost == 1 else "were"
    return (
        f"In {month}, {words.count(lost)} of {words.plural(loyal, 'loyal customer')}"
        f" ({words.share(lost / loyal)}) {verb} loyal no more, and {words.count(won)} became loyal"
    )


def given_up(items: pd.DataFrame) -> Figure:
    """What customers who are not loyal any more gave up.

    Args:
        items: `stopped_products`, products first, then what is proven, by what is lost.
    """
    kinds = [words.title_case(words.label(kind)) for kind in items["attribute"]]
    labels = [f"{kind}: {name}" for kind, name in zip(kinds, items["item_name"], strict=True)]
    labelled = items.assign(kind=kinds, label=labels)
    # Two products may have one name.
    shown = labelled.drop_duplicates("label").head(ITEMS)
    is_mixed = shown["attribute"].nunique() > 1
    shown = shown.assign(item=[charts.broken(words.text(name)) for name in shown["label" if is_mixed else "item_name"]])
    columns = [
        *("item", "buyers", "expected_sales_amount", "sales_amount", "missing_sales_amount"),
        *("lost_sales_amount", "lost_sales_amount_low", "lost_sales_amount_high"),
    ]
    tooltip = [
        charts.tip("item", "What"),
        charts.tip("buyers", "Had bought it", charts.COUNT),
        charts.tip("expected_sales_amount", "Expected sales", charts.DECIMAL),
        charts.tip("sales_amount", "Sales", charts.DECIMAL),
        charts.tip("lost_sales_amount", "Lost", charts.DECIMAL),
        charts.tip("missing_sales_amount", "Beyond the rest", charts.DECIMAL),
    ]
    return Figure(
        key="stopped-products",
        for_analysts=True,
        title=given_up_title(items),
        chart=charts.intervals(
            shown,
            *("item", "lost_sales_amount", "lost_sales_amount_low", "lost_sales_amount_high"),
            *("Lost sales", charts.COUNT, tooltip),
            reference=0,
        ),
        data=shown[columns],
        alt="Dots with intervals of the sales that were lost with customers who are loyal no more, by product",
        table=Table(
            labelled,
            [
                Column("kind", "Kind"),
                Column("item_name", "What"),
                Column("buyers", "Had bought it", words.count),
                Column("stopped_share", "Stopped", words.share),
                Column("stayed_stopped_share", "Stopped among those who stayed", words.share),
                Column("previous_sales_amount", "Sales before", words.amount),
                Column("sales_amount", "Sales after", words.amount),
                Column("expected_sales_amount", "Expected", words.amount),
                Column("lost_sales_amount", "Lost", words.amount),
                Column("lost_sales_amount_low", "95 % from", words.amount),
                Column("lost_sales_amount_high", "to", words.amount),
                Column("missing_sales_amount", "Beyond the rest", words.amount),
                Column("q_value", "q", words.p_value),
                Column("is_small_count", "Few customers", words.yes_no),
            ],
            "stopped_products",
            is_searchable=True,
        ),
        note="Lost is what they would have spent, had they changed as those who stayed loyal did with the same product."
        " Beyond the rest is what they gave up more than everything else.",
    )


def given_up_title(items: pd.DataFrame) -> str:
    """What was given up more than the rest, if something proven was; else what is lost most."""
    if not len(items):
        return "Nobody has left the loyal customers"
    proven = items[items["is_significant"].astype(bool)]
    rows, column = (proven, "missing_sales_amount") if len(proven) else (items, "lost_sales_amount")
    # Products come first, whose amounts do not overlap.
    same_kind = rows[rows["attribute"] == rows["attribute"].iloc[0]]
    names, most = words.leaders(same_kind["item_name"], same_kind[column])
    what = words.leading(list(dict.fromkeys(names)), "item")
    if len(proven):
        return (
            f"Customers who are loyal no more gave up {what} most beyond the rest:"
            f" {words.amount(most)} of sales are missing"
        )
    left = int(items["left_customers"].iloc[0])
    return (
        f"{words.title_case(words.plural(left, 'customer'))} who {'is' if left == 1 else 'are'} loyal no more spent"
        f" {words.amount(most)} less on {what} than was to be expected"
    )
