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

from segmart.statistics.drawing import drawn_order

# What known values are imputed for, to be compared with them, takes time and no more rows than this.
MASKED_ROWS = 1_000


@dataclass(frozen=True)
class Imputation:
    """Which columns are imputed, and how.

    Attributes:
        targets: Columns that may have missing values.
        predictors: Columns without missing values in which similar rows are alike, beside the known targets.
        n_neighbors: Number of similar rows whose mean is taken.
        seed: Seed of the draw of known values that are masked.
    """

    targets: tuple[str, ...]
    predictors: tuple[str, ...]
    n_neighbors: int
    seed: int

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Imputation:
        """Take the settings; raises KeyError where one is missing."""
        targets, predictors = tuple(settings["targets"]), tuple(settings["predictors"])
        return cls(targets, predictors, settings["n_neighbors"], settings["seed"])


@threadpool_limits.wrap(limits=1)
def imputation_table(donors: pd.DataFrame, receivers: pd.DataFrame, settings: dict[str, Any]) -> pd.DataFrame:
    """Impute the missing targets of the receivers as the mean of the most similar donors.

    Similar is what is near in the columns that the receiver has, each divided by its standard deviation among the
    donors (Troyanskaya et al., Bioinformatics 17, 2001).

    Args:
        donors: One row per unit: ``unit_id``, targets and predictors, without missing values.
        receivers: The same columns; targets may be missing.
        settings: See `Imputation`.

    Returns:
        One row per missing value: unit_id, measure (the target), imputed (rounded to two decimals).

    Raises:
        ValueError: There are missing values and no donors.
    """
    imputation = Imputation.from_settings(settings)
    donors, receivers = in_key_order(donors), in_key_order(receivers)
    unit_ids, targets = receivers["unit_id"].to_numpy(), np.array(imputation.targets, dtype=object)
    missing = receivers[list(targets)].isna().to_numpy()
    imputed = _impute(donors, receivers, imputation)
    rows, columns = np.nonzero(missing)
    return pd.DataFrame({"unit_id": unit_ids[rows], "measure": targets[columns], "imputed": imputed[rows, columns]})


@threadpool_limits.wrap(limits=1)
def imputation_quality_table(donors: pd.DataFrame, settings: dict[str, Any]) -> pd.DataFrame:
    """Mask known targets, one column at a time, impute them from the other donors, and compare.

    Args:
        donors: See `imputation_table`; up to MASKED_ROWS, and at most a fifth of them, are masked.
        settings: See `Imputation`.

    Returns:
        One row per target: measure, donor_rows, n_neighbors, masked_rows, mean_absolute_error, median_absolute_error,
        baseline_error (mean absolute error of always taking the other donors' median), correlation of imputed
        and true values, mean_error (imputed minus true). Errors are NaN with fewer than ten donors, and the correlation
        where values do not vary.
    """
    imputation = Imputation.from_settings(settings)
    donors = in_key_order(donors).reset_index(drop=True)
    n_masked = min(MASKED_ROWS, len(donors) // 5) if len(donors) >= 10 else 0
    masked = donors.iloc[drawn_order(donors["unit_id"], salt=f"{imputation.seed} ")[:n_masked]]
    others = donors.drop(index=masked.index)
    rows = []
    for position, target in enumerate(imputation.targets):
        row: dict[str, Any] = {
            "measure": target,
            "donor_rows": len(donors),
            "n_neighbors": imputation.n_neighbors,
            "masked_rows": n_masked,
            **dict.fromkeys(
                ("mean_absolute_error", "median_absolute_error", "baseline_error", "mean_error", "correlation"), np.nan
            ),
        }
        if n_masked:
            truth = masked[target].to_numpy(dtype=float)
            imputed = _impute(others, masked.assign(**{target: np.nan}), imputation)[:, position]
            errors = imputed - truth
            row |= {
                "mean_absolute_error": np.abs(errors).mean(),
                "median_absolute_error": np.median(np.abs(errors)),
                "baseline_error": np.abs(truth - others[target].median()).mean(),
                "mean_error": errors.mean(),
            }
            if truth.std() > 0 and imputed.std() > 0:
                row["correlation"] = np.corrcoef(truth, imputed)[0, 1]
        rows.append(row)
    return pd.DataFrame(rows)


def in_key_order(units: pd.DataFrame) -> pd.DataFrame:
    """Units in the order of their keys, which are text: shorter ones first, so that numbers stand in their order."""
    keys = units["unit_id"].astype(str)
    return units.iloc[np.lexsort((keys.to_numpy(dtype=str), keys.str.len().to_numpy()))]


def _impute(donors: pd.DataFrame, receivers: pd.DataFrame, imputation: Imputation) -> NDArray[np.float64]:
    """Targets of the receivers with all gaps filled, shape (n_receivers, n_targets)."""
    targets = list(imputation.targets)
    values = receivers[targets].to_numpy(dtype=float)
    if not np.isnan(values).any():
        return values
    if donors.empty:
        raise ValueError(_nothing_known(receivers[targets]))
    columns = targets + list(imputation.predictors)
    scaler = StandardScaler().fit(donors[columns].to_numpy(dtype=float))
    imputer = KNNImputer(n_neighbors=imputation.n_neighbors)
    imputer.fit(scaler.transform(donors[columns].to_numpy(dtype=float)))
    filled = imputer.transform(scaler.transform(receivers[columns].to_numpy(dtype=float)))
    return scaler.inverse_transform(filled)[:, : len(targets)].round(2)


def _nothing_known(targets: pd.DataFrame) -> str:
    """Why no row is complete: a column that is empty from top to bottom, or gaps in all rows."""
    cure = "fill it in the customer file, or take the measure out of seeds/reference/analysis_measures.csv"
    empty = [name for name in targets if targets[name].isna().all()]
    if empty:
        return f"{', '.join(empty)}: empty in every row, so that there is nothing to impute from; {cure}"
    gaps = [name for name in targets if targets[name].isna().any()]
    return f"{', '.join(gaps)}: no row is complete, so there is nothing to impute from; {cure}"
