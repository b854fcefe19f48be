"""Marts about baskets against the files they come from, mlxtend and the planted truth."""

from __future__ import annotations

import ast
import json
import math
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml
from dbt_runs import REAL_DATA, ROOT, SAMPLE_DATA, DbtRun, run_dbt
from mining import Miner, compile_models, exact
from mlxtend.frequent_patterns import apriori, association_rules

from segmart.statistics.association import judge_independence
from tools.synthesize import GrocerySample, synthesize_grocery

VARIABLES = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
LEVELS = pd.read_csv(ROOT / "seeds/reference/basket_levels.csv").set_index(["dataset", "item_level"])
PRODUCT_RULES = LEVELS.loc[("grocery", "product")].to_dict()
CATEGORY_RULES = LEVELS.loc[("grocery", "category")].to_dict()
BRAND_RULES = LEVELS.loc[("chips", "brand")].to_dict()

MEASURES = ["support", "confidence", "lift", "leverage", "conviction", "zhangs_metric"]
HAIR = 1e-9
"""mlxtend compares floats: what sits on a threshold is kept if that is so much lower."""

SEEDS = (1, 2, 3, 4)
"""Of synthetic baskets that are not the committed sample's."""


class Grocery(NamedTuple):
    """A build and its baskets, read from the file by Python itself: lists that Python can't read are None."""

    build: DbtRun
    baskets: pd.Series
    categories: dict[str, set[str]]


def read_list(text: str) -> list[str] | None:
    """A list of names as Python or JSON writes it."""
    for parse in (ast.literal_eval, json.loads):
        try:
            names = parse(text)
        except (ValueError, SyntaxError):
            continue
        return names or None
    return None


def read_grocery(build: DbtRun, folder: Path) -> Grocery:
    rows = pd.read_csv(folder / "grocery" / "customer_basket.csv", dtype=str, keep_default_na=False)
    baskets = rows.set_index(rows["invoice_id"].astype(int))["list_of_goods"].map(read_list)
    categories: dict[str, set[str]] = {}
    for name, category in pd.read_csv(folder / "grocery" / "product_mapping.csv", dtype=str).itertuples(index=False):
        categories.setdefault(name, set()).add(category)
    return Grocery(build, baskets, categories)


@pytest.fixture(scope="module", params=["sample_build", "real_build"], ids=["sample", "real"])
def grocery(request: pytest.FixtureRequest) -> Grocery:
    build = request.getfixturevalue(request.param)
    return read_grocery(build, SAMPLE_DATA if request.param == "sample_build" else REAL_DATA)


@pytest.fixture(scope="module")
def synthetic(sample_build: DbtRun) -> Grocery:
    return read_grocery(sample_build, SAMPLE_DATA)


@pytest.fixture(scope="module")
def planted() -> GrocerySample:
    return synthesize_grocery()


def one_hot(baskets: pd.Series) -> pd.DataFrame:
    """Which basket (row) holds which item (column)."""
    items = sorted({item for basket in baskets for item in basket})
    places = {item: place for place, item in enumerate(items)}
    held = np.zeros((len(baskets), len(items)), dtype=bool)
    for row, basket in enumerate(baskets):
        held[row, [places[item] for item in basket]] = True
    return pd.DataFrame(held, columns=items, index=baskets.index)


def rules_of_mlxtend(held: pd.DataFrame, settings: dict[str, float]) -> pd.DataFrame:
    """Rules above the thresholds, indexed by antecedent and consequent."""
    support = max(settings["min_support"], settings["min_baskets"] / len(held))
    itemsets = apriori(held, min_support=support - HAIR, use_colnames=True, max_len=settings["max_itemset_size"])
    rules = association_rules(itemsets, metric="confidence", min_threshold=settings["min_confidence"] - HAIR)
    rules = rules[rules["lift"] >= settings["min_lift"] - HAIR]
    return rules.set_index(
        [rules["antecedents"].map(sorted_names), rules["consequents"].map(sorted_names)]
    ).sort_index()


def sorted_names(names: object) -> tuple[str, ...]:
    return tuple(sorted(names))


def rules_of_mart(build: DbtRun, dataset: str, segment: str, item_level: str = "product") -> pd.DataFrame:
    rules = build.mart("association_rules").query(
        "dataset == @dataset and item_level == @item_level and segment_name == @segment"
    )
    return rules.set_index([rules["antecedent"].map(sorted_names), rules["consequent"].map(sorted_names)]).sort_index()


