"""Itemsets, rules and their measures against mlxtend and against counting by hand, on random and on nasty baskets."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

import duckdb
import pandas as pd
import pytest
from mining import Miner, compile_models, exact, settings
from mlxtend.frequent_patterns import apriori
from mlxtend.frequent_patterns import association_rules as mlxtend_rules

CASES = {
    "all_rules": settings(min_support=0.1),
    "pairs": settings(min_support=0.1, size=2),
    "singles": settings(min_support=0.1, size=1),
    "quadruples": settings(min_support=0.15, size=4),
    "eight": settings(min_support=0.1, size=8),
    "seven_percent": settings(min_support=0.07, min_confidence=0.3),
    "fine_support": settings(min_support=0.035, size=2),
    "confident": settings(min_support=0.1, min_confidence=0.6),
    "lifted": settings(min_support=0.1, min_lift=1.1),
    "enough_baskets": settings(min_support=0.1, min_baskets=5),
}

SEEDS = [0, 1, 2, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 10))]

MEASURES = ["support", "confidence", "lift", "leverage", "conviction", "zhangs_metric"]

Baskets = list[list[int]]


@pytest.fixture(scope="module")
def miner(tmp_path_factory: pytest.TempPathFactory) -> Miner:
    return Miner(compile_models(tmp_path_factory.mktemp("mining")))


def random_baskets(seed: int, n: int = 100, n_items: int = 9, size: int = 4) -> Baskets:
    """Baskets of popular and rare items, of which 1 and 2 go together."""
    lot = random.Random(seed)
    baskets = []
    for _ in range(n):
        basket = {item for item in range(1, n_items + 1) if lot.random() < size / n_items * 1.6 / (1 + item / n_items)}
        if 1 in basket and lot.random() < 0.5:
            basket.add(2)
        baskets.append(sorted(basket or {lot.randint(1, n_items)}))
    return baskets


def one_hot(baskets: Baskets) -> pd.DataFrame:
    items = sorted({item for basket in baskets for item in basket})
    return pd.DataFrame({item: [item in basket for basket in baskets] for item in items})


def counted(itemsets: pd.DataFrame, segment: str = "All") -> dict[frozenset[int], int]:
    """Frequent itemsets with their counts."""
    rows = itemsets[itemsets["is_frequent"] & (itemsets["segment_name"] == segment)].to_dict("records")
    found = {row["items"]: row["itemset_baskets"] for row in rows}
    assert len(found) == len(rows)
    return found


def brute_force(baskets: Baskets, required: int, max_size: int) -> dict[frozenset[int], int]:
    """Every set of items that is in enough baskets, by looking into all of them."""
    items = sorted({item for basket in baskets for item in basket})
    sets = (frozenset(chosen) for size in range(1, max_size + 1) for chosen in combinations(items, size))
    counts = {chosen: sum(chosen <= set(basket) for basket in baskets) for chosen in sets}
    return {chosen: count for chosen, count in counts.items() if count >= required}


def by_sides(rules: pd.DataFrame, antecedent: str = "antecedent", consequent: str = "consequent") -> pd.DataFrame:
    """Rules indexed by their two sets, as sorted tuples."""
    keys = [
        tuple(tuple(sorted(side)) for side in sides) for sides in zip(rules[antecedent], rules[consequent], strict=True)
    ]
    assert len(set(keys)) == len(keys)
    return rules.set_axis(pd.MultiIndex.from_tuples(keys, names=["antecedent", "consequent"])).sort_index()


def rules_of_mlxtend(baskets: Baskets, min_support: float, max_size: int) -> pd.DataFrame:
    """All rules of the frequent itemsets. The threshold is a hair lower, because floats lose what sits on it."""
    itemsets = apriori(one_hot(baskets), min_support=min_support - 1e-9, use_colnames=True, max_len=max_size)
    rules = mlxtend_rules(itemsets, metric="confidence", min_threshold=0)
    return by_sides(rules, "antecedents", "consequents")


# Itemsets


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", ["all_rules", "pairs", "singles", "quadruples", "seven_percent", "enough_baskets"])
def test_itemsets_are_those_of_a_brute_force_count(miner: Miner, case: str, seed: int) -> None:
    baskets = random_baskets(seed, n=20 + 7 * seed)
    required = max(math.ceil(exact(CASES[case]["min_support"]) * len(baskets)), CASES[case]["min_baskets"])
    expected = brute_force(baskets, required, int(CASES[case]["max_itemset_size"]))
    assert counted(miner.mine(CASES[case], baskets)["itemsets"]) == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_itemsets_are_those_of_mlxtend(miner: Miner, seed: int) -> None:
    baskets = random_baskets(100 + seed, n=300, n_items=15, size=6)
    expected = apriori(one_hot(baskets), min_support=0.1 - 1e-9, use_colnames=True, max_len=3)
    assert counted(miner.mine(CASES["all_rules"], baskets)["itemsets"]) == {
        frozenset(row.itemsets): round(row.support * len(baskets)) for row in expected.itertuples()
    }


def test_many_equal_baskets_are_counted_one_by_one(miner: Miner) -> None:
    """More baskets than there are different contents, in segments of very different sizes."""
    baskets = random_baskets(7, n=10_000, n_items=12, size=6)
    names = ["Few" if number % 100 == 0 else "Many" if number % 3 else None for number in range(len(baskets))]
    itemsets = miner.mine(CASES["quadruples"], baskets, names)["itemsets"]
    for segment, rows in itemsets.groupby("segment_name"):
        held = one_hot([basket for basket, name in zip(baskets, names, strict=True) if segment in ("All", name)])
        counts = [int(held[list(row["items"])].all(axis=1).sum()) for row in rows.to_dict("records")]
        assert rows["itemset_baskets"].tolist() == counts
        assert rows["itemset_size"].max() == 4
        frequent = set(counted(itemsets, segment))
        expected = apriori(held, min_support=0.15 - 1e-9, use_colnames=True, max_len=4)
        assert frequent == set(expected["itemsets"])
    assert itemsets["segment_name"].nunique() == 3


@pytest.mark.parametrize(("together", "is_frequent"), [(7, True), (6, False)])
def test_an_itemset_on_the_threshold_is_frequent(miner: Miner, together: int, is_frequent: bool) -> None:
    """7 % of 100 baskets are 7, though 0.07 * 100 is 7.000000000000001 in floating point."""
    baskets = [[1, 2]] * together + [[1]] * 20 + [[2]] * 20 + [[3]] * (60 - together)
    assert (frozenset({1, 2}) in counted(miner.mine(CASES["seven_percent"], baskets)["itemsets"])) == is_frequent


@pytest.mark.parametrize(("together", "is_frequent"), [(7, True), (6, False)])
def test_all_decimals_of_a_support_count(miner: Miner, together: int, is_frequent: bool) -> None:
    baskets = [[1, 2]] * together + [[1]] * 50 + [[2]] * 50 + [[3]] * (100 - together)
    assert (frozenset({1, 2}) in counted(miner.mine(CASES["fine_support"], baskets)["itemsets"])) == is_frequent


def test_the_order_of_rows_does_not_matter(miner: Miner) -> None:
    baskets = random_baskets(5)
    shuffled = [random.Random(1).sample(basket, len(basket)) for basket in reversed(baskets)]
    before, after = (miner.mine(CASES["all_rules"], rows)["rules"] for rows in (baskets, shuffled))
    columns = list(before.columns)
    pd.testing.assert_frame_equal(
        before.sort_values(columns, ignore_index=True), after.sort_values(columns, ignore_index=True)
    )


def test_all_candidates_are_listed_also_those_that_never_occur(miner: Miner) -> None:
    """Each pair of 1, 2 and 3 is frequent, the triple is in no basket; pairs with the rare item 4 are not examined."""
    baskets = [[1, 2]] * 3 + [[1, 3]] * 3 + [[2, 3]] * 3 + [[1, 4]]
    itemsets = miner.mine(CASES["enough_baskets"], [*baskets, *baskets[:9]])["itemsets"]
    examined = {row["items"]: row["itemset_baskets"] for row in itemsets.to_dict("records")}
    assert examined.pop(frozenset({1, 2, 3})) == 0
    assert frozenset({1, 4}) not in examined
    assert examined.pop(frozenset({4})) == 1
    rare = [len(row["items"]) > 2 or 4 in row["items"] for row in itemsets.to_dict("records")]
    assert not itemsets.loc[rare, "is_frequent"].any()


def test_sets_of_eight_items_are_those_of_mlxtend(miner: Miner) -> None:
    """At the end of the range: every size from 1 to 8 occurs, and so do candidates that turn out rare."""
    baskets = random_baskets(17, n=80, n_items=10, size=7)
    mined = miner.mine(CASES["eight"], baskets)["itemsets"]
    expected = apriori(one_hot(baskets), min_support=0.1 - 1e-9, use_colnames=True, max_len=8)
    assert counted(mined) == {frozenset(row.itemsets): round(row.support * 80) for row in expected.itertuples()}
    assert set(mined["itemset_size"]) == set(expected["itemsets"].map(len)) == set(range(1, 9))
    assert not mined["is_frequent"].all()


def test_rules_of_eight_items_are_those_of_mlxtend(miner: Miner) -> None:
    baskets = [[*range(1, 9)]] * 6 + [[*range(1, 8)]] * 2 + [[1, 2, 9]] * 4 + [[8, 9]] * 3
    found = by_sides(miner.mine(CASES["eight"], baskets)["rules"])
    expected = rules_of_mlxtend(baskets, 0.1, 8)
    assert found.index.equals(expected.index)
    assert set(found["antecedent_size"]) == set(range(1, 8))
    for name in MEASURES:
        pd.testing.assert_series_equal(found[name], expected[name], rtol=1e-9, atol=1e-12)


def test_nothing_to_mine_is_no_error(miner: Miner) -> None:
    for case in CASES:
        assert all(table.empty for table in miner.mine(CASES[case], []).values())
        assert miner.mine(CASES[case], [[1]])["rules"].empty


def test_one_large_basket_is_mined(miner: Miner) -> None:
    """All baskets hold 1; 300 others stand in one basket only."""
    tables = miner.mine(CASES["pairs"], [*([[1]] * 19), list(range(1, 302))])
    assert counted(tables["itemsets"]) == {frozenset({1}): 20}


# Segments


def test_segments_are_mined_like_baskets_of_their_own(miner: Miner) -> None:
    """Thresholds are shares of the segment's baskets; baskets without a segment count in All only."""
    baskets = random_baskets(11, n=200)
    segments = [["A", "B", None][number % 3] for number in range(len(baskets))]
    mined = miner.mine(CASES["all_rules"], baskets, segments)
    for name in ("A", "B"):
        own = miner.mine(
            CASES["all_rules"], [basket for basket, of in zip(baskets, segments, strict=True) if of == name]
        )
        assert counted(mined["itemsets"], name) == counted(own["itemsets"])
        rules = by_sides(mined["rules"].query("segment_name == @name"))
        pd.testing.assert_frame_equal(
            # Those of the segments are corrected together.
            rules.drop(columns=["segment_name", "q_value", "adjusted_q_value"]),
            by_sides(own["rules"]).drop(columns=["segment_name", "q_value", "adjusted_q_value"]),
        )
    assert counted(mined["itemsets"]) == counted(miner.mine(CASES["all_rules"], baskets)["itemsets"])


