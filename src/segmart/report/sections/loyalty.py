"""Customers with a loyalty card: life stages and tiers, their groups, what they prefer, and how they buy."""

from __future__ import annotations

from itertools import cycle

import altair as alt
import pandas as pd

from segmart.report import charts, words
from segmart.report.blocks import Block, Column, Figure, Section, Table
from segmart.report.marts import Marts
from segmart.report.sections import segmentations

ANALYSIS = "lifestage_segments"
PREFERENCES = 12
"""A chart of preferences shows so many, the strongest first; the table has more."""

JUDGED = ", ".join(
    f"coalesce(adjusted_{name}, {crude}) as {crude}"
    for name, crude in {
        "index": "affinity_index",
        "index_low": "affinity_index_low",
        "index_high": "affinity_index_high",
        "q_value": "q_value",
    }.items()
)
"""Where there are several stores, the report shows what holds within them."""
INDEX_COLUMNS = ["affinity_index", "affinity_index_low", "affinity_index_high"]
INDEX_IN_TABLE = (
    Column("affinity_index", "Index", words.decimal),
    Column("affinity_index_low", "95 % from", words.decimal),
    Column("affinity_index_high", "to", words.decimal),
    Column("q_value", "q", words.p_value),
)
RFM_SCORES = """
    select r_score, f_score, rfm_segment, count(*) as customers, sum(sales_amount) as sales_amount
    from loyalty_customers
    group by all
    order by r_score, f_score, rfm_segment
"""
TIER_COLOURS = (charts.BLUE, charts.ORANGE, charts.GREEN, charts.GREY)


def sections(marts: Marts) -> list[Section]:
    """The section, if there are customers with a card."""
    blocks: list[Block] = []
    if marts.has("lifestage_segments"):
        cells = in_sentence_case(marts.frame("select * from lifestage_segments order by lifestage, premium_tier"))
        blocks += [sales_by_segment(cells), spend_map(cells)]
    if marts.has("lifestage_segment_clusters"):
        clusters = in_sentence_case(
            marts.frame("select * from lifestage_segment_clusters order by cluster_id, lifestage, premium_tier")
        )
        blocks.append(cluster_scatter(clusters))
        if marts.has("segment_profiles"):
            query = "select * from segment_profiles where analysis = ? order by measure, cluster_id"
            blocks.append(side_by_side(marts.frame(query, ANALYSIS), clusters))
    if marts.has("loyalty_customers"):
        blocks.append(rfm_map(marts.frame(RFM_SCORES)))
    if marts.has("loyal_customer_profile"):
        query = f"""
            select * replace ({JUDGED}, is_proven as is_significant)
            from loyal_customer_profile
            order by coalesce(adjusted_index, affinity_index) desc nulls last, attribute, attribute_value
        """
        blocks.append(loyal_profile(in_sentence_case(marts.frame(query))))
    if marts.has("segment_affinity"):
        query = f"""
            with judged as (
                select * replace ({JUDGED}, is_proven as is_significant)
                from segment_affinity
            )

            select *
            from judged
            where is_significant and not is_small_count and affinity_index_low > 1
            qualify row_number() over (
                partition by segment_type, segment order by affinity_index_low desc, attribute, attribute_value
            ) <= {PREFERENCES}
            order by segment_type, segment, affinity_index_low desc, attribute, attribute_value
        """
        blocks.append(affinities(in_sentence_case(marts.frame(query))))
    if not blocks:
        return []
    made = [Section("loyalty", "Loyalty segments", "Who the known customers are, and what they choose.", blocks)]
    if marts.has("segment_profiles") and len(
        marts.frame("select 1 from segment_profiles where analysis = ? limit 1", ANALYSIS)
    ):
        lead = "Life stages and tiers, grouped by what they bring."
        kind = "life stage and tier"
        made.append(
            Section("lifestage-groups", "Groups of life stages", lead, segmentations.blocks(marts, ANALYSIS, kind))
        )
    return made


def in_sentence_case(frame: pd.DataFrame) -> pd.DataFrame:
    """Names of life stages as a sentence writes them, in whatever columns a mart has them."""
    columns = [name for name in ("lifestage", "segment", "attribute_value") if name in frame]
    return frame.assign(**{name: [words.sentence_case(value) for value in frame[name]] for name in columns})


def _tiers(cells: pd.DataFrame) -> list[str]:
    return sorted({words.text(tier) for tier in cells["premium_tier"]}, key=lambda tier: (tier == "Unknown", tier))


