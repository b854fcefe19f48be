"""Do customers of one value also buy another more often than their store and their number of values make them?

The null model is that of `margins`, with customers in place of baskets. Strata stand in place of stores: customers who
buy in the same store, or came about as often, and bought as many values. In each, values keep their number of
customers. Who buys often, or a bit of everything, shares more of any two values; that is expected. A store by itself
would not do: values that belong to one way of life are bought by those who buy many, and would seem to go with all.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from segmart.statistics.inference import q_values
from segmart.statistics.margins import Z_95, Reals, expect_divisions, fit_margins, upper_tail

PAIR = ["dataset", "attribute", "first_value_id", "second_value_id"]

STRATUM = ["store_key", "activity_class", "values_bought"]
"""Columns that name a stratum."""

COLUMNS = {
    **dict.fromkeys(("dataset", "attribute"), "string"),
    **dict.fromkeys(("first_value_id", "second_value_id"), "int64"),
    **dict.fromkeys(("customers", "first_customers", "second_customers"), "int64"),
    **dict.fromkeys(("expected_customers", "ratio", "ratio_low", "ratio_high", "p_value", "q_value"), "float64"),
}
"""Name and type of what `overlaps` returns."""

LEAST_VARIANCE = 1e-6
"""Customers squared. Below this the margins leave no choice, as where there are two values alone."""


def overlaps(shared: pd.DataFrame) -> pd.DataFrame:
    """Compare the customers whom two values share with those whom they would share by their margins.

    Args:
        shared: ``dataset``, ``attribute``, ``first_value_id``, ``second_value_id`` (a value with itself counts its own
            customers), ``store_key``, ``activity_class``, ``values_bought`` and ``customers``.

    Returns:
        One row per pair of values of an attribute, also of those that share no customer, with the columns of
        `COLUMNS`, sorted. ``ratio`` is shared to expected customers with a 95 % interval, ``p_value`` two-sided and
        ``q_value`` (Benjamini & Hochberg, JRSS B 57, 1995) over the pairs of an attribute; all of them are missing
        where the margins leave no choice.
    """
    parts = [
        _overlaps_of(rows).assign(dataset=dataset, attribute=attribute)
        for (dataset, attribute), rows in shared.groupby(["dataset", "attribute"])
    ]
    # Without a row, columns of objects would have no type.
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    return table[list(COLUMNS)].astype(COLUMNS).sort_values(PAIR, ignore_index=True)


def _overlaps_of(shared: pd.DataFrame) -> pd.DataFrame:
    """The pairs of one attribute."""
    is_own = shared["first_value_id"] == shared["second_value_id"]
    own = shared[is_own]
    customers = own.groupby("first_value_id")["customers"].sum()
    values = np.sort(customers.index.to_numpy())
    pairs = np.array(list(combinations(range(len(values)), 2)), dtype=np.int64).reshape(-1, 2)
    counts = shared[~is_own].groupby(["first_value_id", "second_value_id"])["customers"].sum()
    observed = np.array([counts.get((values[first], values[second]), 0) for first, second in pairs], dtype=float)
    expected, variance = _expected(own[own["values_bought"] > 1], values, pairs)
    is_free = variance > LEAST_VARIANCE
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(is_free, observed / expected, np.nan)
        error = np.where(observed > 0, np.sqrt(variance / (expected * observed)), np.nan)
    p_values = np.where(is_free, _two_sided(observed, expected, variance), np.nan)
    return pd.DataFrame(
        {
            "first_value_id": values[pairs[:, 0]],
            "second_value_id": values[pairs[:, 1]],
            "customers": observed.astype(np.int64),
            "first_customers": customers.loc[values[pairs[:, 0]]].to_numpy(),
            "second_customers": customers.loc[values[pairs[:, 1]]].to_numpy(),
            "expected_customers": np.where(is_free, expected, np.nan).round(9),
            "ratio": ratio.round(9),
            "ratio_low": (ratio * np.exp(-Z_95 * error)).round(9),
            "ratio_high": (ratio * np.exp(Z_95 * error)).round(9),
            "p_value": p_values,
            "q_value": q_values(p_values),
        }
    )


def _two_sided(observed: Reals, expected: Reals, variance: Reals) -> Reals:
    """P-value of counts with these means and variances: the larger one of two approximations, shape (n_pairs,).

    The binomial distribution of `upper_tail` ends below what a sum of different chances can reach, the normal one knows
    no skewness of small counts.
    """
    # The count is whole, so both tails hold what was found.
    tails = [upper_tail(observed, expected, variance), 1 - upper_tail(observed + 1, expected, variance)]
    distance = np.maximum(np.abs(observed - expected) - 0.5, 0) / np.sqrt(np.maximum(variance, LEAST_VARIANCE))
    return np.maximum(2 * np.minimum(*tails), 2 * norm.sf(distance)).clip(0, 1)


def _expected(own: pd.DataFrame, values: NDArray[np.int64], pairs: NDArray[np.int64]) -> tuple[Reals, Reals]:
    """Expected number of customers of both values of each pair, and its variance, each of shape (n_pairs,)."""
    if not len(own):
        return np.zeros(len(pairs)), np.zeros(len(pairs))
    groups = own.groupby(STRATUM)["customers"].sum()
    size = groups.index.get_level_values("values_bought").to_numpy(dtype=np.int64)
    stratum = pd.Series(np.arange(len(groups)), index=groups.index)
    of_rows = stratum.loc[pd.MultiIndex.from_frame(own[STRATUM])].to_numpy()
    holders = np.zeros((len(groups), len(values)))
    np.add.at(
        holders, (of_rows, np.searchsorted(values, own["first_value_id"])), own["customers"].to_numpy(dtype=float)
    )
    margins = fit_margins(np.arange(len(groups)), size, groups.to_numpy(dtype=float) / size, holders)
    sets = [[place] for place in range(len(values))] + [list(pair) for pair in pairs.tolist()]
    divisions = np.column_stack([len(values) + np.arange(len(pairs)), pairs])
    expectation = expect_divisions(margins, sets, divisions)
    return expectation.both, expectation.variance