# Rules


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", ["all_rules", "pairs", "quadruples"])
def test_rules_and_measures_are_those_of_mlxtend(miner: Miner, case: str, seed: int) -> None:
    baskets = random_baskets(200 + seed, n=120)
    found = by_sides(miner.mine(CASES[case], baskets)["rules"])
    values = CASES[case]
    expected = rules_of_mlxtend(baskets, values["min_support"], int(values["max_itemset_size"]))
    assert len(found) > 20
    assert found.index.equals(expected.index)
    for name in MEASURES:
        pd.testing.assert_series_equal(found[name], expected[name], rtol=1e-9, atol=1e-12)


def test_a_rule_without_exception_has_infinite_conviction(miner: Miner) -> None:
    rules = by_sides(miner.mine(CASES["pairs"], [[1, 2]] * 2 + [[2]] * 2)["rules"])
    assert rules["conviction"].tolist() == [math.inf, 1.0]
    assert rules["zhangs_metric"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("seed", SEEDS[:5])
@pytest.mark.parametrize("case", ["seven_percent", "confident", "lifted"])
def test_rules_on_a_threshold_are_kept(miner: Miner, case: str, seed: int) -> None:
    baskets = random_baskets(300 + seed, n=100, n_items=6)
    values = CASES[case]
    required = math.ceil(exact(values["min_support"]) * len(baskets))
    counts = brute_force(baskets, required, 3)
    expected = set()
    for itemset, both in counts.items():
        for size in range(1, len(itemset)):
            for antecedent in map(frozenset, combinations(sorted(itemset), size)):
                consequent = itemset - antecedent
                confidence = Fraction(both, counts[antecedent])
                lift = confidence * len(baskets) / counts[consequent]
                if confidence >= exact(values["min_confidence"]) and lift >= exact(values["min_lift"]):
                    expected.add((tuple(sorted(antecedent)), tuple(sorted(consequent))))
    assert set(by_sides(miner.mine(CASES[case], baskets)["rules"]).index) == expected


@pytest.mark.parametrize(("both", "is_kept"), [(6, True), (5, False)])
def test_a_confidence_on_the_threshold_is_kept(miner: Miner, both: int, is_kept: bool) -> None:
    """6 of 10 are 60 %; computed from supports, 0.12 / 0.2 = 0.6 and 0.06 / 0.1 = 0.6 differ in the last bit."""
    baskets = [[1, 2]] * both + [[1]] * (10 - both) + [[2]] * 30 + [[3]] * 10
    rules = by_sides(miner.mine(CASES["confident"], baskets)["rules"])
    assert (((1,), (2,)) in rules.index) == is_kept


@pytest.mark.parametrize(("first", "is_kept"), [(40, True), (41, False)])
def test_a_lift_on_the_threshold_is_kept(miner: Miner, first: int, is_kept: bool) -> None:
    """100 * 22 / (40 * 50) = 1.1; floats give 1.0999999999999999 or 1.1000000000000003, as one divides."""
    baskets = [[1, 2]] * 22 + [[1]] * (first - 22) + [[2]] * 28 + [[3]] * (72 - first)
    rules = by_sides(miner.mine(CASES["lifted"], baskets)["rules"])
    assert (((1,), (2,)) in rules.index) == is_kept


# Redundancy


def is_said_shorter(rule: tuple[Sequence[int], Sequence[int]], counts: dict[frozenset[int], int], n: int) -> bool:
    """Whether some part of the antecedent, perhaps none of it, implies the consequent as often."""
    antecedent, consequent = (frozenset(side) for side in rule)
    confidence = Fraction(counts[antecedent | consequent], counts[antecedent])
    if Fraction(counts[consequent], n) >= confidence:
        return True
    return any(
        Fraction(counts[frozenset(part) | consequent], counts[frozenset(part)]) >= confidence
        for size in range(1, len(antecedent))
        for part in combinations(antecedent, size)
    )


@pytest.mark.parametrize("case", ["all_rules", "quadruples", "confident"])
def test_redundant_rules_are_those_that_a_shorter_one_replaces(miner: Miner, case: str) -> None:
    baskets = random_baskets(31, n=150)
    tables = miner.mine(CASES[case], baskets)
    counts, rules = counted(tables["itemsets"]), by_sides(tables["rules"])
    assert rules["is_redundant"].any()
    assert not rules["is_redundant"].all()
    assert rules["is_redundant"].tolist() == [is_said_shorter(rule, counts, len(baskets)) for rule in rules.index]


# Tests of independence


def divided(baskets: Baskets, examined: Sequence[frozenset[int]]) -> dict[tuple[int, int, int, int, int], int]:
    """Contingency tables of all divisions of the given sets, with their number, by looking into all baskets."""
    found: dict[tuple[int, int, int, int, int], int] = {}

    def count(items: frozenset[int]) -> int:
        return sum(items <= set(basket) for basket in baskets)

    for itemset in examined:
        lowest = min(itemset)
        for size in range(1, len(itemset)):
            for part in map(frozenset, combinations(sorted(itemset), size)):
                if lowest in part:
                    first, second = sorted([count(part), count(itemset - part)])
                    key = (len(itemset), len(baskets), first, second, count(itemset))
                    found[key] = found.get(key, 0) + 1
    return found


@pytest.mark.parametrize("seed", SEEDS[:5])
def test_every_candidate_is_tested_in_every_division(miner: Miner, seed: int) -> None:
    baskets = random_baskets(400 + seed, n=60, n_items=12)
    tables = miner.mine(CASES["all_rules"], baskets)
    frequent = counted(tables["itemsets"])
    items = [min(items) for items in frequent if len(items) == 1]
    pairs = [frozenset(pair) for pair in combinations(items, 2)]
    triples = [
        frozenset(triple)
        for triple in combinations(items, 3)
        if all(frozenset(pair) in frequent for pair in combinations(triple, 2))
    ]
    expected = divided(baskets, pairs + triples)
    absent = {key: count for key, count in expected.items() if key[0] == 2 and key[4] == 0}
    expected = {key: count for key, count in expected.items() if key not in absent}
    if absent:
        expected[2, len(baskets), 0, 0, 0] = sum(absent.values())
    columns = ["itemset_size", "baskets", "first_baskets", "second_baskets", "both_baskets"]
    found = tables["tests"].set_index(columns)["tests"].to_dict()
    assert found == expected
    assert not tables["tests"]["is_segment"].any()


# Settings


def row(dataset: str, item_level: str = "product", **values: object) -> dict[str, object]:
    """A row of basket_levels."""
    return {"dataset": dataset, "item_level": item_level, "basket": "receipt", **settings(), **values}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("min_support", -0.1, "min_support is -0.1, but has to be a number from 0 to 1"),
        ("min_support", 1.000001, "min_support is 1.000001, but has to be a number from 0 to 1"),
        ("min_support", 0.0000000001, "min_support is 0.0000000001, but has to be"),
        ("min_support", "1 %", "min_support is 1 %, but has to be"),
        ("min_support", None, "min_support is empty, but has to be"),
        ("min_confidence", "often", "min_confidence is often, but has to be a number from 0 to 1"),
        ("min_lift", 1001, "min_lift is 1001, but has to be a number from 0 to 1000"),
        ("max_itemset_size", 2.5, "max_itemset_size is 2.5, but has to be a whole number from 1 to 8"),
        ("max_itemset_size", 0, "max_itemset_size is 0, but has to be"),
        ("max_itemset_size", 9, "max_itemset_size is 9, but has to be"),
        ("min_baskets", 0, "min_baskets is 0, but has to be a whole number from 1 to 1000000000"),
        ("basket", "invoice", "basket is invoice, but has to be receipt or customer"),
    ],
)
def test_a_wrong_setting_is_explained(miner: Miner, name: str, value: object, said: str) -> None:
    with pytest.raises(duckdb.Error, match=f"basket_levels: row tiny, product: {said}"):
        miner.levels([row("tiny", **{name: value})], ["tiny"])


