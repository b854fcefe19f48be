"""Which values share customers, and between which money moves: against enumeration, pandas and planted habits."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from dbt_runs import DbtRun
from scipy.optimize import root

from segmart.report.sections import switching as report
from segmart.statistics.overlap import COLUMNS, overlaps

pytestmark = pytest.mark.usefixtures("one_thread")


def shared_of(bought: np.ndarray, stratum: np.ndarray | None = None) -> pd.DataFrame:
    """Counts as int_loyalty__shared_values has them.

    Args:
        bought: Whether each customer bought each value, shape (n_customers, n_values).
        stratum: Store of each customer, one store by default, shape (n_customers,).
    """
    stores = np.zeros(len(bought), dtype=int) if stratum is None else stratum
    rows = [
        (first, second, store, size)
        for customer, store, size in zip(bought, stores, bought.sum(axis=1), strict=True)
        for first in np.flatnonzero(customer)
        for second in np.flatnonzero(customer)
        if first <= second
    ]
    names = ["first_value_id", "second_value_id", "store_key", "values_bought"]
    counted = pd.DataFrame(rows, columns=names).groupby(names).size().rename("customers").reset_index()
    return counted.assign(dataset="a", attribute="brand", activity_class=0)


def test_expected_customers_are_those_of_an_enumeration() -> None:
    random = np.random.default_rng(5)
    bought = random.random((400, 5)) < np.array([0.7, 0.5, 0.4, 0.3, 0.2])
    found = overlaps(shared_of(bought)).set_index(["first_value_id", "second_value_id"])
    expected = dict.fromkeys(combinations(range(5), 2), 0.0)
    for size in range(2, 6):
        of_size = bought[bought.sum(axis=1) == size]
        sets = np.array([[value in chosen for value in range(5)] for chosen in combinations(range(5), size)])

        def chances(odds: np.ndarray, sets: np.ndarray = sets) -> np.ndarray:
            weights = np.exp(sets @ np.append(0.0, odds))
            return weights / weights.sum()

        # The odds with which all values are bought as often as they were.
        shares = of_size.mean(axis=0)
        odds = (
            np.zeros(4)
            if size == 5
            else root(lambda odds, s=sets, p=shares: (chances(odds, s) @ s - p)[1:], np.zeros(4)).x
        )
        for first, second in expected:
            both = chances(odds) @ (sets[:, first] & sets[:, second])
            expected[first, second] += len(of_size) * both
    for (first, second), value in expected.items():
        row = found.loc[(first, second)]
        assert row["expected_customers"] == pytest.approx(value, rel=1e-5)
        assert row["customers"] == (bought[:, first] & bought[:, second]).sum()
        assert row["first_customers"] == bought[:, first].sum()
        assert row["second_customers"] == bought[:, second].sum()
        assert row["ratio"] == pytest.approx(row["customers"] / value, rel=1e-5)


def test_heavy_buyers_and_ranges_of_stores_are_no_finding() -> None:
    """Some customers buy all sorts of things, and one store sells what the other does not."""
    random = np.random.default_rng(8)
    rejected = []
    for _ in range(8):
        store = random.integers(0, 2, 1500)
        range_of_store = np.where(store[:, None] == 0, [1, 1, 1, 1, 0.1, 0.1], [0.1, 0.1, 1, 1, 1, 1])
        appetite = random.beta(0.7, 0.7, 1500)[:, None]
        bought = random.random((1500, 6)) < appetite * range_of_store * [0.9, 0.5, 0.7, 0.4, 0.9, 0.5]
        rejected += list(overlaps(shared_of(bought, store))["p_value"] < 0.05)
    assert np.mean(rejected) < 0.1


def test_a_planted_habit_is_found_in_its_direction() -> None:
    random = np.random.default_rng(9)
    bought = random.random((2000, 6)) < 0.4
    bought[:, 1] = np.where(random.random(2000) < 0.3, bought[:, 0], bought[:, 1])
    bought[:, 3] = np.where(random.random(2000) < 0.3, ~bought[:, 2], bought[:, 3])
    found = overlaps(shared_of(bought)).set_index(["first_value_id", "second_value_id"])
    assert found.loc[(0, 1), "q_value"] < 0.001
    assert found.loc[(0, 1), "ratio_low"] > 1
    assert found.loc[(2, 3), "q_value"] < 0.001
    assert found.loc[(2, 3), "ratio_high"] < 1
    assert set(found["p_value"].nsmallest(2).index) == {(0, 1), (2, 3)}


def test_nothing_is_concluded_where_the_margins_leave_no_choice() -> None:
    two = overlaps(shared_of(np.array([[True, True], [True, False], [False, True]])))
    assert two["customers"].tolist() == [1]
    assert two[["expected_customers", "ratio", "p_value", "q_value"]].isna().all(axis=None)
    alone = overlaps(shared_of(np.array([[True, False, False], [False, True, False]])))
    assert alone["customers"].tolist() == [0]
    nobody = overlaps(shared_of(np.array([[True]]))[:0])
    assert list(nobody.columns) == list(COLUMNS)
    assert nobody.dtypes.astype(str).tolist() == [str(pd.Series(dtype=kind).dtype) for kind in COLUMNS.values()]


# Built


def test_shared_customers_are_those_of_pandas(sample_build: DbtRun) -> None:
    found = sample_build.mart("cross_shopping")
    lines = sample_build.query(
        "select lines.customer_key, attributes.attribute, attributes.attribute_value, lines.units"
        " from intermediate.int_products__sales_lines as lines"
        " inner join intermediate.int_products__product_attributes as attributes using (product_key)"
        " where lines.customer_key is not null and attributes.attribute in ('brand', 'product')"
    )
    kept = lines.groupby(["attribute", "attribute_value", "customer_key"])["units"].sum()
    kept = kept[kept > 0].reset_index()
    customers = {key: set(rows["customer_key"]) for key, rows in kept.groupby(["attribute", "attribute_value"])}
    everybody = lines["customer_key"].nunique()
    assert set(found["attribute"]) == {"brand", "product"}
    for row in found.itertuples():
        first, second = customers[row.attribute, row.first_value], customers[row.attribute, row.second_value]
        assert row.first_customers == len(first)
        assert row.second_customers == len(second)
        assert row.both_customers == len(first & second)
        assert row.neither_customers == everybody - len(first | second)
        assert row.second_share_with_first == pytest.approx(len(first & second) / len(first))


def test_moved_money_is_that_of_a_loop_over_customers(sample_build: DbtRun) -> None:
    found = sample_build.mart("switching").query("attribute == 'brand'")
    lines = sample_build.query(
        "select lines.customer_key, lines.receipt_date >= date '2019-01-01' as is_now,"
        " attributes.attribute_value as brand, cast(round(100 * lines.sales_amount) as bigint) as cents, lines.units"
        " from intermediate.int_products__sales_lines as lines"
        " inner join intermediate.int_products__product_attributes as attributes using (product_key)"
        " where attributes.attribute = 'brand'"
    )
    shown = set(found["attribute_value"])
    lines["brand"] = lines["brand"].where(lines["brand"].isin(shown), "Other values")
    moved: dict[tuple[str, str], float] = {}
    retained: dict[str, float] = {}
    for _, rows in lines.dropna(subset="customer_key").groupby("customer_key"):
        if rows["is_now"].nunique() < 2:
            continue
        change = rows["cents"].where(rows["is_now"], -rows["cents"]).groupby(rows["brand"]).sum()
        gains, losses = change[change > 0], -change[change < 0]
        for brand, cents in change.items():
            retained[brand] = retained.get(brand, 0) + cents
        for loser, loss in losses.items():
            for winner, gain in gains.items():
                pair = (winner, loser)
                moved[pair] = moved.get(pair, 0) + loss * gain / max(gains.sum(), losses.sum())
    switched = found[found["source"] == "switching"]
    assert {(row.attribute_value, row.other_value) for row in switched.itertuples()} >= set(moved)
    for row in switched.itertuples():
        assert 100 * row.gained_amount == pytest.approx(moved.get((row.attribute_value, row.other_value), 0), abs=1)
        assert 100 * row.lost_amount == pytest.approx(moved.get((row.other_value, row.attribute_value), 0), abs=1)
        assert row.net_low_amount <= row.net_amount <= row.net_high_amount
    stayed = found[found["source"].isin(["switching", "same customers"])].groupby("attribute_value")["net_amount"].sum()
    for brand, cents in retained.items():
        assert round(100 * stayed[brand]) == cents
    # As many retained customers' cents as the bridge of the same half years has.
    bridge = sample_build.mart("sales_bridge").query("comparison == 'half year to half year'")
    kept = bridge[bridge["customer_group"].isin(["retained up", "retained down"])]["change_amount"].sum()
    assert stayed.sum() == pytest.approx(kept, abs=0.005)


# The report


def pairs_of(*rows: tuple[str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["pair", "overlap_index"])


def test_titles_say_what_is_beyond_chance() -> None:
    none = pairs_of()
    some = pairs_of(("Tea + Milk", 1.5))
    assert report.shared_title(none, none) == "No two goods have customers who are known"
    assert report.shared_title(some, none) == "No two goods share more or fewer customers than by chance"
    assert report.shared_title(some, some) == (
        "1 pair shares more or fewer customers than by chance; Tea + Milk share 1.50 times as many as expected"
    )
    moves = pd.DataFrame(
        {"other_value": ["A"], "attribute_value": ["B"], "net_amount": [12.5], "is_significant": [True]}
    )
    assert report.switched_title(moves) == "Customers moved 12.50 more from A to B than back"
    chance = moves.assign(is_significant=False)
    assert report.switched_title(chance).startswith("No money is proven")
    assert report.switched_title(moves[:0]).startswith("No customer")
