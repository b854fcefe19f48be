"""The synthetic general shop: figures to the cent, every wart in place, and a planted truth that is found again."""

import csv
import re
from collections import Counter
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.stats import fisher_exact
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from tools.synthesize import GeneralSample, GeneralTruth, general_figures, synthesize_general
from tools.synthesize.general import (
    CATEGORIES,
    DEFAULT_CUSTOMERS,
    GROUPS,
    HOARDING,
    LOUNGE,
    LOUNGE_SALES,
    LOYALTY_PERCENT,
    MIN_CUSTOMERS,
    NEVER_SOLD,
    NO_CUSTOMER,
    RATIONED_PRODUCT,
    RATIONING,
    RETURNS_WITHOUT_RECEIPT,
    SALES_COLUMNS,
    SERVICES,
    STOCK_OUT,
    STOCK_OUT_PRODUCT,
    TOTAL_FILE,
    UNLISTED_PRODUCT,
    WITHOUT_DATA,
    Promotion,
    Spell,
)

COMMITTED = Path(__file__).parents[2] / "seeds" / "sample" / "general"
SALES_FILES = sorted(path.name for path in COMMITTED.glob("Umsatz_*.csv"))
CENT = Decimal("0.01")

Row = dict[str, str]

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def sample() -> GeneralSample:
    """The default sample."""
    return synthesize_general()


@pytest.fixture(scope="module")
def large() -> GeneralSample:
    """A sample in which chance plays a smaller part."""
    return synthesize_general(customers=7_200, seed=11)


def read(name: str, header_line: int = 1) -> list[Row]:
    """Rows of a committed file, read without any code of the generator; rows without any value are left out."""
    lines = (COMMITTED / name).read_bytes().decode("cp1252").split("\r\n")
    rows = csv.DictReader(lines[header_line - 1 :], delimiter=";")
    return [row for row in rows if any(row.values())]


def number(text: str) -> Decimal:
    """A number with a decimal comma."""
    return Decimal(text.replace(".", "").replace(",", "."))


def reason(row: Row) -> str | None:
    """Why a row of sales can't be read."""
    if not row["Datum"]:
        return "no date"
    try:
        datetime.strptime(row["Datum"], "%d.%m.%Y %H:%M")
    except ValueError:
        return "not a date"
    for column, problem in (("Menge", "quantity is not a number"), ("Preis", "price is not a number")):
        try:
            number(row[column])
        except InvalidOperation:
            return problem
    return None if row["Artikel"] else "no product"


def amount(row: Row) -> Decimal:
    """Exact amount of a row of sales."""
    return number(row["Menge"]) * number(row["Preis"]) - number(row["Rabatt"])


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def sales(sample: GeneralSample) -> pd.DataFrame:
    """Lines of goods that were sold, not brought back, with product, group and day."""
    lines = sample.lines.join(sample.truth.products, on="product_id", how="inner")
    lines = lines[lines["receipt_id"].str.startswith("R-")]
    return lines.assign(group=lines["receipt_id"].map(sample.truth.receipt_groups), day=lines["sold_at"].dt.normalize())


def within(days: pd.Series | pd.DatetimeIndex, spell: Spell | Promotion) -> pd.Series | np.ndarray:
    return (days >= pd.Timestamp(spell.first_day)) & (days <= pd.Timestamp(spell.last_day))


def lines_per_day(lines: pd.DataFrame) -> pd.Series:
    """Lines on every day with any sale."""
    return lines.groupby("day").size()


def together(lines: pd.DataFrame, first: str, second: str) -> tuple[float, float]:
    """Lift of two products over all receipts, and its one-sided p-value."""
    receipts = lines.groupby("product_name")["receipt_id"].agg(set)
    n, a, b = lines["receipt_id"].nunique(), receipts[first], receipts[second]
    both = len(a & b)
    table = [[both, len(a) - both], [len(b) - both, n - len(a) - len(b) + both]]
    return both * n / (len(a) * len(b)), float(fisher_exact(table, "greater").pvalue)