def test_a_wrong_setting_of_a_dataset_without_products_does_no_harm(miner: Miner) -> None:
    assert miner.levels([row("absent", min_support=7), row("*")], ["tiny"])["dataset"].tolist() == ["tiny"]


@pytest.mark.parametrize(
    "values",
    [
        settings(min_support=0, min_baskets=1, min_confidence=0, min_lift=0, size=1),
        settings(min_support=1, min_baskets=1_000_000_000, min_confidence=1, min_lift=1000, size=8),
    ],
    ids=["lowest", "highest"],
)
def test_settings_at_the_ends_of_their_ranges_are_mined(miner: Miner, values: dict[str, float]) -> None:
    mined = miner.mine(values, random_baskets(3), ["A" if number % 2 else None for number in range(100)])
    assert len(mined["itemsets"]) == 18
    assert mined["itemsets"]["is_frequent"].all() == (values["min_support"] == 0)
    assert mined["rules"].empty


def test_rows_of_a_dataset_replace_those_of_any(miner: Miner) -> None:
    rows = [row("a", "brand"), row("*", "product"), row("*", "category")]
    levels = miner.levels(rows, ["b", "a", "c"])
    assert list(zip(levels["dataset"], levels["item_level"], strict=True)) == [
        ("a", "brand"),
        ("b", "category"),
        ("b", "product"),
        ("c", "category"),
        ("c", "product"),
    ]
    assert levels["level_id"].tolist() == [1, 2, 3, 4, 5]
