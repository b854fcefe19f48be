"""Clusters of stores by what they sell, on stores with planted groups, and on stores without any."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2, chi2_contingency

from segmart.statistics.segmentation import agreement
from segmart.statistics.store_groups import (
    COLUMNS,
    LEAST_STORES,
    NO_DIFFERENCE,
    NO_GROUPS,
    TOO_FEW_STORES,
    Range,
    excess,
    lines_per_lot,
    p_values,
    profiles,
    store_groups,
)

pytestmark = [pytest.mark.library, pytest.mark.filterwarnings("error"), pytest.mark.usefixtures("one_thread")]

LEVEL = 0.05
PARTS = 4
STORES, VALUES = 24, 12
COMMON = np.geomspace(6, 1, VALUES) / np.geomspace(6, 1, VALUES).sum()
OTHER = np.roll(COMMON, VALUES // 2)


def sold(
    shares: NDArray[np.float64],
    random: np.random.Generator,
    customers: int = 120,
    lines: int = 3,
    habit: float = 0.0,
    attribute: str = "brand",
) -> pd.DataFrame:
    """Lines of stores, shape of shares (n_stores, n_values).

    Each customer has so many lines, the first by the shares of the store, each other one like it with the probability
    of the habit. Store 0 has half the customers, the last one half as many more.
    """
    cells = []
    for store, own in enumerate(shares):
        number = int(customers * (0.5 + store / (len(shares) - 1)))
        first = random.choice(len(own), number, p=own)
        drawn = random.choice(len(own), (number, lines), p=own)
        values = np.where(random.random((number, lines)) < habit, first[:, None], drawn)
        part = np.repeat(random.integers(0, PARTS, number), lines)
        cells.append(pd.DataFrame({"store_id": f"s{store:03}", "value_id": values.ravel() + 1, "part": part}))
    counted = pd.concat(cells).value_counts().rename("lines").reset_index()
    return counted.assign(dataset="shop", attribute=attribute)


def truth(table: pd.DataFrame) -> float:
    """Adjusted Rand index between clusters and the planted groups: even and odd stores."""
    planted = table["store_id"].str[1:].astype(int).to_numpy() % 2
    return agreement(planted, table["cluster_id"].to_numpy(dtype=np.int64) - 1)


def even_and_odd(difference: float) -> NDArray[np.float64]:
    """Shares of stores of two groups; 1 is as different as COMMON and OTHER."""
    other = (1 - difference) * COMMON + difference * OTHER
    return np.stack([other if store % 2 else COMMON for store in range(STORES)])


def test_planted_groups_are_found_and_named() -> None:
    found = store_groups(sold(even_and_odd(1.0), np.random.default_rng(1)), LEVEL)
    assert list(found.columns) == list(COLUMNS)
    assert list(found["store_id"]) == [f"s{store:03}" for store in range(STORES)]
    assert truth(found) == 1
    assert found["verdict"].unique().tolist() == ["strong structure"]
    assert found["same_cluster_share"].min() > 0.9
    # The first half of the values is what even stores sell more of.
    is_even = found["store_id"].str[1:].astype(int) % 2 == 0
    assert ((found["most_value_id"] <= VALUES // 2) == is_even).all()
    assert ((found["least_value_id"] <= VALUES // 2) == ~is_even).all()
    assert (found["most_share"] > found["most_all_share"]).all()
    assert (found["least_share"] < found["least_all_share"]).all()


def test_shares_are_of_lines() -> None:
    lines = sold(even_and_odd(1.0), np.random.default_rng(1))
    row = store_groups(lines, LEVEL).iloc[0]
    own = lines[lines["store_id"].str[1:].astype(int) % 2 == 0]
    for rows, share in ((own, row["most_share"]), (lines, row["most_all_share"])):
        sold_value = rows.loc[rows["value_id"] == row["most_value_id"], "lines"].sum()
        assert share == pytest.approx(sold_value / rows["lines"].sum())


def test_the_attribute_that_makes_groups_is_taken() -> None:
    random = np.random.default_rng(2)
    alike = sold(np.tile(COMMON, (STORES, 1)), random, attribute="a size")
    grouped = sold(even_and_odd(1.0), random, attribute="brand")
    assert set(store_groups(pd.concat([alike, grouped]), LEVEL)["attribute"]) == {"brand"}


def test_stores_that_sell_the_same_are_no_groups() -> None:
    verdicts = [
        store_groups(sold(np.tile(COMMON, (STORES, 1)), np.random.default_rng(seed)), LEVEL)["verdict"].iloc[0]
        for seed in range(20)
    ]
    assert verdicts.count(NO_DIFFERENCE) >= 18


def test_habits_of_customers_are_no_difference_of_stores() -> None:
    """Customers who always buy the same make few lots of many lines: taken for lots, these would differ by store."""
    samples = [
        sold(np.tile(COMMON, (STORES, 1)), np.random.default_rng(seed), customers=60, lines=10, habit=0.9)
        for seed in range(10)
    ]
    verdicts = [store_groups(sample, LEVEL)["verdict"].iloc[0] for sample in samples]
    # With so few customers a store, chi-square is not exact; differences that are found make no groups.
    assert verdicts.count(NO_DIFFERENCE) >= 8
    assert verdicts.count(NO_DIFFERENCE) + verdicts.count(NO_GROUPS) >= 9
    # In a single part nothing is known of habits.
    cells = ["dataset", "store_id", "attribute", "value_id"]
    by_line = samples[0].groupby(cells, as_index=False)["lines"].sum().assign(part=0)
    assert store_groups(by_line, LEVEL)["verdict"].iloc[0] != NO_DIFFERENCE


def test_differences_of_degree_are_no_groups() -> None:
    """Stores between two ranges differ for sure, and fall into no groups."""
    verdicts = []
    for seed in range(6):
        random = np.random.default_rng(seed)
        place = random.beta(2, 2, (STORES, 1))
        verdicts.append(store_groups(sold(place * COMMON + (1 - place) * OTHER, random), LEVEL)["verdict"].iloc[0])
    assert verdicts.count(NO_GROUPS) >= 5


def test_order_and_names_of_stores_change_nothing_but_numbers() -> None:
    lines = sold(even_and_odd(0.8), np.random.default_rng(4))
    found = store_groups(lines, LEVEL)
    pd.testing.assert_frame_equal(store_groups(lines.sample(frac=1, random_state=5), LEVEL), found)
    renamed = store_groups(lines.assign(store_id="9" + lines["store_id"].str[1:]), LEVEL)
    assert agreement(*(table["cluster_id"].to_numpy(dtype=np.int64) - 1 for table in (found, renamed))) == 1


def test_few_stores_and_single_values_are_not_grouped() -> None:
    few = sold(even_and_odd(1.0)[: LEAST_STORES - 1], np.random.default_rng(6))
    assert set(store_groups(few, LEVEL)["verdict"]) == {TOO_FEW_STORES}
    single = (
        few.assign(value_id=1).groupby(["dataset", "store_id", "attribute", "value_id", "part"], as_index=False).sum()
    )
    many = pd.concat([single.assign(store_id=single["store_id"] + suffix) for suffix in "ab"])
    found = store_groups(many, LEVEL)
    assert set(found["verdict"]) == {NO_DIFFERENCE}
    assert found["cluster_id"].isna().all()


def test_no_lines_give_no_rows() -> None:
    empty = sold(even_and_odd(1.0), np.random.default_rng(7)).head(0)
    found = store_groups(empty, LEVEL)
    assert len(found) == 0
    assert list(found.columns) == list(COLUMNS)


def test_statistics_are_those_of_scipy() -> None:
    random = np.random.default_rng(8)
    parts = random.poisson(30, (PARTS, 5, 4)).astype(np.int64)
    counts = parts.sum(axis=0)
    one = Range("brand", np.arange(1, 5), counts, lines_per_lot=1.5)
    for value, p_value in enumerate(p_values(one)):
        table = np.column_stack([counts[:, value], counts.sum(axis=1) - counts[:, value]])
        whole = chi2_contingency(table, correction=False)
        assert p_value == pytest.approx(chi2.sf(whole.statistic / 1.5, whole.dof))
    whole = chi2_contingency(counts, correction=False)
    assert excess(one) == pytest.approx(whole.statistic / 1.5 / whole.dof)
    within = [chi2_contingency(parts[:, store], correction=False) for store in range(5)]
    expected = sum(found.statistic for found in within) / sum(found.dof for found in within)
    assert lines_per_lot(parts) == pytest.approx(max(1, expected))
    assert lines_per_lot(parts * 7) == pytest.approx(7 * expected)
    np.testing.assert_allclose(np.square(profiles(counts)).sum(axis=1), 1)
