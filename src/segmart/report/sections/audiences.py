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
    lead = "Groups of customers that can be addressed. The command segmart export writes a file of each."
    blocks = [listing(marts.frame(SIZES))]
    if marts.has("campaign_effects"):
        blocks.append(effects(marts.frame("select * from campaign_effects order by dataset, exported_date, audience")))
    return [Section("audiences", "Audiences", lead, blocks)]


def listing(sizes: pd.DataFrame) -> Listing:
    """All audiences with their size.

    Args:
        sizes: A row per audience: dataset, type, name, customers, those held out, and the first day somebody belongs.
    """
    return Listing(
        key="audience-sizes",
        for_analysts=True,
        title=title(sizes),
        table=Table(
            sizes.assign(kind=[TYPES.get(kind, kind) for kind in sizes["audience_type"]]),
            [
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


def effects(found: pd.DataFrame) -> Listing:
    """What addressing each exported audience did.

    Args:
        found: `campaign_effects`.
    """
    return Listing(
        key="campaign-effects",
        title=effects_title(found),
        table=Table(
            found,
            [
                Column("audience", "Audience"),
                Column("exported_date", "Exported", words.day),
                Column("customers", "Addressed", words.count),
                Column("holdout_customers", "Held out", words.count),
                Column("buyer_share", "Bought", words.share),
                Column("holdout_buyer_share", "Bought of the held out", words.share),
                Column("buyer_share_q_value", "q-value", words.p_value),
                Column("sales_per_customer_difference", "More sales per customer", words.measured),
                Column("sales_per_customer_difference_low", "From", words.measured),
                Column("sales_per_customer_difference_high", "To", words.measured),
                Column("sales_per_customer_q_value", "q-value of sales", words.p_value),
                Column("remark", "Remark"),
            ],
            "campaign_effects",
        ),
        note="Those addressed against those held out by lot, from the day after the export on. Intervals are of 95 %;"
        " what addressing them cost is not deducted.",
    )


def effects_title(found: pd.DataFrame) -> str:
    """How many exports changed what customers buy, in either direction.

    Args:
        found: `campaign_effects`.
    """
    judged = found["is_significant"].dropna()
    if not len(judged):
        return "Nothing can be said yet about what addressing audiences did"
    proven = int(judged.astype(bool).sum())
    of = words.plural(len(judged), "exported audience")
    if not proven:
        return f"No effect is proven of addressing {of}"
    return f"Addressing changed purchases in {proven} of {of}"


def title(sizes: pd.DataFrame) -> str:
    """How many audiences there are, and how many of their customers are held out."""
    customers = int(sizes["customers"].sum())
    if not customers:
        return "Nobody can be addressed"
    share = words.share(sizes["holdout_customers"].sum() / customers)
    verb = "is" if len(sizes) == 1 else "are"
    return f"There {verb} {words.plural(len(sizes), 'audience')}; {share} of their customers are held out"
