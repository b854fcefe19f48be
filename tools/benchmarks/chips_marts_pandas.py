"""The chips marts as an analyst would compute them in pandas: what a build is measured against.

Numbers are read as numbers and product names as categories, keys are packed into one integer before they are grouped,
and nothing runs row by row. That needs a clean file: text where a number should be stops the script, while a build
refuses the row. All else follows the rules of the models. The project's settings are constants.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

EPOCH = np.datetime64("1899-12-30", "D")
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

Integers = NDArray[np.int64]


def compute_marts(data: Path, reference: Path) -> dict[str, pd.DataFrame]:
    """All marts from the raw files.

    Args:
        data: Folder of the raw files, with the folder chips in it.
        reference: Folder of the reference lists.

    Returns:
        The marts by name, with the columns of their contracts; amounts of money are whole cents.

    Raises:
        ValueError: A column of numbers holds something else.
    """
    lines = read_lines(data / "chips" / "transaction_data.csv")
    products = describe_products(lines, reference)
    sales = Sales.of(lines, products)
    del lines
    prices = daily_prices(sales)
    promotions = find_promotions(prices)
    values = customer_values(sales)
    purchases = sales.purchases()
    marts = {
        "product_sales": product_sales(sales, values, purchases),
        "brand_sales": ranked(totals_by(sales, "brand", values, purchases), "brand"),
        "flavour_sales": ranked(totals_by(sales, "flavour_family", values, purchases), "flavour_family"),
        "pack_size_sales": pack_size_sales(sales, values, purchases),
        "daily_sales": daily_sales(sales, promotions, purchases),
    }
    customers = customer_totals(sales, values, promotions, purchases)
    del sales, values, purchases
    cards = read_cards(data / "chips" / "purchase_behaviour.csv")
    marts["loyalty_customers"] = loyalty_customers(customers, cards, reference)
    marts["lifestage_segments"] = lifestage_segments(marts["loyalty_customers"])
    return marts


# Reading ----------------------------------------------------------------------------------------------------------


def read_lines(path: Path) -> pd.DataFrame:
    """The lines that count, with amounts in cents."""
    lines = pd.read_csv(
        path,
        dtype={
            "DATE": np.int32,
            "STORE_NBR": np.int32,
            "LYLTY_CARD_NBR": np.int64,
            "TXN_ID": np.int64,
            "PROD_NBR": np.int32,
            "PROD_NAME": "category",
            "PROD_QTY": np.int16,
            "TOT_SALES": np.float64,
        },
    )
    first, last = (int((np.datetime64(day) - EPOCH).astype(np.int64)) for day in ("1990-01-01", "2049-12-31"))
    amount = lines.pop("TOT_SALES") * 100
    lines["cents"] = amount.round().astype(np.int64)
    names = lines["PROD_NAME"].cat.categories
    named = np.append((names.str.strip() != "") & (names.str.strip().str.len() <= 200), False)
    is_valid = (
        lines["DATE"].between(first, last)
        & lines["PROD_QTY"].between(1, MAX_QUANTITY)
        & (lines["cents"] >= 0)
        # Cents, but for the noise of floating-point numbers.
        & ((amount - lines["cents"]).abs() < 1e-4)
        & named[lines["PROD_NAME"].cat.codes]
    )
    if not is_valid.all():
        lines = lines[is_valid]
    return lines.drop(columns="STORE_NBR")


def read_cards(path: Path) -> pd.DataFrame:
    """Life stage and tier by card; cards that contradict themselves are left out."""
    cards = pd.read_csv(
        path, dtype={"LYLTY_CARD_NBR": np.int64, "LIFESTAGE": "category", "PREMIUM_CUSTOMER": "category"}
    )
    lifestages = _clean_categories(cards["LIFESTAGE"], str.upper)
    tiers = _clean_categories(cards["PREMIUM_CUSTOMER"], str.capitalize)
    table = pd.DataFrame({"customer_id": cards["LYLTY_CARD_NBR"], "lifestage": lifestages, "premium_tier": tiers})
    table = table.drop_duplicates()
    return table[~table["customer_id"].duplicated(keep=False)]


def _clean_categories(column: pd.Series, spell: Callable[[str], str]) -> pd.Categorical:
    """The texts without repeated blanks and spelled alike; missing and unknown ones are Unknown."""
    names = [spell(" ".join(name.split())) or "Unknown" for name in column.cat.categories]
    names = ["Unknown" if name.upper() == "UNKNOWN" else name for name in names]
    categories = sorted({*names, "Unknown"})
    codes = np.array([categories.index(name) for name in [*names, "Unknown"]])
    return pd.Categorical.from_codes(codes[column.cat.codes], categories)


# Products ---------------------------------------------------------------------------------------------------------


def describe_products(lines: pd.DataFrame, reference: Path) -> pd.DataFrame:
    """Name, brand, flavour, size and type of each product that counts, by product_id."""
    counts = lines.groupby(["PROD_NBR", "PROD_NAME"], observed=True).size().rename("lines").reset_index()
    counts["PROD_NAME"] = [" ".join(name.split()) for name in counts["PROD_NAME"]]
    counts = counts.groupby(["PROD_NBR", "PROD_NAME"], as_index=False)["lines"].sum()
    names = counts.sort_values(["lines", "PROD_NAME"], ascending=[False, True]).drop_duplicates("PROD_NBR")
    lists = {
        name: pd.read_csv(reference / f"{name}.csv", dtype=str, keep_default_na=False)
        for name in ("brand_aliases", "product_words", "flavour_families", "product_type_rules")
    }
    named = zip(names["PROD_NBR"], names["PROD_NAME"], strict=True)
    described = {number: describe_product(name, lists) for number, name in named}
    table = pd.DataFrame.from_dict(described, orient="index").rename_axis("product_id").sort_index()
    table["pack_size_g"] = table["pack_size_g"].astype("Int32")
    return table[table["product_type"].isin(PRODUCT_TYPES)]


def describe_product(name: str, lists: Mapping[str, pd.DataFrame]) -> dict[str, str | int | None]:
    """What the name of a product at the till says."""
    aliases = {
        alias: brand
        for alias, brand in lists["brand_aliases"][["alias", "brand"]].itertuples(index=False)
        if f"{name.upper()} ".startswith(f"{alias} ")
    }
    alias = max(aliases, key=len, default=name.split(" ")[0])
    brand = aliases.get(alias, alias.capitalize())
    size = SIZE.search(name)
    grams = float(size[4]) * (1000 if size[5].lower() == "kg" else 1) * int(size[3] or 1) if size else 0
    text = re.sub("([a-z])([A-Z])", r"\1 \2", SIZE.sub(r"\1 \6", name[len(alias) :].strip()))
    pieces = text.replace("&", " & ").upper().split()

    meanings = {row["words"]: (row["meaning"], row["role"]) for row in lists["product_words"].to_dict("records")}
    following = [f"{piece} {later}" for piece, later in pairwise(pieces)]
    pairs = [pair if pair in meanings else None for pair in [*following, None]]
    # A listed pair of words counts as one word, so the second of the two is left out.
    words = [pairs[i] or piece for i, piece in enumerate(pieces) if i == 0 or not pairs[i - 1]]
    known = [meanings.get(word, (word, "")) for word in words]

    # Connectives stand only between two words of the flavour.
    telling = [(meaning, role) for meaning, role in known if role in ("flavour", "connective")]
    roles = ["", *(role for _, role in telling), ""]
    kept = [
        meaning
        for i, (meaning, role) in enumerate(telling, start=1)
        if role == "flavour" or roles[i - 1] == roles[i + 1] == "flavour"
    ]
    flavour = " ".join(kept) or None
    described = " ".join([brand, *(meaning for meaning, _ in known)])
    return {
        "product_name": name,
        "brand": brand,
        "flavour": flavour,
        "flavour_family": first_rule(lists["flavour_families"], flavour or "", "flavour_family"),
        "pack_size_g": round(grams) or None,
        "product_type": first_rule(lists["product_type_rules"], described, "product_type") or "chips",
    }


def first_rule(rules: pd.DataFrame, words: str, result: str) -> str | None:
    """The result of the first rule whose words are all there."""
    there = set(words.lower().split())
    fitting = [rule for rule in rules.to_dict("records") if there.issuperset(rule["required_words"].lower().split())]
    return min(fitting, key=lambda rule: int(rule["priority"]))[result] if fitting else None


# Sales ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sales:
    """The lines as columns of small numbers.

    Attributes:
        customer_ids: The customers, shape (n_customers,).
        products: The products, by product_id.
        first_day: The first day, in days since 1970.
        n_days: Days from the first to the last.
        customer: Place of each line's customer, shape (n_lines,); so are all that follow.
        product: Place of the product.
        day: Days after the first day.
        transaction_id: Number of the receipt.
        units: Packets.
        cents: Amount paid.
    """

    customer_ids: Integers
    products: pd.DataFrame
    first_day: int
    n_days: int
    customer: Integers
    product: NDArray[np.int16]
    day: NDArray[np.int16]
    transaction_id: Integers
    units: NDArray[np.int16]
    cents: Integers

    @classmethod
    def of(cls, lines: pd.DataFrame, products: pd.DataFrame) -> Sales:
        """The lines of these products."""
        product = products.index.get_indexer(lines["PROD_NBR"])
        if (product < 0).any():
            lines, product = lines[product >= 0], product[product >= 0]
        customer, customer_ids = pd.factorize(lines["LYLTY_CARD_NBR"])
        first = int(lines["DATE"].min())
        day = (lines["DATE"] - first).to_numpy()
        return cls(
            customer_ids=np.asarray(customer_ids),
            products=products,
            first_day=first + int(EPOCH.astype(np.int64)),
            n_days=int(day.max()) + 1,
            customer=customer,
            product=product.astype(np.int16),
            day=day.astype(np.int16),
            transaction_id=lines["TXN_ID"].to_numpy(),
            units=lines["PROD_QTY"].to_numpy(),
            cents=lines["cents"].to_numpy(),
        )

    @property
    def n_customers(self) -> int:
        """Number of customers."""
        return len(self.customer_ids)

    def dates(self, days: ArrayLike) -> NDArray[np.datetime64]:
        """Dates of numbers of days after the first."""
        return (np.asarray(days, dtype=np.int64) + self.first_day).astype("datetime64[D]").astype("datetime64[s]")

    def purchases(self) -> Purchases:
        """What tells one purchase from another: a card's receipt of one day."""
        receipt, receipts = pd.factorize(self.transaction_id)
        if self.n_customers * self.n_days * len(receipts) >= 2**63:
            # Too large for one number: first customer and day, then their place and the receipt.
            visit, visits = pd.factorize(self.customer * self.n_days + self.day)
            receipt += visit * len(receipts)
            del visit, visits
        else:
            receipt += (self.customer * self.n_days + self.day) * len(receipts)
        purchase, distinct = pd.factorize(receipt)
        del receipt
        first = np.zeros(len(distinct), dtype=np.int64)
        first[purchase[::-1]] = np.arange(len(purchase) - 1, -1, -1)
        return Purchases(purchase, first)


