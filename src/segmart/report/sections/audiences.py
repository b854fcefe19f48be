"""Audiences: the groups of customers that `segmart export` writes, and how many of each are held out."""

from __future__ import annotations

import pandas as pd

from segmart.report import words
from segmart.report.blocks import Column, Listing, Section, Table
from segmart.report.marts import Marts

SIZES = """
    select
        dataset,
        audience_type,
        audience,
        count(*) as customers,
        count(*) filter (where is_holdout) as holdout_customers,
        min(since_date) as since_date
    from audiences
    group by dataset, audience_type, audience
    order by dataset, audience_type <> 'rfm', audience_type, customers desc, audience
"""

TYPES = {
    "rfm": "RFM segment",
    "segment": "Segment",
    "loyal": "Loyal",
    "lapsing": "Lapsing",
    "lapsed": "Lapsed",
    "offer": "For an offer",
}


def sections(marts: Marts) -> list[Section]:
    """The section, if somebody is known by an id."""
    if not marts.has("audiences"):
        return []
    lead = "Groups of customers that can be addressed; `segmart export` writes a file of each."
    return [Section("audiences", "Audiences", lead, [listing(marts.frame(SIZES))])]


def listing(sizes: pd.DataFrame) -> Listing:
    """All audiences with their size.

    Args:
        sizes: A row per audience: dataset, type, name, customers, those held out, and the first day somebody belongs.
    """
    return Listing(
        key="audiences",
        title=title(sizes),
        table=Table(
            sizes.assign(kind=[TYPES.get(kind, kind) for kind in sizes["audience_type"]]),
            [
                Column("dataset", "Dataset"),
                Column("kind", "Kind"),
                Column("audience", "Audience"),
                Column("customers", "Customers", words.count),
                Column("holdout_customers", "Held out", words.count),
                Column("since_date", "Since, at the earliest", words.day),
            ],
            "audiences",
            is_searchable=True,
        ),
        note="Who is held out is drawn by hash and stays so: address the others, and compare what both buy."
        " A customer may belong to several audiences.",
    )


def title(sizes: pd.DataFrame) -> str:
    """How many audiences there are, and how many of their customers are held out."""
    customers = int(sizes["customers"].sum())
    if not customers:
        return "Nobody can be addressed"
    share = words.share(sizes["holdout_customers"].sum() / customers)
    verb = "is" if len(sizes) == 1 else "are"
    return f"There {verb} {words.plural(len(sizes), 'audience')}; {share} of their customers are held out"