def sales_by_segment(cells: pd.DataFrame) -> Figure:
    """Sales by life stage, stacked by tier.

    Args:
        cells: `lifestage_segments`.
    """
    tiers = _tiers(cells)
    amounts = cells.assign(sales=cells["total_sales"].astype(float), customers=cells["customer_count"])
    totals = amounts.groupby("lifestage")["sales"].sum().sort_values(ascending=False, kind="stable")
    place = {name: position for position, name in enumerate(totals.index)}
    frame = amounts.assign(
        place=amounts["lifestage"].map(place),
        tier=amounts["premium_tier"].map(tiers.index),
        name=amounts["lifestage"],
        label=amounts["lifestage"].map(charts.broken),
    ).sort_values(["place", "premium_tier"])
    drawn = (
        charts.chart(charts.rows_height(len(totals), 36))
        .mark_bar()
        .encode(
            y=charts.category_axis("label"),
            x=alt.X("sales:Q", title="Sales", axis=charts.short_ticks()),
            color=charts.named_colours("premium_tier", dict(zip(tiers, cycle(TIER_COLOURS), strict=False))),
            order="tier:Q",
            tooltip=[
                charts.tip("name", "Life stage"),
                charts.tip("premium_tier", "Tier"),
                charts.tip("sales", "Sales", charts.COUNT),
                charts.tip("customers", "Customers", charts.COUNT),
            ],
        )
    )
    title = segment_title(cells)
    return Figure(
        key="lifestage-sales",
        title=title,
        chart=drawn,
        data=frame[["label", "name", "premium_tier", "tier", "sales", "customers"]],
        alt="Stacked bars of sales by life stage and tier",
        table=_cells_table(cells),
    )


def segment_title(cells: pd.DataFrame) -> str:
    """The life stage and tier with the highest sales."""
    named = [f"{row.lifestage}, {row.premium_tier}" for row in cells.itertuples()]
    first, highest = words.leaders(named, cells["total_sales"])
    if not first:
        return "No customer has a life stage"
    total = float(cells["total_sales"].astype(float).sum())
    share = words.share(highest / total) if total > 0 else words.MISSING
    parts = words.leading([f"“{name}”" for name in first], "life stage and tier", "life stages and tiers")
    said = f"{words.amount(highest)}, {share} of sales"
    return f"The largest part is {parts}: {said}" if len(first) == 1 else f"The largest parts are {parts}: {said} each"


def _cells_table(cells: pd.DataFrame) -> Table:
    return Table(
        cells,
        [
            Column("lifestage", "Life stage"),
            Column("premium_tier", "Tier"),
            Column("total_sales", "Sales", words.amount),
            Column("customer_count", "Customers", words.count),
            Column("avg_sales_per_customer", "Sales per customer", words.decimal),
            Column("units_per_customer", "Units per customer", words.decimal),
            Column("transactions_per_customer", "Purchases per customer", words.decimal),
            Column("avg_unit_price", "Average price", words.decimal),
        ],
        "lifestage_segments",
    )


def spend_map(cells: pd.DataFrame) -> Figure:
    """Life stage by tier; a list chooses what the cells show.

    Args:
        cells: `lifestage_segments`.
    """
    measures = {
        "customer_count": ("customers", words.count),
        "total_sales": ("sales", words.amount),
        "avg_sales_per_customer": ("sales per customer", words.decimal),
        "units_per_customer": ("units per customer", words.decimal),
        "transactions_per_customer": ("purchases per customer", words.decimal),
        "avg_unit_price": ("average price", words.decimal),
    }
    tiers = _tiers(cells)
    parts = []
    for name, (_, write) in measures.items():
        values = cells[name].astype(float)
        spread = values.max() - values.min()
        parts.append(
            pd.DataFrame(
                {
                    "measure": name,
                    "lifestage": cells["lifestage"].map(charts.broken),
                    "tier": cells["premium_tier"],
                    "number": values,
                    "text": [write(value) for value in values],
                    # One colour scale for measures of very different size.
                    "place": (values - values.min()) / spread if spread > 0 else values * 0.0,
                }
            )
        )
    frame = pd.concat(parts, ignore_index=True)
    frame = frame.assign(order=frame["tier"].map({tier: place for place, tier in enumerate(tiers)})).sort_values(
        ["measure", "lifestage", "order"], kind="stable"
    )
    base = (
        charts.chart(charts.rows_height(cells["lifestage"].nunique(), 36))
        .transform_filter("datum.measure == shown")
        .encode(
            x=charts.top_axis("tier", tiers),
            y=alt.Y("lifestage:N", title=None, sort=None, axis=charts.name_axis()),
            tooltip=[
                charts.tip("lifestage", "Life stage"),
                charts.tip("tier", "Tier"),
                charts.tip("text", "Value"),
            ],
        )
    )
    cells_drawn = base.mark_rect(**charts.CELL).encode(
        color=alt.Color(
            "place:Q", legend=None, scale=alt.Scale(domain=[0, 1], range="ramp", clamp=True, interpolate="rgb")
        )
    )
    numbers = base.mark_text(fontSize=12).encode(text="text:N", color=charts.on_cell("datum.place", "ramp"))
    drawn = (
        (cells_drawn + numbers)
        .add_params(charts.shown("customer_count"))
        .properties(usermeta=charts.upright_names(tiers, list(frame["lifestage"])))
    )
    title = customers_title(cells)
    return Figure(
        key="lifestage-map",
        title=title,
        chart=drawn,
        data=frame[["measure", "lifestage", "tier", "number", "text", "place"]],
        alt="Heat map by life stage and tier",
        table=_cells_table(cells),
        note="The stronger the colour, the more.",
        options=("Show", tuple((name, label) for name, (label, _) in measures.items())),
        for_analysts=True,
    )


