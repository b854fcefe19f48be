"""The first screen of a dataset: its time, its size, what happened, who matters, what was found, what was left out."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pandas as pd

from segmart.publishing import SAMPLE, Failure
from segmart.report import words
from segmart.report.blocks import Block, Column, Cover, Fact, Facts, Figure, Findings, Listing, Section, Table
from segmart.report.marts import Marts
from segmart.report.sections import campaigns, loyalty, products, segmentations
from segmart.report.sections.findings import finding

TOP_FINDINGS = 4
TOPIC_FINDINGS = 2
"""So many of one topic stand among the first findings, or the largest topic would take all places."""


def sections(marts: Marts) -> list[Section]:
    """The section, if anything is known at all."""
    blocks: list[Block] = []
    facts = [*sales_facts(marts), *quality_facts(marts)]
    if facts:
        blocks.append(Facts(facts))
    blocks += [figure for figure in (what_happened(marts), who_matters(marts)) if figure is not None]
    if marts.has("insights"):
        insights = marts.frame("select * from insights order by insight_rank")
        blocks += findings(insights, plain_names(marts))
    return [Section("summary", "Summary", period(marts), blocks, is_first_screen=True)] if blocks else []


def cover(marts: Marts, failure: Failure | None = None) -> Cover:
    """What the published file says of itself.

    Args:
        marts: The published marts.
        failure: The build that failed since, if one did.
    """
    columns = marts.columns("publication")
    source, at = "", None
    if "data_source" in columns:
        (source,) = _row(marts, "select coalesce(max(data_source), '') from publication")
    if "published_at" in columns:
        (at,) = _row(marts, "select max(published_at) from publication")
    return Cover(
        source=source,
        is_sample=source == SAMPLE,
        published_at=None if words.is_missing(at) else pd.Timestamp(at).to_pydatetime(),
        warning="" if failure is None else older_build(failure),
    )


def older_build(failure: Failure) -> str:
    """That what the report shows is not what was built last."""
    return (
        f"The last build, from {failure.data_source}, failed on {words.day(failure.failed_at)} at"
        f" {failure.failed_at:%H:%M} UTC. Everything here is of an older build."
    )


def period(marts: Marts) -> str:
    """From when the data are."""
    sentences = []
    if marts.has("daily_sales"):
        query = "select min(sales_date), max(sales_date) from daily_sales where is_trading_day"
        first, last = _row(marts, query)
        if not words.is_missing(last):
            sentences.append(f"Sales from {words.day(first)} to {words.day(last)}.")
    elif marts.has("receipts"):
        first, last = _row(marts, "select min(receipt_date), max(receipt_date) from receipts")
        if not words.is_missing(last):
            sentences.append(f"Receipts from {words.day(first)} to {words.day(last)}; the files hold no amounts.")
    if marts.has("enrolments_by_month"):
        first, last = _row(marts, "select min(month_start_date), max(month_start_date) from enrolments_by_month")
        if not words.is_missing(last):
            sentences.append(f"Customers who came from {first:%B %Y} to {last:%B %Y}.")
    return " ".join(sentences) or "The files hold no dates of sales."


def sales_facts(marts: Marts) -> list[Fact]:
    """Sales, receipts, products and customers."""
    facts = []
    if marts.has("daily_sales"):
        sales, receipts = _row(marts, "select sum(sales_amount), sum(transactions) from daily_sales")
        facts += [Fact(words.amount(sales), "sales"), Fact(words.count(receipts), "receipts")]
    elif marts.has("receipts"):
        (receipts,) = _row(marts, "select count(*) from receipts")
        facts.append(Fact(words.count(receipts), "receipts"))
    products_mart = "product_sales" if marts.has("product_sales") else "products"
    for mart, noun in ((products_mart, "product"), ("customers", "customer")):
        (number,) = _row(marts, f"select count(*) from {mart}") if marts.has(mart) else (0,)
        # Files without products are mapped to one that stands for all.
        if number > (noun == "product"):
            facts.append(Fact(words.count(number), noun if number == 1 else f"{noun}s"))
    if marts.has("customers", "loyalty_customers"):
        known, buyers = (_row(marts, f"select count(*) from {mart}")[0] for mart in ("customers", "loyalty_customers"))
        if buyers < known:
            facts[-1] = Fact(words.count(known), f"known customers; {words.count(buyers)} of them bought")
    return facts


def quality_facts(marts: Marts) -> list[Fact]:
    """The share of rows and of money that was left out, whether all reconciles, how many segmentations are weak."""
    facts = []
    if marts.has("row_reconciliation"):
        raw, left, amount, left_amount, broken = _row(
            marts,
            """
            select
                coalesce(sum(raw_rows), 0),
                coalesce(sum(rejected_rows) + sum(excluded_rows), 0),
                coalesce(sum(raw_amount), 0),
                sum(coalesce(rejected_amount, 0) + coalesce(excluded_amount, 0)),
                count_if(not is_reconciled)
            from row_reconciliation
            """,
        )
        # Returns may outweigh the sales that were left out.
        amount = amount if left_amount >= 0 else 0
        rows = f"{words.count(left)} of {words.plural(int(raw), 'row')}"
        share = words.small_share(left_amount / amount if amount else left / raw if raw else None)
        facts.append(Fact(share, f"of the amounts left out; {rows}" if amount else f"left out; {rows}"))
        if broken:
            facts.append(Fact(words.count(broken), "files do not add up", is_caution=True))
    if marts.has("segment_diagnostics"):
        chosen = segmentations.final_diagnostics(marts.frame("select * from segment_diagnostics"))
        weak = segmentations.count_weak(chosen)
        if weak:
            if len(chosen) == 1:
                facts.append(Fact("weak or no", "structure in the segments", is_caution=True))
            else:
                facts.append(Fact(f"{weak} of {len(chosen)}", "segmentations have weak structure or none", True))
    return facts


def what_happened(marts: Marts) -> Figure | None:
    """Sales day by day, or how customers came, or nothing."""
    if marts.has("daily_sales"):
        return products.sales_over_time(
            marts.frame("select * from daily_sales order by sales_date"),
            marts.frame(products.ANOMALIES) if marts.has("sales_anomalies") else None,
        )
    if marts.has("enrolments_by_month"):
        months = marts.frame("select * from enrolments_by_month order by month_start_date, segment_name")
        return campaigns.enrolments(months, campaigns.segment_order(marts, months["segment_name"]))
    return None


def who_matters(marts: Marts) -> Figure | None:
    """What groups of customers bring, or how many belong to which segment, or nothing."""
    if marts.has("loyalty_customers"):
        return loyalty.rfm_segments(marts.frame(loyalty.RFM_SCORES), has_anonymous_sales(marts))
    if marts.has("segment_profiles"):
        query = """
            select *
            from segment_profiles
            where units = customers
            qualify dense_rank() over (order by analysis) = 1
            order by measure, cluster_id
        """
        profiles = marts.frame(query)
        if len(profiles):
            return replace(segmentations.sizes("who-matters", profiles), for_analysts=False)
    return None


def has_anonymous_sales(marts: Marts) -> bool:
    """Whether customers who are not known bought, too, so that shares of known customers are not shares of all."""
    if not marts.has("daily_sales"):
        return False
    known, everything = (
        _row(marts, f"select coalesce(sum(sales_amount), 0) from {mart}")[0]
        for mart in ("loyalty_customers", "daily_sales")
    )
    return round(float(everything) - float(known), 2) > 0


def plain_names(marts: Marts) -> dict[str, str]:
    """How people write what files write in capitals or in a till's short hand."""
    names: dict[str, str] = {}
    if marts.has("lifestage_segments"):
        stages = marts.frame("select distinct lifestage from lifestage_segments order by lifestage")["lifestage"]
        names |= {words.text(stage): words.sentence_case(stage) for stage in stages}
    if marts.has("product_sales"):
        sold = marts.frame("select * from product_sales order by sales_rank, product_id")
        names |= {
            words.text(name): plain for name, plain in zip(sold["product_name"], products.readable(sold), strict=True)
        }
    return {name: plain for name, plain in names.items() if name != plain}


