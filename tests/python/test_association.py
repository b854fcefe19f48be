"""P-values of what is bought together against exact fractions and scipy, and their correction for many tests."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control, fisher_exact, hypergeom

from segmart.statistics.association import benjamini_hochberg, fisher_p_values, judge_independence


def p_value(n: int, a: int, b: int, both: int) -> float:
    (p,) = fisher_p_values(*(np.array([count]) for count in (n, a, b, both)))
    return p


def exact_p_value(n: int, a: int, b: int, both: int) -> Fraction:
    return Fraction(sum(comb(a, k) * comb(n - a, b - k) for k in range(both, min(a, b) + 1)), comb(n, b))


def test_the_lady_tasting_tea() -> None:
    """Fisher's own example: all eight cups right by chance once in seventy times."""
    assert p_value(8, 4, 4, 4) == pytest.approx(1 / 70, rel=1e-12)
    assert p_value(8, 4, 4, 3) == pytest.approx(17 / 70, rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_p_values_are_exact(seed: int) -> None:
    lot = np.random.default_rng(seed)
    for _ in range(50):
        n = int(lot.integers(1, 400))
        a, b = (int(count) for count in lot.integers(0, n + 1, size=2))
        both = int(lot.integers(max(0, a + b - n), min(a, b) + 1))
        assert p_value(n, a, b, both) == pytest.approx(float(exact_p_value(n, a, b, both)), rel=1e-9)
        table = [[both, a - both], [b - both, n - a - b + both]]
        assert p_value(n, a, b, both) == pytest.approx(fisher_exact(table, alternative="greater").pvalue, rel=1e-6)


@pytest.mark.parametrize("n", [20_000, 110_000, 1_000_000])
def test_p_values_of_many_baskets_keep_their_order(n: int) -> None:
    """Far in the tail, too; and the probability of no basket or more is 1."""
    counts = [n // 20, n // 25]
    expected = counts[0] * counts[1] // n
    both = np.array([0, expected, 2 * expected, 3 * expected])
    p = fisher_p_values(np.full(4, n), np.full(4, counts[0]), np.full(4, counts[1]), both)
    assert p[0] == 1
    assert 0.4 < p[1] < 0.6
    assert p[1] > p[2] >= p[3] >= 0


@pytest.mark.parametrize(("n", "tolerance"), [(20_000, 1e-9), (110_000, 1e-8), (1_000_000, 1e-7), (100_000_000, 2e-6)])
def test_p_values_of_many_baskets_are_those_of_scipy(n: int, tolerance: float) -> None:
    """Far in both tails, too; and the probability of the fewest possible baskets or more is 1."""
    lot = np.random.default_rng(n)
    a, b = (n * lot.uniform(0.001, 0.999, size=(2, 300))).astype(np.int64)
    deviation = np.sqrt(a / n * b / n * (1 - a / n) * (1 - b / n) * n)
    both = (a / n * b + deviation * lot.uniform(-8, 30, size=300)).astype(np.int64).clip(a + b - n, np.minimum(a, b))
    both = np.where(np.arange(300) % 50 == 0, np.maximum(0, a + b - n), both.clip(0))
    p = fisher_p_values(np.full(300, n), a, b, both)
    np.testing.assert_allclose(p, hypergeom.sf(both - 1, n, a, b), rtol=tolerance, atol=1e-300)
    assert (p[::50] == 1).all()
    assert p.min() < 1e-50 < 0.4 < p[p < 0.6].max()


@pytest.mark.parametrize(
    ("n", "a", "b", "both"),
    [(10, 3, 4, 4), (10, 3, 11, 3), (10, 11, 3, 3), (10, 8, 8, 5), (10, 3, 4, -1), (0, 0, 0, 0)],
)
def test_impossible_counts_are_an_error(n: int, a: int, b: int, both: int) -> None:
    with pytest.raises(ValueError, match=f"{both} of {n} baskets"):
        p_value(n, a, b, both)


@pytest.mark.parametrize("seed", range(5))
def test_q_values_are_those_of_repeated_p_values(seed: int) -> None:
    lot = np.random.default_rng(seed)
    p_values = np.round(lot.random(200) ** 4, 3)
    tests = lot.integers(1, 6, size=200)
    expected = false_discovery_control(np.repeat(p_values, tests))
    np.testing.assert_allclose(np.repeat(benjamini_hochberg(p_values, tests), tests), expected, rtol=1e-12)


def table(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame({"family": "f", "tests": 1, **columns})


def test_families_are_corrected_one_by_one_and_rows_stay_where_they_are() -> None:
    tests = table(
        baskets=[8, 8, 8], first_baskets=[4, 4, 4], second_baskets=[4, 4, 4], both_baskets=[4, 3, 4], tests=[1, 3, 2],
        family=["a", "a", "b"],
    )  # fmt: skip
    judged = judge_independence(tests, families=["family"])
    pd.testing.assert_frame_equal(judged[list(tests)], tests)
    np.testing.assert_allclose(judged["p_value"], [1 / 70, 17 / 70, 1 / 70])
    np.testing.assert_allclose(judged["q_value"], [4 / 70, 17 / 70, 1 / 70])


def test_pairs_that_never_occurred_count_in_the_correction() -> None:
    tests = table(
        baskets=[8, 8], first_baskets=[4, 0], second_baskets=[4, 0], both_baskets=[4, 0], tests=[1, 9]
    )  # fmt: skip
    judged = judge_independence(tests, families=["family"])
    np.testing.assert_allclose(judged["q_value"], [10 / 70, 1])


def test_nothing_to_judge_is_no_error() -> None:
    columns = ["baskets", "first_baskets", "second_baskets", "both_baskets"]
    judged = judge_independence(table(**{column: [] for column in columns}), families=["family"])
    assert judged.empty
    assert list(judged)[-2:] == ["p_value", "q_value"]
