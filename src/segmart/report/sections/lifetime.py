"""What can be expected of customers, how far that can be trusted, and how long until they come again."""

from __future__ import annotations

import altair as alt
import pandas as pd

from segmart.report import charts, words
from segmart.report.blocks import Block, Column, Figure, Section, Table
from segmart.report.marts import Marts

TOP_ROWS = 20
"""More groups than this are left to the table."""

KINDS = ("all", "first department", "first category", "first product_type", "first brand")
"""Groups by what was bought first that are drawn, the first of these that has several."""

DAYS = ("lower_quartile_days", "median_days", "upper_quartile_days")
"""Columns that may be empty."""

NOTE = "By Kaplan and Meier, with 95 % intervals: who has not come again may still come."
OLD = " Some of the first purchases are those of old customers, as the data begin shortly before."

GROUPS = {
    "start known": "new customers",
    "start unknown": "customers who may have come before the data begin",
    "all customers": "all customers",
}

EXPECTED = """
    select
        customer_group,
        count(*) as customers,
        sum(expected_sales_amount) as expected_sales_amount
    from lifetime_value
    group by customer_group
    order by customer_group
"""


def sections(marts: Marts) -> list[Section]:
    """The section, if there are customers whose purchases can be followed."""
    blocks: list[Block] = []
    if marts.has("lifetime_value_diagnostics"):
        diagnostics = marts.frame(
            "select * from lifetime_value_diagnostics order by customer_group, target, bucket, method"
        )
        diagnostics = diagnostics.astype({"customers": float})
        blocks.append(lifetime(diagnostics, marts.frame(EXPECTED) if marts.has("lifetime_value") else None))
    if marts.has("purchase_intervals"):
        rows = marts.frame(
            "select * from purchase_intervals order by interval_start desc, group_kind, customers desc, group_value"
        )
        blocks.append(came_again(rows.astype(dict.fromkeys(DAYS, float))))
    lead = "What customers can be expected to buy, and how long until they come again."
    return [Section("lifetime", "What to expect of customers", lead, blocks)] if blocks else []


def lifetime(diagnostics: pd.DataFrame, expected: pd.DataFrame | None = None) -> Figure:
    """What was expected of tenths of the customers, and what they spent.

    Args:
        diagnostics: Rows of `lifetime_value_diagnostics`.
        expected: Customers and their expected sales by ``customer_group``; none where nothing is expected.
    """
    tenths = diagnostics[(diagnostics["bucket"] > 0) & (diagnostics["target"] == "sales")]
    tenths = tenths.sort_values(["customer_group", "bucket"], ascending=[True, False], kind="stable")
    several = tenths["customer_group"].nunique() > 1
    labels = [
        f"{words.title_case(group) + ', t' if several else 'T'}enth {bucket}"
        for group, bucket in zip(tenths["customer_group"], tenths["bucket"], strict=True)
    ]
    frame = pd.concat(
        [
            tenths.assign(label=labels, kind=kind, amount=tenths[name])
            for kind, name in (("Expected", "predicted_mean"), ("Spent", "actual_mean"))
        ]
    )[["label", "kind", "amount", "customers"]]
    tooltip = [
        charts.tip("label", "Customers"),
        charts.tip("kind", "What"),
        charts.tip("amount", "Sales per customer", charts.DECIMAL),
        charts.tip("customers", "Number", charts.COUNT),
    ]
    drawn = (
        charts.chart(charts.rows_height(len(tenths)))
        .mark_point(filled=True, size=80, opacity=1)
        .encode(
            x=alt.X("amount:Q", title="Sales per customer", axis=charts.short_ticks()),
            y=alt.Y("label:N", title=None, sort=None, axis=charts.name_axis()),
            color=charts.named_colours("kind", {"Expected": charts.BLUE, "Spent": charts.VERMILION}),
            shape=alt.Shape(
                "kind:N", title=None, scale=alt.Scale(domain=["Expected", "Spent"], range=["circle", "square"])
            ),
            tooltip=tooltip,
        )
    )
    note = "Each group of customers is cut into tenths by what was expected of them one horizon before the end."
    if expected is not None and len(expected):
        amount = float(expected["expected_sales_amount"].sum())
        customers = words.plural(int(expected["customers"].sum()), "customer")
        note += f" In the next horizon, {customers} are expected to buy for {words.amount(amount)}."
    return Figure(
        key="lifetime-value",
        for_analysts=True,
        title=lifetime_title(diagnostics),
        chart=drawn,
        data=frame,
        alt="Points of what was expected of tenths of the customers, and of what they spent",
        table=Table(
            diagnostics[diagnostics["bucket"] == 0],
            [
                Column("customer_group", "Customers"),
                Column("target", "What"),
                Column("method", "Method"),
                Column("customers", "Number", words.count),
                Column("predicted_mean", "Expected", words.decimal),
                Column("actual_mean", "Came", words.decimal),
                Column("mean_absolute_error", "Mean error", words.decimal),
                Column("root_mean_squared_error", "Root of squared error", words.decimal),
                Column("correlation", "Correlation", words.decimal),
                Column("is_chosen", "Used", words.yes_no),
                Column("verdict", "Verdict"),
            ],
            "lifetime_value_diagnostics",
        ),
        note=note,
    )


