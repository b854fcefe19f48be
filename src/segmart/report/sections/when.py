"""When things are sold: the months of the year, and days without sales."""

from __future__ import annotations

import pandas as pd

from segmart.report import charts, words
from segmart.report.blocks import Block, Column, Figure, Section, Table
from segmart.report.marts import Marts

MONTHS = 12


def sections(marts: Marts) -> list[Section]:
    """The section, if there are days of sales."""
    blocks: list[Block] = []
    if marts.has("seasonal_indices"):
        query = """
            select *, case when level = 'total' then 'All' else member end as name
            from seasonal_indices
            order by dataset, level desc, member, month_of_year
        """
        blocks.append(seasons(marts.frame(query)))
    if marts.has("days_without_sales"):
        blocks.append(closed_days(marts.frame("select * from days_without_sales order by closed_date, dataset")))
    lead = "Which months sell more than others, and what days without sales mean."
    return [Section("when", "When", lead, blocks)] if blocks else []


def seasons(months: pd.DataFrame) -> Figure:
    """Seasonal indices as a heat map, a row per category.

    Args:
        months: `seasonal_indices` by series and month, with ``name``.
    """
    shown = months.dropna(subset=["seasonal_index"])
    shown = shown.assign(
        month=[str(name)[:3] for name in shown["month_name"]],
        proven=["yes" if proven else "no" for proven in shown["is_significant"]],
    )
    tooltip = [
        charts.tip("name", "Category"),
        charts.tip("month_name", "Month"),
        charts.tip("seasonal_index", "Against the mean month", charts.DECIMAL),
        charts.tip("seasonal_index_low", "At least", charts.DECIMAL),
        charts.tip("seasonal_index_high", "At most", charts.DECIMAL),
        charts.tip("proven", "Beyond chance"),
    ]
    columns = ["name", "month", "month_name", "seasonal_index", "seasonal_index_low", "seasonal_index_high", "proven"]
    return Figure(
        key="seasonal-indices",
        title=season_title(months),
        chart=charts.heat_map(
            shown, "month", "name", "seasonal_index", charts.DECIMAL, "Against the mean month", tooltip, is_ratio=True
        ),
        data=shown[columns],
        alt="Heat map of sales per day against the mean month, by category and month of the year",
        table=Table(
            months,
            [
                Column("name", "Category"),
                Column("month_name", "Month"),
                Column("sales_per_day", "Sales per day", words.amount),
                Column("seasonal_index", "Against the mean month", words.decimal),
                Column("seasonal_index_low", "At least", words.decimal),
                Column("seasonal_index_high", "At most", words.decimal),
                Column("q_value", "q-value", words.p_value),
                Column("reason", "From"),
            ],
            "seasonal_indices",
            is_searchable=True,
        ),
        note="1.20 is a fifth more than in the mean month, beside the trend. Few years leave wide intervals."
        if len(shown)
        else "",
        is_wide=True,
    )


def season_title(months: pd.DataFrame) -> str:
    """The strongest season that is beyond chance.

    Args:
        months: `seasonal_indices` with ``name``.
    """
    if not len(months):
        return "No month is known whole"
    if not months["seasonal_index"].notna().any():
        return "Less than two whole years are known, so that no season can be told from a change"
    proven = months[months["is_significant"].astype(bool)]
    if not len(proven):
        return "No month sells more or less than others beyond chance"
    low, high = proven["seasonal_index_low"].astype(float), proven["seasonal_index_high"].astype(float)
    # The end of the interval that is nearer to 1.
    cautious = low.where(low > 1, 1 / high)
    row = proven.loc[cautious.idxmax()]
    what = "all goods" if row["name"] == "All" else words.text(row["name"])
    index = words.decimal(row["seasonal_index"])
    return f"{row['month_name']} sells {index} times as much of {what} as the mean month, the strongest season"


def closed_days(days: pd.DataFrame) -> Figure:
    """Days without sales by reason.

    Args:
        days: `days_without_sales` in the order of the date.
    """
    counts = days.groupby("no_sales_reason").size().sort_values(ascending=False, kind="stable")
    shown = pd.DataFrame(
        {"reason": [words.title_case(name) for name in counts.index], "days": counts.to_numpy(dtype=int)}
    )
    tooltip = [charts.tip("reason", "Reason"), charts.tip("days", "Days", charts.COUNT)]
    return Figure(
        key="days-without-sales",
        for_analysts=True,
        title=closed_title(days),
        chart=charts.bars(shown, "reason", "days", "Days", charts.COUNT, tooltip),
        data=shown,
        alt="Bars of the number of days without sales, by reason",
        table=Table(
            days.assign(is_gap=days["no_sales_reason"] == "gap").sort_values(
                ["is_gap", "closed_date"], ascending=[False, True], kind="stable"
            ),
            [
                Column("closed_date", "Day", words.day),
                Column("weekday", "Weekday"),
                Column("no_sales_reason", "Reason"),
                Column("holiday_name", "Holiday"),
            ],
            "days_without_sales",
        ),
        note="Gap: neither a closed weekday nor a holiday nor a slow day. Data may be missing."
        " The setting holiday_country says whose holidays these are.",
    )


def closed_title(days: pd.DataFrame) -> str:
    """How many days have no sales, and how many of them nobody can explain.

    Args:
        days: `days_without_sales`.
    """
    if not len(days):
        return "Every day has sales"
    gaps = int((days["no_sales_reason"] == "gap").sum())
    verb = "has" if len(days) == 1 else "have"
    which = "none of them" if not gaps else f"{gaps} of them"
    if gaps == len(days):
        which = "it" if gaps == 1 else "all of them"
    elif len(days) == 1:
        return "1 day has no sales, for a reason that is known"
    return f"{words.title_case(words.plural(len(days), 'day'))} {verb} no sales; data may be missing on {which}"
