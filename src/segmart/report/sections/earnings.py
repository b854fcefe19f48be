"""What is left of sales after cost, what discounts took off, and when customers come."""

from __future__ import annotations

import pandas as pd

from segmart.report import charts, words
from segmart.report.blocks import Column, Figure, Section, Table
from segmart.report.marts import Marts

TOP_ROWS = 12
"""More values than this are left to the table."""

ATTRIBUTES = ("category", "department", "product_type", "brand", "store", "product")
"""The first of these that the files have is drawn."""

PARTS = {
    "gross-margins": ("margins", "what is left after cost"),
    "discounts": ("discounts", "what discounts took off"),
    "sales-hours": ("hours", "when customers come"),
}
"""What the title and the lead of the section say of each of its figures."""

LISTED = "attribute not in ('all', 'pack size', 'flavour')"
"""Rows that are drawn and listed; what is cut out of names stays in the mart."""


def sections(marts: Marts) -> list[Section]:
    """The section, if the files hold costs, discounts or moments."""
    blocks: list[Figure] = []
    if marts.has("gross_margins"):
        rows = marts.frame(
            f"select *, coalesce(product_name, attribute_value) as name from gross_margins where {LISTED}"
            " order by dataset, attribute, sales_amount desc, attribute_value"
        )
        whole = marts.frame("select * from gross_margins where attribute = 'all' order by dataset")
        drawn = _drawn(rows)
        rows = pd.concat([drawn, rows.drop(drawn.index)])
        if whole["margin_amount"].notna().any():
            blocks.append(margins(whole, drawn, rows))
        if whole["discount_amount"].notna().any():
            blocks.append(discounts(whole, drawn, rows))
    if marts.has("sales_hours"):
        blocks.append(hours(marts.frame("select * from sales_hours order by dataset, iso_weekday, hour_of_day")))
    parts = [PARTS[block.key] for block in blocks]
    title, lead = (words.title_case(words.listing([part[place] for part in parts])) for place in (0, 1))
    return [Section("earnings", title, f"{lead}.", blocks)] if blocks else []


