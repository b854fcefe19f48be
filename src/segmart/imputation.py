"""Fill missing values with those of the most similar rows, and measure how well that works on values that are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.impute import KNNImputer
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

# What known values are imputed for, to be compared with them, takes time and no more rows than this.
MASKED_ROWS = 1_000


@dataclass(frozen=True)
class Imputation:
    """Which column is imputed, and how.

    Attributes:
        target: Column with missing values.
        predictors: Columns without missing values in which similar rows are alike.
        n_neighbors: Number of similar rows whose mean is taken.
        seed: Seed of the draw of known values that are masked.
    """

    target: str
    predictors: tuple[str, ...]
    n_neighbors: int
    seed: int

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Imputation:
        """Take the settings; raises KeyError where one is missing."""
        return cls(settings["target"], tuple(settings["predictors"]), settings["n_neighbors"], settings["seed"])


@threadpool_limits.wrap(limits=1)
def imputation_table(donors: pd.DataFrame, receivers: pd.DataFrame, settings: dict[str, Any]) -> pd.DataFrame:
    """Impute the target of the receivers as the mean of the most similar donors.

    Similar is what is near in the predictors, each divided by its standard deviation among the donors (Troyanskaya et
    al., Bioinformatics 17, 2001).

    Args:
        donors: One row per unit: ``unit_id``, the predictors and the target, without missing values.
        receivers: ``unit_id`` and the predictors, without missing values.
        settings: See `Imputation`.

    Returns:
        One row per receiver: unit_id, imputed (rounded to two decimals).

    Raises:
        ValueError: There are receivers and no donors.
    """
    imputation = Imputation.from_settings(settings)
    donors, receivers = donors.sort_values("unit_id"), receivers.sort_values("unit_id")
    imputed = _impute(donors, receivers, imputation)
    return pd.DataFrame({"unit_id": receivers["unit_id"].to_numpy(), "imputed": imputed})


@threadpool_limits.wrap(limits=1)
def imputation_quality_table(donors: pd.DataFrame, settings: dict[str, Any]) -> pd.DataFrame:
    """Mask known targets, impute them from the other donors, and compare.

    Args:
        donors: See `imputation_table`; up to MASKED_ROWS, and at most a fifth of them, are masked.
        settings: See `Imputation`.

    Returns:
        One row: measure (the target), donor_rows, n_neighbors, masked_rows, mean_absolute_error,
        median_absolute_error, baseline_error (mean absolute error of taking the other donors' median for everybody),
        correlation of imputed and true values, mean_error (imputed minus true). Errors are NaN with fewer than ten
        donors, and the correlation where values do not vary.
    """
    imputation = Imputation.from_settings(settings)
    donors = donors.sort_values("unit_id").reset_index(drop=True)
    n_masked = min(MASKED_ROWS, len(donors) // 5) if len(donors) >= 10 else 0
    row: dict[str, Any] = {
        "measure": imputation.target,
        "donor_rows": len(donors),
        "n_neighbors": imputation.n_neighbors,
        "masked_rows": n_masked,
        **dict.fromkeys(
            ("mean_absolute_error", "median_absolute_error", "baseline_error", "mean_error", "correlation"), np.nan
        ),
    }
    if n_masked:
        masked = donors.sample(n_masked, random_state=imputation.seed)
        others = donors.drop(index=masked.index)
        truth = masked[imputation.target].to_numpy(dtype=float)
        imputed = _impute(others, masked, imputation)
        errors = imputed - truth
        row |= {
            "mean_absolute_error": np.abs(errors).mean(),
            "median_absolute_error": np.median(np.abs(errors)),
            "baseline_error": np.abs(truth - others[imputation.target].median()).mean(),
            "mean_error": errors.mean(),
        }
        if truth.std() > 0 and imputed.std() > 0:
            row["correlation"] = np.corrcoef(truth, imputed)[0, 1]
    return pd.DataFrame([row])


def _impute(donors: pd.DataFrame, receivers: pd.DataFrame, imputation: Imputation) -> NDArray[np.float64]:
    if receivers.empty:
        return np.empty(0)
    if donors.empty:
        raise ValueError(f"{imputation.target} is missing in every row: there is nothing to impute it from")
    predictors = list(imputation.predictors)
    scaler = StandardScaler().fit(donors[predictors].to_numpy(dtype=float))
    known = np.column_stack(
        [donors[imputation.target].to_numpy(dtype=float), scaler.transform(donors[predictors].to_numpy(dtype=float))]
    )
    missing = np.full(len(receivers), np.nan)
    unknown = np.column_stack([missing, scaler.transform(receivers[predictors].to_numpy(dtype=float))])
    imputer = KNNImputer(n_neighbors=imputation.n_neighbors).fit(known)
    return imputer.transform(unknown)[:, 0].round(2)
