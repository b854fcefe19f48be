"""Customers over time: whether new ones stay, which customers a change of sales comes from, and why sales change."""

from __future__ import annotations

import altair as alt
import pandas as pd

from segmart.report import charts, words
from segmart.report.blocks import Block, Column, Figure, Section, Table
from segmart.report.marts import Marts

COHORTS = 18
MONTHS = 12
"""The heat map shows so many cohorts, the last ones, and so many months of each; the table has the others."""

OLD = " *"
"""Marks a cohort that may hold old customers."""

LATEST = """
    with latest as (
        select comparison, period_start_date
        from sales_bridge
        where comparison <> 'month to month a year before'
        order by
            has_complete_periods desc, comparison = 'half year to half year' desc, period_start_date desc
        limit 1
    )

    select {mart}.*
    from {mart}
    inner join latest
        on {mart}.comparison = latest.comparison and {mart}.period_start_date = latest.period_start_date
    order by {position}
"""
"""The comparison that is drawn: of complete periods if there are some, of half years before months, the last one."""

GROUPS = {
    "retained up": "Retained, spend more",
    "retained down": "Retained, spend less",
    "new": "New",
    "reactivated": "Came again after a pause",
    "lapsed": "Did not come",
    "returns only": "Only brought back",
    "anonymous": "Without a card",
}
COLOURS = {"total": charts.GREY, "more": charts.BLUE, "less": charts.VERMILION}


def sections(marts: Marts) -> list[Section]:
    """The section, if there are customers who are known by a card."""
    if not marts.has("customer_cohorts"):
        return []
    cohorts = marts.frame("select * from customer_cohorts order by cohort_start_date, months_since")
    blocks: list[Block] = [retention(cohorts)]
    if marts.has("sales_bridge"):
        blocks.append(bridge(marts.frame(LATEST.format(mart="sales_bridge", position="bridge_step"))))
        if marts.has("sales_drivers"):
            found = marts.frame(LATEST.format(mart="sales_drivers", position="driver_position"))
            blocks.append(drivers(found[found["level"] == "all"]))
    lead = "Whether new customers stay, and where sales grow or shrink."
    return [Section("customers-over-time", "Customers over time", lead, blocks)]


def retention(cohorts: pd.DataFrame) -> Figure:
    """Share of each cohort that bought again, month by month.

    Args:
        cohorts: `customer_cohorts` by cohort and month.
    """
    names = [
        f"{pd.Timestamp(day):%b %Y}{OLD if old else ''}"
        for day, old in zip(cohorts["cohort_start_date"], cohorts["has_unknown_past"], strict=True)
    ]
    named = cohorts.assign(cohort=names, since=[str(number) for number in cohorts["months_since"]])
    # In month 0 all of them bought, and a month that is cut looks like a loss.
    followed = named[(named["months_since"] > 0) & named["is_complete_month"].astype(bool)]
    last = followed["cohort"].drop_duplicates().tail(COHORTS)
    shown = followed[followed["cohort"].isin(last) & (followed["months_since"] <= MONTHS)]
    tooltip = [
        charts.tip("cohort", "First purchase"),
        charts.tip("since", "Months since"),
        charts.tip("customers", "Customers", charts.COUNT),
        charts.tip("active_customers", "Bought in the month", charts.COUNT),
        charts.tip("retained_share", "Share", charts.SHARE),
        charts.tip("cumulative_sales_per_customer", "Sales per customer so far", charts.DECIMAL),
    ]
    drawn = charts.heat_map(
        shown, "since", "cohort", "retained_share", charts.WHOLE_SHARE, "Share that bought in the month", tooltip
    )
    columns = ["cohort", "since", "customers", "active_customers", "retained_share", "cumulative_sales_per_customer"]
    has_old = shown["has_unknown_past"].astype(bool).any()
    return Figure(
        key="retention",
        title=retention_title(cohorts),
        chart=drawn,
        data=shown[columns],
        alt="Heat map of the share of customers who bought again, by month of first purchase and months since",
        table=Table(
            cohorts.sort_values(["cohort_start_date", "months_since"], ascending=[False, True]),
            [
                Column("cohort_start_date", "Month of first purchase", words.month),
                Column("months_since", "Months since", words.count),
                Column("customers", "Customers", words.count),
                Column("active_customers", "Bought in the month", words.count),
                Column("retained_share", "Share", words.share),
                Column("sales_amount", "Sales", words.amount),
                Column("cumulative_sales_per_customer", "Sales per customer so far", words.decimal),
                Column("has_unknown_past", "May hold old customers", words.yes_no),
                Column("is_complete_month", "Whole month", words.yes_no),
            ],
            "customer_cohorts",
        ),
        note="Rows: month of the first purchase. Columns: months since."
        + (
            " * The data begin so shortly before that many of these may be old customers, who look more loyal."
            if has_old
            else ""
        ),
        is_wide=True,
    )


