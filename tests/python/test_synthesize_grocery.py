"""The synthetic supermarket: every wart in place, and a planted truth that is found again."""

import ast
import csv
import json
import re
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, hypergeom
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import RobustScaler

from tools.synthesize import GrocerySample, synthesize_grocery
from tools.synthesize.grocery import (
    BASKET_SIZES,
    CATEGORIES,
    CHUNK_BASKETS,
    DEFAULT_BASKETS,
    DEFAULT_CUSTOMERS,
    DEFAULT_SEED,
    LISTED_TWICE,
    LISTED_UNDER,
    MIN_BASKETS,
    MIN_CUSTOMERS,
    MISSING_PER_1000,
    NEVER_SOLD,
    PRODUCTS,
    SPELLINGS_PER_10_000,
    SPEND_COLUMNS,
    WITHOUT_CATEGORY,
)

COMMITTED = Path(__file__).parents[2] / "seeds" / "sample" / "grocery"
CUSTOMERS = "customer_info.csv"
BASKETS = "customer_basket.csv"
MAPPING = "product_mapping.csv"
HEADER = (
    "customer_id,customer_name,customer_gender,customer_birthdate,kids_home,teens_home,number_complaints,"
    "distinct_stores_visited,lifetime_spend_groceries,lifetime_spend_electronics,typical_hour,"
    "lifetime_spend_vegetables,lifetime_spend_nonalcohol_drinks,lifetime_spend_alcohol_drinks,lifetime_spend_meat,"
    "lifetime_spend_fish,lifetime_spend_hygiene,lifetime_spend_videogames,lifetime_spend_petfood,"
    "lifetime_total_distinct_products,percentage_of_products_bought_promotion,year_first_transaction,"
    "loyalty_card_number,latitude,longitude"
)
NAMES = [product.name for product in PRODUCTS]
OTHER_SEEDS = [DEFAULT_SEED, 21, 22, 23]

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def sample() -> GrocerySample:
    """The default sample."""
    return synthesize_grocery()


@pytest.fixture(scope="module")
def large() -> GrocerySample:
    """A sample in which chance plays a smaller part, with baskets of many chunks and a part of one."""
    return synthesize_grocery(customers=20_000, baskets=205_000, seed=11)


def personas(sample: GrocerySample) -> NDArray[np.object_]:
    """Name of the persona of every customer, in the order of the file."""
    return sample.truth.persona[sample.customers["customer_id"]].to_numpy(dtype=object)


def basket_personas(sample: GrocerySample) -> NDArray[np.object_]:
    """Name of the persona of every basket; None for those of unknown customers."""
    named = sample.truth.persona.astype(object).reindex(sample.baskets.customer_id)
    return named.where(named.notna(), None).to_numpy()


def held(sample: GrocerySample) -> NDArray[np.float32]:
    """1 where a basket holds a product, else 0, shape (n_baskets, n_products)."""
    table = np.zeros((len(sample.baskets), len(PRODUCTS)), dtype=np.float32)
    table[np.repeat(np.arange(len(table)), sample.baskets.sizes()), sample.baskets.product] = 1
    return table


def count_pairs(table: NDArray[np.float32], names: Sequence[str] = NAMES) -> pd.DataFrame:
    """Lift, one-sided Fisher p-value and Benjamini-Hochberg q-value of every pair of products, by its names."""
    chosen = table[:, [NAMES.index(name) for name in names]]
    together = np.rint(chosen.T @ chosen).astype(np.int64)
    single = together.diagonal()
    first, second = np.triu_indices(len(names), k=1)
    count = together[first, second]
    p_value = hypergeom.sf(count - 1, len(table), single[first], single[second])
    return pd.DataFrame(
        {
            "lift": count * len(table) / np.maximum(single[first] * single[second], 1),
            "p_value": p_value,
            "q_value": false_discovery_control(p_value),
        },
        index=[frozenset((names[a], names[b])) for a, b in zip(first, second, strict=True)],
    )


