"""The sections of the report, dataset by dataset, in their order."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from altair.utils.schemapi import debug_mode

from segmart.report.blocks import Block, Figure, Finding, Findings, Listing, Section
from segmart.report.marts import Marts
from segmart.report.sections import (
    audiences,
    baskets,
    campaigns,
    customers_over_time,
    earnings,
    forecast,
    lifetime,
    loyalty,
    migration,
    products,
    quality,
    segmentations,
    stores,
    summary,
    switching,
    when,
)

MODULES = (
    summary,
    products,
    earnings,
    stores,
    when,
    forecast,
    loyalty,
    customers_over_time,
    lifetime,
    migration,
    switching,
    segmentations,
    campaigns,
    audiences,
    baskets,
    quality,
)
"""Each has a function `sections(marts)`, whose result is empty where its marts are not there.

It sees the rows of one dataset at a time, because what is true of one says nothing about another.
"""


def all_sections(marts: Marts) -> list[Section]:
    """Everything there is to show: the sections of one dataset after those of another."""
    # Altair checks each part of a chart against its schema as it is made, which takes longest of all; a test does it.
    with debug_mode(False):
        of_datasets = {dataset: marts.of(dataset) if dataset else marts for dataset in in_order(marts)}
        made = [
            replace(section, dataset=dataset)
            for dataset, rows in of_datasets.items()
            for module in MODULES
            for section in module.sections(rows)
        ]
    made = with_own_keys(made)
    return [with_open_part(with_evidence(section, made)) for section in made]


def in_order(marts: Marts) -> list[str]:
    """The datasets: first those with sales, then those with segments; one without a name if the marts have no rows."""
    first = (marts.datasets("daily_sales"), marts.datasets("customer_segments"))
    return sorted(marts.datasets(), key=lambda name: ([name not in names for names in first], name)) or [""]


def with_own_keys(sections: Sequence[Section]) -> list[Section]:
    """Sections that several datasets have say in every key which dataset they are about."""
    seen = Counter(section.key for section in sections)
    return [_of_dataset(section) if seen[section.key] > 1 else section for section in sections]


def _of_dataset(section: Section) -> Section:
    suffix = re.sub(r"[^a-z0-9]+", "-", section.dataset.lower())
    return replace(
        section,
        key=f"{section.key}-{suffix}",
        blocks=[_with_suffix(block, suffix) for block in section.blocks],
    )


def _with_suffix(block: Block, suffix: str) -> Block:
    return replace(block, key=f"{block.key}-{suffix}") if hasattr(block, "key") else block


def with_open_part(section: Section) -> Section:
    """A section that says something even if all of its blocks are folded: what the first of them says."""
    first = next(iter(section.folded_blocks), None)
    return section if section.open_blocks or first is None else replace(section, lead=f"{section.lead} {first.title}.")


def with_evidence(section: Section, sections: Sequence[Section]) -> Section:
    """A section whose findings know the place that shows their evidence."""
    others = [other for other in sections if other.dataset == section.dataset]
    blocks = [
        replace(block, findings=[replace(item, place=place_of(item, others)) for item in block.findings])
        if isinstance(block, Findings)
        else block
        for block in section.blocks
    ]
    return replace(section, blocks=blocks)


def place_of(finding: Finding, sections: Sequence[Section]) -> str:
    """The key of the block, or of the section, that shows what a finding rests on.

    Args:
        finding: Its evidence names a mart, and perhaps an analysis.
        sections: Those of its dataset.

    Returns:
        The section of the analysis if there is one, else the first block that draws the mart; empty if none does.
    """
    analysis = re.search(r"\banalysis = (\w+)", finding.evidence_key)
    keys = {section.key for section in sections}
    if analysis and analysis[1].replace("_", "-") in keys:
        return analysis[1].replace("_", "-")
    blocks = [block for section in sections for block in section.blocks if isinstance(block, Figure | Listing)]
    # What nobody has to unfold comes first.
    blocks.sort(key=lambda block: block.for_analysts)
    return next((block.key for block in blocks if block.table.mart == finding.evidence), "")
