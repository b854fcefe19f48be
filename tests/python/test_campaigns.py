"""What addressing an audience did: against scipy and statsmodels on raw rows, and where there is nothing to tell."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from segmart.statistics.campaigns import COLUMNS, campaign_p_values

pytestmark = [pytest.mark.library, pytest.mark.filterwarnings("error")]

DAY = pd.Timestamp("2024-03-01")
Sales = list[float]


def groups(*exports: tuple[Sales, Sales], dataset: str = "a", covered_days: int = 28) -> pd.DataFrame:
    """A row per export, of the sales of each addressed and each held-out customer; who has none did not buy."""
    rows = []
    for number, sides in enumerate(exports):
        row = {"dataset": dataset, "audience": str(number), "exported_date": DAY, "covered_days": covered_days}
        for prefix, sales in zip(("", "holdout_"), sides, strict=True):
            row |= {
                f"{prefix}customers": len(sales),
                f"{prefix}buyers": sum(amount > 0 for amount in sales),
                f"{prefix}sales_amount": float(sum(sales)),
                f"{prefix}squared_sales": float(sum(amount**2 for amount in sales)),
            }
        rows.append(row)
    return pd.DataFrame(rows)


def drawn(random: np.random.Generator, customers: int, share: float, mean: float = 20) -> Sales:
    bought = random.random(customers) < share
    return list((bought * random.gamma(2, mean / 2, customers)).round(2))


def test_differences_intervals_and_p_values_are_those_of_scipy_and_statsmodels() -> None:
    random = np.random.default_rng(5)
    exports = [(drawn(random, 900, 0.3), drawn(random, 100, 0.2)), (drawn(random, 50, 0.5), drawn(random, 7, 0.9))]
    found = campaign_p_values(groups(*exports))
    for row, (addressed, held_out) in zip(found.to_dict("records"), exports, strict=True):
        counts = [(sum(amount > 0 for amount in sales), len(sales)) for sales in (addressed, held_out)]
        ends = confint_proportions_2indep(*counts[0], *counts[1], method="newcomb", compare="diff")
        low, high = row["buyer_share_difference_low"], row["buyer_share_difference_high"]
        np.testing.assert_allclose((low, high), ends, rtol=1e-9)
        exact = stats.fisher_exact([[hits, trials - hits] for hits, trials in counts]).pvalue
        assert row["buyer_share_p_value"] == pytest.approx(exact)
        welch = stats.ttest_ind(addressed, held_out, equal_var=False)
        interval = welch.confidence_interval(0.95)
        assert row["sales_per_customer_difference"] == pytest.approx(np.mean(addressed) - np.mean(held_out))
        assert row["sales_per_customer_difference_low"] == pytest.approx(interval.low)
        assert row["sales_per_customer_difference_high"] == pytest.approx(interval.high)
        assert row["sales_per_customer_p_value"] == pytest.approx(welch.pvalue)
    tested = found[["buyer_share_p_value", "sales_per_customer_p_value"]].to_numpy()
    corrected = found[["buyer_share_q_value", "sales_per_customer_q_value"]].to_numpy()
    np.testing.assert_allclose(corrected.ravel(), stats.false_discovery_control(tested.ravel()))


def test_q_values_are_corrected_dataset_by_dataset() -> None:
    random = np.random.default_rng(6)
    first = groups(*((drawn(random, 90, 0.3), drawn(random, 30, 0.3)) for _ in range(4)))
    second = groups((drawn(random, 90, 0.5), drawn(random, 30, 0.1)), dataset="b")
    both = campaign_p_values(pd.concat([first, second], ignore_index=True))
    alone = pd.concat([campaign_p_values(first), campaign_p_values(second)], ignore_index=True)
    pd.testing.assert_frame_equal(both, alone)


def test_a_planted_effect_is_found_and_no_effect_is_not() -> None:
    """Of 200 audiences without an effect about one in twenty has a p-value below 5 %, and hardly one a q-value."""
    random = np.random.default_rng(7)
    quiet = [(drawn(random, 900, 0.3), drawn(random, 100, 0.3)) for _ in range(200)]
    found = campaign_p_values(groups((drawn(random, 900, 0.6), drawn(random, 100, 0.2)), *quiet))
    assert found.loc[0, "buyer_share_q_value"] < 0.001
    assert found.loc[0, "sales_per_customer_q_value"] < 0.001
    rest = found[1:]
    assert (rest["buyer_share_p_value"] < 0.05).mean() < 0.08
    assert (rest["sales_per_customer_p_value"] < 0.05).mean() < 0.09
    assert (rest[["buyer_share_q_value", "sales_per_customer_q_value"]] < 0.05).to_numpy().sum() <= 2


@pytest.mark.parametrize(
    ("addressed", "held_out", "known"),
    [
        ([], [5.0], set()),
        ([5.0], [], set()),
        ([0.0] * 9, [0.0] * 9, {"buyer_share", "sales"}),
        ([0.1] * 9, [0.1] * 7, {"buyer_share", "sales"}),
        ([19.99] * 999, [0.07] * 7, {"buyer_share", "sales"}),
        ([5.0, 6.0], [5.0], {"buyer_share", "sales"}),
    ],
)
def test_nothing_is_concluded_from_nothing(addressed: Sales, held_out: Sales, known: set[str]) -> None:
    row = campaign_p_values(groups((addressed, held_out))).iloc[0]
    assert ("buyer_share" in known) == pd.notna(row["buyer_share_difference"])
    assert ("sales" in known) == pd.notna(row["sales_per_customer_difference"])
    assert pd.isna(row["buyer_share_p_value"])
    assert row[["sales_per_customer_p_value", "sales_per_customer_difference_low"]].isna().all()
    assert row[["buyer_share_q_value", "sales_per_customer_q_value"]].isna().all()


def test_without_covered_days_or_exports_there_is_nothing() -> None:
    rows = groups(([0.0] * 9, [0.0] * 9), covered_days=0)
    assert campaign_p_values(rows)[COLUMNS].isna().all(axis=None)
    empty = campaign_p_values(rows.head(0))
    assert len(empty) == 0
    assert set(empty[COLUMNS].dtypes) == {np.dtype("float64")}