def features(sample: GrocerySample) -> NDArray[np.float64]:
    """What a grocery analysis would cluster on, robustly scaled; missing values are medians."""
    raw = sample.customers
    spend = raw[list(SPEND_COLUMNS)]
    spend = spend.fillna(spend.median())
    year = raw["year_first_transaction"]
    table = pd.DataFrame(
        {
            "age": 2024 - raw["customer_birthdate"].astype(object).str[6:10].astype(float),
            "kids": raw["kids_home"],
            "teens": raw["teens_home"],
            "complaints": raw["number_complaints"],
            "stores": raw["distinct_stores_visited"],
            "hour": raw["typical_hour"],
            "products": raw["lifetime_total_distinct_products"],
            "tenure": 2024 - year.where((year != 2000) & (year < 2024)),
            "promotion": raw["percentage_of_products_bought_promotion"].clip(0, 1),
        }
    ).join(spend.div(spend.sum(axis=1), axis=0))
    return RobustScaler().fit_transform(table.fillna(table.median()))


def parse(text: str) -> list[str]:
    """The goods in one of the readable spellings."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        goods = ast.literal_eval(text)
        assert isinstance(goods, list)
        return goods


# The files


def test_files_have_the_layout_of_the_public_ones() -> None:
    customers, baskets, mapping = [(COMMITTED / name).read_bytes() for name in (CUSTOMERS, BASKETS, MAPPING)]
    assert b"\r" not in customers + mapping
    assert baskets.count(b"\n") == baskets.count(b"\r\n") == DEFAULT_BASKETS + 1
    header, *lines = customers.decode("ascii").splitlines()
    assert header == HEADER
    assert len(lines) == DEFAULT_CUSTOMERS
    moment = r"([01]\d/[0-3]\d/(19\d\d|200[01]) [01]\d:[0-5]\d [AP]M)?"
    whole = r"(\d+\.0)?"
    line = re.compile(
        rf"\d+,((Bsc|Msc|Phd)\. )?[A-Z][a-z]+ [A-Z][a-z]+,(fe)?male,{moment}(,{whole}){{16}},-?\d\.\d+(e-\d\d)?,"
        rf"(199|20[012])\d\.0,{whole},38\.\d+,-9\.\d+"
    )
    assert [text for text in lines if not line.fullmatch(text)] == []
    assert baskets.startswith(b"invoice_id,list_of_goods,customer_id\r\n1")
    assert mapping.startswith(b"product_name,category\n")


def test_files_hold_the_sample(sample: GrocerySample) -> None:
    customers = pd.read_csv(COMMITTED / CUSTOMERS)
    texts = dict.fromkeys(sample.customers.select_dtypes("category"), object)
    pd.testing.assert_frame_equal(customers, sample.customers.astype(texts), check_dtype=False, check_exact=True)
    pd.testing.assert_frame_equal(pd.read_csv(COMMITTED / MAPPING), sample.products, check_dtype=False)


def test_lists_hold_the_products_of_the_baskets(sample: GrocerySample) -> None:
    with (COMMITTED / BASKETS).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    baskets, spellings = sample.baskets, sample.truth.quirks.spellings
    broken = {invoice for name, invoices in spellings.items() if name != "json" for invoice in invoices}
    assert [int(row["invoice_id"]) for row in rows] == baskets.invoice_id.tolist()
    assert [int(row["customer_id"]) for row in rows] == baskets.customer_id.tolist()
    for row, numbers in zip(rows, np.split(baskets.product, baskets.end[:-1]), strict=True):
        if int(row["invoice_id"]) not in broken:
            assert parse(row["list_of_goods"]) == [NAMES[number] for number in numbers]


def test_chunks_hold_all_baskets(large: GrocerySample) -> None:
    baskets, spellings = large.baskets, large.truth.quirks.spellings
    frame = pd.concat(large.baskets.frames())
    np.testing.assert_array_equal(frame["invoice_id"], baskets.invoice_id)
    np.testing.assert_array_equal(frame["customer_id"], baskets.customer_id)
    goods = [str([NAMES[n] for n in numbers.tolist()]) for numbers in np.split(baskets.product, baskets.end[:-1])]
    odd = {invoice for invoices in spellings.values() for invoice in invoices}
    assert set(frame["invoice_id"][frame["list_of_goods"] != pd.Series(goods, index=frame.index)]) == odd


def test_no_number_is_one_of_the_public_files(sample: GrocerySample) -> None:
    ids, invoices = sample.customers["customer_id"], sample.baskets.invoice_id
    assert ids.is_unique
    assert not ids.is_monotonic_increasing
    assert ids.min() > 39_978
    assert sample.customers["loyalty_card_number"].max() < 900_000
    assert len(np.unique(invoices)) == len(invoices)
    assert invoices.min() > 12_236_507
    assert list(sample.truth.persona.index) == list(ids)


def test_another_seed_has_the_same_truth() -> None:
    first, second = (synthesize_grocery(MIN_CUSTOMERS, MIN_BASKETS, seed).truth for seed in (5, 6))
    assert (first.pairs, first.independent_pairs) == (second.pairs, second.independent_pairs)
    pd.testing.assert_frame_equal(first.probabilities, second.probabilities)


def test_customers_do_not_depend_on_the_number_of_baskets(sample: GrocerySample) -> None:
    other = synthesize_grocery(baskets=MIN_BASKETS)
    pd.testing.assert_frame_equal(other.customers, sample.customers)


@pytest.mark.parametrize("customers", [MIN_CUSTOMERS, 3 * MIN_CUSTOMERS + 1])
def test_small_samples_are_complete(customers: int) -> None:
    small = synthesize_grocery(customers, MIN_BASKETS, seed=2)
    quirks = small.truth.quirks
    assert (len(small.customers), len(small.baskets)) == (customers, MIN_BASKETS)
    assert small.truth.persona.nunique() == 9
    assert all(len(values) > 0 for values in (*quirks.missing.values(), *quirks.spellings.values()))
    lists = (value for value in vars(quirks).values() if isinstance(value, tuple))
    assert all(len(value) > 0 for value in lists)


def test_millions_of_baskets_fit_into_memory(large: GrocerySample) -> None:
    baskets = large.baskets
    arrays = (baskets.invoice_id, baskets.customer_id, baskets.end, baskets.product, baskets.spelling)
    assert sum(array.nbytes for array in arrays) < 30 * len(baskets)
    assert large.customers.memory_usage().sum() < 250 * len(large.customers)
    assert all(len(frame) <= CHUNK_BASKETS for frame in large.baskets.frames())


# The warts


def test_values_are_missing_where_the_public_file_lacks_them(sample: GrocerySample) -> None:
    raw, missing = sample.customers.set_index("customer_id"), sample.truth.quirks.missing
    assert set(raw.columns[raw.isna().any()]) == set(missing) == set(MISSING_PER_1000)
    for column, values in missing.items():
        assert set(raw.index[raw[column].isna()]) == set(values.index)
        assert len(values) == DEFAULT_CUSTOMERS * MISSING_PER_1000[column] // 1000
        assert values.notna().all()
    found = raw["lifetime_spend_fish"].median()
    assert missing["lifetime_spend_fish"].median() == pytest.approx(found, rel=0.4)


def test_some_customers_share_a_card(sample: GrocerySample, large: GrocerySample) -> None:
    for drawn in (sample, large):
        cards = drawn.customers.set_index("customer_id")["loyalty_card_number"].dropna()
        shared = cards[cards.duplicated(keep=False)]
        assert len(shared) == pytest.approx(0.106 * len(drawn.customers), abs=2)
        listed = list(drawn.truth.quirks.shared_cards)
        assert cards[listed].is_unique
        assert set(cards.drop(listed)) == set(cards)
        assert len(cards) - cards.nunique() == len(listed)


def test_implausible_shares_years_and_hours(sample: GrocerySample) -> None:
    raw, quirks = sample.customers.set_index("customer_id"), sample.truth.quirks
    share = raw["percentage_of_products_bought_promotion"]
    year, hour = raw["year_first_transaction"], raw["typical_hour"]
    hour = hour.fillna(quirks.missing["typical_hour"])
    for found, listed, per_1000 in (
        (share < 0, quirks.negative_promotions, 21),
        (share > 1, quirks.promotions_over_one, 16),
        (year > 2023, quirks.future_years, 24),
        (hour == 24, quirks.midnights, 27),
    ):
        assert set(raw.index[found]) == set(listed)
        assert list(listed) == sorted(listed)
        assert len(listed) == DEFAULT_CUSTOMERS * per_1000 // 1000
    assert share.between(-0.44, 1.36).all()
    assert set(year[list(quirks.future_years)]) == {2024, 2025, 2026}
    assert len(quirks.placeholder_years) == DEFAULT_CUSTOMERS * 48 // 1000
    assert set(year[list(quirks.placeholder_years)]) == {2000}
    assert (year == 2000).sum() > 4 * max((year == 1999).sum(), (year == 2001).sum())
    assert hour.between(6, 24).all()


def test_names_have_titles_and_genders(sample: GrocerySample, large: GrocerySample) -> None:
    for drawn, tolerance in ((sample, 0.03), (large, 0.012)):
        names = drawn.customers["customer_name"].astype(object)
        titles = names.str.extract(r"^(?:(\w+)\. )?\w+ \w+$")[0].fillna("none").value_counts(normalize=True)
        assert titles.to_dict() == pytest.approx({"none": 0.46, "Bsc": 0.18, "Msc": 0.18, "Phd": 0.18}, abs=tolerance)
        assert (drawn.customers["customer_gender"] == "female").mean() == pytest.approx(0.5, abs=tolerance)
    first = sample.customers["customer_name"].astype(object).str.replace(r"^\w+\. ", "", regex=True).str.split().str[0]
    assert sample.customers.groupby(first)["customer_gender"].nunique().max() == 1


def test_few_baskets_are_spelled_otherwise(sample: GrocerySample) -> None:
    baskets, quirks = sample.baskets, sample.truth.quirks
    texts = pd.concat(baskets.frames()).set_index("invoice_id")["list_of_goods"]
    goods = pd.Series(np.split(baskets.product, baskets.end[:-1]), index=baskets.invoice_id)
    for name, per_10_000 in SPELLINGS_PER_10_000.items():
        assert len(quirks.spellings[name]) == DEFAULT_BASKETS * per_10_000 // 10_000
    assert set(texts[list(quirks.spellings["empty text"])]) == {""}
    assert set(texts[list(quirks.spellings["empty list"])]) == {"[]"}
    for invoice in quirks.spellings["json"]:
        assert json.loads(texts[invoice]) == [NAMES[number] for number in goods[invoice]]
    for invoice in quirks.spellings["unclosed"]:
        assert texts[invoice].startswith(("['", '["'))
        with pytest.raises(SyntaxError):
            ast.literal_eval(texts[invoice])
    for invoice in quirks.spellings["not a list"]:
        assert texts[invoice].split("; ") == [NAMES[number] for number in goods[invoice]]
    usual = texts.drop([invoice for ids in quirks.spellings.values() for invoice in ids])
    assert usual.map(lambda text: text == str(ast.literal_eval(text))).all()


def test_few_customers_of_baskets_are_unknown(sample: GrocerySample) -> None:
    baskets, known = sample.baskets, sample.customers["customer_id"]
    unknown = ~np.isin(baskets.customer_id, known)
    assert set(baskets.invoice_id[unknown]) == set(sample.truth.quirks.unknown_customers)
    assert unknown.sum() == 40
    assert known.isin(baskets.customer_id).mean() > 0.95


def test_product_list_has_its_quirks(sample: GrocerySample) -> None:
    rows = sample.products.groupby("product_name")["category"].agg(list)
    assert set(sample.products["category"]) == set(CATEGORIES)
    assert {name for name, categories in rows.items() if len(categories) > 1} == {"cucumber", "Orvo earbuds"}
    assert rows["cucumber"] == ["vegetables", "vegetables"]
    assert rows["Orvo earbuds"] == ["electronics", "videogames"]
    sold = {NAMES[number] for number in np.unique(sample.baskets.product)}
    assert sold == set(NAMES)
    assert sold - set(rows.index) == set(WITHOUT_CATEGORY)
    assert set(rows.index) - sold == set(NEVER_SOLD)
    for product in sample.truth.products:
        listed = tuple(rows.get(product.name, []))
        assert listed == product.categories
        if product.name not in (*WITHOUT_CATEGORY, *LISTED_UNDER, *LISTED_TWICE):
            assert listed == (product.kind,)
    lines = np.isin(sample.baskets.product, [NAMES.index(name) for name in WITHOUT_CATEGORY])
    assert lines.mean() == pytest.approx(0.033, abs=0.005)


def test_names_of_products_are_nasty() -> None:
    assert len(set(NAMES)) == len({name.casefold() for name in NAMES}) == len(PRODUCTS)
    for sign in ("&", ":", "_", "'", ",", "%", "!", "7"):
        assert any(sign in name for name in NAMES), sign
    assert any(name != name.lower() for name in NAMES)
    assert not any(sign in name for name in NAMES for sign in ('"', "\\", ";"))


# The truth: customers


@pytest.mark.parametrize("seed", OTHER_SEEDS)
def test_customers_form_the_planted_personas(seed: int) -> None:
    drawn = synthesize_grocery(baskets=MIN_BASKETS, seed=seed)
    rows, planted = features(drawn), personas(drawn)
    specialists = {persona.name for persona in drawn.truth.personas if persona.is_specialist}
    # Ward sees the small groups first; what is left is one large group, which K-Means divides.
    found = AgglomerativeClustering(n_clusters=len(specialists) + 1).fit_predict(rows)
    rest = found == np.bincount(found).argmax()
    merged = np.where(np.isin(planted, list(specialists)), planted, "rest")
    assert adjusted_rand_score(merged, found) >= 0.97
    found[rest] = 100 + KMeans(n_clusters=4, n_init=10, random_state=0).fit_predict(rows[rest])
    assert adjusted_rand_score(planted, found) >= 0.95


def test_personas_have_their_shares_and_means(large: GrocerySample) -> None:
    planted, quirks = personas(large), large.truth.quirks
    raw = large.customers.assign(
        year=large.customers["customer_birthdate"].astype(object).str[6:10].astype(float)
    ).set_index("customer_id")
    raw["share"] = raw["percentage_of_products_bought_promotion"].drop(
        [*quirks.negative_promotions, *quirks.promotions_over_one]
    )
    raw["first"] = raw["year_first_transaction"].drop([*quirks.future_years, *quirks.placeholder_years])
    shares = pd.Series(planted).value_counts(normalize=True)
    means = raw.groupby(planted).mean(numeric_only=True)
    assert sum(persona.percent for persona in large.truth.personas) == 100
    for persona in large.truth.personas:
        assert shares[persona.name] == pytest.approx(persona.percent / 100, abs=0.01)
        mean = means.loc[persona.name]
        np.testing.assert_allclose(mean[list(SPEND_COLUMNS)], persona.spend, rtol=0.04, atol=0.5)
        assert mean["kids_home"] == pytest.approx(np.average(range(len(persona.kids)), weights=persona.kids), abs=0.08)
        assert mean["teens_home"] == pytest.approx(
            np.average(range(len(persona.teens)), weights=persona.teens), abs=0.08
        )
        assert mean["share"] == pytest.approx(persona.promotion_percent.mean / 100, abs=0.02)
        assert mean["first"] == pytest.approx(persona.first_year.mean, abs=0.5)
        assert mean["year"] == pytest.approx(persona.birth_year.mean, abs=0.6)


def test_complaints_titles_and_places_do_not_depend_on_the_persona(large: GrocerySample) -> None:
    raw, planted = large.customers, personas(large)
    title = raw["customer_name"].astype(object).str.contains(". ", regex=False).astype(float)
    for values in (raw["number_complaints"], raw["latitude"], raw["longitude"], title):
        groups = values.groupby(planted).agg(["mean", "std", "count"])
        distance = (groups["mean"] - values.mean()) / (groups["std"] / np.sqrt(groups["count"]))
        assert distance.abs().max() < 3.5


# The truth: baskets


def test_baskets_have_their_sizes(sample: GrocerySample, large: GrocerySample) -> None:
    for drawn in (sample, large):
        sizes = drawn.baskets.sizes()
        assert (sizes.min(), sizes.max()) == BASKET_SIZES
        assert sizes.mean() == pytest.approx(7.4, abs=0.1)
        assert held(drawn).sum() == len(drawn.baskets.product), "a basket holds a product twice"


def test_goods_come_in_no_order(sample: GrocerySample) -> None:
    baskets = sample.baskets
    first, last = baskets.product[baskets.end - baskets.sizes()], baskets.product[baskets.end - 1]
    assert (first < last).mean() == pytest.approx(0.5, abs=0.02)


def test_personas_buy_what_they_like(large: GrocerySample) -> None:
    table, persona = held(large), basket_personas(large)
    for name, expected in large.truth.probabilities.iterrows():
        rows = table[persona == name]
        error = np.sqrt(expected * (1 - expected) / len(rows))
        # That some baskets are drawn anew for their size makes all products a little more frequent.
        assert (np.abs(rows.mean(axis=0) - expected) < 4.5 * error + 0.01 * expected).all()
    likes = {persona.name: max(persona.factors, key=persona.factors.get) for persona in large.truth.personas}
    assert likes["Fishermen"] == "fish"
    assert likes["Gamers"] == "videogames"
    assert likes["Pet lovers"] == "petfood"


def test_planted_pairs_have_their_lift(large: GrocerySample) -> None:
    table, persona = held(large), basket_personas(large)
    for pair in large.truth.pairs:
        rows = table if pair.persona is None else table[persona == pair.persona]
        first, second = rows[:, [NAMES.index(name) for name in pair.products]].T
        expected = first.mean() * second.mean() * len(rows)
        assert pair.lift >= 3
        assert float((first * second).sum() / expected) == pytest.approx(
            pair.lift, abs=4 * float(np.sqrt(pair.lift / expected))
        )
        if pair.persona is not None:
            others = table[persona != pair.persona]
            first, second = others[:, [NAMES.index(name) for name in pair.products]].T
            assert (first * second).mean() < 1.3 * first.mean() * second.mean()


@pytest.mark.parametrize("seed", OTHER_SEEDS)
def test_planted_pairs_stand_out(seed: int) -> None:
    drawn = synthesize_grocery(seed=seed)
    table, persona = held(drawn), basket_personas(drawn)
    for name in (None, *drawn.truth.probabilities.index):
        pairs = count_pairs(table if name is None else table[persona == name])
        planted = [frozenset(pair.products) for pair in drawn.truth.pairs if pair.persona == name]
        assert (pairs.loc[planted, "q_value"] < 0.01).all()
        if name is None:
            assert set(pairs.nlargest(len(planted), "lift").index) == set(planted)


@pytest.mark.parametrize("seed", [12, 13])
def test_independent_pairs_look_like_chance(seed: int) -> None:
    drawn = synthesize_grocery(customers=2_000, baskets=60_000, seed=seed)
    independent = [frozenset(pair) for pair in drawn.truth.independent_pairs]
    assert len(independent) == len(set(independent)) > 2_000
    staples = sorted(set().union(*independent))
    table, persona = held(drawn), basket_personas(drawn)
    for rows in (table, table[persona == "Parents"], table[persona == "Gamers"]):
        pairs = count_pairs(rows, staples).loc[independent]
        assert pairs["lift"].mean() == pytest.approx(1, abs=0.02)
        # In the few baskets of gamers counts are small whole numbers, so that fewer p-values than 5 % are below 0.05.
        assert 0.02 < (pairs["p_value"] < 0.05).mean() < 0.06
        assert (false_discovery_control(pairs["p_value"]) < 0.05).sum() <= 1


def test_other_pairs_of_different_kinds_are_independent_within_a_persona(large: GrocerySample) -> None:
    pairs = count_pairs(held(large)[basket_personas(large) == "Long-standing customers"])
    planted = {
        frozenset(pair.products) for pair in large.truth.pairs if pair.persona in (None, "Long-standing customers")
    }
    others = [frozenset(pair) for pair in combinations(NAMES, 2) if frozenset(pair) not in planted]
    assert 0.03 < (pairs.loc[others, "p_value"] < 0.05).mean() < 0.06