def lifetime_title(diagnostics: pd.DataFrame) -> str:
    """Whether BG/NBD is used, or what stands in its way.

    Args:
        diagnostics: Rows of `lifetime_value_diagnostics`.
    """
    models = diagnostics[(diagnostics["bucket"] == 0) & (diagnostics["method"] == "BG/NBD")]
    if not len(models):
        return "No customer can be followed"
    judged = models[models["customers"].notna()]
    if not len(judged):
        return f"Nothing is expected of customers: {words.text(models['verdict'].iloc[0])}"
    is_better = judged["is_chosen"].astype(bool)
    if is_better.all():
        return "BG/NBD says better than every plain rule what customers will buy"
    if not is_better.any():
        return "A plain rule says what customers will buy, as BG/NBD does not beat it"
    names = [GROUPS.get(str(group), str(group)) for group in judged.loc[is_better, "customer_group"]]
    return f"BG/NBD says what {words.listing(names)} will buy; for others no model beats a plain rule"


def came_again(rows: pd.DataFrame) -> Figure:
    """Share of customers who came again after their first purchase.

    Args:
        rows: Rows of `purchase_intervals`.
    """
    first = rows[(rows["interval_start"] == "first purchase") & rows["returned_share_90_days_low"].notna()]
    kinds = [kind for kind in KINDS[1:] if (first["group_kind"] == kind).sum() > 1][:1]
    shown = first[first["group_kind"].isin(["all", *kinds]) & ~first["is_small_count"].astype(bool)]
    shown = shown.sort_values(["customers", "group_value"], ascending=[False, True], kind="stable").head(TOP_ROWS)
    # One group alone is said in the title.
    shown = shown if len(shown) > 1 else shown.head(0)
    shown = shown.assign(label=[charts.broken(words.text(name)) for name in shown["group_value"]])
    tooltip = [
        charts.tip("group_value", "First bought"),
        charts.tip("returned_share_90_days", "Came again within 90 days", charts.SHARE),
        charts.tip("returned_share_90_days_low", "At least", charts.SHARE),
        charts.tip("returned_share_90_days_high", "At most", charts.SHARE),
        charts.tip("median_days", "Median days", charts.COUNT),
        charts.tip("customers", "Customers", charts.COUNT),
    ]
    columns = [
        *("label", "group_value", "returned_share_90_days", "returned_share_90_days_low"),
        *("returned_share_90_days_high", "median_days", "customers"),
    ]
    has_old = (first["unknown_past_share"].astype(float) > 0).any()
    return Figure(
        key="purchase-intervals",
        title=came_again_title(rows),
        chart=charts.intervals(
            shown, "label", "returned_share_90_days", "returned_share_90_days_low", "returned_share_90_days_high",
            "Came again within 90 days", charts.WHOLE_SHARE, tooltip,
        ),
        data=shown[columns],
        alt="Share of customers who came again within 90 days, by what they bought first",
        table=Table(
            rows,
            [
                Column("interval_start", "Since"),
                Column("group_kind", "Customers by"),
                Column("group_value", "Group"),
                Column("customers", "Customers", words.count),
                Column("lower_quartile_days", "A quarter within days", words.count),
                Column("median_days", "Half within days", words.count),
                Column("returned_share_30_days", "Within 30 days", words.share),
                Column("returned_share_90_days", "Within 90 days", words.share),
                Column("is_small_count", "Few", words.yes_no),
            ],
            "purchase_intervals",
            is_searchable=True,
        ),
        note=NOTE + (OLD if has_old else ""),
    )  # fmt: skip


def came_again_title(rows: pd.DataFrame) -> str:
    """How many came again after the first purchase, and how soon.

    Args:
        rows: Rows of `purchase_intervals`.
    """
    whole = rows[(rows["interval_start"] == "first purchase") & (rows["group_kind"] == "all")]
    if not len(whole):
        return "No customer can be followed"
    row = whole.iloc[0]
    if not words.is_missing(row["median_days"]):
        days = words.plural(int(row["median_days"]), "day")
        return f"Half of the customers come again within {days} of the first purchase"
    if not words.is_missing(row["returned_share_90_days"]):
        share = words.share(row["returned_share_90_days"])
        return f"{share} of the customers come again within 90 days of the first purchase, fewer than half in all"
    return "Too few days are known to say when customers come again"
