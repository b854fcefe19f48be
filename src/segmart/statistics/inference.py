"""P-values and their correction for many comparisons; the statistics they judge are computed in SQL."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import false_discovery_control, fisher_exact, norm


def add_p_and_q_values(comparisons: pd.DataFrame, families: Sequence[str]) -> pd.DataFrame:
    """Add the two-sided p-value of each z-score and its Benjamini-Hochberg q-value.

    The correction is over all comparisons of a family, also the dull ones: correcting only those that passed a filter
    would promise too much (Benjamini & Hochberg, JRSS B 57, 1995).

    Args:
        comparisons: One row per comparison, with ``z_score`` (standard normal if nothing is different) and the family
            columns. A row without a z-score gets neither value and does not count.
        families: Columns whose equal values make a family.

    Returns:
        The same rows in the same order with ``p_value`` and ``q_value``, both from 0 to 1.
    """
    p_values = 2 * norm.sf(np.abs(comparisons["z_score"].to_numpy(dtype=float)))
    return _add_q_values(comparisons.assign(p_value=p_values), families)


def add_exact_p_and_q_values(comparisons: pd.DataFrame, counts: Sequence[str], families: Sequence[str]) -> pd.DataFrame:
    """Add the two-sided p-value of Fisher's exact test of two rates, and its Benjamini-Hochberg q-value.

    Args:
        comparisons: One row per comparison, with the family columns and the counts.
        counts: Columns with the successes and the trials of one side, and with those of the other. A row that has only
            one side, or where all trials end alike, gets neither value and does not count.
        families: Columns whose equal values make a family.

    Returns:
        The same rows in the same order with ``p_value`` and ``q_value``, both from 0 to 1.

    Raises:
        ValueError: More successes than trials.
    """
    p_values = [_fisher_p_value(*row) for row in comparisons[list(counts)].astype(int).itertuples(index=False)]
    return _add_q_values(comparisons.assign(p_value=np.array(p_values, dtype=float)), families)


def q_values(p_values: ArrayLike) -> NDArray[np.float64]:
    """Benjamini-Hochberg q-values of one family of tests (JRSS B 57, 1995).

    Args:
        p_values: Of any shape; what is missing was not tested and does not count.

    Returns:
        An array of the same shape, missing where the p-value is.
    """
    known_or_not = np.asarray(p_values, dtype=float)
    corrected = np.full(known_or_not.shape, np.nan)
    known = ~np.isnan(known_or_not)
    if known.any():
        corrected[known] = false_discovery_control(known_or_not[known])
    return corrected


def _fisher_p_value(successes: int, trials: int, other_successes: int, other_trials: int) -> float:
    """NaN where there is nothing to compare."""
    all_successes, all_trials = successes + other_successes, trials + other_trials
    if not trials or not other_trials or all_successes in (0, all_trials):
        return math.nan
    table = [[successes, trials - successes], [other_successes, other_trials - other_successes]]
    return min(float(fisher_exact(table).pvalue), 1.0)


def _add_q_values(judged: pd.DataFrame, families: Sequence[str]) -> pd.DataFrame:
    return judged.assign(q_value=judged.groupby(list(families), sort=False)["p_value"].transform(q_values))
