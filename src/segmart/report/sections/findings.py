"""Findings as sections show them."""

from __future__ import annotations

from typing import Any

from segmart.report import words
from segmart.report.blocks import Finding


def finding(row: dict[str, Any]) -> Finding:
    """A row of `insights`."""
    return Finding(
        number=metric(row["metric_name"], row["metric_value"]),
        meaning=meaning(row["metric_name"], row["metric_value"]),
        sentence=words.with_days(words.text(row["insight"])),
        action=words.text(row["recommended_action"]),
        evidence=words.text(row["evidence_mart"]),
        evidence_key=words.text(row["evidence_key"]),
        is_caution=bool(row["is_caution"]),
    )


MEANINGS = {
    "adjusted index": "the share among others",
    "affinity index": "the share among others",
    "adjusted lift": "as often as by chance",
    "index to all customers": "the rate of all customers",
    "deviation share": "from what was to be expected",
    "uplift share": "more units than expected",
}
"""What a number is to readers who do not know the marts."""

CHANGES = ("deviation share", "uplift share")
"""Parts of what was expected; what is more than doubled is written as a multiple."""


def meaning(name: Any, value: Any) -> str:
    """What the number of a finding is, as it is written behind the number."""
    label = words.label(name)
    return "what was to be expected" if _is_multiple(label, value) else MEANINGS.get(label, label)


def _is_multiple(label: str, value: Any) -> bool:
    return label in CHANGES and not words.is_missing(value) and float(value) >= 1


def metric(name: Any, value: Any) -> str:
    """The number of a finding, written after what its name says it is."""
    label = words.label(name)
    if _is_multiple(label, value):
        return f"{words.measured(1 + float(value))} ×"
    if "share" in label:
        return words.small_share(value)
    if "index" in label or "lift" in label.split():
        return f"{words.measured(value)} ×" if not words.is_missing(value) else words.MISSING
    if label in ("customers", "rows", "products") or label.endswith(" rows"):
        return words.count(value)
    return words.amount(value)