def assert_same_rules(found: pd.DataFrame, expected: pd.DataFrame, n_baskets: int) -> None:
    assert found.index.tolist() == expected.index.tolist()
    assert (found["baskets"] == n_baskets).all()
    assert (found["rule_baskets"] == (expected["support"] * n_baskets).round()).all()
    for name in MEASURES:
        np.testing.assert_allclose(found[name].astype(float), expected[name].astype(float), rtol=1e-8, atol=1e-12)


# Lists and products


def test_lists_that_python_can_read_are_accepted_and_no_others(grocery: Grocery) -> None:
    accepted = {row for (row,) in grocery.build.rows("select basket_id from staging.stg_grocery__baskets")}
    assert accepted == set(grocery.baskets.dropna().index)
    table = grocery.build.mart("row_reconciliation").query("dataset == 'grocery'").set_index("source_file")
    assert table.loc["customer_basket", ["raw_rows", "accepted_rows"]].tolist() == [
        len(grocery.baskets),
        len(accepted),
    ]
    assert table["is_reconciled"].all()


def test_baskets_hold_what_their_lists_name(grocery: Grocery) -> None:
    held = grocery.build.query(
        "select receipt_id, item_name, baskets.lines from intermediate.int_baskets__basket_items as items"
        " inner join intermediate.int_baskets__levels as levels using (level_id)"
        " inner join intermediate.int_baskets__baskets as baskets using (basket, basket_id)"
        " inner join (select distinct item_id, item_name from intermediate.int_baskets__product_items) using (item_id)"
        " where levels.dataset = 'grocery' and item_level = 'product'"
    )
    expected = grocery.baskets.dropna()
    baskets = held.groupby(held["receipt_id"].astype(int))
    assert baskets["item_name"].agg(set).to_dict() == expected.map(set).to_dict()
    assert baskets["lines"].first().to_dict() == expected.map(len).to_dict()


def test_a_product_has_the_category_of_the_list_if_that_has_one(grocery: Grocery) -> None:
    products = grocery.build.query(
        "select item_name, category, item_lines from intermediate.int_baskets__product_items"
        " inner join intermediate.int_baskets__levels using (level_id)"
        " where dataset = 'grocery' and item_level = 'product'"
    ).set_index("item_name")
    assert products.index.is_unique
    sold = Counter(name for basket in grocery.baskets.dropna() for name in basket)
    assert products["item_lines"].to_dict() == {name: sold[name] for name in {*sold, *products.index}}
    for name, category in products["category"].items():
        listed = grocery.categories.get(name, set())
        assert category == (next(iter(listed)) if len(listed) == 1 else "Unknown"), name


def test_planted_broken_lists_are_refused(synthetic: Grocery, planted: GrocerySample) -> None:
    broken = {name: ids for name, ids in planted.truth.quirks.spellings.items() if name != "json"}
    refused = synthetic.build.query(
        "select raw_row, rejection_reason from marts.rejected_rows where source_file = 'customer_basket'"
    )
    ids = refused["raw_row"].str.extract(r"^invoice_id=(\d+)")[0].astype(int)
    assert set(ids) == {invoice for invoices in broken.values() for invoice in invoices}
    reasons = dict(zip(ids, refused["rejection_reason"], strict=True))
    for name, reason in (
        ("empty text", "list_of_goods is empty"),
        ("empty list", "list_of_goods is a list of nothing"),
        ("unclosed", "list_of_goods is not a list of names in quotes"),
        ("not a list", "list_of_goods is not a list of names in quotes"),
    ):
        assert {reasons[invoice] for invoice in broken[name]} == {reason}


# Rules and pairs


def test_rules_are_those_of_mlxtend(grocery: Grocery) -> None:
    held = one_hot(grocery.baskets.dropna())
    expected = rules_of_mlxtend(held, PRODUCT_RULES)
    # The public baskets are too few for pairs in 30 of them.
    assert len(expected) > 10 or len(held) < 1000
    assert_same_rules(rules_of_mart(grocery.build, "grocery", "All"), expected, len(held))