def customers_title(cells: pd.DataFrame) -> str:
    """Where most customers are, and where one spends most."""
    named = [f"“{row.lifestage}, {row.premium_tier}”" for row in cells.itertuples()]
    most, customers = words.leaders(named, cells["customer_count"])
    dearest, spend = words.leaders(named, cells["avg_sales_per_customer"])
    if not most:
        return "No customer has a life stage"
    kinds = ("life stage and tier", "life stages and tiers")
    title = f"Most customers are {words.leading(most, *kinds)} ({words.count(customers)}"
    title += ")" if len(most) == 1 else " each)"
    if not dearest:
        return title
    verb = "spends" if len(dearest) == 1 else "spend"
    return f"{title}; {words.leading(dearest, *kinds)} {verb} most per customer ({words.amount(spend)})"


def cluster_scatter(clusters: pd.DataFrame) -> Figure:
    """Life stages and tiers by customers and sales per customer, coloured by their group.

    Args:
        clusters: `lifestage_segment_clusters` by the number of the group.
    """
    names = list(dict.fromkeys(words.text(name) for name in clusters["segment_name"]))
    frame = clusters.assign(cell=[f"{row.lifestage}, {row.premium_tier}" for row in clusters.itertuples()])
    drawn = (
        charts.chart(340)
        .mark_circle(opacity=0.85)
        .encode(
            x=alt.X("customer_count:Q", title="Customers", axis=charts.few_ticks(charts.COUNT)),
            y=alt.Y(
                "avg_sales_per_customer:Q",
                title="Sales per customer",
                axis=charts.few_ticks(charts.COUNT),
                scale=alt.Scale(zero=False),
            ),
            size=alt.Size("total_sales:Q", legend=None, scale=alt.Scale(range=[40, 700])),
            color=charts.segment_colour(names),
            tooltip=[
                charts.tip("cell", "Life stage and tier"),
                charts.tip("segment_name", "Group"),
                charts.tip("customer_count", "Customers", charts.COUNT),
                charts.tip("avg_sales_per_customer", "Sales per customer", charts.DECIMAL),
                charts.tip("total_sales", "Sales", charts.COUNT),
            ],
        )
    )
    title = cluster_title(clusters)
    return Figure(
        key="lifestage-groups-scatter",
        title=title,
        chart=drawn,
        data=frame[["cell", "segment_name", "customer_count", "avg_sales_per_customer", "total_sales"]],
        alt="Scatter of life stages and tiers by customers and sales per customer",
        table=Table(
            frame,
            [
                Column("cell", "Life stage and tier"),
                Column("segment_name", "Group"),
                Column("customer_count", "Customers", words.count),
                Column("avg_sales_per_customer", "Sales per customer", words.decimal),
                Column("total_sales", "Sales", words.amount),
            ],
            "lifestage_segment_clusters",
        ),
        note="The larger the dot, the higher the sales.",
        for_analysts=True,
    )