def retention_title(cohorts: pd.DataFrame) -> str:
    """How many buy again in the month after the first, of those who are new if there are any."""
    next_months = cohorts[(cohorts["months_since"] == 1) & cohorts["is_complete_month"].astype(bool)]
    new = next_months[~next_months["has_unknown_past"].astype(bool)]
    if not len(next_months):
        return "No month of new customers can be followed yet"
    rows, who = (new, "new customers") if len(new) else (next_months, "customers")
    share = words.share(rows["active_customers"].sum() / rows["customers"].sum())
    return f"{share} of {who} bought again in the month after their first purchase"


def _period(comparison: str, day: object) -> str:
    start = pd.Timestamp(str(day))
    if comparison != "half year to half year":
        return f"{start:%B %Y}"
    return f"the {'first' if start.month == 1 else 'second'} half of {start:%Y}"


def _waterfall(names: list[str], amounts: list[float], totals: tuple[str, float, str] | None) -> pd.DataFrame:
    """Bars that begin where the one before ends.

    Args:
        names: Names of the steps.
        amounts: What each adds or takes.
        totals: Name of the first total, its amount, and name of the last total; none if the steps begin at 0.

    Returns:
        Rows with `label`, `low`, `high`, `kind`, `amount` and `text`.
    """
    level = totals[1] if totals else 0.0
    rows = [(totals[0], 0.0, level, "total", level, words.amount(level))] if totals else []
    for name, amount in zip(names, amounts, strict=True):
        kind = "less" if amount < 0 else "more"
        ends = sorted((level, level + amount))
        rows.append((name, *ends, kind, amount, ("+" if amount > 0 else "") + words.amount(amount)))
        level += amount
    if totals:
        rows.append((totals[2], 0.0, level, "total", level, words.amount(level)))
    return pd.DataFrame(rows, columns=["label", "low", "high", "kind", "amount", "text"])


def _steps(frame: pd.DataFrame, title: str) -> alt.LayerChart:
    low = min(0.0, float(frame["low"].min())) if len(frame) else 0.0
    high = max(0.0, float(frame["high"].max())) if len(frame) else 1.0
    scale = charts.numbered_scale(low, high, [str(text) for text in frame["text"]])
    axis = alt.Axis(labels=False, grid=False)
    base = charts.chart(charts.rows_height(len(frame))).encode(
        y=charts.category_axis("label"), tooltip=[charts.tip("label", "Step"), charts.tip("text", title)]
    )
    marks = base.mark_bar().encode(
        x=alt.X("low:Q", title=title, axis=axis, scale=scale),
        x2="high:Q",
        color=alt.Color("kind:N", legend=None, scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values()))),
    )
    numbers = base.mark_text(align="left", dx=5, fontSize=11).encode(
        x=alt.X("high:Q", title=title, axis=axis, scale=scale), text="text:N"
    )
    return marks + numbers