def test_rules_of_segments_are_those_of_mlxtend(synthetic: Grocery) -> None:
    members = synthetic.build.query(
        "select basket_id, segment_name from staging.stg_grocery__baskets inner join marts.customer_segments"
        " using (customer_id) where analysis = 'grocery_customers'"
    )
    held = one_hot(synthetic.baskets.dropna())
    assert members["segment_name"].nunique() > 3
    for segment, rows in members.groupby("segment_name"):
        own = held.loc[rows["basket_id"]]
        assert_same_rules(
            rules_of_mart(synthetic.build, "grocery", segment), rules_of_mlxtend(own, PRODUCT_RULES), len(own)
        )


def test_rules_of_brands_are_those_of_mlxtend(sample_build: DbtRun) -> None:
    bought = sample_build.query(
        "select distinct customer_key, brand from intermediate.int_products__sales_lines"
        " inner join intermediate.int_products__products using (product_key)"
    )
    held = one_hot(bought.groupby("customer_key")["brand"].agg(list))
    expected = rules_of_mlxtend(held, BRAND_RULES)
    assert len(expected) > 10
    assert_same_rules(rules_of_mart(sample_build, "chips", "All", "brand"), expected, len(held))


def required_baskets(settings: dict[str, float], n_baskets: int) -> int:
    return max(math.ceil(exact(settings["min_support"]) * n_baskets), int(settings["min_baskets"]))


def test_pairs_of_products_and_categories_are_counted(grocery: Grocery) -> None:
    """Pairs of frequent items that are in one basket at least."""
    pairs = grocery.build.mart("product_pairs").query("dataset == 'grocery' and segment_name == 'All'")
    baskets = [set(basket) for basket in grocery.baskets.dropna()]
    category = {name: next(iter(of)) for name, of in grocery.categories.items() if len(of) == 1}
    kinds = [{category[name] for name in basket if name in category} for basket in baskets]
    for level, rows, settings in (("product", baskets, PRODUCT_RULES), ("category", kinds, CATEGORY_RULES)):
        single = Counter(item for row in rows for item in row)
        frequent = {item for item, count in single.items() if count >= required_baskets(settings, len(rows))}
        counts = Counter(pair for row in rows for pair in combinations(sorted(row & frequent), 2))
        found = pairs[pairs["item_level"] == level]
        assert len(found) == len(counts) > 10
        for row in found.itertuples():
            assert row.pair_baskets == counts[tuple(sorted((row.first_item, row.second_item)))]
            assert (row.first_baskets, row.second_baskets) == (single[row.first_item], single[row.second_item])
            assert row.expected_baskets == pytest.approx(row.pair_baskets / row.lift)
            assert row.baskets == len(baskets)


def test_a_rule_of_two_has_the_values_of_its_pair(sample_build: DbtRun) -> None:
    rules = sample_build.mart("association_rules").query("antecedent_size == 1 and consequent_size == 1")
    pairs = sample_build.mart("product_pairs")
    keys = ["dataset", "item_level", "segment_name"]
    pairs = pairs.assign(
        items=[frozenset(pair) for pair in zip(pairs["first_item"], pairs["second_item"], strict=True)]
    )
    rules = rules.assign(
        items=[frozenset((*a, *c)) for a, c in zip(rules["antecedent"], rules["consequent"], strict=True)]
    )
    both = rules.merge(pairs, on=[*keys, "items"], how="left", suffixes=("", "_of_pair"))
    assert len(both) == len(rules) > 100
    adjusted = ("adjusted_lift", "adjusted_p_value", "adjusted_q_value", "is_adjusted_significant", "compared_stores")
    for name in ("support", "lift", "p_value", "q_value", "is_significant", *adjusted):
        assert (both[name] == both[f"{name}_of_pair"]).all()


def test_the_network_lies_on_a_circle(sample_build: DbtRun) -> None:
    network = sample_build.mart("product_network")
    for dataset, edges in network.groupby("dataset"):
        places = pd.concat(
            [
                edges[[f"{end}_item", f"{end}_x", f"{end}_y"]].set_axis(["item", "x", "y"], axis=1)
                for end in ("first", "second")
            ]
        ).drop_duplicates()
        assert places["item"].is_unique, dataset
        assert not places[["x", "y"]].duplicated().any()
        np.testing.assert_allclose(np.hypot(places["x"], places["y"]), 1, atol=1e-5)
        assert edges["edge_rank"].tolist() == list(range(1, len(edges) + 1))
        assert edges["adjusted_lift"].is_monotonic_decreasing
        assert (edges["adjusted_q_value"] < VARIABLES["significance_level"]).all()
        assert len(edges) <= VARIABLES["max_network_edges"]


