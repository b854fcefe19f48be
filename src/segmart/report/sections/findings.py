"""Findings as sections show them."""

from __future__ import annotations

from typing import Any

from segmart.report import words
from segmart.report.blocks import Finding


def finding(row: dict[str, Any]) -> Finding:
    """A row of `insights`."""
    return Finding(
        number=metric(row["metric_name"], row["metric_value"]),
        meaning=words.label(row["metric_name"]),
        sentence=words.text(row["insight"]),
        action=words.text(row["recommended_action"]),
        evidence=words.text(row["evidence_mart"]),
        evidence_key=words.text(row["evidence_key"]),
        is_caution=bool(row["is_caution"]),
    )


def metric(name: Any, value: Any) -> str:
    """The number of a finding, written after what its name says it is."""
    label = words.label(name)
    if "share" in label:
        return words.small_share(value)
    if "index" in label or "lift" in label.split():
        return f"{words.decimal(value)} ×" if not words.is_missing(value) else words.MISSING
    if label in ("customers", "rows", "products") or label.endswith(" rows"):
        return words.count(value)
    return words.amount(value)
