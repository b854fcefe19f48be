"""What addressing an audience did: those addressed against those who were held out at random."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact, t

from segmart.statistics.inference import q_values

KEYS = ["dataset", "audience", "exported_date"]
MEASURES = ("buyer_share", "sales_per_customer")
FIGURES = ("difference", "difference_low", "difference_high", "p_value", "q_value")
COLUMNS = [f"{measure}_{figure}" for measure in MEASURES for figure in FIGURES]

Z_95 = 1.959963984540054
ROUNDING = 1e-12
"""A variance that is a smaller part of the mean square is what rounding left of none."""

Judged = tuple[float, float, float, float]
"""Difference, lower and upper end of its 95 % interval, and p-value; NaN where there is none."""

NOTHING: Judged = (math.nan, math.nan, math.nan, math.nan)


def campaign_p_values(groups: pd.DataFrame) -> pd.DataFrame:
    """Judge what each exported audience did.

    Args:
        groups: A row per export: the keys, ``covered_days``, and ``customers``, ``buyers``, ``sales_amount`` and
            ``squared_sales`` of those addressed, and the same with the prefix ``holdout_``.

    Returns:
        The keys and `COLUMNS`. The q-values are over both measures of all exports of a dataset, so that an effect may
        be called significant by either.
    """
    judged = [[*judge_shares(row), math.nan, *judge_sales(row), math.nan] for row in groups.to_dict("records")]
    found = pd.DataFrame(np.array(judged, dtype=float).reshape(-1, len(COLUMNS)), columns=COLUMNS)
    result = pd.concat([groups[KEYS].reset_index(drop=True), found], axis=1)
    tested = [f"{measure}_p_value" for measure in MEASURES]
    corrected = [f"{measure}_q_value" for measure in MEASURES]
    for rows in result.groupby("dataset", sort=False).indices.values():
        result.loc[rows, corrected] = q_values(result.loc[rows, tested])
    # Without a row, columns of objects would have no type.
    return result.astype({"dataset": "string", "audience": "string", "exported_date": "datetime64[us]"})


def judge_shares(row: dict[str, Any]) -> Judged:
    """The share who bought, with Newcombe's hybrid interval (Statistics in Medicine 17, 1998) and Fisher's test."""
    customers, others = int(row["customers"]), int(row["holdout_customers"])
    buyers, other_buyers = int(row["buyers"]), int(row["holdout_buyers"])
    if not customers or not others or not row["covered_days"]:
        return NOTHING
    share, other_share = buyers / customers, other_buyers / others
    low, high = _wilson(buyers, customers)
    other_low, other_high = _wilson(other_buyers, others)
    difference = share - other_share
    table = [[buyers, customers - buyers], [other_buyers, others - other_buyers]]
    return (
        difference,
        difference - math.hypot(share - low, other_high - other_share),
        difference + math.hypot(high - share, other_share - other_low),
        # Where all or nobody bought, no difference was possible.
        math.nan if buyers + other_buyers in (0, customers + others) else min(float(fisher_exact(table).pvalue), 1.0),
    )


def judge_sales(row: dict[str, Any]) -> Judged:
    """Sales per customer, by Welch's t-test; without interval and p-value where nothing varies, or of one customer."""
    customers, others = int(row["customers"]), int(row["holdout_customers"])
    if not customers or not others or not row["covered_days"]:
        return NOTHING
    mean, variance = _moments(customers, row["sales_amount"], row["squared_sales"])
    other_mean, other_variance = _moments(others, row["holdout_sales_amount"], row["holdout_squared_sales"])
    difference = mean - other_mean
    # One customer has no variance.
    part, other_part = variance / customers, other_variance / others
    if not part + other_part > 0:
        return difference, math.nan, math.nan, math.nan
    error = math.sqrt(part + other_part)
    freedom = (part + other_part) ** 2 / (part**2 / (customers - 1) + other_part**2 / (others - 1))
    half = float(t.ppf(0.975, freedom)) * error
    return difference, difference - half, difference + half, float(2 * t.sf(abs(difference) / error, freedom))


def _wilson(successes: int, trials: int) -> tuple[float, float]:
    share, square = successes / trials, Z_95**2
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    half = Z_95 / (1 + square / trials) * math.sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _moments(customers: int, total: float, squares: float) -> tuple[float, float]:
    """Mean, and variance with one degree of freedom less than customers, NaN of one."""
    mean = total / customers
    if customers < 2:
        return mean, math.nan
    rest = squares / customers - mean**2
    return mean, 0.0 if rest <= ROUNDING * squares / customers else rest * customers / (customers - 1)
