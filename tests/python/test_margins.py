"""What is bought together against what the sizes of baskets and the ranges of stores make of it."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import binom, hypergeom

from segmart.statistics import margins
from segmart.statistics.association import fisher_p_values
from segmart.statistics.margins import expect_divisions, fit_margins, judge_divisions, upper_tail
from tools.benchmarks.like_with_like import trade
from tools.model_sql import ModelSql

Held = NDArray[np.bool_]
"""Which items each basket holds, shape (n_baskets, n_items)."""

SIZES = {2: 30.0, 3: 20.0, 5: 4.0, 6: 2.0}
"""Number of items -> baskets with so many."""


def all_sets(odds: NDArray[np.float64], size: int) -> list[tuple[tuple[int, ...], float]]:
    """Every set of this size with its probability, which is proportional to the product of the odds."""
    sets = list(combinations(range(len(odds)), size))
    weights = np.array([np.exp(odds[list(items)].sum()) for items in sets])
    return list(zip(sets, weights / weights.sum(), strict=True))


def test_expected_baskets_are_those_of_all_possible_sets() -> None:
    odds = np.random.default_rng(1).normal(size=6) * 1.5
    chances = {size: all_sets(odds, size) for size in SIZES}

    def expected(*items: int) -> float:
        return sum(
            baskets * sum(p for chosen, p in chances[size] if set(items) <= set(chosen))
            for size, baskets in SIZES.items()
        )

    store, size, baskets = np.zeros(4, dtype=np.int64), np.array(list(SIZES)), np.array(list(SIZES.values()))
    fitted = fit_margins(store, size, baskets, np.array([[expected(item) for item in range(6)]]))
    # A factor of all odds says nothing.
    difference = fitted.odds[0] - odds
    np.testing.assert_allclose(difference - difference.mean(), 0, atol=1e-5)
    found = expect_divisions(fitted, [[0], [1], [2], [0, 1], [0, 1, 2]], np.array([[3, 0, 1], [4, 3, 2]]))
    np.testing.assert_allclose(found.both, [expected(0, 1), expected(0, 1, 2)], rtol=1e-5)
    np.testing.assert_allclose(found.first, [expected(0), expected(0, 1)], rtol=1e-5)
    np.testing.assert_allclose(found.second, [expected(1), expected(2)], rtol=1e-5)


def test_little_memory_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups, sets and divisions are worked on in parts; so many stores as can be fitted stand for themselves."""
    held, store = draw(np.random.default_rng(11))
    whole = judge(held, store, PAIRS)
    monkeypatch.setattr(margins, "MAX_CELLS", 40)
    pd.testing.assert_frame_equal(judge(held, store, PAIRS), whole)
    monkeypatch.setattr(margins, "MAX_FITTED_CELLS", 600)
    fewer = judge(held, store, PAIRS)
    assert 0 < fewer["compared_stores"].iloc[0] < 4


def test_without_sizes_it_is_fishers_test() -> None:
    """A pad of 200 items, one of which is nearly free in every basket, leaves two items all but independent."""
    random = np.random.default_rng(2)
    held = random.random((3000, 200)) < 0.1
    table = judge(held, np.zeros(3000, dtype=int), pairs=[(0, 1)])
    both, first, second = (int(count) for count in (held[:, :2].all(axis=1).sum(), held[:, 0].sum(), held[:, 1].sum()))
    assert table["expected_baskets"].iloc[0] == pytest.approx(first * second / 3000, rel=0.02)
    assert table["p_value"].iloc[0] == pytest.approx(hypergeom.sf(both - 1, 3000, first, second), abs=0.03)


def test_items_that_all_or_no_baskets_of_a_store_hold_say_nothing() -> None:
    """Item 0 is in every basket of store 0, item 1 in none of it: what is expected is what is there."""
    held = draw(np.random.default_rng(3))[0]
    store = np.arange(len(held)) % 2
    held[store == 0, 0] = True
    held[store == 0, 1] = False
    held[:, 2] |= held.sum(axis=1) < 3
    held[:, 3] |= held.sum(axis=1) < 3
    table = judge(held, store, pairs=[(0, 2), (1, 3), (0, 1)]).set_index(["first_id", "second_id"])
    assert np.isfinite(table.to_numpy(dtype=float)).all()
    here, there = held[store == 0], held[store == 1]
    assert here[:, 2].sum() <= table.loc[(0, 2), "expected_baskets"] + 1e-3
    assert table.loc[(0, 1), "expected_baskets"] < there[:, 1].sum()