def uplift(lines: pd.DataFrame, promotion: Promotion, truth: GeneralTruth) -> float:
    """Lines in a promotion relative to days without one, both per line of other products and for the season."""
    product = lines["product_name"] == promotion.product
    season = truth.seasons.get(lines.loc[product, "category"].iloc[0], (100,) * 12)
    weight = pd.Series(season, index=range(1, 13), dtype=float)[lines["day"].dt.month].to_numpy()
    is_other = ~lines["product_name"].isin({other.product for other in truth.promotions})
    inside = within(lines["day"], promotion)
    same_product = [other for other in truth.promotions if other.product == promotion.product]
    outside = ~np.any([within(lines["day"], other) for other in same_product], axis=0)
    ratio = [(product & days).sum() / weight[is_other & days].sum() for days in (inside, outside)]
    return ratio[0] / ratio[1]


# The files


def test_files_have_the_layout_of_a_european_export(sample: GeneralSample) -> None:
    assert {path.name for path in COMMITTED.iterdir()} == set(sample.files)
    assert len(SALES_FILES) == 8
    assert sum(map(len, sample.files.values())) < 1_500_000
    line = re.compile(
        r"[RG]-\d{6};(?!31\.02)\d\d\.\d\d\.\d{4} \d\d:\d\d;\d\d;(\d{7})?;\d{6};-?\d+(,\d{3})?;[\d.]+,\d\d;"
        r"(0|-?\d+,\d\d);(0|[\d.]+,\d\d);(R-\d{6})?"
    )
    odd = 0
    for name in SALES_FILES:
        title, header, *rows = (COMMITTED / name).read_bytes().decode("cp1252").removesuffix("\r\n").split("\r\n")
        assert re.fullmatch(r"Umsätze \d\. Quartal 202\d – alle Märkte", title)
        assert tuple(header.split(";")) == SALES_COLUMNS
        odd += sum(not line.fullmatch(row) for row in rows)
    figures = sample.truth.figures
    assert odd == figures.blank_rows + figures.total_rows + sum(figures.refused_lines.values())


def test_files_are_not_utf_8_and_need_a_thousands_point() -> None:
    for name in SALES_FILES:
        with pytest.raises(UnicodeDecodeError):
            (COMMITTED / name).read_bytes().decode("utf-8")
    dear = [row for name in SALES_FILES for row in read(name, 2) if re.fullmatch(r"1\.\d{3},\d\d", row["Preis"])]
    assert len(dear) == LOUNGE_SALES


def test_mapping_names_columns_of_the_files() -> None:
    mapping = yaml.safe_load((COMMITTED / "segmart.yml").read_text("utf-8"))
    for part, name, header_line in (
        ("sales", SALES_FILES[0], 2),
        ("products", "Artikel.csv", 1),
        ("customers", "Kunden.csv", 1),
    ):
        header = set(read(name, header_line)[0])
        written = [*mapping[part]["columns"].values(), *mapping[part].get("attributes", {}).values()]
        for text in written:
            parts = re.split(r" [*-] ", text.removeprefix("= ")) if text.startswith("=") else [text]
            assert set(parts) <= header


def test_files_hold_the_sample(sample: GeneralSample) -> None:
    rows = [row for name in SALES_FILES for row in read(name, 2) if row["Bon"] != "Summe"]
    assert len(rows) == len(sample.lines)
    assert [row["Bon"] for row in rows] == sample.lines["receipt_id"].tolist()
    readable = [n for n, row in enumerate(rows) if reason(row) is None]
    amounts = [int(100 * cents(amount(rows[n]))) for n in readable]
    assert amounts == sample.lines["amount"].iloc[readable].tolist()


@pytest.mark.parametrize("customers", [MIN_CUSTOMERS, 2 * DEFAULT_CUSTOMERS + 1])
def test_other_sizes_are_complete(customers: int) -> None:
    drawn = synthesize_general(customers, seed=5)
    assert len(drawn.truth.customers) == customers
    assert drawn.truth.figures.stores == 12
    assert 15 * customers < len(drawn.lines) < 25 * customers
    assert drawn.truth.figures.blank_rows == 9


# The figures