def cluster_title(clusters: pd.DataFrame) -> str:
    """The group that brings most sales, with its share of customers."""
    totals = clusters.assign(sales=clusters["total_sales"].astype(float)).groupby("segment_name", sort=False)
    sales, customers = totals["sales"].sum(), totals["customer_count"].sum()
    first, highest = words.leaders(list(sales.index), list(sales))
    if not first or not sales.sum() > 0:
        return "No life stage is grouped"
    if len(first) > 1:
        return f"{words.leading(first, 'group')} bring {words.share(highest / sales.sum())} of sales each"
    of_sales, of_customers = words.share(highest / sales.sum()), words.share(customers[first[0]] / customers.sum())
    return f"“{first[0]}” brings most, {of_sales} of sales from {of_customers} of customers"


def side_by_side(profiles: pd.DataFrame, clusters: pd.DataFrame) -> Figure:
    """Core and potential groups beside each other, measure by measure.

    Args:
        profiles: `segment_profiles` of the life stages' groups.
        clusters: `lifestage_segment_clusters`.
    """
    shown = profiles[(profiles["measure_type"] == "number") & profiles["segment_name"].isin(["Core", "Potential"])]
    shown = shown.assign(
        name=[words.label(name) for name in shown["measure"]], label=[words.label(name) for name in shown["measure"]]
    )
    names = segmentations.segment_names(profiles)
    measures = shown["measure"].nunique()
    drawn = (
        charts.chart(charts.rows_height(measures, 46))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            y=charts.category_axis("label"),
            yOffset=alt.YOffset("segment_name:N", sort=None),
            x=alt.X("index_to_population:Q", title="Times the average", axis=charts.few_ticks(".1f")),
            color=charts.segment_colour(names).legend(alt.Legend(values=["Core", "Potential"])),
            tooltip=[
                charts.tip("segment_name", "Group"),
                charts.tip("name", "Measure"),
                charts.tip("mean", "Mean", charts.DECIMAL),
                charts.tip("index_to_population", "Times the average", charts.DECIMAL),
            ],
        )
    )
    title = side_title(clusters)
    return Figure(
        key="loyal-and-potential",
        title=title,
        chart=drawn,
        data=shown[["label", "name", "segment_name", "mean", "index_to_population"]],
        alt="Bars of the means of loyal and potential groups against the average",
        table=Table(
            shown,
            [
                Column("name", "Measure"),
                Column("segment_name", "Group"),
                Column("mean", "Mean of the groups", words.measured),
                Column("population_mean", "Mean of all groups", words.measured),
                Column("index_to_population", "Index", words.decimal),
            ],
            "segment_profiles",
        ),
        note="Bars are means over the life stages and tiers of a group, whatever their size; 1 is the average of all.",
        for_analysts=True,
    )


def side_title(clusters: pd.DataFrame) -> str:
    """What a customer of the core groups spends against one of the potential groups; large groups count for more.

    Args:
        clusters: `lifestage_segment_clusters`.
    """
    totals = clusters.assign(sales=clusters["total_sales"].astype(float)).groupby("segment_name")[
        ["sales", "customer_count"]
    ]
    spend = totals.sum().eval("sales / customer_count").to_dict()
    if not {"Core", "Potential"} <= spend.keys():
        return "There are no core and potential groups to compare"
    return (
        f"Customers of the core groups spend {words.amount(spend['Core'])} each,"
        f" those of the potential groups {words.amount(spend['Potential'])}"
    )


def rfm_map(scores: pd.DataFrame) -> Figure:
    """Customers by recency and frequency score.

    Args:
        scores: Customers and sales by `r_score`, `f_score` and `rfm_segment`, ordered by these.
    """
    cells = (
        scores.groupby(["r_score", "f_score"])
        .agg(
            customers=("customers", "sum"),
            sales_amount=("sales_amount", lambda amounts: float(sum(amounts))),
            segments=("rfm_segment", lambda names: words.listing([words.text(name) for name in names])),
        )
        .reset_index()
        .sort_values(["f_score", "r_score"], ascending=[False, True])
    )
    cells = cells.assign(
        recency=["R " + str(int(score)) for score in cells["r_score"]],
        frequency=["F " + str(int(score)) for score in cells["f_score"]],
    )
    tooltip = [
        charts.tip("recency", "Recency, 5 is latest"),
        charts.tip("frequency", "Frequency, 5 is most often"),
        charts.tip("segments", "Segment"),
        charts.tip("customers", "Customers", charts.COUNT),
        charts.tip("sales_amount", "Sales", charts.COUNT),
    ]
    ordered = cells.assign(column=cells["r_score"]).sort_values(["column", "f_score"], ascending=[True, False])
    drawn = charts.heat_map(ordered, "recency", "frequency", "customers", charts.COUNT, "Customers", tooltip)
    title = rfm_title(scores)
    return Figure(
        key="rfm-map",
        title=title,
        chart=drawn,
        data=ordered[["recency", "frequency", "segments", "customers", "sales_amount"]],
        alt="Heat map of customers by recency and frequency",
        table=Table(
            scores,
            [
                Column("r_score", "Recency", words.count),
                Column("f_score", "Frequency", words.count),
                Column("rfm_segment", "Segment"),
                Column("customers", "Customers", words.count),
                Column("sales_amount", "Sales", words.amount),
            ],
            "loyalty_customers",
        ),
        note="R: how lately somebody bought, F: how often; 5 is best. The table says what each field is called.",
        for_analysts=True,
    )


