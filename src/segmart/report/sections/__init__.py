"""The sections of the report, in their order."""

from altair.utils.schemapi import debug_mode

from segmart.report.blocks import Section
from segmart.report.marts import Marts
from segmart.report.sections import baskets, campaigns, loyalty, products, quality, segmentations, summary

MODULES = (summary, products, loyalty, segmentations, campaigns, baskets, quality)
"""Each has a function `sections(marts)`, whose result is empty where its marts are not there."""


def all_sections(marts: Marts) -> list[Section]:
    """Everything there is to show."""
    # Altair checks each part of a chart against its schema as it is made, which takes longest of all; a test does it.
    with debug_mode(False):
        return [section for module in MODULES for section in module.sections(marts)]