def test_figures_are_those_of_the_committed_files() -> None:
    rows = [row for name in SALES_FILES for row in read(name, 2) if row["Bon"] != "Summe"]
    good = [row for row in rows if reason(row) is None]
    refused = Counter(filter(None, map(reason, rows)))
    services = [row for row in good if row["Artikel"].startswith("9000")]
    returns = [row for row in good if row["Bon"].startswith("G-")]
    nameless = [row for row in good if row["Kundennr."] in ("", NO_CUSTOMER)]
    known = {row["Kundennr."] for row in good} - {"", NO_CUSTOMER}
    listed = {row["Kundennr."] for row in read("Kunden.csv")}
    exact = sum(map(amount, good), Decimal(0))
    days = [datetime.strptime(row["Datum"], "%d.%m.%Y %H:%M").date() for row in good]

    def total(some: list[Row]) -> Decimal:
        return sum((cents(amount(row)) for row in some), Decimal(0))

    figures = general_figures()
    assert figures.rows == len(rows)
    assert figures.accepted_lines == len(good)
    assert figures.refused_lines == refused
    assert figures.net_sales == total(good)
    assert figures.rounding == exact - total(good)
    assert figures.service_sales == total(services)
    assert figures.goods_sales == total(good) - total(services)
    assert figures.return_sales == total(returns)
    assert figures.discounts == sum(number(row["Rabatt"]) for row in good)
    costs = (number(row["Menge"]) * number(row["Stückkosten"]) for row in good if row["Artikel"] not in SERVICES)
    assert figures.goods_costs == sum(map(cents, costs))
    assert (figures.service_lines, figures.return_lines) == (len(services), len(returns))
    assert figures.receipts == len({row["Bon"] for row in good})
    assert figures.return_receipts == len({row["Bon"] for row in returns})
    assert figures.anonymous_receipts == len({row["Bon"] for row in nameless})
    assert figures.anonymous_sales == total(nameless)
    assert (figures.customers, figures.listed_customers) == (len(known), len(listed))
    assert figures.unknown_customers == len(known - listed)
    assert figures.customers_without_purchases == len(listed - known)
    assert figures.products == len({row["Artikel"] for row in good} - SERVICES.keys())
    assert figures.stores == len({row["Markt"] for row in good}) == 12
    assert (figures.first_day, figures.last_day) == (min(days), max(days))


def test_figures_have_the_size_that_was_asked_for(sample: GeneralSample) -> None:
    figures = sample.truth.figures
    assert 20_000 < figures.rows < 25_000
    assert 0.28 < figures.anonymous_receipts / figures.receipts < 0.38
    assert 0 < sum(figures.refused_lines.values()) < 0.002 * figures.rows
    assert figures.rounding != 0
    assert figures.customers_without_purchases > 50
    assert len(sample.truth.products) == 400


# The warts


def test_total_row_adds_up_its_file() -> None:
    rows = read(TOTAL_FILE, 2)
    last = rows[-1]
    assert [row["Bon"] for row in rows].index("Summe") == len(rows) - 1
    # The till knows what a row says that was spoilt later.
    assert last["Menge"] > "1.000"
    readable = sum((number(row["Rabatt"]) for row in rows[:-1]), Decimal(0))
    assert number(last["Rabatt"]) == readable
    assert not any(row["Bon"] == "Summe" for name in SALES_FILES if name != TOTAL_FILE for row in read(name, 2))


def test_refused_rows_are_where_the_truth_says(sample: GeneralSample) -> None:
    rows = [row for name in SALES_FILES for row in read(name, 2) if row["Bon"] != "Summe"]
    found: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        if (problem := reason(row)) is not None:
            found.setdefault(problem, []).append(place)
    assert {name: tuple(places) for name, places in found.items()} == sample.truth.refused
    true = sample.lines.iloc[[place for places in found.values() for place in places]]
    assert Decimal(int(true["amount"].sum())) / 100 == sample.truth.figures.refused_sales