def rfm_title(scores: pd.DataFrame) -> str:
    """How many customers bought lately and often."""
    total = float(scores["customers"].sum())
    if not total:
        return "No customer has scores"
    best = scores[(scores["r_score"] >= 4) & (scores["f_score"] >= 4)]
    lapsed = scores[(scores["r_score"] <= 2) & (scores["f_score"] >= 4)]
    return (
        f"{words.share(best['customers'].sum() / total)} of customers buy often and bought lately;"
        f" {words.share(lapsed['customers'].sum() / total)} used to buy often and stay away"
    )


def rfm_segments(scores: pd.DataFrame, has_anonymous_sales: bool = False) -> Figure:
    """Share of customers and of sales of each RFM segment.

    Args:
        scores: Customers and sales by `r_score`, `f_score` and `rfm_segment`.
        has_anonymous_sales: Whether others bought, too.
    """
    totals = (
        scores.assign(sales=scores["sales_amount"].astype(float))
        .groupby("rfm_segment")
        .agg(customers=("customers", "sum"), sales=("sales", "sum"))
        .reset_index()
        .sort_values(["sales", "rfm_segment"], ascending=[False, True])
    )
    customers, sales = totals["customers"].sum(), totals["sales"].sum()
    totals = totals.assign(
        customer_share=totals["customers"] / customers if customers else 0.0,
        sales_share=totals["sales"] / sales if sales else 0.0,
    )
    long = totals.melt(
        id_vars=["rfm_segment", "customers", "sales"],
        value_vars=["sales_share", "customer_share"],
        var_name="of",
        value_name="share",
    )
    long = long.assign(of=long["of"].map({"sales_share": "of sales", "customer_share": "of customers"}))
    drawn = (
        charts.chart(charts.rows_height(len(totals), 21))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            y=charts.category_axis("rfm_segment"),
            yOffset=alt.YOffset("of:N", sort=None),
            x=alt.X("share:Q", title="Share", axis=charts.few_ticks(charts.WHOLE_SHARE)),
            color=charts.named_colours("of", {"of sales": charts.BLUE, "of customers": charts.GREY}),
            tooltip=[
                charts.tip("rfm_segment", "Segment"),
                charts.tip("of", "Share"),
                charts.tip("share", "is", charts.SHARE),
                charts.tip("customers", "Customers", charts.COUNT),
                charts.tip("sales", "Sales", charts.COUNT),
            ],
        )
    )
    first, highest = words.leaders(list(totals["rfm_segment"]), list(totals["sales_share"]))
    title = "No customer has scores"
    if first:
        verb = "bring" if len(first) > 1 or first[0].endswith("s") else "brings"
        each = " each" if len(first) > 1 else ""
        of_known = " of sales to known customers" if has_anonymous_sales else ""
        title = f"{words.leading(first, 'segment')} {verb} most sales, {words.share(highest)}{each}{of_known}"
    return Figure(
        key="rfm-segments",
        title=title,
        chart=drawn,
        data=long[["rfm_segment", "of", "share", "customers", "sales"]],
        alt="Bars of the share of sales and of customers of RFM segments",
        table=Table(
            totals,
            [
                Column("rfm_segment", "Segment"),
                Column("customers", "Customers", words.count),
                Column("customer_share", "Share of customers", words.share),
                Column("sales", "Sales", words.amount),
                Column("sales_share", "Share of sales", words.share),
            ],
            "loyalty_customers",
        ),
    )


def _preference(value: str, attribute: str) -> str:
    return f"{value} ({words.label(attribute)})"