@dataclass(frozen=True)
class Purchases:
    """The purchases of the lines.

    Attributes:
        of_line: Number of each line's purchase, shape (n_lines,).
        first_line: First line of each purchase, shape (n_purchases,).
    """

    of_line: Integers
    first_line: Integers


def count_distinct(things: Integers, group: Integers, n_groups: int) -> Integers:
    """How many different things each group has, shape (n_groups,)."""
    pairs = pd.unique(things * n_groups + group)
    return np.bincount(pairs % n_groups, minlength=n_groups)


def sums(group: Integers, amounts: Integers, n_groups: int) -> Integers:
    """Exact sums by group, shape (n_groups,). Sums of whole numbers below 2**53 are exact as floating-point numbers."""
    return np.bincount(group, weights=amounts, minlength=n_groups).astype(np.int64)


def value_codes(sales: Sales, column: str) -> tuple[NDArray[np.int64], list[object]]:
    """The value of each product as its place among the values, and the values in the order of their names."""
    column_values = (
        pd.Series(sales.products.index, index=sales.products.index) if column == "product_id" else named(sales, column)
    )
    codes, values = pd.factorize(column_values, sort=True)
    return codes, list(values)


def named(sales: Sales, column: str) -> pd.Series:
    """Brand, flavour family or pack size of each product, as the marts call it."""
    if column == "pack_size":
        return sales.products["pack_size_g"].map(lambda grams: "Not stated" if pd.isna(grams) else f"{grams} g")
    return sales.products[column].fillna("Not stated")


