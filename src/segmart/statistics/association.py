"""Is what is bought together bought together by chance? P-values of counts of baskets, corrected for many tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import hypergeom

# A term of a sum that is smaller than this share of it no longer changes a double.
NEGLIGIBLE = 1e-17


def fisher_p_values(
    baskets: NDArray[np.int64], first: NDArray[np.int64], second: NDArray[np.int64], both: NDArray[np.int64]
) -> NDArray[np.float64]:
    """One-sided p-values of Fisher's exact test (Fisher, The Design of Experiments, 1935, section 11).

    All arguments are counts of baskets, shape (n_tests,).

    Args:
        baskets: All baskets.
        first: Those with the first set of items.
        second: Those with the second set.
        both: Those with both.

    Returns:
        Probability of at least ``both`` baskets with both sets if the first says nothing about the second, shape
        (n_tests,); at most 1. Relative errors reach 1e-9 at 100,000 baskets and 1e-6 at 100 million.

    Raises:
        ValueError: If counts contradict each other. The message shows the first such test.
    """
    counts = np.stack([baskets, first, second, both]).astype(np.int64)
    n, a, b, c = counts
    possible = (np.minimum(a, b) <= n) & (c <= np.minimum(a, b)) & (c >= np.maximum(0, a + b - n)) & (n > 0)
    possible &= np.maximum(a, b) <= n
    if not possible.all():
        n_baskets, with_first, with_second, with_both = counts[:, ~possible][:, 0].tolist()
        raise ValueError(
            f"{with_both} of {n_baskets} baskets can't have both sets if {with_first} and {with_second} have each"
        )
    # Up to the expected number nearly all probability is at or above; what is below is the other tail, of those with
    # the first set but without the second.
    below = c * n <= a * b
    tail = _upper_tail(n, a, np.where(below, n - b, b), np.where(below, a - c + 1, c))
    return np.minimum(np.where(below, 1.0 - tail, tail), 1.0)


def _upper_tail(
    n: NDArray[np.int64], a: NDArray[np.int64], b: NDArray[np.int64], c: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Hypergeometric probability of at least c, which is above the expected number, shape (n_tests,).

    Each term follows from the one before it, all tests at once, until the next adds nothing: against the first, which
    is scipy's. ``scipy.stats.hypergeom.sf`` gives the same, but up to 104,723 baskets it multiplies primes, one test
    at a time.
    """
    first = np.exp(hypergeom.logpmf(c, n, a, b))
    total = np.ones(len(first))
    rows = np.flatnonzero(first)
    n, a, b, k = (counts[rows].astype(np.float64) for counts in (n, a, b, c))
    term = np.ones(len(rows))
    while len(rows):
        term *= (a - k) * (b - k) / ((k + 1) * (n - a - b + k + 1))
        total[rows] += term
        k += 1
        adds = term > NEGLIGIBLE * total[rows]
        rows, n, a, b, k, term = (values[adds] for values in (rows, n, a, b, k, term))
    return first * total


def benjamini_hochberg(p_values: NDArray[np.float64], tests: NDArray[np.int64]) -> NDArray[np.float64]:
    """Q-values (Benjamini & Hochberg, JRSS B 57, 1995) of p-values that stand for several tests each.

    Args:
        p_values: Shape (n,), none missing.
        tests: Number of tests with each p-value, at least 1, shape (n,).

    Returns:
        The smallest rate of false discoveries at which a test is significant, shape (n,); what
        ``scipy.stats.false_discovery_control`` gives if each p-value is repeated so many times.
    """
    order = np.argsort(p_values, kind="stable")
    ranks = np.cumsum(tests[order])
    if len(ranks) == 0:
        return np.empty(0)
    scaled = p_values[order] * ranks[-1] / ranks
    q_values = np.empty(len(p_values))
    q_values[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q_values


def judge_independence(tests: pd.DataFrame, families: Sequence[str]) -> pd.DataFrame:
    """Add p- and q-values to the tests of what is bought together.

    Args:
        tests: One row per different test: ``baskets``, ``first_baskets``, ``second_baskets`` and ``both_baskets`` (see
            ``fisher_p_values``), ``tests`` (how many have these counts) and the family columns.
        families: Columns whose equal values make a family; each is corrected over all of its tests.

    Returns:
        The same rows in the same order with ``p_value`` and ``q_value``, both from 0 to 1.

    Raises:
        ValueError: If counts contradict each other.
    """
    columns = ["baskets", "first_baskets", "second_baskets", "both_baskets"]
    p_values = fisher_p_values(*(tests[column].to_numpy(dtype=np.int64) for column in columns))
    numbers = tests["tests"].to_numpy(dtype=np.int64)
    q_values = np.empty(len(tests))
    for rows in tests.groupby(list(families), sort=False).indices.values():
        q_values[rows] = benjamini_hochberg(p_values[rows], numbers[rows])
    return tests.assign(p_value=p_values, q_value=q_values)