def test_returns_refer_to_a_sale_of_the_same_product_and_customer(sample: GeneralSample) -> None:
    lines = sample.lines
    returns = lines[lines["receipt_id"].str.startswith("G-")]
    assert (returns["milli_units"] < 0).all()
    assert (returns["amount"] < 0).all()
    assert returns["receipt_id"].is_unique
    assert (returns["sale_receipt_id"] == "").sum() == RETURNS_WITHOUT_RECEIPT
    named = returns[returns["sale_receipt_id"] != ""]
    sold = named.merge(
        lines, left_on=["sale_receipt_id", "product_id"], right_on=["receipt_id", "product_id"], suffixes=("", "_sold")
    )
    assert len(sold) == len(named)
    assert (sold["milli_units"] == -sold["milli_units_sold"]).all()
    assert (sold["amount"] == -sold["amount_sold"]).all()
    assert (sold["sold_at"] > sold["sold_at_sold"]).all()
    assert (sold["store_id"] == sold["store_id_sold"]).all()
    known = sold["customer_id"].replace(NO_CUSTOMER, "") == sold["customer_id_sold"].replace(NO_CUSTOMER, "")
    assert known.all()


def test_lists_lack_what_the_truth_says(sample: GeneralSample) -> None:
    articles = {row["Nummer"]: row for row in read("Artikel.csv")}
    names = sample.truth.products["product_name"]
    assert set(names.index) - set(articles) == set(names.index[names == UNLISTED_PRODUCT])
    assert set(articles) - set(names.index) == set(SERVICES)
    sold = set(sales(sample)["product_name"])
    assert UNLISTED_PRODUCT in sold
    assert LOUNGE in sold
    assert not sold & set(NEVER_SOLD)
    customers = {row["Kundennr."]: row for row in read("Kunden.csv")}
    assert set(customers) == set(sample.truth.customers.index[sample.truth.customers["is_listed"]])
    assert all(re.fullmatch(r"0\d{6}", customer) for customer in customers)
    assert {row["Newsletter"] for row in customers.values()} == {"ja", "nein"}
    assert 5 < sum(not row["Alter"] for row in customers.values()) < 30
    first_day = sales(sample).groupby("customer_id")["day"].min()
    signed_up = pd.Series({name: datetime.strptime(row["Anmeldung"], "%d.%m.%Y") for name, row in customers.items()})
    assert (first_day.reindex(signed_up.index).dropna() >= signed_up[signed_up.index.isin(first_day.index)]).all()


def test_services_come_with_what_they_belong_to(sample: GeneralSample) -> None:
    lines = sample.lines
    pieces = sales(sample)
    bottles = pieces[pieces["category"] == "Wasser & Limonade"].groupby("receipt_id")["milli_units"].sum()
    deposits = lines[lines["product_id"] == "900001"].set_index("receipt_id")["milli_units"]
    assert deposits.sort_index().equals(bottles.sort_index())
    empties = lines[lines["product_id"] == "900004"]
    assert (empties["amount"] < 0).all()
    assert empties["receipt_id"].str.startswith("R-").all()
    assert (lines.loc[lines["product_id"] == "900003", "amount"] == 490).all()


# The truth: products


@pytest.mark.parametrize("promotion", range(7))
def test_promotions_have_their_prices_and_uplifts(sample: GeneralSample, large: GeneralSample, promotion: int) -> None:
    for drawn, tolerance in ((sample, 0.4), (large, 0.25)):
        planted = drawn.truth.promotions[promotion]
        lines = sales(drawn)
        found = uplift(lines, planted, drawn.truth)
        assert found == pytest.approx(planted.uplift_percent / 100, rel=tolerance)
        product = lines[lines["product_name"] == planted.product]
        inside = within(product["day"], planted)
        usual = product.loc[~inside & (product["day"].dt.year == planted.first_day.year), "price"].max()
        promoted = product.loc[inside, "price"].unique()
        assert len(promoted) == 1
        assert promoted[0] == pytest.approx(usual * (100 - planted.discount_percent) / 100, abs=1)
        assert (product.loc[inside, "discount"] == 0).all()


def test_one_promotion_is_long_and_the_others_take_one_or_two_weeks(sample: GeneralSample) -> None:
    lengths = sorted(promotion.days for promotion in sample.truth.promotions)
    assert lengths[0] == 7
    assert lengths[-2] == 14
    assert lengths[-1] == 70


def test_pairs_go_together_beyond_chance_in_all_groups(sample: GeneralSample, large: GeneralSample) -> None:
    for pair in sample.truth.pairs:
        lift, p_value = together(sales(sample), pair.first, pair.second)
        assert lift > 10
        assert p_value < 1e-20
    lines = sales(large)
    receipts = lines.groupby("product_name")["receipt_id"].agg(set)
    for pair in large.truth.pairs:
        share = len(receipts[pair.first] & receipts[pair.second]) / len(receipts[pair.first])
        assert 100 * share == pytest.approx(pair.percent, abs=5)


