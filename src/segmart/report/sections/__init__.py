"""The sections of the report, in their order."""

import re
from dataclasses import replace
from types import ModuleType

from altair.utils.schemapi import debug_mode

from segmart.report.blocks import Block, Section
from segmart.report.marts import Marts
from segmart.report.sections import (
    baskets,
    campaigns,
    customers_over_time,
    earnings,
    loyalty,
    products,
    quality,
    segmentations,
    summary,
)

MODULES = (summary, products, earnings, loyalty, customers_over_time, segmentations, campaigns, baskets, quality)
"""Each has a function `sections(marts)`, whose result is empty where its marts are not there."""

ONE_DATASET = {products: "product_sales", loyalty: "loyalty_customers", customers_over_time: "customer_cohorts"}
"""Modules that show one dataset at a time, and the mart that says which datasets there are."""


def all_sections(marts: Marts) -> list[Section]:
    """Everything there is to show."""
    # Altair checks each part of a chart against its schema as it is made, which takes longest of all; a test does it.
    with debug_mode(False):
        return [section for module in MODULES for section in _sections_of(module, marts)]


def _sections_of(module: ModuleType, marts: Marts) -> list[Section]:
    """The module's sections, for each dataset by itself if it shows one at a time and there are several."""
    datasets = marts.datasets(ONE_DATASET[module]) if module in ONE_DATASET else []
    if len(datasets) < 2:
        return module.sections(marts)
    return [_of_dataset(section, dataset) for dataset in datasets for section in module.sections(marts.of(dataset))]


def _of_dataset(section: Section, dataset: str) -> Section:
    """A section that says which dataset it is about, in its title and in every key."""
    suffix = re.sub(r"[^a-z0-9]+", "-", dataset.lower())
    return replace(
        section,
        key=f"{section.key}-{suffix}",
        title=f"{section.title}: {dataset}",
        blocks=[_with_suffix(block, suffix) for block in section.blocks],
    )


def _with_suffix(block: Block, suffix: str) -> Block:
    return replace(block, key=f"{block.key}-{suffix}") if hasattr(block, "key") else block
