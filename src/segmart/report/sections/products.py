"""What is sold: products, brands, flavours, pack sizes, days and promotions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from segmart.report import charts, words
from segmart.report.blocks import Block, Column, Figure, Section, Table
from segmart.report.marts import Marts

TOP_PRODUCTS = 10
TOP_ROWS = 12
"""More brands, flavours or sizes than this are left to the table."""

ANOMALIES = """
    select measure, first_date, last_date, deviation_share, z_score
    from sales_anomalies
    where level = 'day' and measure <> 'price_level' and last_date is not null
    order by first_date, measure
"""
"""What left its trend in all stores together, and came back; prices that fall are what promotions are found by."""

TOP_PROMOTIONS = 12

MAX_SHADED = 0.5
"""Share of days in weeks with a promotion above which shading them would say nothing."""

MEASURE_NAMES = {"sales_amount": "sales"}
"""What sentences call a measure whose name is not a word of theirs."""

ABC_COLOURS = {"A": charts.BLUE, "B": charts.ORANGE, "C": charts.GREY}

MEASURES = (
    Column("sales_amount", "Sales", words.amount),
    Column("sales_share", "Share of sales", words.share),
    Column("units", "Units", words.count),
    Column("transactions", "Purchases", words.count),
    Column("customers", "Customers", words.count),
    Column("avg_unit_price", "Average price", words.decimal),
)
TOLD_MEASURES = {
    "sales_amount": charts.COUNT,
    "sales_share": charts.SHARE,
    "units": charts.COUNT,
    "customers": charts.COUNT,
    "avg_unit_price": charts.DECIMAL,
}
"""Measures in the tooltips of bars, and how they are written there."""


def sections(marts: Marts) -> list[Section]:
    """The section, if there are products."""
    blocks: list[Block] = []
    if marts.has("product_sales"):
        products = marts.frame("select * from product_sales order by sales_rank, product_id")
        products = products.assign(readable_name=readable(products))
        # Files without products are mapped to one that stands for all.
        if len(products) != 1:
            blocks += [top_products(products), pareto(products)]
    for mart, column, noun, nouns in (
        ("brand_sales", "brand", "brand", "brands"),
        ("flavour_sales", "flavour_family", "flavour family", "flavour families"),
        ("pack_size_sales", "pack_size", "pack size", "pack sizes"),
    ):
        if marts.has(mart):
            frame = marts.frame(f"select * from {mart} order by sales_rank, {column}")
            blocks.append(group_sales(frame, mart, column, noun, nouns))
    if marts.has("price_promotions"):
        promotions = with_products(
            marts, "select * from price_promotions order by uplift_share desc nulls last, promotion_id"
        )
        blocks.append(promotion_uplift(promotions))
        if marts.has("promotion_buyers") and len(promotions):
            query = """
                select buyers.*, promotions.product_id, promotions.product_name, promotions.first_date
                from promotion_buyers as buyers
                inner join price_promotions as promotions on buyers.promotion_id = promotions.promotion_id
                order by uplift_share desc nulls last, buyers.promotion_id, premium_tier
            """
            blocks.append(promotion_buyers(with_products(marts, query)))
    lead = "What earns the money. Sales are revenue, not profit."
    return [Section("products", "Products", lead, blocks)] if blocks else []


def readable(products: pd.DataFrame) -> list[str]:
    """Names for people: brand, flavour and size where all are known, else the till's name.

    Args:
        products: Products with their attributes as columns, as far as they have any.
    """
    parts = ("brand", "flavour", "pack_size_g")
    names = []
    for row in products.to_dict("records"):
        known = [row.get(part) for part in parts]
        till_name = words.text(row["product_name"])
        if any(words.is_missing(value) for value in known):
            names.append(till_name)
            continue
        brand, flavour, size = known
        names.append(f"{brand} {flavour}, {words.count(size)}{words.SPACE}g")
    seen = Counter(names)
    return [
        f"{name} ({till_name})" if seen[name] > 1 and name != till_name else name
        for name, till_name in zip(names, [words.text(name) for name in products["product_name"]], strict=True)
    ]


def leader_title(frame: pd.DataFrame, name: str, noun: str, nouns: str) -> str:
    """Who sells most, how much, and how far ahead of the next; of ties, of a single row, of none."""
    names, highest = words.leaders(frame[name], frame["sales_amount"])
    if not names:
        return f"No {noun} was sold"
    share = words.share(frame["sales_share"].max())
    if len(frame) == 1:
        return f"{names[0]} is the only {noun}: sales of {words.amount(highest)}"
    if len(names) > 1:
        return f"{words.title_case(words.leading(names, noun, nouns))} share first place: {share} of sales each"
    others = frame.loc[frame[name] != names[0], "sales_amount"].astype(float)
    runner_up = others.max()
    ahead = f", {words.times(highest / runner_up)} the next" if runner_up > 0 else ""
    return f"{names[0]} is the best-selling {noun}: sales of {words.amount(highest)}, {share} of all{ahead}"


def _measure_tips() -> list[alt.Tooltip]:
    headings = {column.name: column.heading for column in MEASURES}
    return [charts.tip(name, headings[name], pattern) for name, pattern in TOLD_MEASURES.items()]


def top_products(products: pd.DataFrame) -> Figure:
    """The best sellers as bars, coloured by ABC class.

    Args:
        products: `product_sales` in the order of the rank.
    """
    shown = products.head(TOP_PRODUCTS)
    shown = shown.assign(label=[charts.broken(words.text(name)) for name in shown["readable_name"]])
    legend = None if shown["abc_class"].nunique() < 2 else alt.Undefined
    colour = charts.named_colours("abc_class", ABC_COLOURS, "ABC class", legend)
    tooltip = [charts.tip("readable_name", "Product"), charts.tip("product_name", "At the till"), *_measure_tips()]
    drawn = charts.bars(shown, "label", "sales_amount", "Sales", charts.COUNT, tooltip, colour)
    title = leader_title(products, "readable_name", "product", "products")
    is_renamed = (products["readable_name"] != products["product_name"]).any()
    till_name = [Column("product_name", "At the till")] if is_renamed else []
    return Figure(
        key="top-products",
        title=title,
        chart=drawn,
        data=shown[["label", "readable_name", "product_name", *TOLD_MEASURES, "abc_class"]],
        alt=f"Bars of the sales of the best-selling {words.plural(len(shown), 'product')}",
        table=Table(
            products,
            [
                Column("sales_rank", "Rank", words.count),
                Column("readable_name", "Product"),
                *till_name,
                *MEASURES,
                Column("price_per_100g", "Price per 100 g", words.decimal),
                Column("abc_class", "Class"),
            ],
            "product_sales",
            is_searchable=True,
        ),
        note=f"The first {TOP_PRODUCTS} of {words.plural(len(products), 'product')}; the table has the others."
        if len(products) > TOP_PRODUCTS
        else "",
    )


def pareto(products: pd.DataFrame) -> Figure:
    """Cumulative share of sales over the products in the order of their rank.

    Args:
        products: `product_sales` in the order of the rank.
    """
    curve = products[["readable_name", "sales_rank", "cumulative_sales_share", "abc_class"]].assign(
        position=range(1, len(products) + 1)
    )
    base = charts.chart(300).encode(
        x=alt.X(
            "position:Q", title="Products, best sellers first", axis=alt.Axis(format="d", tickMinStep=1, tickCount=6)
        ),
        y=alt.Y(
            "cumulative_sales_share:Q",
            title="Share of all sales",
            scale=alt.Scale(domain=[0, 1]),
            axis=charts.few_ticks(charts.WHOLE_SHARE),
        ),
        tooltip=[
            charts.tip("position", "Rank", "d"),
            charts.tip("readable_name", "Product"),
            charts.tip("cumulative_sales_share", "Sold up to here", charts.SHARE),
            charts.tip("abc_class", "Class"),
        ],
    )
    colour = charts.named_colours("abc_class", ABC_COLOURS, "ABC class")
    drawn = base.mark_line(color=charts.GREY, strokeWidth=1) + base.mark_circle(size=45, opacity=1).encode(color=colour)
    title = pareto_title(products)
    return Figure(
        key="pareto",
        title=title,
        chart=drawn,
        data=curve,
        alt=f"Curve of the cumulative share of sales over {words.plural(len(products), 'product')}",
        table=Table(
            products,
            [
                Column("sales_rank", "Rank", words.count),
                Column("readable_name", "Product"),
                Column("sales_amount", "Sales", words.amount),
                Column("cumulative_sales_share", "Cumulative share", words.share),
                Column("abc_class", "Class"),
            ],
            "product_sales",
        ),
        note="A steep curve means that a few products carry the range, a straight line that all sell alike.",
        for_analysts=True,
    )


def pareto_title(products: pd.DataFrame) -> str:
    """How many products the sales rest on."""
    if not len(products):
        return "No product was sold"
    first = products[products["abc_class"] == "A"]
    last = products[products["abc_class"] == "C"]
    reached = words.share(first["sales_share"].sum())
    title = f"{words.count(len(first))} of {words.plural(len(products), 'product')} bring {reached} of sales"
    if not len(last):
        return title
    verb = "brings" if len(last) == 1 else "bring"
    return f"{title}; the last {words.count(len(last))} {verb} {words.share(last['sales_share'].sum())}"


def group_sales(frame: pd.DataFrame, mart: str, column: str, noun: str, nouns: str) -> Figure:
    """Sales by brand, flavour family or pack size as bars.

    Args:
        frame: The mart in the order of its rank.
        mart: Its name.
        column: The column that names the group.
        noun: What a group is called.
        nouns: The same for several.
    """
    shown = frame.head(TOP_ROWS)
    tooltip = [charts.tip(column, words.title_case(noun)), *_measure_tips()]
    drawn = charts.bars(shown, column, "sales_share", "Share of sales", charts.SHARE, tooltip)
    title = leader_title(frame, column, noun, nouns)
    return Figure(
        key=mart.replace("_", "-"),
        title=title,
        chart=drawn,
        data=shown[[column, *TOLD_MEASURES]],
        alt=f"Bars of the share of sales of {words.plural(len(shown), noun, nouns)}",
        table=Table(frame, [Column(column, words.title_case(noun)), *MEASURES], mart),
        note=f"The first {TOP_ROWS} of {len(frame)}; the table has the others." if len(frame) > TOP_ROWS else "",
        for_analysts=column == "pack_size",
    )


def sales_over_time(days: pd.DataFrame, anomalies: pd.DataFrame | None = None) -> Figure:
    """Sales per day with their 7-day average; unusual days are marked, weeks with a promotion shaded if they are few.

    Args:
        days: `daily_sales` in the order of the date.
        anomalies: Times in which all stores together were off; None if nobody looked for any.
    """
    about = unusual_days(days, anomalies)
    axis = alt.Axis(format="%b %Y", tickCount={"interval": "month", "step": 2}, labelOverlap=True, labelPadding=10)
    x = alt.X("sales_date:T", title=None, axis=axis)
    y = alt.Y("sales_amount:Q", title="Sales per day", axis=charts.few_ticks(charts.COUNT))
    tooltip = [
        charts.day_tip("sales_date", "Day"),
        charts.tip("weekday", "Weekday"),
        charts.tip("sales_amount", "Sales", charts.COUNT),
        charts.tip("average", "7-day average", charts.COUNT),
        charts.tip("promotion", "Promotion week"),
        charts.tip("unusual", "Unusual"),
    ]
    base = charts.chart(230)
    weeks = (
        base.transform_filter("datum.promotion == 'yes'")
        .mark_rect(color=charts.ORANGE, opacity=0.25)
        .encode(x=x, x2="next_date:T")
    )
    single = base.mark_circle(size=14, opacity=0.45, color=charts.GREY).encode(x=x, y=y, tooltip=tooltip)
    marks = (
        base.transform_filter("datum.unusual != 'no'")
        .mark_point(shape="diamond", size=60, filled=True, opacity=1, color=charts.VERMILION)
        .encode(x=x, y=y, tooltip=tooltip)
    )
    average = base.mark_line(strokeWidth=2.2).encode(x=x, y=alt.Y("average:Q", title="Sales per day"))
    targets = base.mark_bar(opacity=0, width=3).encode(x=x, y=y, tooltip=tooltip)
    data = pd.DataFrame(
        {
            "sales_date": days["sales_date"],
            "next_date": pd.to_datetime(days["sales_date"]) + pd.Timedelta(days=1),
            "weekday": days["weekday"],
            "sales_amount": days["sales_amount"],
            "average": days["sales_amount_7_day_average"],
            "promotion": [words.yes_no(value) for value in days["is_promotion_week"]],
            "unusual": about,
        }
    )
    # A layer without rows has no extent, which browsers complain about.
    layers = [single, average, targets]
    notes = ["Line: average of seven days. Dots: single days."]
    if (about != "no").any():
        layers.insert(2, marks)
        notes.append("Diamonds: days on which sales, receipts, customers or units per line of all stores were unusual.")
    elif anomalies is not None:
        notes.append("No time was unusual for all stores.")
    promoted = days["is_promotion_week"].astype(bool).mean()
    if promoted > MAX_SHADED:
        notes.append(f"Some product was on promotion in the weeks of {words.share(promoted)} of all days.")
    elif promoted > 0:
        layers.insert(0, weeks)
        notes.append(
            "Shaded: weeks with a price promotion of any product, which does not explain what all products do."
        )
    title = time_title(days, anomalies)
    return Figure(
        key="sales-over-time",
        title=title,
        chart=alt.layer(*layers),
        data=data,
        alt=f"Sales of {words.plural(len(days), 'day')} as dots with their 7-day average as a line",
        table=Table(
            days.assign(unusual=about),
            [
                Column("sales_date", "Day", words.day),
                Column("weekday", "Weekday"),
                Column("sales_amount", "Sales", words.amount),
                Column("sales_amount_7_day_average", "7-day average", words.amount),
                Column("transactions", "Purchases", words.count),
                Column("is_promotion_week", "Promotion week", words.yes_no),
                Column("unusual", "Unusual"),
            ],
            "daily_sales",
        ),
        note=" ".join(notes),
    )


def unusual_days(days: pd.DataFrame, anomalies: pd.DataFrame | None) -> pd.Series:
    """What was unusual on each day, as text: ``sales``, or ``no``.

    Args:
        days: `daily_sales`.
        anomalies: Times with what was unusual in them; None if nobody looked for any.
    """
    about: dict[object, list[str]] = {}
    for row in [] if anomalies is None else anomalies.itertuples():
        for day in pd.date_range(row.first_date, row.last_date):
            about.setdefault(day, []).append(MEASURE_NAMES.get(row.measure, words.label(row.measure)))
    traded = days["is_trading_day"].astype(bool)
    named = [
        words.listing(list(dict.fromkeys(about.get(pd.Timestamp(day), [])))) if is_open else ""
        for day, is_open in zip(days["sales_date"], traded, strict=True)
    ]
    return pd.Series([name or "no" for name in named], index=days.index, dtype=object)


def time_title(days: pd.DataFrame, anomalies: pd.DataFrame | None = None) -> str:
    """The best day against an average one, and the time that was farthest off.

    Args:
        days: `daily_sales`.
        anomalies: Times that were unusual, if there are any.
    """
    if not len(days):
        return "No day had sales"
    best, highest = words.leaders(days["sales_date"], days["sales_amount"])
    if len(days) == 1 or len(best) > 1:
        return f"{words.title_case(words.plural(len(best), 'day'))} had the highest sales, {words.amount(highest)}"
    mean = days["sales_amount"].astype(float).mean()
    ratio = f", {words.times(highest / mean)} an average day" if mean > 0 else ""
    closed = int((~days["is_trading_day"].astype(bool)).sum())
    rest = f"; nothing was sold on {words.plural(closed, 'day')}" if closed else ""
    if anomalies is not None and len(anomalies):
        rest = f"; {off_trend(anomalies.loc[anomalies['z_score'].abs().idxmax()])}"
    return f"Sales were highest on {words.day(best[0].split(' ')[0])}: {words.amount(highest)}{ratio}{rest}"


def off_trend(anomaly: Mapping[str, Any]) -> str:
    """What was unusual when, and how far off: ``on 3 May 2019 sales lay at 2.10 times what was to be expected``.

    Args:
        anomaly: A row of `sales_anomalies`.
    """
    first, last = words.day(anomaly["first_date"]), words.day(anomaly["last_date"])
    when = f"on {first}" if first == last else f"from {first} to {last}"
    if words.is_missing(anomaly["last_date"]):
        when = f"since {first}"
    what = MEASURE_NAMES.get(anomaly["measure"], words.label(anomaly["measure"]))
    return f"{when} {what} lay {words.against_expected(anomaly['deviation_share'])}"


def promotion_uplift(promotions: pd.DataFrame) -> Figure:
    """Uplift of units over what was expected, with its interval.

    Args:
        promotions: `price_promotions` with the highest uplift first.
    """
    named = promotions.assign(
        promotion=[charts.broken(name) for name in _promotion_names(promotions)],
        proven=["yes" if value else "no" for value in promotions["is_uplift_significant"]],
    )
    shown = named.head(TOP_PROMOTIONS)
    colour = charts.named_colours("proven", {"yes": charts.BLUE, "no": charts.GREY}, "Effect proven")
    tooltip = [
        charts.tip("promotion", "Promotion"),
        charts.tip("discount_share", "Discount", charts.SHARE),
        charts.tip("units", "Units sold", charts.COUNT),
        charts.tip("expected_units", "Units expected", charts.COUNT),
        charts.tip("uplift_share", "Uplift", charts.SHARE),
        charts.tip("uplift_share_low", "95 % interval from", charts.SHARE),
        charts.tip("uplift_share_high", "to", charts.SHARE),
    ]
    drawn = charts.intervals(
        shown,
        "promotion",
        "uplift_share",
        "uplift_share_low",
        "uplift_share_high",
        "Units above expected",
        charts.WHOLE_SHARE,
        tooltip,
        reference=0,
        colour=colour,
    )
    title = promotion_title(promotions)
    columns = ["promotion", "proven", "discount_share", "units", "expected_units"]
    return Figure(
        key="promotion-uplift",
        title=title,
        chart=drawn,
        data=shown[[*columns, "uplift_share", "uplift_share_low", "uplift_share_high"]],
        alt=f"Dots with 95 % intervals: the uplift of {words.plural(len(shown), 'promotion')}",
        table=Table(
            promotions,
            [
                Column("readable_name", "Product"),
                Column("first_date", "From", words.day),
                Column("last_date", "To", words.day),
                Column("discount_share", "Discount", words.share),
                Column("units", "Units", words.count),
                Column("expected_units", "Expected", words.count),
                Column("uplift_share", "Uplift", words.share),
                Column("uplift_share_low", "95 % from", words.share),
                Column("uplift_share_high", "to", words.share),
                Column("uplift_q_value", "q-value", words.p_value),
                Column("incremental_sales_amount", "Additional sales", words.amount),
                Column("after_units", "Units in the days after", words.count),
                Column("brand_units", "Units of the rest of the brand", words.count),
                Column("anomalous_days", "Unusual days", words.count),
            ],
            "price_promotions",
        ),
        note="Expected is what the product would have sold at its usual share of the shop's sales. An interval that"
        " includes zero proves nothing.",
    )


def readable_names(marts: Marts) -> dict[object, str]:
    """The readable name of every product that was sold, by its id."""
    if not marts.has("product_sales"):
        return {}
    products = marts.frame("select * from product_sales order by sales_rank, product_id")
    return dict(zip(products["product_id"], readable(products), strict=True))


def with_products(marts: Marts, query: str) -> pd.DataFrame:
    """Rows of a query with the readable name of their product.

    Args:
        marts: The published marts.
        query: Gives rows with `product_id` and `product_name`.
    """
    frame = marts.frame(query)
    known = readable_names(marts)
    names = [
        known.get(product, words.text(name))
        for product, name in zip(frame["product_id"], frame["product_name"], strict=True)
    ]
    return frame.assign(readable_name=pd.Series(names, index=frame.index, dtype=object))


def _promotion_names(promotions: pd.DataFrame) -> list[str]:
    days = [words.day(day) for day in promotions["first_date"]]
    return [f"{name}, {day}" for name, day in zip(promotions["readable_name"], days, strict=True)]


def promotion_title(promotions: pd.DataFrame) -> str:
    """How many promotions sold provably more."""
    if not len(promotions):
        return "No price promotion was found"
    uplifts = promotions["uplift_share"].astype(float)
    is_higher = promotions["is_uplift_significant"].fillna(False).astype(bool) & (uplifts > 0)
    higher = int(is_higher.sum())
    if len(promotions) == 1:
        return "The one promotion sold " + ("provably" if higher else "not provably") + " more than expected"
    if not higher:
        return f"None of the {len(promotions)} promotions sold provably more than expected"
    best = uplifts[is_higher].max()
    everyone = f"All {len(promotions)}" if higher == len(promotions) else f"{higher} of {len(promotions)}"
    much = f"{words.times(1 + best)} as much" if best >= 1 else f"{words.share(best)} more"
    return f"{everyone} promotions sold provably more than expected, {'the best ' if higher > 1 else ''}{much}"


def promotion_buyers(buyers: pd.DataFrame) -> Figure:
    """Who bought in a promotion, against the tier's share of all customers.

    Args:
        buyers: `promotion_buyers` with the promotion's name.
    """
    buyers = buyers.assign(promotion=_promotion_names(buyers))
    shown = buyers[buyers["promotion"].isin(buyers["promotion"].drop_duplicates().head(TOP_PROMOTIONS))]
    shown = shown.assign(label=[charts.broken(name) for name in shown["promotion"]])
    tooltip = [
        charts.tip("promotion", "Promotion"),
        charts.tip("premium_tier", "Tier"),
        charts.tip("buyers", "Buyers", charts.COUNT),
        charts.tip("buyer_share", "Share of buyers", charts.SHARE),
        charts.tip("customer_share", "Share of all customers", charts.SHARE),
        charts.tip("buyer_index", "Index", charts.DECIMAL),
    ]
    drawn = charts.heat_map(
        shown,
        "premium_tier",
        "label",
        "buyer_index",
        charts.DECIMAL,
        "Times its share",
        tooltip,
        is_ratio=True,
    )
    title = buyers_title(buyers)
    return Figure(
        key="promotion-buyers",
        title=title,
        chart=drawn,
        data=shown[["label", "promotion", "premium_tier", "buyers", "buyer_share", "customer_share", "buyer_index"]],
        alt="Heat map of who bought in promotions, by tier",
        table=Table(
            buyers,
            [
                Column("promotion", "Promotion"),
                Column("premium_tier", "Tier"),
                Column("buyers", "Buyers", words.count),
                Column("buyer_share", "Share of buyers", words.share),
                Column("customer_share", "Share of customers", words.share),
                Column("buyer_index", "Index", words.decimal),
            ],
            "promotion_buyers",
        ),
        note="1 means that a tier buys in the promotion as often as it shops. A few dozen buyers differ by chance.",
        for_analysts=True,
    )


def buyers_title(buyers: pd.DataFrame) -> str:
    """Between which ratios the tiers' shares of the buyers lie; no single one is tested, so none is put in front."""
    indices = buyers["buyer_index"].astype(float)
    if not indices.notna().any():
        return "No buyer of a promotion has a tier"
    low, high = words.decimal(indices.min()), words.decimal(indices.max())
    return (
        f"Tiers buy in promotions {low} to {high} times as often as they shop; with"
        f" {words.plural(int(buyers['buyers'].sum()), 'buyer')} in all no difference is tested"
    )