def test_families_make_pairs_that_are_none(sample: GeneralSample, large: GeneralSample) -> None:
    for first, second in sample.truth.family_pairs:
        assert together(sales(sample), first, second)[1] < 0.01
        lines = sales(large)
        lift, p_value = together(lines, first, second)
        assert lift > 2
        assert p_value < 1e-10
        assert together(lines[lines["group"] == "Family shoppers"], first, second)[0] == pytest.approx(1, abs=0.3)


def test_ranges_make_pairs_that_are_none(sample: GeneralSample, large: GeneralSample) -> None:
    for first, second in sample.truth.range_pairs:
        stores = sample.truth.ranges[first.split()[0]]
        assert together(sales(sample), first, second)[1] < 0.01
        lines = sales(large)
        lift, p_value = together(lines, first, second)
        assert lift > 2
        assert p_value < 1e-8
        assert together(lines[lines["store_id"].isin(stores)], first, second)[0] == pytest.approx(1, abs=0.35)


def test_heavy_buyers_make_customers_with_both_of_any_two_staples(large: GeneralSample) -> None:
    """Within receipts staples are independent, given the size; over customers they seem to go together."""
    lines = sales(large)
    names = sorted(lines.loc[lines["is_staple"], "product_name"].unique())
    assert len(names) > 40

    def observed_by_expected(unit: str, rows: pd.DataFrame) -> float:
        held = pd.crosstab(rows[unit], rows["product_name"]).clip(upper=1)[names].to_numpy()
        count = held.T @ held
        single = held.sum(axis=0)
        first, second = np.triu_indices(len(names), k=1)
        return count[first, second].sum() / (single[first] * single[second] / len(held)).sum()

    customers = lines[lines["customer_id"].isin(large.truth.customers.index)]
    assert observed_by_expected("customer_id", customers) > 1.3
    # As many lines in every receipt: what is left is a little under 1, since no product is twice in a receipt.
    size = lines.groupby("receipt_id")["product_id"].transform("size")
    by_size = [observed_by_expected("receipt_id", lines[size == n]) / (1 - 1 / n) for n in (3, 4, 5)]
    assert np.mean(by_size) == pytest.approx(1, abs=0.1)


def test_brands_are_sold_in_their_stores_only(sample: GeneralSample) -> None:
    lines = sales(sample)
    for brand, stores in sample.truth.ranges.items():
        found = lines.loc[lines["brand"] == brand, "store_id"].value_counts()
        assert set(found.index) == set(stores)
    everywhere = lines[~lines["brand"].isin(sample.truth.ranges)].groupby("brand")["store_id"].nunique()
    assert (everywhere >= 11).mean() > 0.9


def test_families_seem_to_prefer_a_brand_of_their_stores(large: GeneralSample) -> None:
    """Over all stores they buy it more often than others do, and within the stores that sell it they don't."""
    lines = sales(large)
    named = lines[lines["customer_id"].isin(large.truth.customers.index) & (lines["category"] == "Brotaufstrich")]
    is_family = named["group"] == "Family shoppers"

    def index(rows: pd.DataFrame) -> float:
        is_brand = rows["brand"] == "Heidquell"
        return is_brand[is_family[rows.index]].mean() / is_brand[~is_family[rows.index]].mean()

    assert index(named) > 1.25
    assert index(named[named["store_id"].isin(large.truth.ranges["Heidquell"])]) == pytest.approx(1, abs=0.2)


def test_categories_have_their_seasons(large: GeneralSample) -> None:
    lines = sales(large)
    # Promoted products have peaks of their own.
    usual = lines[~lines["product_name"].isin([promotion.product for promotion in large.truth.promotions])]
    share = pd.crosstab(usual["category"], usual["day"].dt.month, normalize="columns")
    index = 100 * share.div(share.mean(axis=1), axis=0)
    for category, season in large.truth.seasons.items():
        assert np.corrcoef(index.loc[category], season)[0, 1] > 0.95
        planted = 1_200 * np.array(season) / sum(season)
        assert np.abs(index.loc[category] - planted).mean() < 14
    flat = index.drop(index=list(large.truth.seasons))
    assert flat.std(axis=1).median() < 12


