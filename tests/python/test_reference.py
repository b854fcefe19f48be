"""Data without groups: what it keeps of the data that it is drawn for, and that verdicts hold against it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from segmart.statistics.reference import references, single_peaked
from tools.benchmarks.segments import NOISE, PLANTED, judged


def test_a_distribution_with_one_peak_stays_as_it_is() -> None:
    random = np.random.default_rng(1)
    grid = np.linspace(0.01, 0.99, 99)
    for values in (random.normal(size=2000), random.exponential(size=2000), random.uniform(size=2000)):
        found = single_peaked(values)(grid)
        np.testing.assert_allclose(found, np.quantile(values, grid), atol=0.08 * values.std())


def test_a_gap_between_two_peaks_is_filled() -> None:
    values = np.concatenate([np.random.default_rng(2).normal(place, 0.3, 500) for place in (0, 6)])
    found = single_peaked(values)(np.random.default_rng(3).uniform(size=2000))
    assert np.mean((values > 1.5) & (values < 4.5)) == 0
    assert np.mean((found > 1.5) & (found < 4.5)) > 0.2
    assert found.min() >= values.min()
    assert found.max() <= values.max()


def test_values_on_a_grid_stay_on_it_and_a_constant_stays_one() -> None:
    values = np.random.default_rng(4).poisson(2, 300) * 0.5 - 1
    found = single_peaked(values)(np.random.default_rng(5).uniform(size=300))
    assert set(found) <= set(np.arange(-1, values.max() + 0.5, 0.5))
    assert set(single_peaked(np.full(5, 3.0))(np.array([0.1, 0.9]))) == {3.0}


def test_draws_keep_ranges_and_correlations_of_ranks() -> None:
    random = np.random.default_rng(6)
    first = random.exponential(size=800)
    rows = np.column_stack([first, np.exp(first + 0.5 * random.normal(size=800)), random.uniform(size=800)])
    drawn = references(rows, 2, seed=1)
    assert {kind: len(draws) for kind, draws in drawn.items()} == {"one peak": 2, "even": 2}
    found = drawn["one peak"][0]
    np.testing.assert_allclose(spearmanr(found).statistic, spearmanr(rows).statistic, atol=0.1)
    assert (found >= rows.min(axis=0)).all()
    assert (found <= rows.max(axis=0)).all()
    for kind in drawn:
        assert not np.array_equal(drawn[kind][0], drawn[kind][1])
        np.testing.assert_array_equal(drawn[kind][1], references(rows, 2, seed=1)[kind][1])


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("name", ["even, 1 feature", "one log-normal factor behind 6 features"])
def test_noise_with_a_high_silhouette_is_called_noise(name: str) -> None:
    """The benchmark has 200 runs over ten such designs."""
    assert not any(judged(NOISE[name](np.random.default_rng(seed)), 3, seed)[0] for seed in range(2))


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("name", ["2 groups, 1 feature", "3 groups, 5 features"])
def test_planted_groups_are_found(name: str) -> None:
    for seed in range(2):
        rows, labels = PLANTED[name](np.random.default_rng(seed))
        is_found, structure, _ = judged(rows, len(set(labels)), seed)
        assert is_found
        assert structure > 0.1