@dataclass(frozen=True)
class CustomerValues:
    """What each customer bought of each value of an attribute: one element per customer and value.

    Attributes:
        names: The values, in the order of their names.
        customer: Place of the customer.
        value: Place of the value.
        units: Packets.
        cents: Amount paid.
    """

    names: list[object]
    customer: Integers
    value: Integers
    units: Integers
    cents: Integers


def customer_values(sales: Sales) -> dict[str, CustomerValues]:
    """Sales by customer and product, and from them by customer and brand, flavour family and pack size."""
    codes, names = value_codes(sales, "product_id")
    pair, pairs = pd.factorize(sales.customer * len(names) + codes[sales.product])
    units, cents = sums(pair, sales.units, len(pairs)), sums(pair, sales.cents, len(pairs))
    del pair
    by_product = CustomerValues(names, pairs // len(names), pairs % len(names), units, cents)
    found = {"product_id": by_product}
    for column in ("brand", "flavour_family", "pack_size"):
        codes, names = value_codes(sales, column)
        pair, pairs = pd.factorize(by_product.customer * len(names) + codes[by_product.value])
        units, cents = sums(pair, by_product.units, len(pairs)), sums(pair, by_product.cents, len(pairs))
        found[column] = CustomerValues(names, pairs // len(names), pairs % len(names), units, cents)
    return found


# Marts of products ------------------------------------------------------------------------------------------------


def totals_by(sales: Sales, column: str, values: Mapping[str, CustomerValues], purchases: Purchases) -> pd.DataFrame:
    """Sales of each value of an attribute, by value."""
    codes, names = value_codes(sales, column)
    bought, n = values[column], len(names)
    return pd.DataFrame(
        {
            column: names,
            "sales_amount": sums(bought.value, bought.cents, n),
            "units": sums(bought.value, bought.units, n),
            "transactions": count_distinct(purchases.of_line, codes[sales.product], n),
            "customers": np.bincount(bought.value, minlength=n),
        }
    )


def ranked(totals: pd.DataFrame, key: str) -> pd.DataFrame:
    """The totals with price, rank and shares, best seller first."""
    # Ids are texts.
    table = totals.assign(place=totals[key].astype(str))
    table = table.sort_values(["sales_amount", "place"], ascending=[False, True], ignore_index=True).drop(
        columns="place"
    )
    everything = table["sales_amount"].sum() or np.nan
    return table.assign(
        avg_unit_price=table["sales_amount"] / 100 / table["units"],
        sales_rank=np.arange(1, len(table) + 1),
        sales_share=(table["sales_amount"] / everything).fillna(0),
        cumulative_sales_share=(table["sales_amount"].cumsum() / everything).fillna(0),
    )


def product_sales(sales: Sales, values: Mapping[str, CustomerValues], purchases: Purchases) -> pd.DataFrame:
    """Sales of each product with what its name says, price by weight and ABC class."""
    table = ranked(totals_by(sales, "product_id", values, purchases), "product_id")
    table = table.join(sales.products, on="product_id")
    sold_before = table["cumulative_sales_share"] - table["sales_share"]
    return table.assign(
        price_per_100g=(100 * table["avg_unit_price"] / table["pack_size_g"].astype(np.float64)),
        abc_class=np.select([sold_before < ABC_LIMITS[0], sold_before < ABC_LIMITS[1]], ["A", "B"], "C"),
    )


def pack_size_sales(sales: Sales, values: Mapping[str, CustomerValues], purchases: Purchases) -> pd.DataFrame:
    """Sales of each pack size, also as a number."""
    table = ranked(totals_by(sales, "pack_size", values, purchases), "pack_size")
    grams = pd.to_numeric(table["pack_size"].str.removesuffix(" g"), errors="coerce").astype("Int32")
    return table.assign(pack_size_g=grams)


# Promotions -------------------------------------------------------------------------------------------------------


def unit_prices(cents: Integers, units: NDArray[np.int16]) -> Integers:
    """Cents per packet, half cents rounded up."""
    return (2 * cents + units) // (2 * units)


def daily_prices(sales: Sales) -> pd.DataFrame:
    """Lines by product, day and price."""
    price, prices = pd.factorize(unit_prices(sales.cents, sales.units))
    n_products = len(sales.products)
    key = (price * n_products + sales.product) * sales.n_days + sales.day
    del price
    lines = np.bincount(key)
    keys = np.flatnonzero(lines)
    table = pd.DataFrame(
        {
            "product": keys // sales.n_days % n_products,
            "day": keys % sales.n_days,
            "price": np.asarray(prices)[keys // sales.n_days // n_products],
            "lines": lines[keys],
        }
    )
    # Weeks begin on Monday, and 1970 began on a Thursday.
    table["week"] = (table["day"] + sales.first_day + 3) // 7
    table["monday"] = 7 * table["week"] - 3 - sales.first_day
    return table


def find_promotions(prices: pd.DataFrame) -> pd.DataFrame:
    """Product, first and last day, and highest discounted price of each promotion."""
    prices = prices.merge(list_prices(prices), on=["product", "week"])
    is_cheap = prices["price"] <= discounted(prices["list_price"])
    prices["cheap_lines"] = prices["lines"].where(is_cheap, 0)
    days = prices.groupby(["product", "day"], as_index=False).agg(
        list_price=("list_price", "max"), lines=("lines", "sum"), cheap_lines=("cheap_lines", "sum")
    )
    days["number"] = np.arange(len(days))
    is_part = (days["cheap_lines"] >= 2) & (days["cheap_lines"] >= MIN_LINE_SHARE * days["lines"])
    days = days[(2 * days["cheap_lines"] > days["lines"]) | is_part]
    previous = days.groupby("product").shift()
    is_continued = (days["number"] <= previous["number"] + 2) & (days["day"] <= previous["day"] + MAX_GAP_DAYS)
    runs = (
        days.assign(run=(~is_continued).cumsum())
        .groupby("run")
        .agg(
            product=("product", "first"),
            first=("day", "min"),
            last=("day", "max"),
            days=("day", "size"),
            lines=("cheap_lines", "sum"),
            all_lines=("lines", "sum"),
            list_price=("list_price", "max"),
        )
    )
    runs = runs[(runs["days"] >= MIN_DAYS) & (runs["lines"] >= MIN_LINES) & (runs["list_price"] > 0)]
    runs = runs[runs["last"] - runs["first"] < MAX_DAYS].assign(limit=discounted(runs["list_price"]))
    of_product = dict(list(prices.groupby("product")))
    kept = [is_promotion(run, of_product[run.product]) for run in runs.itertuples()]
    return runs[np.array(kept, dtype=bool)]


def is_promotion(run: Any, prices: pd.DataFrame) -> bool:
    """Whether the price of a run is unusual in the weeks around, and was higher right before and right after."""

    def cheap_share(some: pd.DataFrame) -> float:
        return some["lines"].where(some["price"] <= run.limit, 0).sum() / some["lines"].sum()

    day, monday = prices["day"], prices["monday"]
    before = prices[day.between(run.first - MAX_GAP_DAYS, run.first - 1)]
    after = prices[day.between(run.last + 1, run.last + MAX_GAP_DAYS)]
    around = prices[
        monday.between(run.first - 7 * REFERENCE_WEEKS, run.first - 7)
        | monday.between(run.last + 1, run.last + 7 * REFERENCE_WEEKS)
    ]
    if not (len(before) and len(after) and len(around)):
        return False
    shares = [cheap_share(week) for _, week in around.groupby("monday")]
    line_share = run.lines / run.all_lines
    is_higher_beside = 2 * cheap_share(before) < line_share and 2 * cheap_share(after) < line_share
    return is_higher_beside and np.quantile(shares, 0.25) <= MAX_USUAL_SHARE


def discounted(list_price: pd.Series) -> pd.Series:
    """The highest price that counts as discounted, in cents; floating-point numbers are not to miss it."""
    return list_price * (1 - MIN_DISCOUNT) + 1e-9


def list_prices(prices: pd.DataFrame) -> pd.DataFrame:
    """The list price of each product and week: the lower of the usual prices up to it and from it on.

    The usual price is the highest one of at least a quarter of the days, which count alike, in thousandths.
    """
    all_lines = prices.groupby(["product", "day"])["lines"].transform("sum")
    shares = prices.assign(share=np.floor(1000 * prices["lines"] / all_lines + 0.5).astype(np.int64))
    found = []
    for product, table in shares.groupby("product"):
        weekly = table.groupby(["week", "price"], as_index=False)["share"].sum()
        weekly = weekly.sort_values("price", ascending=False)
        week, price, share = (weekly[name].to_numpy() for name in ("week", "price", "share"))
        for here in np.unique(week):
            sides = (
                (week <= here) & (week >= here - REFERENCE_WEEKS),
                (week >= here) & (week <= here + REFERENCE_WEEKS),
            )
            usual = [
                price[side][np.searchsorted(share[side].cumsum(), MIN_REGULAR_SHARE * share[side].sum())]
                for side in sides
            ]
            found.append((product, here, min(usual)))
    return pd.DataFrame(found, columns=["product", "week", "list_price"])


# Sales by day -----------------------------------------------------------------------------------------------------


def daily_sales(sales: Sales, promotions: pd.DataFrame, purchases: Purchases) -> pd.DataFrame:
    """Sales of every calendar day."""
    n = sales.n_days
    numbers = np.arange(n)
    dates = pd.Series(sales.dates(numbers))
    calendar = dates.dt.isocalendar()
    amounts = sums(sales.day, sales.cents, n)
    is_promotion_day = np.zeros(n, dtype=bool)
    for run in promotions.itertuples():
        is_promotion_day[run.first : run.last + 1] = True
    week_start = dates - pd.to_timedelta(dates.dt.dayofweek, unit="D")
    return pd.DataFrame(
        {
            "sales_date": dates,
            "weekday": dates.dt.day_name(),
            "iso_weekday": calendar["day"].astype(np.int32),
            "iso_week": calendar["week"].astype(np.int32),
            "iso_year": calendar["year"].astype(np.int32),
            "week_start_date": week_start,
            "month_start_date": dates.dt.to_period("M").dt.start_time,
            "sales_amount": amounts,
            "units": sums(sales.day, sales.units, n),
            "transactions": np.bincount(sales.day[purchases.first_line], minlength=n),
            "customers": count_distinct(sales.customer, sales.day.astype(np.int64), n),
            "sales_amount_7_day_average": pd.Series(amounts).rolling(7).sum() / 100 / 7,
            "is_trading_day": np.bincount(sales.day, minlength=n) > 0,
            "is_promotion_day": is_promotion_day,
            "is_promotion_week": pd.Series(is_promotion_day).groupby(week_start).transform("any"),
        }
    )


# Customers --------------------------------------------------------------------------------------------------------


def customer_totals(
    sales: Sales, values: Mapping[str, CustomerValues], promotions: pd.DataFrame, purchases: Purchases
) -> pd.DataFrame:
    """What each customer bought, one row per customer."""
    n = sales.n_customers
    by_brand = values["brand"]
    first_line = np.full(n, sales.n_days)
    np.minimum.at(first_line, sales.customer, sales.day)
    last_line = np.zeros(n, dtype=np.int64)
    np.maximum.at(last_line, sales.customer, sales.day)
    months = sales.dates(np.arange(sales.n_days)).astype("datetime64[M]").astype(np.int64)
    months -= months.min()
    units = sums(by_brand.customer, by_brand.units, n)
    transactions = np.bincount(sales.customer[purchases.first_line], minlength=n)
    n_months = int(months.max()) + 1
    active = pd.unique(sales.customer * n_months + months[sales.day])
    return pd.DataFrame(
        {
            "customer_id": sales.customer_ids,
            "first_purchase_date": sales.dates(first_line),
            "last_purchase_date": sales.dates(last_line),
            "recency_days": sales.n_days - 1 - last_line,
            "transactions": transactions,
            "sales_amount": sums(by_brand.customer, by_brand.cents, n),
            "units": units,
            "months_active": np.bincount(active // n_months, minlength=n),
            "promotion_share": promoted_units(sales, promotions) / units,
            "favourite_brand": favourites(values["brand"], n),
            "favourite_flavour": favourites(values["flavour_family"], n),
            "favourite_pack_size": favourites(values["pack_size"], n),
        }
    )


def promoted_units(sales: Sales, promotions: pd.DataFrame) -> Integers:
    """Packets that each customer bought at the price of a promotion."""
    units = np.zeros(sales.n_customers, dtype=np.int64)
    for run in promotions.itertuples():
        rows = np.flatnonzero((sales.product == run.product) & (sales.day >= run.first) & (sales.day <= run.last))
        rows = rows[unit_prices(sales.cents[rows], sales.units[rows]) <= run.limit]
        units += sums(sales.customer[rows], sales.units[rows], sales.n_customers)
    return units


def favourites(values: CustomerValues, n_customers: int) -> pd.Categorical:
    """Of the values bought most, the one with the highest sales, and of equal ones the first by name.

    What is not stated comes after all else.
    """
    n_values = len(values.names)
    n_cents = int(values.cents.max()) + 1
    if int(values.units.max() + 1) * n_cents * n_values >= 2**63:
        raise ValueError("a customer buys too much for the three to fit into one number")
    is_stated = np.array([name != "Not stated" for name in values.names])[values.value]
    score = is_stated * (values.units * n_cents + values.cents) * n_values + (n_values - 1 - values.value)
    best = np.zeros(n_customers, dtype=np.int64)
    np.maximum.at(best, values.customer, score)
    return pd.Categorical.from_codes(n_values - 1 - best % n_values, values.names)


def loyalty_customers(customers: pd.DataFrame, cards: pd.DataFrame, reference: Path) -> pd.DataFrame:
    """The customers with life stage, tier and RFM segment."""
    table = customers.merge(cards, on="customer_id", how="left")
    for column in ("lifestage", "premium_tier"):
        table[column] = table[column].fillna("Unknown")
    scores = {
        "r_score": 6 - quintile(table["recency_days"]),
        "f_score": quintile(table["transactions"]),
        "m_score": quintile(table["sales_amount"]),
    }
    rules = pd.read_csv(reference / "rfm_segments.csv")
    place = np.zeros((6, 6, 6), dtype=np.int64)
    for i, rule in enumerate(rules.itertuples()):
        place[rule.r_min : rule.r_max + 1, rule.f_min : rule.f_max + 1, rule.m_min : rule.m_max + 1] = i
    segment = place[scores["r_score"], scores["f_score"], scores["m_score"]]
    return table.assign(
        **scores,
        avg_units_per_transaction=table["units"] / table["transactions"],
        avg_unit_price=table["sales_amount"] / 100 / table["units"],
        rfm_segment=pd.Categorical.from_codes(segment, rules["rfm_segment"]),
        is_repeat_buyer=table["transactions"] > 1,
        is_loyal=rules["is_loyal"].to_numpy()[segment],
    )


def quintile(measure: pd.Series) -> NDArray[np.int32]:
    """1 for values up to the first of four quantiles, 5 for values above the last."""
    limits = measure.quantile([0.2, 0.4, 0.6, 0.8]).to_numpy()
    return (1 + np.searchsorted(limits, measure.to_numpy(), side="left")).astype(np.int32)


def lifestage_segments(customers: pd.DataFrame) -> pd.DataFrame:
    """Customers by life stage and tier: how many, how much, how often."""
    table = customers.groupby(["lifestage", "premium_tier"], observed=True, as_index=False).agg(
        total_sales=("sales_amount", "sum"),
        customer_count=("customer_id", "size"),
        units=("units", "sum"),
        transactions=("transactions", "sum"),
    )
    units, transactions = table.pop("units"), table.pop("transactions")
    return table.assign(
        avg_sales_per_customer=table["total_sales"] / 100 / table["customer_count"],
        units_per_customer=units / table["customer_count"],
        transactions_per_customer=transactions / table["customer_count"],
        avg_unit_price=table["total_sales"] / 100 / units,
    )