@pytest.mark.parametrize(("trials", "chance"), [(10, 0.3), (200, 0.02), (1000, 0.5)])
def test_the_tail_is_that_of_the_binomial_distribution(trials: int, chance: float) -> None:
    observed = np.arange(0, min(trials, 40), dtype=float)
    mean = np.full(len(observed), trials * chance)
    tail = upper_tail(observed, mean, mean * (1 - chance))
    np.testing.assert_allclose(tail, binom.sf(observed - 1, trials, chance), rtol=1e-9)


def test_a_count_without_variance_is_certain_or_impossible() -> None:
    tail = upper_tail(np.array([5.0, 6.0]), np.array([5.0, 5.0]), np.zeros(2))
    np.testing.assert_array_equal(tail, [1, 0])


def draw(
    random: np.random.Generator, items: int = 10, baskets: int = 900, stores: int = 4
) -> tuple[Held, NDArray[np.int64]]:
    """Baskets of very different sizes in stores of different ranges, in which nothing goes together."""
    store = np.arange(baskets) % stores
    odds = random.normal(size=items) - 0.5 + random.normal(size=(stores, items))
    sizes = np.clip(random.poisson(3 * random.gamma(1.2, 1, baskets)) + 1, 1, items - 2)
    held = np.zeros((baskets, items), dtype=bool)
    for here in range(stores):
        for size in np.unique(sizes[store == here]):
            rows = np.flatnonzero((store == here) & (sizes == size))
            sets, chances = zip(*all_sets(odds[here], int(size)), strict=True)
            for row, chosen in zip(rows, random.choice(len(sets), len(rows), p=chances), strict=True):
                held[row, list(sets[chosen])] = True
    return held, store


def judge(held: Held, store: NDArray[np.int64], pairs: list[tuple[int, int]], tests: int | None = None) -> pd.DataFrame:
    """Pairs of items judged by their margins, which the models' own SQL makes from the baskets' items."""
    basket, item = np.nonzero(held)
    items = held.shape[1]
    database = ModelSql()
    database.put(
        int_baskets__memberships=pd.DataFrame({"own_segment_id": [1], "segment_id": [1]}),
        int_baskets__basket_items=pd.DataFrame(
            {"segment_id": 1, "basket_id": basket, "store_key": store[basket] + 1, "item_id": item, "is_mined": True}
        ),
        int_baskets__itemsets_1=pd.DataFrame({"segment_id": 1, "item_id": range(items), "is_frequent": True}),
    )
    database.build("int_baskets__store_contents", "int_baskets__store_margins")
    itemsets = pd.DataFrame(
        [(1, item, -1, item, int(held[:, item].sum())) for item in range(items)]
        + [
            (1, 1000 + number, first, second, int((held[:, first] & held[:, second]).sum()))
            for number, (first, second) in enumerate(pairs)
        ],
        columns=["segment_id", "itemset_id", "prefix_id", "item_id", "itemset_baskets"],
    )
    divisions = pd.DataFrame(
        [(1, 1000 + number, first, second) for number, (first, second) in enumerate(pairs)],
        columns=["segment_id", "itemset_id", "first_id", "second_id"],
    ).assign(dataset="shop", item_level="brand", is_segment=False, itemset_size=2, tests=tests or len(pairs))
    return judge_divisions(database.table("int_baskets__store_margins"), itemsets, divisions)


PAIRS = list(combinations(range(10), 2))


def test_expected_baskets_are_what_swapping_gives() -> None:
    """Mean and variance of 150 randomisations, which keep each basket's size and each item's baskets in its store."""
    random = np.random.default_rng(6)
    held, store = draw(random, baskets=240, stores=2)
    # A basket of one item has no pair to tell of.
    held, store = held[held.sum(axis=1) > 1], store[held.sum(axis=1) > 1]
    table = judge(held, store, PAIRS)
    shuffled = trade(held, store, random, 20)
    counts = []
    for _ in range(150):
        shuffled = trade(shuffled, store, random, 5)
        counts.append([(shuffled[:, first] & shuffled[:, second]).sum() for first, second in PAIRS])
    mean, deviation = np.mean(counts, axis=0), np.std(counts, axis=0)
    gaps = (mean - table["expected_baskets"].to_numpy()) / np.maximum(deviation, 0.5)
    assert np.abs(gaps).max() < 0.4
    assert gaps.std() < 0.2


