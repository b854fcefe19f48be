"""The findings with their numbers and actions, how fresh the data is, and how far to trust it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from segmart.report import words
from segmart.report.blocks import Block, Column, Fact, Facts, Finding, Findings, Listing, Section, Table
from segmart.report.marts import Marts
from segmart.report.sections.segmentations import count_weak, final_diagnostics

TOP_FINDINGS = 6
TOPIC_FINDINGS = 2
"""So many of one topic stand among the first findings, or the largest topic would take all places."""


def sections(marts: Marts) -> list[Section]:
    """The section, if anything is known at all."""
    blocks: list[Block] = []
    facts = [*sales_facts(marts), *quality_facts(marts)]
    if facts:
        blocks.append(Facts(facts))
    if marts.has("insights"):
        insights = marts.frame("select * from insights order by insight_rank")
        blocks += findings(insights)
    return [Section("summary", "Summary", freshness(marts), blocks)] if blocks else []


def freshness(marts: Marts) -> str:
    """From when the data is, and when the marts were published."""
    sentences = []
    sold = marts.datasets("daily_sales")
    for dataset in sold:
        query = "select min(sales_date), max(sales_date) from daily_sales where is_trading_day and dataset = ?"
        first, last = _row(marts, query, dataset)
        if not words.is_missing(last):
            whose = f"Sales in {dataset}" if len(sold) > 1 else "Sales"
            sentences.append(f"{whose} from {words.day(first)} to {words.day(last)}.")
    if marts.has("enrolments_by_month"):
        (last,) = _row(marts, "select max(month_start_date) from enrolments_by_month")
        if not words.is_missing(last):
            sentences.append(f"Campaign customers up to {last:%B %Y}.")
    if marts.has("publication"):
        columns = set(marts.frame("select * from publication limit 0").columns)
        if "published_at" in columns:
            (at,) = _row(marts, "select max(published_at) from publication")
            if not words.is_missing(at):
                sentences.append(f"Published on {words.day(at)} at {at:%H:%M} UTC.")
    return " ".join(sentences)


def sales_facts(marts: Marts) -> list[Fact]:
    """Sales, purchases, customers and products; customers of each analysis."""
    facts = []
    sold = marts.datasets("daily_sales")
    for dataset in sold:
        where = f" in {dataset}" if len(sold) > 1 else ""
        query = "select sum(sales_amount), sum(transactions) from daily_sales where dataset = ?"
        sales, purchases = _row(marts, query, dataset)
        facts += [Fact(words.amount(sales), f"sales{where}"), Fact(words.count(purchases), f"purchases{where}")]
        if marts.has("product_sales"):
            (products,) = _row(marts, "select count(*) from product_sales where dataset = ?", dataset)
            facts.append(Fact(words.count(products), f"products{where}"))
    if marts.has("customer_segments"):
        sizes = marts.frame("select dataset, count(*) as customers from customer_segments group by all order by all")
        facts += [
            Fact(words.count(row.customers), f"customers in {row.dataset}")
            for row in sizes.itertuples()
            if row.customers
        ]
    return facts


def quality_facts(marts: Marts) -> list[Fact]:
    """How many rows were refused, whether everything reconciles, how many segmentations are weak."""
    facts = []
    if marts.has("row_reconciliation"):
        query = (
            "select sum(raw_rows), sum(rejected_rows), count(*), count_if(not is_reconciled) from row_reconciliation"
        )
        raw, rejected, files, broken = _row(marts, query)
        facts.append(Fact(f"{words.count(rejected)} of {words.count(raw)}", "raw rows refused"))
        reconciled = f"{words.count(files - broken)} of {words.count(files)}"
        facts.append(Fact(reconciled, "files reconcile to the row and the cent", is_caution=broken > 0))
    if marts.has("segment_diagnostics"):
        chosen = final_diagnostics(marts.frame("select * from segment_diagnostics"))
        weak = count_weak(chosen)
        facts.append(Fact(f"{weak} of {len(chosen)}", "segmentations have weak structure or none", is_caution=weak > 0))
    return facts


def findings(insights: pd.DataFrame) -> list[Block]:
    """The first findings, the warnings, and the list of all, in which what rests on segments without structure is last.

    Args:
        insights: `insights` in the order of the rank.
    """
    plain = insights[~insights["is_caution"].astype(bool) & insights["is_founded"].astype(bool)]
    cautions = insights[insights["is_caution"].astype(bool)]
    first = plain[plain.groupby("topic").cumcount() < TOPIC_FINDINGS].head(TOP_FINDINGS)
    blocks: list[Block] = []
    if len(first):
        blocks.append(Findings("What stands out", [_finding(row) for row in first.to_dict("records")]))
    if len(cautions):
        blocks.append(Findings("Read with care", [_finding(row) for row in cautions.to_dict("records")]))
    columns = [
        Column("insight_rank", "Rank", words.count),
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
    blocks.append(Listing("all-findings", title, Table(insights, columns, "insights", is_searchable=True)))
    return blocks


def _finding(row: dict[str, Any]) -> Finding:
    return Finding(
        number=metric(row["metric_name"], row["metric_value"]),
        meaning=words.label(row["metric_name"]),
        sentence=words.text(row["insight"]),
        action=words.text(row["recommended_action"]),
        evidence=words.text(row["evidence_mart"]),
        is_caution=bool(row["is_caution"]),
    )


def metric(name: Any, value: Any) -> str:
    """The number of a finding, written after what its name says it is."""
    label = words.label(name)
    if "share" in label:
        return words.share(value)
    if "index" in label or "lift" in label.split():
        return f"{words.decimal(value)} ×" if not words.is_missing(value) else words.MISSING
    if label in ("customers", "rows", "products") or label.endswith(" rows"):
        return words.count(value)
    return words.amount(value)


def _row(marts: Marts, query: str, *parameters: object) -> tuple[Any, ...]:
    return tuple(marts.frame(query, *parameters).astype(object).iloc[0])