def _drawn(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the first of `ATTRIBUTES` that there is."""
    attribute = next((name for name in ATTRIBUTES if (rows["attribute"] == name).any()), "")
    return rows[rows["attribute"] == attribute]


def _highest(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The rows to draw, with a ``label``: those with most of a measure, from the top."""
    shown = rows.dropna(subset=[measure]).sort_values([measure, "name"], ascending=[False, True], kind="stable")
    shown = shown.head(TOP_ROWS)
    return shown.assign(label=[charts.broken(words.text(name)) for name in shown["name"]])


def margins(whole: pd.DataFrame, drawn: pd.DataFrame, rows: pd.DataFrame) -> Figure:
    """Gross margin by the files' leading attribute.

    Args:
        whole: Rows of `gross_margins` for all goods.
        drawn: Those of the attribute that is drawn, with ``name``.
        rows: All rows of the table, with ``name``.
    """
    shown = _highest(drawn, "margin_amount")
    tooltip = [
        charts.tip("name", "Goods"),
        charts.tip("margin_amount", "Gross margin", charts.COUNT),
        charts.tip("margin_share", "Of sales with known cost", charts.SHARE),
        charts.tip("sales_amount", "Sales", charts.COUNT),
        charts.tip("costed_sales_share", "Sales with known cost", charts.SHARE),
    ]
    return Figure(
        key="gross-margins",
        title=margin_title(whole, drawn),
        chart=charts.bars(shown, "label", "margin_amount", "Gross margin", charts.COUNT, tooltip),
        data=shown[["label", "name", "margin_amount", "margin_share", "sales_amount", "costed_sales_share"]],
        alt="Bars of the gross margin, the highest first",
        table=Table(
            rows,
            [
                Column("attribute", "Of"),
                Column("name", "Goods"),
                Column("sales_amount", "Sales", words.amount),
                Column("margin_amount", "Gross margin", words.amount),
                Column("margin_share", "Share", words.share),
                Column("costed_sales_share", "Cost known of", words.share),
                Column("returned_share", "Returned", words.share),
            ],
            "gross_margins",
            is_searchable=True,
        ),
        note="Gross margin: sales after discounts and returns, less the cost of the goods, where it is known.",
    )


def margin_title(whole: pd.DataFrame, shown: pd.DataFrame) -> str:
    """How much of sales is left, and what earns most.

    Args:
        whole: Rows of `gross_margins` for all goods.
        shown: Rows of what is compared.
    """
    known = whole.dropna(subset=["margin_share"])
    if not len(known):
        return "No margin is known"
    costed, margin = known["costed_sales_amount"].astype(float).sum(), known["margin_amount"].astype(float).sum()
    left = f"{words.share(margin / costed)} of sales are left after cost" if costed > 0 else "Nothing was earned"
    shares = shown.dropna(subset=["margin_share"])
    if len(shares) < 2:
        return left
    names, most = words.leaders(list(shares["name"]), list(shares["margin_amount"]))
    if len(names) != 1 or most <= 0:
        return left
    return f"{left}; {names[0]} earns most, {words.amount(most)}"


def discounts(whole: pd.DataFrame, drawn: pd.DataFrame, rows: pd.DataFrame) -> Figure:
    """How much of the sales was discounted, by the files' leading attribute.

    Args:
        whole: Rows of `gross_margins` for all goods.
        drawn: Those of the attribute that is drawn, with ``name``.
        rows: All rows of the table, with ``name``.
    """
    shown = _highest(drawn, "discounted_share")
    tooltip = [
        charts.tip("name", "Goods"),
        charts.tip("discounted_share", "Sales with a discount", charts.SHARE),
        charts.tip("discount_depth", "Off the full price", charts.SHARE),
        charts.tip("discount_amount", "Discounts", charts.COUNT),
    ]
    return Figure(
        key="discounts",
        title=discount_title(whole),
        chart=charts.bars(shown, "label", "discounted_share", "Sales with a discount", charts.SHARE, tooltip),
        data=shown[["label", "name", "discounted_share", "discount_depth", "discount_amount"]],
        alt="Bars of the share of sales that had a discount, the highest first",
        table=Table(
            rows,
            [
                Column("attribute", "Of"),
                Column("name", "Goods"),
                Column("sales_amount", "Sales", words.amount),
                Column("discount_amount", "Discounts", words.amount),
                Column("discounted_share", "Sales with a discount", words.share),
                Column("discount_depth", "Off the full price", words.share),
            ],
            "gross_margins",
            is_searchable=True,
        ),
    )


def discount_title(whole: pd.DataFrame) -> str:
    """How much of the sales had a discount, and how deep it was.

    Args:
        whole: Rows of `gross_margins` for all goods.
    """
    known = whole.dropna(subset=["discounted_share", "discount_depth"])
    if not len(known):
        return "Nothing was sold at a discount"
    most = known.loc[known["discount_amount"].astype(float).idxmax()]
    share, depth = words.share(most["discounted_share"]), words.share(most["discount_depth"])
    return f"{share} of sales had a discount, on average {depth} off the full price"


def hours(cells: pd.DataFrame) -> Figure:
    """Receipts by weekday and hour.

    Args:
        cells: `sales_hours` by weekday and hour.
    """
    # Columns stand in the order of their first row, so hours that Monday does not have must not come last.
    frame = cells.assign(hour=[f"{hour}:00" for hour in cells["hour_of_day"]]).sort_values(
        ["hour_of_day", "iso_weekday"], kind="stable"
    )
    weekdays = [str(day) for day in cells["weekday"].drop_duplicates()]
    tooltip = [
        charts.tip("weekday", "Day"),
        charts.tip("hour", "Hour"),
        charts.tip("receipts", "Receipts", charts.COUNT),
        charts.tip("receipt_share", "Share of receipts", charts.SHARE),
        charts.tip("customers", "Customers", charts.COUNT),
        charts.tip("sales_amount", "Sales", charts.COUNT),
    ]
    drawn = charts.heat_map(frame, "hour", "weekday", "receipt_share", charts.SHARE, "Share of receipts", tooltip)
    for layer in drawn.layer:
        layer.encoding.y.sort = weekdays
    return Figure(
        key="sales-hours",
        title=hours_title(cells),
        chart=drawn,
        data=frame[["hour", "weekday", "receipts", "receipt_share", "customers", "sales_amount"]],
        alt="Heat map of receipts by weekday and hour",
        table=Table(
            cells.assign(hour=[f"{hour}:00" for hour in cells["hour_of_day"]]),
            [
                Column("weekday", "Day"),
                Column("hour", "Hour"),
                Column("receipts", "Receipts", words.count),
                Column("receipt_share", "Share", words.share),
                *([Column("customers", "Customers", words.count)] if (cells["customers"] > 0).any() else []),
                Column("units", "Units", words.count),
                Column("sales_amount", "Sales", words.amount),
            ],
            "sales_hours",
        ),
        note="9:00 is the hour from 9:00 to 9:59, in the time of the files. Hours without a receipt are empty.",
        is_wide=True,
    )


def hours_title(cells: pd.DataFrame) -> str:
    """The hour with most receipts.

    Args:
        cells: `sales_hours`.
    """
    names = [f"{day} from {hour}:00" for day, hour in zip(cells["weekday"], cells["hour_of_day"], strict=True)]
    busiest, most = words.leaders(names, list(cells["receipt_share"]))
    if not busiest:
        return "No receipt has a time"
    if len(busiest) == 1:
        return f"The busiest hour is {busiest[0]}: {words.share(most)} of receipts"
    return f"The busiest hours are {words.leading(busiest, 'hour')}: {words.share(most)} of receipts each"