def test_stock_out_and_rationing_are_in_their_weeks(sample: GeneralSample, large: GeneralSample) -> None:
    lines = sales(sample)
    out = lines[lines["product_name"] == STOCK_OUT_PRODUCT]
    assert not within(out["day"], STOCK_OUT).any()
    expected = len(out) / lines["day"].nunique() * within(lines_per_day(lines).index, STOCK_OUT).sum()
    assert expected > 10
    rationed = lines[lines["product_name"] == RATIONED_PRODUCT]
    assert (rationed.loc[within(rationed["day"], RATIONING), "milli_units"] == 1_000).all()
    assert rationed.loc[within(rationed["day"], HOARDING), "milli_units"].min() == 2_000
    lines = sales(large)
    days = lines_per_day(lines).index
    sold = lines_per_day(lines[lines["product_name"] == RATIONED_PRODUCT]).reindex(days, fill_value=0)
    quiet = ~within(days, HOARDING)
    assert sold[~quiet].mean() / sold[quiet].mean() == pytest.approx(HOARDING.traffic_percent / 100, rel=0.2)


def test_returns_have_their_rates(sample: GeneralSample, large: GeneralSample) -> None:
    for drawn, at_least in ((sample, 8), (large, 60)):
        lines = drawn.lines.join(drawn.truth.products, on="product_id", how="inner")
        counts = lines.groupby(["product_name", lines["receipt_id"].str[0]]).size().unstack(fill_value=0)
        assert counts["G"].idxmax() == "Voltan Wasserkocher"
        kettle = counts.loc["Voltan Wasserkocher"]
        assert kettle["G"] >= at_least
    assert 1_000 * kettle["G"] / kettle["R"] == pytest.approx(220, abs=40)
    others = counts[large.truth.products.set_index("product_name").loc[counts.index, "returns_per_1000"] == 3]
    assert 1_000 * others["G"].sum() / others["R"].sum() == pytest.approx(3, abs=0.7)


def test_margins_are_those_of_the_categories(sample: GeneralSample) -> None:
    lines = sales(sample)
    plain = lines[(lines["discount"] == 0) & ~lines["product_name"].isin({p.product for p in sample.truth.promotions})]
    money = plain.assign(cost=plain["milli_units"] * plain["cost"], full=plain["milli_units"] * plain["price"])
    sums = money.groupby("category")[["cost", "full"]].sum()
    margins = 100 - 100 * sums["cost"] / sums["full"]
    for category in CATEGORIES:
        assert margins[category.name] == pytest.approx(category.margin, abs=0.6)


# The truth: customers


def features(sample: GeneralSample) -> pd.DataFrame:
    """What a customer of at least four receipts does, standardised."""
    lines = sales(sample)
    lines = lines[lines["customer_id"].isin(sample.truth.customers.index)]
    hour, weekday = lines["sold_at"].dt.hour, lines["sold_at"].dt.day_of_week
    table = lines.assign(
        evening=hour >= 16, weekend=weekday >= 4, discounted=lines["discount"] > 0, own=lines["brand"] == "Sparholt"
    ).groupby("customer_id")
    shares = table[["evening", "weekend", "discounted", "own"]].mean()
    shares["size"] = np.log(table.size() / table["receipt_id"].nunique())
    shares = shares[table["receipt_id"].nunique() >= 4]
    return (shares - shares.mean()) / shares.std()


def test_customers_form_the_planted_groups(sample: GeneralSample) -> None:
    table = features(sample)
    found = KMeans(n_clusters=3, n_init=20, random_state=0).fit_predict(table.to_numpy())
    planted = sample.truth.customers.loc[table.index, "group"]
    assert len(table) > 400
    assert adjusted_rand_score(planted, found) > 0.8