def bridge(steps: pd.DataFrame) -> Figure:
    """From the sales of one period to those of the next, group by group of customers.

    Args:
        steps: The groups of one comparison in `sales_bridge`, in their order.
    """
    changes = steps["change_amount"].astype(float)
    moved = steps[changes != 0]
    frame = _waterfall([], [], None)
    if len(steps):
        comparison = str(steps["comparison"].iloc[0])
        before, now = (
            _period(comparison, steps[name].iloc[0]) for name in ("previous_start_date", "period_start_date")
        )
        names = [GROUPS.get(group, group) for group in moved["customer_group"]]
        total = float(steps["previous_sales_amount"].sum())
        frame = _waterfall(names, list(changes[moved.index]), (words.title_case(before), total, words.title_case(now)))
    note = "Each bar begins where the one above ends."
    if steps["has_unknown_past"].astype(bool).any():
        note += " The data begin so shortly before that many of the new customers may be old ones."
    if not steps["has_complete_periods"].astype(bool).all():
        note += " The data do not cover both periods whole."
    return Figure(
        key="sales-bridge",
        title=bridge_title(steps),
        chart=_steps(frame, "Sales"),
        data=frame,
        alt="Bars that lead from the sales of one period to those of the next",
        table=Table(
            steps.assign(group=[GROUPS.get(group, group) for group in steps["customer_group"]]),
            [
                Column("group", "Customers"),
                Column("customers", "Number", words.count),
                Column("previous_sales_amount", "Sales before", words.amount),
                Column("sales_amount", "Sales now", words.amount),
                Column("change_amount", "Change", words.amount),
                Column("change_share", "Of all sales before", words.share),
            ],
            "sales_bridge",
        ),
        note=note,
    )


def bridge_title(steps: pd.DataFrame) -> str:
    """How sales changed, and what added and took most."""
    if not len(steps):
        return "There is one period alone, and nothing to compare it with"
    changes = steps["change_amount"].astype(float)
    change, before = float(changes.sum()), float(steps["previous_sales_amount"].sum())
    comparison = str(steps["comparison"].iloc[0])
    first, last = (_period(comparison, steps[name].iloc[0]) for name in ("previous_start_date", "period_start_date"))
    part = f" ({words.share(abs(change) / before)})" if before > 0 else ""
    verb = "fell" if change < 0 else "rose"
    title = f"From {first} to {last} sales {verb} by {words.amount(abs(change))}{part}"
    if round(change, 2) == 0:
        title = f"From {first} to {last} sales stayed the same"
    most = [
        f"{words.amount(abs(changes[row]))} {sign} by “{GROUPS.get(steps['customer_group'][row], '')}”"
        for row, sign, counts in (
            (changes.idxmax(), "added", changes.max() > 0),
            (changes.idxmin(), "taken", changes.min() < 0),
        )
        if counts
    ]
    return f"{title}: {words.listing(most)}" if most else title


def drivers(parts: pd.DataFrame) -> Figure:
    """What the change of sales is due to.

    Args:
        parts: The drivers of one comparison in `sales_drivers`, in their order.
    """
    amounts = parts["contribution_amount"].astype(float)
    known = parts[amounts.notna() & ((parts["driver"] != "anonymous sales") | (amounts != 0))]
    names = [words.title_case(name) for name in known["driver"]]
    frame = _waterfall(names, list(amounts[known.index]), None)
    return Figure(
        key="sales-drivers",
        for_analysts=True,
        title=drivers_title(known),
        chart=_steps(frame, "Part of the change of sales"),
        data=frame,
        alt="Bars of what customers, receipts, units and prices add to the change of sales",
        table=Table(
            parts.assign(name=[words.title_case(name) for name in parts["driver"]]),
            [
                Column("name", "Driver"),
                Column("previous_value", "Before", words.measured),
                Column("current_value", "Now", words.measured),
                Column("contribution_amount", "Part of the change", words.amount),
            ],
            "sales_drivers",
        ),
        note="Customers × receipts per customer × units per receipt × price per unit are the sales to known customers;"
        " the parts add up to the change. Prices also change with what is bought.",
    )


def drivers_title(parts: pd.DataFrame) -> str:
    """The driver that moved sales most."""
    if not len(parts):
        return "Nothing can be said about why sales changed"
    amounts = parts["contribution_amount"].astype(float)
    names, highest = words.leaders(parts["driver"], amounts.abs())
    if highest == 0:
        return "Customers, receipts, units and prices stayed the same"
    if len(names) > 1:
        return f"{words.title_case(words.leading(names, 'driver'))} moved sales most, by {words.amount(highest)} each"
    amount = float(amounts[amounts.abs().idxmax()])
    way = "down" if amount < 0 else "up"
    return f"{words.title_case(names[0])} moved sales most, {way} by {words.amount(abs(amount))}"
