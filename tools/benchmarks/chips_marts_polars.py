"""The chips marts as an analyst would compute them in Polars: what a build is measured against.

Lines are read once, by a lazy scan, and kept in small columns; everything else is lazy queries over them, which Polars
plans together and runs on all cores. That needs a clean file: text where a number should be stops the script, while a
build refuses the row. All else follows the rules of the models. The project's settings are constants.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

import polars as pl

FIRST_DATE, LAST_DATE = date(1990, 1, 1), date(2049, 12, 31)
EXCEL_EPOCH_DAYS = (date(1899, 12, 30) - date(1970, 1, 1)).days
MAX_QUANTITY = 50
PRODUCT_TYPES = ("chips", "dip")
ABC_LIMITS = (0.8, 0.95)
REFERENCE_WEEKS = 12
MIN_DISCOUNT = 0.1
MIN_LINE_SHARE = 0.25
MIN_REGULAR_SHARE = 0.25
MIN_DAYS = 3
MAX_DAYS = 63
MIN_LINES = 10
MAX_GAP_DAYS = 7
MAX_USUAL_SHARE = 0.05

SIZE = re.compile(r"(^|[^0-9.])(([0-9]+) ?[xX] ?)?([0-9]+[.]?[0-9]*) ?([kK]?[gG])($|[^a-zA-Z0-9])")
NOT_STATED = "Not stated"

ATTRIBUTES = ("brand", "flavour_family", "pack_size")
PURCHASE = ("customer_id", "sales_date", "transaction_id")


def compute_marts(data: Path, reference: Path) -> dict[str, pl.DataFrame]:
    """All marts from the raw files.

    Args:
        data: Folder of the raw files, with the folder chips in it.
        reference: Folder of the reference lists.

    Returns:
        The marts by name, with the columns of their contracts; amounts of money are whole cents.

    Raises:
        polars.exceptions.ComputeError: A column of numbers holds something else.
    """
    named_lines = read_lines(data / "chips" / "transaction_data.csv")
    products = describe_products(named_lines, reference)
    lines = (
        named_lines.drop("product_name").lazy().join(products.lazy().select("product_id"), on="product_id", how="semi")
    )

    purchases = lines.group_by(PURCHASE).agg(pl.len().alias("lines"))
    prices, by_product, customers, purchases = pl.collect_all(
        [daily_prices(lines), customer_products(lines), customer_totals(lines), purchases], engine="streaming"
    )
    promotions = find_promotions(prices)
    by_attribute = {name: customer_values(by_product, products, name) for name in ATTRIBUTES}

    days = (
        purchases.lazy()
        .group_by("sales_date")
        .agg(pl.len().alias("transactions"), pl.col("customer_id").n_unique().alias("customers"))
    )
    frequency = purchases.lazy().group_by("customer_id").agg(pl.len().alias("transactions"))
    repeats = repeated_lines(lines, purchases, products)
    promoted = promoted_units(lines, promotions)
    days, frequency, repeats, promoted = pl.collect_all([days, frequency, repeats, promoted], engine="streaming")

    totals = {
        "product_id": totals_by(prices, by_product, repeats, products, "product_id"),
        **{name: totals_by(prices, by_attribute[name], repeats, products, name) for name in ATTRIBUTES},
    }
    for name, bought in by_attribute.items():
        customers = customers.join(favourites(bought, name), on="customer_id")
    customers = customers.join(frequency, on="customer_id").join(promoted, on="customer_id", how="left")
    loyalty = loyalty_customers(customers, read_cards(data / "chips" / "purchase_behaviour.csv"), reference)
    return {
        "product_sales": product_sales(totals["product_id"], products),
        "brand_sales": ranked(totals["brand"], "brand"),
        "flavour_sales": ranked(totals["flavour_family"], "flavour_family"),
        "pack_size_sales": ranked(totals["pack_size"], "pack_size").with_columns(
            pl.col("pack_size").str.strip_suffix(" g").cast(pl.Int32, strict=False).alias("pack_size_g")
        ),
        "daily_sales": daily_sales(prices, days, promotions),
        "loyalty_customers": loyalty,
        "lifestage_segments": lifestage_segments(loyalty),
    }


# Reading ----------------------------------------------------------------------------------------------------------


def read_lines(path: Path) -> pl.DataFrame:
    """The lines that count, with amounts in cents."""
    numbers = {"DATE": pl.Int32, "STORE_NBR": pl.Int32, "LYLTY_CARD_NBR": pl.Int64, "TXN_ID": pl.Int64}
    others = {"PROD_NBR": pl.Int32, "PROD_NAME": pl.String, "PROD_QTY": pl.Int16, "TOT_SALES": pl.Float64}
    cents = (pl.col("TOT_SALES") * 100).round().cast(pl.Int64)
    sold_on = (pl.col("DATE") + EXCEL_EPOCH_DAYS).cast(pl.Date)
    return (
        pl.scan_csv(path, schema={**numbers, **others})
        .filter(
            sold_on.is_between(FIRST_DATE, LAST_DATE),
            pl.all_horizontal(pl.col("STORE_NBR", "LYLTY_CARD_NBR", "TXN_ID", "PROD_NBR").is_not_null()),
            pl.col("PROD_NAME").str.strip_chars().str.len_chars().is_between(1, 200),
            pl.col("PROD_QTY").is_between(1, MAX_QUANTITY),
            cents >= 0,
            # Cents, but for the noise of floating-point numbers.
            (pl.col("TOT_SALES") * 100 - cents).abs() < 1e-4,
        )
        .select(
            pl.col("PROD_NBR").alias("product_id"),
            pl.col("LYLTY_CARD_NBR").alias("customer_id"),
            sold_on.alias("sales_date"),
            pl.col("TXN_ID").alias("transaction_id"),
            pl.col("PROD_QTY").alias("units"),
            cents.alias("cents"),
            pl.col("PROD_NAME").cast(pl.Categorical).alias("product_name"),
        )
        .collect(engine="streaming")
    )


def read_cards(path: Path) -> pl.DataFrame:
    """Life stage and tier by card; cards that contradict themselves are left out."""
    columns = {"LYLTY_CARD_NBR": pl.Int64, "LIFESTAGE": pl.String, "PREMIUM_CUSTOMER": pl.String}
    lifestage, tier = (clean(pl.col(name)) for name in ("LIFESTAGE", "PREMIUM_CUSTOMER"))
    tier = tier.str.slice(0, 1).str.to_uppercase() + tier.str.slice(1).str.to_lowercase()
    return (
        pl.scan_csv(path, schema=columns)
        .select(
            pl.col("LYLTY_CARD_NBR").alias("customer_id"),
            known(lifestage.str.to_uppercase()).alias("lifestage"),
            known(tier).alias("premium_tier"),
        )
        .unique()
        .group_by("customer_id")
        .agg(pl.len(), pl.all().first())
        .filter(pl.col("len") == 1)
        .drop("len")
        .collect(engine="streaming")
    )


def clean(text: pl.Expr) -> pl.Expr:
    """A text without repeated blanks."""
    return text.str.replace_all(r"\s+", " ").str.strip_chars()


def known(text: pl.Expr) -> pl.Expr:
    """A text, or Unknown if it is missing, empty or says so."""
    is_known = text.is_not_null() & (text != "") & (text.str.to_uppercase() != "UNKNOWN")
    return pl.when(is_known).then(text).otherwise(pl.lit("Unknown"))


# Products ---------------------------------------------------------------------------------------------------------


def describe_products(lines: pl.DataFrame, reference: Path) -> pl.DataFrame:
    """Name, brand, flavour, size and type of each product that counts."""
    names = (
        lines.lazy()
        .group_by("product_id", "product_name")
        .len("lines")
        .with_columns(clean(pl.col("product_name").cast(pl.String)))
        .group_by("product_id", "product_name")
        .agg(pl.col("lines").sum())
        .sort(["lines", "product_name"], descending=[True, False])
        .unique("product_id", keep="first", maintain_order=True)
        .select("product_id", "product_name")
        .collect()
    )
    lists = {
        name: pl.read_csv(reference / f"{name}.csv", infer_schema=False).fill_null("").to_dicts()
        for name in ("brand_aliases", "product_words", "flavour_families", "product_type_rules")
    }
    aliases = {row["alias"]: row["brand"] for row in lists["brand_aliases"]}
    words = {row["words"]: (row["meaning"], row["role"]) for row in lists["product_words"]}
    families = rules_of(lists["flavour_families"], "flavour_family")
    types = rules_of(lists["product_type_rules"], "product_type")
    described = [
        {"product_id": number, **describe_product(name, aliases, words, families, types)}
        for number, name in names.rows()
    ]
    schema = {"product_id": pl.Int32, "product_name": pl.String, "brand": pl.String, "flavour": pl.String}
    schema |= {"flavour_family": pl.String, "pack_size_g": pl.Int32, "product_type": pl.String}
    table = pl.DataFrame(described, schema=schema).filter(pl.col("product_type").is_in(PRODUCT_TYPES))
    sizes = pl.format("{} g", "pack_size_g").alias("pack_size")
    return table.with_columns(
        pl.col("flavour_family").alias("stated_family"),
        pl.col("flavour_family").fill_null(NOT_STATED),
        sizes.fill_null(NOT_STATED),
    )


Rules = Sequence[tuple[frozenset[str], str]]
"""Words that must all be there, and what follows from them, in the order of priority."""


def rules_of(rows: Sequence[dict[str, str]], result: str) -> Rules:
    """The rules of a reference list."""
    ordered = sorted(rows, key=lambda row: int(row["priority"]))
    return [(frozenset(row["required_words"].lower().split()), row[result]) for row in ordered]


def first_rule(rules: Rules, text: str) -> str | None:
    """The result of the first rule whose words are all in the text."""
    there = set(text.lower().split())
    return next((result for words, result in rules if words <= there), None)


def describe_product(
    name: str, aliases: dict[str, str], words: dict[str, tuple[str, str]], families: Rules, types: Rules
) -> dict[str, str | int | None]:
    """What the name of a product at the till says."""
    fitting = [alias for alias in aliases if f"{name.upper()} ".startswith(f"{alias} ")]
    alias = max(fitting, key=len, default=name.split(" ")[0])
    brand = aliases.get(alias, alias.capitalize())
    size = SIZE.search(name)
    grams = float(size[4]) * (1000 if size[5].lower() == "kg" else 1) * int(size[3] or 1) if size else 0
    text = re.sub("([a-z])([A-Z])", r"\1 \2", SIZE.sub(r"\1 \6", name[len(alias) :].strip()))
    pieces = text.replace("&", " & ").upper().split()

    following = [f"{piece} {later}" for piece, later in pairwise(pieces)]
    pairs = [pair if pair in words else None for pair in [*following, None]]
    # A listed pair of words counts as one word, so the second of the two is left out.
    singled = [pairs[i] or piece for i, piece in enumerate(pieces) if i == 0 or not pairs[i - 1]]
    meanings = [words.get(word, (word, "")) for word in singled]

    # Connectives stand only between two words of the flavour.
    telling = [(meaning, role) for meaning, role in meanings if role in ("flavour", "connective")]
    roles = ["", *(role for _, role in telling), ""]
    kept = [
        meaning
        for i, (meaning, role) in enumerate(telling, start=1)
        if role == "flavour" or roles[i - 1] == roles[i + 1] == "flavour"
    ]
    flavour = " ".join(kept) or None
    return {
        "product_name": name,
        "brand": brand,
        "flavour": flavour,
        "flavour_family": first_rule(families, flavour or ""),
        "pack_size_g": round(grams) or None,
        "product_type": first_rule(types, " ".join([brand, *(meaning for meaning, _ in meanings)])) or "chips",
    }


# Passes over the lines --------------------------------------------------------------------------------------------


def unit_price() -> pl.Expr:
    """Cents per packet, half cents rounded up."""
    return (2 * pl.col("cents") + pl.col("units")) // (2 * pl.col("units").cast(pl.Int64))


def daily_prices(lines: pl.LazyFrame) -> pl.LazyFrame:
    """Lines by product, day and price."""
    return lines.group_by("product_id", "sales_date", unit_price().alias("price")).agg(
        pl.len().cast(pl.Int64).alias("lines"), pl.col("units").sum(), pl.col("cents").sum()
    )


def customer_products(lines: pl.LazyFrame) -> pl.LazyFrame:
    """Sales by customer and product."""
    return lines.group_by("customer_id", "product_id").agg(pl.col("units").sum(), pl.col("cents").sum())


def customer_totals(lines: pl.LazyFrame) -> pl.LazyFrame:
    """First and last day, months and sales of each customer."""
    day = pl.col("sales_date")
    return lines.group_by("customer_id").agg(
        day.min().alias("first_purchase_date"),
        day.max().alias("last_purchase_date"),
        (12 * day.dt.year() + day.dt.month()).n_unique().alias("months_active"),
        pl.col("units").sum(),
        pl.col("cents").sum().alias("sales_amount"),
    )


def repeated_lines(lines: pl.LazyFrame, purchases: pl.DataFrame, products: pl.DataFrame) -> pl.LazyFrame:
    """How many lines of each value only repeat it within a purchase; most purchases have one line and need no look."""
    long = purchases.lazy().filter(pl.col("lines") > 1)
    described = products.lazy().select("product_id", *ATTRIBUTES)
    repeated = lines.join(long, on=PURCHASE, how="semi").join(described, on="product_id")
    return pl.concat(
        repeated.group_by(pl.col(name).cast(pl.String).alias("value"), *PURCHASE)
        .len("lines")
        .group_by("value")
        .agg((pl.col("lines").cast(pl.Int64) - 1).sum().alias("repeated_lines"))
        .with_columns(pl.lit(name).alias("attribute"))
        for name in ("product_id", *ATTRIBUTES)
    )


def customer_values(by_product: pl.DataFrame, products: pl.DataFrame, name: str) -> pl.DataFrame:
    """Sales by customer and value of an attribute."""
    return (
        by_product.lazy()
        .join(
            products.lazy().select("product_id", pl.col(name).cast(pl.Enum(products[name].unique().sort()))),
            on="product_id",
        )
        .group_by("customer_id", name)
        .agg(pl.col("units").sum(), pl.col("cents").sum())
        .collect(engine="streaming")
    )


def favourites(bought: pl.DataFrame, name: str) -> pl.DataFrame:
    """Of the values bought most, the one with the highest sales, and of equal ones the first by name.

    What is not stated comes after all else.
    """
    values = bought[name].dtype.categories
    n, n_cents = len(values), bought["cents"].max() + 1
    if (bought["units"].max() + 1) * n_cents * n >= 2**63:
        raise ValueError("a customer buys too much for the three to fit into one number")
    place = pl.col(name).to_physical().cast(pl.Int64)
    is_stated = (pl.col(name).cast(pl.String) != NOT_STATED).cast(pl.Int64)
    score = is_stated * (pl.col("units") * n_cents + pl.col("cents")) * n + (n - 1 - place)
    best = bought.lazy().group_by("customer_id").agg(score.max().alias("score"))
    column = f"favourite_{name.removesuffix('_family')}"
    return best.select(
        "customer_id",
        (n - 1 - pl.col("score") % n).replace_strict(dict(enumerate(values)), return_dtype=pl.String).alias(column),
    ).collect(engine="streaming")


def promoted_units(lines: pl.LazyFrame, promotions: pl.DataFrame) -> pl.LazyFrame:
    """Packets that each customer bought at the price of a promotion."""
    return (
        lines.join(promotions.lazy().select("product_id", "first", "last", "limit"), on="product_id")
        .filter(pl.col("sales_date").is_between(pl.col("first"), pl.col("last")), unit_price() <= pl.col("limit"))
        .group_by("customer_id")
        .agg(pl.col("units").sum().alias("promoted_units"))
    )


# Marts of products ------------------------------------------------------------------------------------------------


def totals_by(
    prices: pl.DataFrame, bought: pl.DataFrame, repeats: pl.DataFrame, products: pl.DataFrame, name: str
) -> pl.DataFrame:
    """Sales, transactions and customers of each value of an attribute."""
    values = products.select("product_id") if name == "product_id" else products.select("product_id", name)
    sold = prices.join(values, on="product_id").group_by(name).agg(pl.col("cents", "units", "lines").sum())
    customers = bought.group_by(pl.col(name).cast(pl.String).alias("value")).agg(pl.len().alias("customers"))
    repeated = repeats.filter(pl.col("attribute") == name).select("value", "repeated_lines")
    return (
        sold.with_columns(pl.col(name).cast(pl.String).alias("value"))
        .join(customers, on="value")
        .join(repeated, on="value", how="left")
        .select(
            name,
            pl.col("cents").alias("sales_amount"),
            "units",
            (pl.col("lines") - pl.col("repeated_lines").fill_null(0)).alias("transactions"),
            "customers",
        )
    )


def ranked(totals: pl.DataFrame, key: str) -> pl.DataFrame:
    """The totals with price, rank and shares, best seller first."""
    amount = pl.col("sales_amount")
    everything = totals["sales_amount"].sum()
    share = (lambda part: part / everything) if everything else (lambda part: 0.0 * part)
    # Ids are texts.
    return totals.sort("sales_amount", pl.col(key).cast(pl.String), descending=[True, False]).with_columns(
        (amount / 100 / pl.col("units")).alias("avg_unit_price"),
        pl.int_range(1, pl.len() + 1).alias("sales_rank"),
        share(amount).alias("sales_share"),
        share(amount.cum_sum()).alias("cumulative_sales_share"),
    )


def product_sales(totals: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """Sales of each product with what its name says, price by weight and ABC class."""
    described = products.select(
        "product_id",
        "product_name",
        "brand",
        "flavour",
        pl.col("stated_family").alias("flavour_family"),
        "pack_size_g",
        "product_type",
    )
    sold_before = pl.col("cumulative_sales_share") - pl.col("sales_share")
    return (
        ranked(totals, "product_id")
        .join(described, on="product_id")
        .with_columns(
            (100 * pl.col("avg_unit_price") / pl.col("pack_size_g")).alias("price_per_100g"),
            pl.when(sold_before < ABC_LIMITS[0])
            .then(pl.lit("A"))
            .when(sold_before < ABC_LIMITS[1])
            .then(pl.lit("B"))
            .otherwise(pl.lit("C"))
            .alias("abc_class"),
        )
    )


# Promotions -------------------------------------------------------------------------------------------------------


def find_promotions(prices: pl.DataFrame) -> pl.DataFrame:
    """Product, first and last day, and highest discounted price of each promotion."""
    priced = prices.with_columns(week=pl.col("sales_date").dt.truncate("1w"))
    is_cheap = pl.col("price") <= discounted(pl.col("list_price"))
    cheap_lines = pl.col("cheap_lines")
    is_discount_day = (2 * cheap_lines > pl.col("lines")) | (
        (cheap_lines >= 2) & (cheap_lines >= MIN_LINE_SHARE * pl.col("lines"))
    )
    is_continued = (
        (pl.col("product_id") == pl.col("product_id").shift())
        & (pl.col("day_number") <= pl.col("day_number").shift() + 2)
        & (pl.col("sales_date") <= pl.col("sales_date").shift().dt.offset_by(f"{MAX_GAP_DAYS}d"))
    )
    days = (
        priced.join(list_prices(priced), on=["product_id", "week"])
        .group_by("product_id", "sales_date")
        .agg(
            pl.col("list_price").max(),
            pl.col("lines").sum(),
            pl.col("lines").filter(is_cheap).sum().alias("cheap_lines"),
        )
        .sort("product_id", "sales_date")
        .with_row_index("day_number")
        .with_columns(pl.col("day_number").cast(pl.Int64))
        .filter(is_discount_day)
        .with_columns((~is_continued.fill_null(False)).cum_sum().alias("run"))
    )
    runs = (
        days.group_by("product_id", "run")
        .agg(
            pl.col("sales_date").min().alias("first"),
            pl.col("sales_date").max().alias("last"),
            pl.len().alias("days"),
            pl.col("cheap_lines").sum(),
            (pl.col("cheap_lines").sum() / pl.col("lines").sum()).alias("line_share"),
            pl.col("list_price").max(),
        )
        .filter(pl.col("days") >= MIN_DAYS, cheap_lines >= MIN_LINES, pl.col("list_price") > 0)
        .with_columns(discounted(pl.col("list_price")).alias("limit"))
    )
    around = runs.select("product_id", "run", "first", "last", "limit").join(priced, on="product_id")
    return (
        runs.join(usual_shares(around), on="run")
        .join(neighbour_shares(around), on="run")
        .filter(
            (pl.col("last") - pl.col("first")).dt.total_days() < MAX_DAYS,
            pl.col("usual_share") <= MAX_USUAL_SHARE,
            2 * pl.col("share_before") < pl.col("line_share"),
            2 * pl.col("share_after") < pl.col("line_share"),
        )
    )


def usual_shares(around: pl.DataFrame) -> pl.DataFrame:
    """The lower quartile, over the weeks around each run, of the share of lines that are as cheap."""
    reach = f"{7 * REFERENCE_WEEKS}d"
    week, first, last = pl.col("week"), pl.col("first"), pl.col("last")
    before = week.is_between(first.dt.offset_by(f"-{reach}"), first.dt.offset_by("-7d"))
    after = week.is_between(last.dt.offset_by("1d"), last.dt.offset_by(reach))
    return (
        around.filter(before | after)
        .group_by("run", "week")
        .agg(_cheap_share())
        .group_by("run")
        .agg(pl.col("cheap_share").quantile(0.25, "linear").alias("usual_share"))
    )


def neighbour_shares(around: pl.DataFrame) -> pl.DataFrame:
    """Shares of lines as cheap in the week before and in the week after each run; runs without either are left out."""
    day, first, last = pl.col("sales_date"), pl.col("first"), pl.col("last")
    before = around.filter(day.is_between(first.dt.offset_by(f"-{MAX_GAP_DAYS}d"), first, closed="left"))
    after = around.filter(day.is_between(last, last.dt.offset_by(f"{MAX_GAP_DAYS}d"), closed="right"))
    shares = [
        side.group_by("run").agg(_cheap_share().alias(name))
        for side, name in ((before, "share_before"), (after, "share_after"))
    ]
    return shares[0].join(shares[1], on="run")


def _cheap_share() -> pl.Expr:
    cheap = pl.col("lines").filter(pl.col("price") <= pl.col("limit")).sum()
    return (cheap / pl.col("lines").sum()).alias("cheap_share")


def discounted(list_price: pl.Expr) -> pl.Expr:
    """The highest price that counts as discounted, in cents; floating-point numbers are not to miss it."""
    return list_price * (1 - MIN_DISCOUNT) + 1e-9


def list_prices(priced: pl.DataFrame) -> pl.DataFrame:
    """The list price of each product and week: the lower of the usual prices up to it and from it on.

    The usual price is the highest one of at least a quarter of the days, which count alike, in thousandths.
    """
    share = 1000 * pl.col("lines") / pl.col("lines").sum().over("product_id", "sales_date")
    weekly = (
        priced.with_columns((share + 0.5).floor().cast(pl.Int64).alias("day_share"))
        .lazy()
        .group_by("product_id", "week", "price")
        .agg(pl.col("day_share").sum())
    )
    offsets = pl.LazyFrame({"offset": range(-REFERENCE_WEEKS, REFERENCE_WEEKS + 1)})
    group = ["product_id", "week"]

    surrounding = (
        weekly.select("product_id", "week")
        .unique()
        .join(offsets, how="cross")
        .with_columns((pl.col("week") + pl.duration(weeks=pl.col("offset"))).alias("other_week"))
        .join(weekly, left_on=["product_id", "other_week"], right_on=["product_id", "week"])
        .group_by(*group, "price")
        .agg(
            pl.col("day_share").filter(pl.col("offset") <= 0).sum().alias("before"),
            pl.col("day_share").filter(pl.col("offset") >= 0).sum().alias("after"),
        )
        .sort(*group, "price", descending=[False, False, True])
        .with_columns(
            *(pl.col(side).cum_sum().over(group).alias(f"dearer_{side}") for side in ("before", "after")),
            *(pl.col(side).sum().over(group).alias(f"all_{side}") for side in ("before", "after")),
        )
    )
    prices = [
        pl.col("price").filter(pl.col(f"dearer_{side}") >= MIN_REGULAR_SHARE * pl.col(f"all_{side}")).max()
        for side in ("before", "after")
    ]
    return surrounding.group_by(group).agg(pl.min_horizontal(*prices).alias("list_price")).collect()


# Sales by day -----------------------------------------------------------------------------------------------------


def daily_sales(prices: pl.DataFrame, days: pl.DataFrame, promotions: pl.DataFrame) -> pl.DataFrame:
    """Sales of every calendar day."""
    sold = prices.group_by("sales_date").agg(pl.col("cents").sum().alias("sales_amount"), pl.col("units").sum())
    calendar = pl.DataFrame(
        {"sales_date": pl.date_range(prices["sales_date"].min(), prices["sales_date"].max(), "1d", eager=True)}
    )
    on_promotion = promotions.select(pl.date_ranges("first", "last").alias("sales_date")).explode("sales_date").unique()
    day = pl.col("sales_date")
    return (
        calendar.join(sold, on="sales_date", how="left")
        .join(days, on="sales_date", how="left")
        .join(on_promotion.with_columns(pl.lit(True).alias("is_promotion_day")), on="sales_date", how="left")
        .sort("sales_date")
        .with_columns(
            pl.col("units").is_not_null().alias("is_trading_day"),
            pl.col("is_promotion_day").fill_null(False),
            pl.col("sales_amount", "units", "transactions", "customers").fill_null(0),
            day.dt.strftime("%A").alias("weekday"),
            day.dt.weekday().alias("iso_weekday"),
            day.dt.week().alias("iso_week"),
            day.dt.iso_year().alias("iso_year"),
            day.dt.truncate("1w").alias("week_start_date"),
            day.dt.truncate("1mo").alias("month_start_date"),
        )
        .with_columns(
            (pl.col("sales_amount").rolling_sum(7) / 100 / 7).alias("sales_amount_7_day_average"),
            pl.col("is_promotion_day").any().over("week_start_date").alias("is_promotion_week"),
        )
    )


# Customers --------------------------------------------------------------------------------------------------------


def loyalty_customers(customers: pl.DataFrame, cards: pl.DataFrame, reference: Path) -> pl.DataFrame:
    """The customers with life stage, tier and RFM segment."""
    last_day = customers["last_purchase_date"].max()
    scored = customers.with_columns(
        (pl.lit(last_day) - pl.col("last_purchase_date")).dt.total_days().alias("recency_days"),
    ).with_columns(
        (6 - quintile("recency_days")).alias("r_score"),
        quintile("transactions").alias("f_score"),
        quintile("sales_amount").alias("m_score"),
    )
    return (
        scored.lazy()
        .join(cards.lazy(), on="customer_id", how="left")
        .join(rfm_segments(reference).lazy(), on=["r_score", "f_score", "m_score"], how="left")
        .with_columns(
            pl.col("lifestage", "premium_tier").fill_null("Unknown"),
            (pl.col("units") / pl.col("transactions")).alias("avg_units_per_transaction"),
            (pl.col("sales_amount") / 100 / pl.col("units")).alias("avg_unit_price"),
            (pl.col("promoted_units").fill_null(0) / pl.col("units")).alias("promotion_share"),
            (pl.col("transactions") > 1).alias("is_repeat_buyer"),
        )
        .collect(engine="streaming")
    )


def quintile(measure: str) -> pl.Expr:
    """1 for values up to the first of four quantiles, 5 for values above the last."""
    column = pl.col(measure)
    limits = [column.quantile(q, interpolation="linear") for q in (0.2, 0.4, 0.6, 0.8)]
    return pl.sum_horizontal([pl.lit(1, dtype=pl.Int32), *((column > limit).cast(pl.Int32) for limit in limits)])


def rfm_segments(reference: Path) -> pl.DataFrame:
    """All 125 combinations of scores with their segment."""
    scores = range(1, 6)
    rows = [
        (r, f, m, rule["rfm_segment"], rule["is_loyal"])
        for rule in pl.read_csv(reference / "rfm_segments.csv").to_dicts()
        for r in scores
        for f in scores
        for m in scores
        if rule["r_min"] <= r <= rule["r_max"]
        and rule["f_min"] <= f <= rule["f_max"]
        and rule["m_min"] <= m <= rule["m_max"]
    ]
    schema = {
        "r_score": pl.Int32,
        "f_score": pl.Int32,
        "m_score": pl.Int32,
        "rfm_segment": pl.String,
        "is_loyal": pl.Boolean,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def lifestage_segments(customers: pl.DataFrame) -> pl.DataFrame:
    """Customers by life stage and tier: how many, how much, how often."""
    sales, count = pl.col("total_sales"), pl.col("customer_count")
    return (
        customers.group_by("lifestage", "premium_tier")
        .agg(
            pl.col("sales_amount").sum().alias("total_sales"),
            pl.len().alias("customer_count"),
            pl.col("units", "transactions").sum(),
        )
        .with_columns(
            (sales / 100 / count).alias("avg_sales_per_customer"),
            (pl.col("units") / count).alias("units_per_customer"),
            (pl.col("transactions") / count).alias("transactions_per_customer"),
            (sales / 100 / pl.col("units")).alias("avg_unit_price"),
        )
    )