def test_groups_shop_as_planted(large: GeneralSample) -> None:
    lines = sales(large)
    by_group = lines.groupby("group")
    size = lines.groupby(["group", "receipt_id"]).size().groupby("group").mean()
    assert size.idxmax() == "Family shoppers"
    assert size.idxmin() == "Evening shoppers"
    for group in GROUPS:
        promoted = lines["product_name"].isin({p.product for p in large.truth.promotions})
        rows = lines[(lines["group"] == group.name) & ~promoted]
        assert 1_000 * (rows["discount"] > 0).mean() == pytest.approx(group.marked_down, rel=0.15)
    evening = by_group["sold_at"].agg(lambda moments: (moments.dt.hour >= 17).mean())
    assert evening["Evening shoppers"] > 0.8
    assert evening.drop("Evening shoppers").max() < 0.15
    weekend = by_group["sold_at"].agg(lambda moments: (moments.dt.day_of_week >= 4).mean())
    assert weekend.idxmax() == "Family shoppers"


def test_customers_are_loyal_to_a_store(large: GeneralSample) -> None:
    lines = sales(large).drop_duplicates("receipt_id")
    lines = lines[lines["customer_id"].isin(large.truth.customers.index)]
    home = lines["customer_id"].map(large.truth.customers["store_id"])
    assert 100 * (home == lines["store_id"]).mean() == pytest.approx(LOYALTY_PERCENT, abs=3)
    region = large.truth.stores["region"]
    assert (home.map(region) == lines["store_id"].map(region)).all()
    family = large.truth.customers["group"].eq("Family shoppers")
    share = family.groupby(large.truth.customers["store_id"].map(region)).mean()
    assert share["Nord"] / share.drop("Nord").mean() > 1.7


def test_customers_lapse_with_the_hazard_of_their_group(large: GeneralSample) -> None:
    customers = large.truth.customers
    last = sales(large).groupby("customer_id")["day"].max().reindex(customers.index)
    assert not (last >= customers["lapse_day"]).any()
    end = pd.Timestamp("2024-12-31")
    for group in GROUPS:
        rows = customers[customers["group"] == group.name]
        lapse_day = rows["lapse_day"].fillna(end)
        days_at_risk = (lapse_day - rows["first_day"]).dt.days.sum()
        hazard = 10_000 * rows["lapse_day"].notna().sum() / days_at_risk
        assert hazard == pytest.approx(group.lapses, rel=0.2)


# The truth: stores and days


def test_trial_store_has_its_uplift_in_its_months_only(sample: GeneralSample, large: GeneralSample) -> None:
    for drawn, tolerance in ((sample, 0.4), (large, 0.2)):
        receipts = sales(drawn).drop_duplicates("receipt_id")
        trial = drawn.truth.trial
        is_trial_store = receipts["store_id"] == trial.store_id
        monthly = pd.crosstab(receipts["day"].dt.to_period("M"), is_trial_store)
        ratio = monthly[True] / monthly[False]
        inside = (ratio.index >= pd.Period(trial.first_day, "M")) & (ratio.index <= pd.Period(trial.last_day, "M"))
        assert inside.sum() == 3
        assert 100 * ratio[inside].mean() / ratio[~inside].mean() == pytest.approx(trial.traffic_percent, rel=tolerance)
        assert ratio[inside].min() > ratio[~inside].max()


def test_stores_are_closed_where_the_truth_says(sample: GeneralSample) -> None:
    receipts = sales(sample)
    days = receipts["day"]
    assert not days.isin(pd.to_datetime(sample.truth.closed_days)).any()
    assert not within(days, WITHOUT_DATA).any()
    for spell in sample.truth.spells:
        if spell.traffic_percent == 0:
            is_store = (receipts["store_id"] == spell.store_id) | (spell.store_id is None)
            assert not (is_store & within(days, spell)).any()
    every = pd.date_range("2023-01-02", "2024-12-31")
    silent = set(every.date) - set(days.dt.date)
    expected = set(sample.truth.closed_days) | {day.date() for day in every[within(every, WITHOUT_DATA)]}
    assert silent | set(sample.truth.closed_days) == expected


def test_large_store_sells_on_the_days_around_its_stocktaking(large: GeneralSample) -> None:
    lines = sales(large)
    sold = set(lines.loc[lines["store_id"] == "01", "day"].dt.strftime("%Y-%m-%d"))
    assert {"2024-03-13", "2024-03-15"} <= sold
    assert "2024-03-14" not in sold