def loyal_profile(profile: pd.DataFrame) -> Figure:
    """What loyal customers are and buy more often than others, with intervals.

    Args:
        profile: `loyal_customer_profile`, the highest index first.
    """
    proven = profile["is_significant"].astype(bool) & ~profile["is_small_count"].astype(bool)
    shown = profile[proven & (profile["affinity_index"].astype(float) > 1)].head(PREFERENCES)
    shown = shown.assign(
        label=[charts.broken(_preference(row.attribute_value, row.attribute)) for row in shown.itertuples()]
    )
    drawn = _index_chart(shown)
    title = "Nothing sets loyal customers apart provably"
    if len(shown):
        top = shown.iloc[0]
        title = (
            f"{_preference(top['attribute_value'], top['attribute'])} is {words.decimal(top['affinity_index'])} times"
            " as frequent among loyal customers"
        )
    return Figure(
        key="loyal-profile",
        title=title,
        chart=drawn,
        data=shown[["label", *INDEX_COLUMNS, "loyal_share", "other_share"]].rename(
            columns={"loyal_share": "own_share"}
        ),
        alt="Dots with 95 % intervals: what loyal customers are and buy more often",
        table=Table(
            profile,
            [
                Column("attribute", "Attribute"),
                Column("attribute_value", "Value"),
                Column("loyal_share", "Loyal", words.share),
                Column("other_share", "Others", words.share),
                *INDEX_IN_TABLE,
            ],
            "loyal_customer_profile",
            is_searchable=True,
        ),
        note="Significant ones above 1, the strongest first; the table has all. Against others of the same stores,"
        " where there are several.",
    )


def _index_chart(shown: pd.DataFrame, rows: int | None = None) -> alt.LayerChart:
    tooltip = [
        charts.tip("label", "What"),
        charts.tip("own_share", "Their share", charts.SHARE),
        charts.tip("other_share", "Share among others", charts.SHARE),
        charts.tip("affinity_index", "Times as often", charts.DECIMAL),
        charts.tip("affinity_index_low", "95 % interval from", charts.DECIMAL),
        charts.tip("affinity_index_high", "to", charts.DECIMAL),
    ]
    return charts.intervals(
        shown,
        "label",
        "affinity_index",
        "affinity_index_low",
        "affinity_index_high",
        "Times as often as others",
        charts.DECIMAL,
        tooltip,
        reference=1,
        rows=rows,
    )


def affinities(strongest: pd.DataFrame) -> Figure:
    """What a segment chooses more often than all other customers; a list chooses the segment.

    Args:
        strongest: `segment_affinity`, the significant ones above 1, the strongest of each segment first.
    """
    named = strongest.assign(
        choice=[f"{row.segment_type}: {row.segment}" for row in strongest.itertuples()],
        label=[charts.broken(_preference(row.attribute_value, row.attribute)) for row in strongest.itertuples()],
        own_share=strongest["segment_unit_share"],
        other_share=strongest["other_unit_share"],
    )
    choices = list(dict.fromkeys(named["choice"]))
    title, first = "No segment has a preference that is proven", ""
    if len(named):
        top = named.loc[named["affinity_index_low"].astype(float).idxmax()]
        first = top["choice"]
        title = (
            f"The surest preference: customers with {top['segment_type']} {top['segment']} choose"
            f" {top['attribute_value']} {words.decimal(top['affinity_index'])} times as often as all others"
        )
        choices.sort(key=lambda choice: choice != first)
    drawn = (
        _index_chart(named, rows=int((named["choice"] == first).sum()))
        .transform_filter("datum.choice == shown")
        .add_params(charts.shown(first))
        .properties(usermeta=charts.chosen_heights(named["label"], named["choice"]))
    )
    return Figure(
        key="affinities",
        title=title,
        chart=drawn,
        data=named[["choice", "label", *INDEX_COLUMNS, "own_share", "other_share"]],
        alt="Dots with 95 % intervals: what a segment chooses more often than others",
        table=Table(
            named,
            [
                Column("segment_type", "Kind of segment"),
                Column("segment", "Segment"),
                Column("attribute", "Attribute"),
                Column("attribute_value", "Value"),
                Column("own_share", "Its share", words.share),
                Column("other_share", "Others", words.share),
                *INDEX_IN_TABLE,
            ],
            "segment_affinity",
            is_searchable=True,
        ),
        note="Shares of units. Against others of the same stores, where there are several. Only preferences that are"
        " significant after correction for all comparisons.",
        options=("Segment", tuple((choice, choice) for choice in choices)),
    )