def test_where_nothing_goes_together_hardly_anything_is_significant() -> None:
    """Fisher's test over all baskets calls most pairs significant, because some customers buy more of everything."""
    random = np.random.default_rng(7)
    tables, crude = [], []
    for _ in range(8):
        held, store = draw(random)
        tables.append(judge(held, store, PAIRS))
        pairs = np.array([(held[:, a] & held[:, b]).sum() for a, b in PAIRS])
        sums = held.sum(axis=0)
        first, second = (np.array([sums[pair[side]] for pair in PAIRS]) for side in (0, 1))
        crude.append(fisher_p_values(np.full(len(PAIRS), len(held)), first, second, pairs))
    assert (np.concatenate(crude) < 0.05).mean() > 0.5
    p_values = pd.concat(tables)["p_value"]
    assert 0.02 < (p_values < 0.05).mean() < 0.08
    assert np.mean([(table["q_value"] < 0.05).any() for table in tables]) < 0.25


def test_a_pair_that_goes_together_is_found_and_no_other_is() -> None:
    """Half of the baskets with item 2 take item 3 in place of another: sizes stay."""
    random = np.random.default_rng(8)
    held, store = draw(random, baskets=1500)
    for row in np.flatnonzero(held[:, 2] & ~held[:, 3]):
        others = np.flatnonzero(held[row] & (np.arange(10) != 2))
        if len(others) and random.random() < 0.5:
            held[row, random.choice(others)], held[row, 3] = False, True
    table = judge(held, store, PAIRS).set_index(["first_id", "second_id"])
    assert table.loc[(2, 3), "q_value"] < 1e-4
    assert table.loc[(2, 3), "lift_low"] > 1.03
    assert table["q_value"].idxmin() == (2, 3)
    assert (table.drop(index=(2, 3))["q_value"] < 0.05).mean() < 0.1


def test_candidates_that_are_not_frequent_count_in_the_correction() -> None:
    held, store = draw(np.random.default_rng(9))
    few = judge(held, store, PAIRS[:5])
    many = judge(held, store, PAIRS[:5], tests=5000)
    np.testing.assert_array_equal(few["p_value"], many["p_value"])
    np.testing.assert_allclose(many["q_value"], np.minimum(1, few["q_value"] * 1000).clip(upper=1), rtol=1e-9)


def test_a_rule_of_three_says_more_than_its_pair() -> None:
    """0 and 1 go together and 2 is by chance: the pair is found, the rule from the pair to 2 is not."""
    random = np.random.default_rng(10)
    held = draw(random, baskets=1500, stores=1)[0]
    for row in np.flatnonzero(held[:, 0] & ~held[:, 1]):
        others = np.flatnonzero(held[row] & (np.arange(10) > 2))
        if len(others) and random.random() < 0.6:
            held[row, random.choice(others)], held[row, 1] = False, True
    kept = pd.DataFrame([
        (1, 0, size, item, count)
        for size in range(2, 11)
        for item, count in enumerate(held[held.sum(axis=1) == size].sum(axis=0))
        if count
    ], columns=["segment_id", "store_key", "basket_size", "item_id", "item_baskets"])  # fmt: skip
    sets = {0: (0,), 1: (1,), 2: (2,), 10: (0, 1), 20: (0, 1, 2)}
    rows = [
        (1, number, {10: 0, 20: 10}.get(number, -1), items[-1], int(held[:, list(items)].all(axis=1).sum()))
        for number, items in sets.items()
    ]
    itemsets = pd.DataFrame(rows, columns=["segment_id", "itemset_id", "prefix_id", "item_id", "itemset_baskets"])
    itemsets = pd.concat([itemsets, pd.DataFrame(
        [(1, item, -1, item, int(held[:, item].sum())) for item in range(3, 10)], columns=list(itemsets)
    )])  # fmt: skip
    divisions = pd.DataFrame(
        [(1, 10, 0, 1, 2), (1, 20, 2, 10, 3)],
        columns=["segment_id", "itemset_id", "first_id", "second_id", "itemset_size"],
    ).assign(dataset="shop", item_level="brand", is_segment=False, tests=1)
    pair, rule = judge_divisions(kept, itemsets, divisions).itertuples()
    assert pair.q_value < 1e-4
    assert rule.lift == pytest.approx(1, abs=0.15)
    assert rule.q_value > 0.01


def test_nothing_to_judge_is_no_error() -> None:
    empty = judge_divisions(
        pd.DataFrame(columns=["segment_id", "store_key", "basket_size", "item_id", "item_baskets"]),
        pd.DataFrame(columns=["segment_id", "itemset_id", "prefix_id", "item_id", "itemset_baskets"]),
        pd.DataFrame(columns=[
            *("segment_id", "itemset_id", "first_id", "second_id", "dataset", "item_level", "is_segment"),
            *("itemset_size", "tests"),
        ]),
    )  # fmt: skip
    assert empty.empty
    assert empty.dtypes["first_id"] == np.int64
    assert empty.dtypes["lift"] == np.float64