def findings(insights: pd.DataFrame, names: dict[str, str] | None = None) -> list[Block]:
    """The first findings, and the list of all, in which what rests on segments without structure is last.

    Args:
        insights: `insights` of one dataset in the order of the rank.
        names: What a text should write in place of what.
    """
    for column in ("insight", "recommended_action"):
        texts = [words.with_days(renamed(text, names or {})) for text in insights[column]]
        insights = insights.assign(**{column: texts})
    plain = insights[~insights["is_caution"].astype(bool) & insights["is_founded"].astype(bool)]
    first = plain[plain.groupby("topic").cumcount() < TOPIC_FINDINGS].head(TOP_FINDINGS)
    blocks: list[Block] = []
    if len(first):
        blocks.append(Findings("What stands out", [finding(row) for row in first.to_dict("records")]))
    columns = [
        Column("insight_rank", "Rank of all", words.count),
        Column("topic", "Topic"),
        Column("insight", "Finding"),
        Column("recommended_action", "Action"),
        Column("evidence_mart", "Evidence"),
    ]
    title = (
        f"All {len(insights)} findings"
        if len(insights) > 1
        else words.title_case(words.plural(len(insights), "finding"))
    )
    listed = Table(insights, columns, "insights", is_searchable=True)
    blocks.append(Listing("all-findings", title, listed, for_analysts=True))
    return blocks


def renamed(text: Any, names: dict[str, str]) -> str:
    """A text with other names in place of some.

    Args:
        text: A sentence.
        names: What stands in it, and what is to stand there.
    """
    if not names:
        return words.text(text)
    longest_first = sorted(names, key=len, reverse=True)
    pattern = r"(?<!\w)(?:" + "|".join(re.escape(name) for name in longest_first) + r")(?!\w)"
    return re.sub(pattern, lambda found: names[found[0]], words.text(text))


def _row(marts: Marts, query: str, *parameters: object) -> tuple[Any, ...]:
    return tuple(marts.frame(query, *parameters).astype(object).iloc[0])
