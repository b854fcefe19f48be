"""What sales to expect, where a forecast beats the naive ones."""

from __future__ import annotations

import altair as alt
import pandas as pd

from segmart.report import charts, words
from segmart.report.blocks import Block, Column, Figure, Section, Table
from segmart.report.marts import Marts

TOP_ROWS = 25
"""More series than this are left to the table."""

LEVELS = {"total": "All", "store": "Store ", "category": ""}
"""What stands before the member in a name; the total has no other name."""


def sections(marts: Marts) -> list[Section]:
    """The section, if anything was tried."""
    if not marts.has("sales_forecast_diagnostics"):
        return []
    query = "select * from sales_forecast_diagnostics order by dataset, level desc, member"
    diagnostics = _named(marts.frame(query))
    blocks: list[Block] = []
    if marts.has("sales_forecast"):
        query = "select * from sales_forecast order by dataset, level desc, member, period_start_date"
        blocks.append(expected(_named(marts.frame(query))))
    blocks.append(backtest(diagnostics))
    lead = "What sales to expect of the next weeks or months, and how far to trust that."
    return [Section("forecast", "Forecast", lead, blocks)]


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with the `name` of their series."""
    names = [
        LEVELS["total"] if level == "total" else f"{LEVELS.get(level, '')}{member}"
        for level, member in zip(rows["level"], rows["member"], strict=True)
    ]
    return rows.assign(name=names)


def expected(periods: pd.DataFrame) -> Figure:
    """Past sales, and forecasts with their intervals, one series at a time.

    Args:
        periods: `sales_forecast` with ``name``, by series and date.
    """
    forecasts = periods[periods["is_forecast"].astype(bool)]
    names = list(periods["name"].drop_duplicates())
    past_tooltip = [charts.day_tip("period_start_date", "From"), charts.tip("sales_amount", "Sales", charts.COUNT)]
    tooltip = [
        charts.day_tip("period_start_date", "From"),
        charts.tip("forecast_sales_amount", "Expected sales", charts.COUNT),
        charts.tip("forecast_low_amount", "At least", charts.COUNT),
        charts.tip("forecast_high_amount", "At most", charts.COUNT),
        charts.tip("method", "Method"),
    ]
    axis = alt.Axis(format="%-d %b %Y", labelOverlap=True, labelBound=True)
    base = (
        charts.chart(300)
        .transform_filter("datum.name === shown")
        .encode(x=alt.X("period_start_date:T", title=None, axis=axis))
    )
    future = base.transform_filter("datum.is_forecast").encode(tooltip=tooltip)
    y = {"title": "Sales", "axis": charts.few_ticks(charts.COUNT), "scale": alt.Scale(zero=False)}
    past = (
        base.transform_filter("!datum.is_forecast")
        .mark_line(color=charts.GREY, point=alt.OverlayMarkDef(size=25, color=charts.GREY))
        .encode(y=alt.Y("sales_amount:Q", **y), tooltip=past_tooltip)
    )
    band = future.mark_area(opacity=0.2, color=charts.BLUE).encode(
        y=alt.Y("forecast_low_amount:Q", **y), y2="forecast_high_amount:Q"
    )
    line = future.mark_line(color=charts.BLUE, point=alt.OverlayMarkDef(size=50)).encode(
        y=alt.Y("forecast_sales_amount:Q", **y)
    )
    amounts = ["sales_amount", "forecast_sales_amount", "forecast_low_amount", "forecast_high_amount"]
    return Figure(
        key="sales-forecast",
        title=expected_title(forecasts),
        chart=(past + band + line).add_params(charts.shown(names[0] if names else "")),
        data=periods[["name", "period_start_date", "is_forecast", *amounts, "method"]],
        alt="Lines of past sales and of those that are expected, with an interval",
        table=Table(
            forecasts,
            [
                Column("name", "Of"),
                Column("period_start_date", "From", words.day),
                Column("forecast_sales_amount", "Expected sales", words.amount),
                Column("forecast_low_amount", "At least", words.amount),
                Column("forecast_high_amount", "At most", words.amount),
                Column("method", "Method"),
            ],
            "sales_forecast",
            is_searchable=True,
        ),
        note="Grey is what was sold, blue what is expected. The interval is made for 80 of 100 outcomes."
        " Series without a forecast are listed below.",
        options=("Of", tuple((name, name) for name in names)),
    )


def expected_title(periods: pd.DataFrame) -> str:
    """What the first series is expected to sell over all periods.

    Args:
        periods: Periods to come of `sales_forecast`, with ``name``.
    """
    if not len(periods):
        return "No forecast is better than the naive ones"
    first = periods[periods["name"] == periods["name"].iloc[0]]
    what = "All goods" if first["name"].iloc[0] == LEVELS["total"] else first["name"].iloc[0]
    total = words.amount(first["forecast_sales_amount"].astype(float).sum())
    number = words.plural(len(first), str(first["period_type"].iloc[0]))
    return f"{what}: sales of {total} are expected in {number} from {words.day(first['period_start_date'].iloc[0])} on"


def backtest(diagnostics: pd.DataFrame) -> Figure:
    """How much error the methods save against the naive forecasts.

    Args:
        diagnostics: `sales_forecast_diagnostics` with ``name``.
    """
    known = diagnostics.dropna(subset=["saved_error_share"])
    # One series alone is said in the title.
    shown = known.head(TOP_ROWS if len(known) > 1 else 0)
    shown = shown.assign(
        label=[charts.broken(words.text(name)) for name in shown["name"]],
        published=["yes" if is_published else "no" for is_published in shown["is_published"]],
    )
    tooltip = [
        charts.tip("name", "Of"),
        charts.tip("saved_error_share", "Error saved", charts.SHARE),
        charts.tip("method", "Method"),
        charts.tip("baseline", "Against"),
        charts.tip("published", "Published"),
    ]
    colour = charts.named_colours("published", {"yes": charts.BLUE, "no": charts.GREY}, "Published", alt.Legend())
    columns = ["label", "name", "saved_error_share", "method", "baseline", "published"]
    return Figure(
        key="forecast-backtest",
        title=backtest_title(diagnostics),
        chart=charts.bars(shown, "label", "saved_error_share", "Error saved", charts.SHARE, tooltip, colour),
        data=shown[columns],
        alt="Bars of the part of the error of the naive forecast that the method saves",
        table=Table(
            diagnostics,
            [
                Column("name", "Of"),
                Column("method", "Method"),
                Column("error", "Error", words.decimal),
                Column("baseline", "Against"),
                Column("baseline_error", "Its error", words.decimal),
                Column("saved_error_share", "Error saved", words.share),
                Column("interval_coverage", "Outcomes in the interval", words.share),
                Column("reason", "Why"),
            ],
            "sales_forecast_diagnostics",
            is_searchable=True,
        ),
        note="Forecasts were made from points in the past, with what was known then, and compared with what came."
        " Errors are in mean steps from one period to the next.",
        for_analysts=True,
    )


def backtest_title(diagnostics: pd.DataFrame) -> str:
    """How many series have a forecast, and why others have none.

    Args:
        diagnostics: `sales_forecast_diagnostics`.
    """
    if not len(diagnostics):
        return "Nothing was sold that could be forecast"
    published = int(diagnostics["is_published"].astype(bool).sum())
    tried = int(diagnostics["error"].notna().sum())
    if not tried:
        return f"No forecast: {diagnostics['reason'].iloc[0]}".rstrip(".")
    if not published:
        series = "the one series" if tried == 1 else f"any of {tried} series"
        return f"No forecast of {series} is clearly better than a plain rule, so none is shown"
    return f"{words.count(published)} of {words.plural(tried, 'series', 'series')} that could be judged can be forecast"