# Planted truth


def key_of_pair(products: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(products))


def pair_table(pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs indexed by their sorted names."""
    keys = [key_of_pair(pair) for pair in zip(pairs["first_item"], pairs["second_item"], strict=True)]
    return pairs.set_axis(pd.MultiIndex.from_tuples(keys))


def test_planted_pairs_lead_by_lift(synthetic: Grocery, planted: GrocerySample) -> None:
    """Among all baskets, and the pair of a persona in the segment that its customers are in."""
    pairs = synthetic.build.mart("product_pairs").query("dataset == 'grocery' and item_level == 'product'")
    segments = synthetic.build.mart("customer_segments").query("analysis == 'grocery_customers'")
    names = segments.set_index("customer_id")["segment_name"]
    general = [key_of_pair(pair.products) for pair in planted.truth.pairs if pair.persona is None]
    everybody = pair_table(pairs.query("segment_name == 'All'"))
    assert (everybody.loc[general, "q_value"] < 0.01).all()
    reliable = everybody[~everybody["is_small_count"]]
    for lift in ("lift", "adjusted_lift"):
        assert set(reliable[lift].nlargest(len(general)).index) == set(general)
    assert (everybody.loc[general, "adjusted_q_value"] < 0.01).all()
    for pair in planted.truth.pairs:
        if pair.persona is not None:
            customers = planted.truth.persona.index[planted.truth.persona == pair.persona]
            segment = names.reindex(customers.astype(str)).mode()[0]
            own = pair_table(pairs[pairs["segment_name"] == segment])
            row = own.loc[key_of_pair(pair.products)]
            assert row["q_value"] < 0.01, pair
            assert row["lift"] > 2, pair


class Mined(NamedTuple):
    """Tests of all pairs of the baskets that another seed gives, indexed by the pair."""

    sample: GrocerySample
    pairs: pd.DataFrame


@pytest.fixture(scope="module")
def pair_miner(tmp_path_factory: pytest.TempPathFactory) -> Miner:
    return Miner(compile_models(tmp_path_factory.mktemp("pairs")))


@pytest.fixture(scope="module", params=SEEDS)
def mined(request: pytest.FixtureRequest, pair_miner: Miner) -> Mined:
    sample = synthesize_grocery(customers=500, baskets=20_000, seed=request.param)
    names = [product.name for product in sample.truth.products]
    ends = sample.baskets.end
    baskets = [
        (sample.baskets.product[first:end].astype(int) + 1).tolist()
        for first, end in zip([0, *ends], ends, strict=False)
    ]
    settings = {**PRODUCT_RULES, "max_itemset_size": 2}
    tables = pair_miner.mine(settings, baskets)
    tests = judge_independence(tables["tests"], families=["is_segment", "itemset_size"])
    single = tables["itemsets"].query("itemset_size == 1").set_index("item_id")["itemset_baskets"]
    pairs = tables["itemsets"].query("itemset_size == 2").rename(columns={"itemset_baskets": "both_baskets"})
    ends = np.array([sorted(items) for items in pairs["items"]])
    with_one = np.sort(np.column_stack([single[ends[:, 0]], single[ends[:, 1]]]))
    pairs = pairs.assign(
        baskets=len(baskets),
        first_baskets=with_one[:, 0],
        second_baskets=with_one[:, 1],
        lift=pairs["both_baskets"] * len(baskets) / with_one.prod(axis=1),
    )
    pairs = pairs.merge(tests, on=["baskets", "first_baskets", "second_baskets", "both_baskets"])
    keys = [key_of_pair(tuple(names[item - 1] for item in items)) for items in pairs["items"]]
    return Mined(sample, pairs.set_axis(pd.MultiIndex.from_tuples(keys)))


@pytest.mark.long
def test_planted_pairs_are_found_with_any_seed(mined: Mined) -> None:
    general = [key_of_pair(pair.products) for pair in mined.sample.truth.pairs if pair.persona is None]
    assert (mined.pairs.loc[general, "q_value"] < 0.01).all()
    assert set(mined.pairs.query("both_baskets >= 100")["lift"].nlargest(len(general)).index) == set(general)


@pytest.mark.long
def test_pairs_that_are_not_planted_are_seldom_significant(mined: Mined) -> None:
    """At most the promised share of all significant pairs; their p-values are no smaller than chance makes them."""
    independent = mined.pairs.loc[
        mined.pairs.index.intersection([key_of_pair(p) for p in mined.sample.truth.independent_pairs])
    ]
    assert len(independent) > 1500
    assert (independent["q_value"] < 0.05).sum() <= 0.05 * (mined.pairs["q_value"] < 0.05).sum()
    assert (independent["p_value"] < 0.01).mean() < 0.02
    assert (independent["p_value"] < 0.1).mean() < 0.13


# Large baskets


EVERYDAY_GOODS = ("farm loaf", "oat squares", "egg box", "skyr", "kale")


@pytest.fixture(scope="module")
def large_basket(tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    """The sample with a basket of 10,000 products that nobody else buys, and five that everybody does."""
    folder = tmp_path_factory.mktemp("large_basket")
    (folder / "data" / "grocery").mkdir(parents=True)
    for file in (SAMPLE_DATA / "grocery").glob("*.csv"):
        text = file.read_bytes()
        if file.stem == "customer_basket":
            goods = [*(f"item {number}" for number in range(10_000)), *EVERYDAY_GOODS]
            text += f'99,"{goods}",40001\r\n'.encode()
        (folder / "data" / "grocery" / file.name).write_bytes(text)
    arguments = ("--no-write-json", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious")
    selection = ("--select", "+association_rules", "+implausible_rows", "assert_no_basket_line_is_lost_or_doubled")
    return run_dbt(folder, "build", *arguments, *selection, data=folder / "data", datasets=["grocery"]).succeeded()


@pytest.mark.long
def test_a_huge_basket_is_mined_in_part_and_reported(large_basket: DbtRun, synthetic: Grocery) -> None:
    items = large_basket.query(
        "select item_name, is_mined from intermediate.int_baskets__basket_items"
        " inner join intermediate.int_baskets__levels as levels using (level_id)"
        " inner join intermediate.int_baskets__baskets as baskets using (basket, basket_id)"
        " inner join (select distinct item_id, item_name from intermediate.int_baskets__product_items) using (item_id)"
        " where receipt_id = '99' and item_level = 'product'"
    )
    assert (len(items), items["is_mined"].sum()) == (10_005, VARIABLES["max_basket_items"])
    mined = items.loc[items["is_mined"], "item_name"]
    assert set(EVERYDAY_GOODS) <= set(mined)
    faults = large_basket.mart("implausible_rows").set_index("reason")["row_count"]
    (reason,) = [reason for reason in faults.index if reason.startswith("basket has more than")]
    assert faults[reason] == 1
    assert faults["basket holds a product without a category"] > 0
    rules = rules_of_mart(large_basket, "grocery", "All")
    before = rules_of_mart(synthetic.build, "grocery", "All")
    assert (rules["baskets"] == before["baskets"].max() + 1).all()
    assert math.isclose(len(rules), len(before), rel_tol=0.02)


# The public file


def test_facts_of_the_public_baskets(real_build: DbtRun) -> None:
    """740 lines of text with a header; 220 lines of five products without a category, and those of one with two."""
    table = real_build.mart("row_reconciliation").query("source_file == 'customer_basket'").iloc[0]
    assert (table["raw_rows"], table["rejected_rows"]) == (739, 0)
    products = real_build.query(
        "select category, item_lines from intermediate.int_baskets__product_items"
        " inner join intermediate.int_baskets__levels using (level_id)"
        " where dataset = 'grocery' and item_level = 'product'"
    )
    assert ((products["item_lines"] > 0).sum(), products["item_lines"].sum()) == (164, 7050)
    assert (products["category"] == "Unknown").sum() == 6
    refused = real_build.mart("rejected_rows").query("source_file == 'product_mapping'")
    assert refused["row_count"].sum() == 3


def test_mining_again_gives_the_same_itemsets(sample_build: DbtRun, tmp_path: Path) -> None:
    """Nothing depends on the order in which threads finish."""
    models = sample_build.folder / "target" / "compiled" / "segmart" / "models" / "intermediate" / "baskets"
    sql = (models / "int_baskets__itemsets_3.sql").read_text(encoding="utf-8")
    with duckdb.connect(str(tmp_path / "copy.duckdb")) as connection:
        connection.execute(f"attach '{sample_build.database}' as {sample_build.database.stem} (read_only)")
        again = connection.sql(sql).order("all").df()
    before = sample_build.query("from intermediate.int_baskets__itemsets_3 order by all")
    pd.testing.assert_frame_equal(again, before)
