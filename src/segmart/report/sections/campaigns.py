"""How segments answered to campaigns, what they spend on, where they buy, and when they came."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import altair as alt
import pandas as pd

from segmart.report import charts, words
from segmart.report.blocks import Block, Column, Figure, Section, Table
from segmart.report.marts import Marts


def sections(marts: Marts) -> list[Section]:
    """The section, if there are campaigns."""
    blocks: list[Block] = []
    if marts.has("campaign_responses"):
        responses = marts.frame("select * from campaign_responses order by campaign_number, segment_name")
        blocks += [response_map(responses), response_rates(responses)]
    if marts.has("purchases_by_segment_channel"):
        channels = marts.frame("select * from purchases_by_segment_channel order by segment_name, channel")
        blocks.append(channel_map(channels))
    lead = "Who answered, and where the segments buy."
    return [Section("campaigns", "Campaigns", lead, blocks)] if blocks else []


def _with_labels(responses: pd.DataFrame) -> pd.DataFrame:
    return responses.assign(
        campaign=[f"Campaign {int(number)}" for number in responses["campaign_number"]],
        short=[str(int(number)) for number in responses["campaign_number"]],
        label=[charts.broken(words.text(name)) for name in responses["segment_name"]],
        proven=[
            "higher" if row.is_significant and row.response_rate > row.all_response_rate
            else "lower" if row.is_significant
            else "not proven"
            for row in responses.itertuples()
        ],
    )  # fmt: skip


def _response_table(responses: pd.DataFrame) -> Table:
    return Table(
        responses,
        [
            Column("campaign_number", "Campaign", words.count),
            Column("segment_name", "Segment"),
            Column("customers", "Customers", words.count),
            Column("responses", "Responses", words.count),
            Column("response_rate", "Rate", words.share),
            Column("response_rate_low", "95 % from", words.share),
            Column("response_rate_high", "to", words.share),
            Column("all_response_rate", "Rate of all", words.share),
            Column("q_value", "q", words.p_value),
        ],
        "campaign_responses",
        is_searchable=True,
    )


def response_map(responses: pd.DataFrame) -> Figure:
    """Response rates by segment and campaign.

    Args:
        responses: `campaign_responses` by campaign and segment.
    """
    frame = _with_labels(responses)
    tooltip = [
        charts.tip("campaign", "Campaign"),
        charts.tip("segment_name", "Segment"),
        charts.tip("response_rate", "Response rate", charts.SHARE),
        charts.tip("all_response_rate", "Rate of all", charts.SHARE),
        charts.tip("responses", "Responses", charts.COUNT),
        charts.tip("customers", "Customers", charts.COUNT),
    ]
    drawn = charts.heat_map(frame, "short", "label", "response_rate", charts.WHOLE_SHARE, "Response rate", tooltip)
    title = response_title(responses)
    columns = ["short", "label", "campaign", "segment_name", "response_rate", "all_response_rate"]
    return Figure(
        key="campaign-responses",
        title=title,
        chart=drawn,
        data=frame[[*columns, "responses", "customers"]],
        alt="Heat map of response rates by segment and campaign",
        table=_response_table(responses),
        note="Columns: campaigns by their number.",
        for_analysts=True,
    )


def response_title(responses: pd.DataFrame) -> str:
    """The highest rate of a segment that provably differs from the others."""
    proven = responses[responses["is_significant"].astype(bool) & ~responses["is_small_count"].astype(bool)]
    proven = proven[proven["response_rate"].astype(float) > proven["all_response_rate"].astype(float)]
    if not len(proven):
        return "No segment answered provably more often than the others"
    top = proven.loc[proven["response_rate"].astype(float).idxmax()]
    return (
        f"“{top['segment_name']}” answered most: {words.share(top['response_rate'])} to campaign"
        f" {int(top['campaign_number'])}, against {words.share(top['all_response_rate'])} of all customers"
    )


def response_rates(responses: pd.DataFrame) -> Figure:
    """Response rates with their intervals; a list chooses the campaign.

    Args:
        responses: `campaign_responses` by campaign and segment.
    """
    frame = _with_labels(responses)
    of_names = {"higher": charts.BLUE, "lower": charts.VERMILION, "not proven": charts.GREY}
    colour = charts.named_colours("proven", of_names, "Against the others")
    base = charts.chart(charts.rows_height(frame["segment_name"].nunique(), 36)).transform_filter(
        "datum.short == shown"
    )
    x = alt.X("response_rate:Q", title="Response rate", axis=charts.few_ticks(charts.WHOLE_SHARE))
    y = charts.category_axis("label")
    tooltip = [
        charts.tip("campaign", "Campaign"),
        charts.tip("segment_name", "Segment"),
        charts.tip("response_rate", "Response rate", charts.SHARE),
        charts.tip("response_rate_low", "95 % interval from", charts.SHARE),
        charts.tip("response_rate_high", "to", charts.SHARE),
        charts.tip("proven", "Against the others"),
    ]
    of_all = base.mark_rule(strokeDash=[4, 4], opacity=0.6).encode(x="mean(all_response_rate):Q")
    spans = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("response_rate_low:Q", title="Response rate"),
        x2="response_rate_high:Q",
        y=y,
        color=colour,
        tooltip=tooltip,
    )
    dots = base.mark_circle(size=90, opacity=1).encode(x=x, y=y, color=colour, tooltip=tooltip)
    totals = (
        responses.drop_duplicates("campaign_number").set_index("campaign_number")["all_response_rate"].astype(float)
    )
    best, highest = words.leaders([str(int(number)) for number in totals.index], list(totals))
    title, first = "There were no campaigns", ""
    if best:
        first = best[0]
        who = f"Campaign {first} was" if len(best) == 1 else f"Campaigns {words.listing(best)} were"
        title = f"{who} answered most often, by {words.share(highest)} of all customers"
    return Figure(
        key="campaign-rates",
        title=title,
        chart=(of_all + spans + dots).add_params(charts.shown(first)),
        data=frame[
            ["campaign", "short", "segment_name", "label", "response_rate", "response_rate_low", "response_rate_high",
             "all_response_rate", "proven"]
        ],
        alt="Dots with 95 % intervals: response rates by segment",
        table=_response_table(responses),
        note="Dashed: all customers. Coloured: significant after correction for all campaigns and segments.",
        options=(
            "Campaign",
            tuple((name, f"Campaign {name}") for name in dict.fromkeys([first, *frame["short"]]) if name),
        ),
    )  # fmt: skip


def category_map(spend: pd.DataFrame, dataset: str) -> Figure:
    """Spend by segment and category, as a ratio of shares.

    Args:
        spend: `spend_by_segment_category` of one dataset.
        dataset: Its name.
    """
    return _index_map(
        spend,
        column="category",
        key=f"{dataset}-spend-by-category",
        is_wide=True,
        mart="spend_by_segment_category",
        subject="spend",
        measure=("spend_per_customer", "Spend per customer", words.amount),
        share=("share_of_segment_spend", "Share of the segment's spend"),
        of_all=("share_of_all_spend", "Share of all spend"),
    )


def channel_map(channels: pd.DataFrame) -> Figure:
    """Purchases by segment and channel, as a ratio of shares.

    Args:
        channels: `purchases_by_segment_channel`.
    """
    return _index_map(
        channels,
        column="channel",
        key="purchases-by-channel",
        mart="purchases_by_segment_channel",
        subject="purchases",
        measure=("purchases_per_customer", "Purchases per customer", words.decimal),
        share=("share_of_segment_purchases", "Share of the segment's purchases"),
        of_all=("share_of_all_purchases", "Share of all purchases"),
    )


def _index_map(
    frame: pd.DataFrame,
    column: str,
    key: str,
    mart: str,
    subject: str,
    measure: tuple[str, str, Callable[[Any], str]],
    share: tuple[str, str],
    of_all: tuple[str, str],
    is_wide: bool = False,
) -> Figure:
    labelled = frame.assign(
        label=[charts.broken(words.text(name), 18) for name in frame["segment_name"]],
        name=[words.label(name) for name in frame[column]],
    )
    tooltip = [
        charts.tip("segment_name", "Segment"),
        charts.tip("name", words.title_case(column)),
        charts.tip(measure[0], measure[1], charts.DECIMAL),
        charts.tip(share[0], share[1], charts.SHARE),
        charts.tip(of_all[0], of_all[1], charts.SHARE),
        charts.tip("index_to_all", "Ratio", charts.DECIMAL),
    ]
    # Fewer columns than rows fit a phone.
    sides = ("name", "label") if labelled["name"].nunique() <= labelled["label"].nunique() else ("label", "name")
    drawn = charts.heat_map(
        labelled, *sides, "index_to_all", charts.DECIMAL, "Ratio to the share of all", tooltip, is_ratio=True
    )
    indices = frame["index_to_all"].astype(float)
    title = "Nothing was bought"
    if indices.notna().any():
        top = labelled.loc[indices.idxmax()]
        ratio = words.decimal(top["index_to_all"])
        title = (
            f"{words.title_case(top['name'])}: {ratio} times the usual share of {subject} among “{top['segment_name']}”"
        )
    return Figure(
        key=key,
        title=title,
        chart=drawn,
        data=labelled[["label", "name", "segment_name", measure[0], share[0], of_all[0], "index_to_all"]],
        alt=f"Heat map by segment and {column}",
        table=Table(
            labelled,
            [
                Column("segment_name", "Segment"),
                Column("name", words.title_case(column)),
                Column(measure[0], measure[1], measure[2]),
                Column(share[0], share[1], words.share),
                Column(of_all[0], of_all[1], words.share),
                Column("index_to_all", "Ratio", words.decimal),
            ],
            mart,
        ),
        note="1: the same share as of all customers together. Segments were made from such amounts and must differ.",
        is_wide=is_wide,
    )


def segment_order(marts: Marts, names: Iterable[str]) -> list[str]:
    """Segments in the order of their numbers, so that they have the colours of their own section."""
    order: dict[str, int] = {}
    if marts.has("segment_profiles"):
        known = marts.frame("select segment_name, min(cluster_id) as place from segment_profiles group by all")
        order = dict(zip(known["segment_name"], known["place"], strict=True))
    return sorted({words.text(name) for name in names}, key=lambda name: (order.get(name, len(order) + 1), name))


def enrolments(months: pd.DataFrame, names: list[str]) -> Figure:
    """New customers per month, stacked by segment, or what they spend.

    Args:
        months: `enrolments_by_month` by month and segment.
        names: Segments in the order of their colours.
    """
    frame = months.assign(spend=months["spend_amount"].astype(float))
    parts = pd.concat(
        [
            frame.assign(measure="enrolled_customers", number=frame["enrolled_customers"].astype(float)),
            frame.assign(measure="spend_amount", number=frame["spend"]),
        ]
    )
    axis = alt.Axis(format="%b %Y", tickCount={"interval": "month", "step": 3}, labelOverlap=True)
    drawn = (
        charts.chart(230)
        .transform_filter("datum.measure == shown")
        .mark_bar()
        .encode(
            x=alt.X("yearmonth(month_start_date):T", title=None, axis=axis),
            y=alt.Y("number:Q", title=None, axis=charts.short_ticks()),
            color=charts.segment_colour(names),
            tooltip=[
                alt.Tooltip("month_start_date:T", title="Month", format="%B %Y"),
                charts.tip("segment_name", "Segment"),
                charts.tip("enrolled_customers", "New customers", charts.COUNT),
                charts.tip("spend", "Spend of these", charts.COUNT),
            ],
        )
        .add_params(charts.shown("enrolled_customers"))
    )
    totals = frame.groupby("month_start_date")["enrolled_customers"].sum()
    best, highest = words.leaders(list(totals.index), list(totals))
    title = "Nobody enrolled"
    if len(best) == 1:
        title = f"Most customers came in {pd.Timestamp(best[0]):%B %Y}: {words.count(highest)}"
    elif best:
        title = f"{words.plural(len(best), 'month')} brought most new customers: {words.count(highest)} each"
    return Figure(
        key="enrolments",
        title=title,
        chart=drawn,
        data=parts[["month_start_date", "segment_name", "measure", "number", "enrolled_customers", "spend"]],
        alt="Stacked bars of new customers by month and segment",
        table=Table(
            frame,
            [
                Column("month_start_date", "Month", words.month),
                Column("segment_name", "Segment"),
                Column("enrolled_customers", "New customers", words.count),
                Column("spend", "Spend", words.amount),
                Column("spend_per_customer", "Spend per customer", words.amount),
            ],
            "enrolments_by_month",
        ),
        note="The first and the last month may be incomplete.",
        options=("Show", (("enrolled_customers", "new customers"), ("spend_amount", "their spend"))),
    )
