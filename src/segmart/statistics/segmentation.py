"""Fit and judge K-Means segmentations on a bounded sample; assigning units to centroids is SQL's job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.cluster import KMeans
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_score,
)
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler
from threadpoolctl import threadpool_limits

FloatArray = NDArray[np.float64]

# Silhouette limits of Kaufman & Rousseeuw, Finding Groups in Data (1990), table 4: above 0.70 strong, above 0.50
# reasonable, above 0.25 weak structure, else none.
STRUCTURE_LIMITS = ((0.70, "strong structure"), (0.50, "reasonable structure"), (0.25, "weak structure"))

# Below this mean adjusted Rand index a repeated fit finds other clusters: Steinley, Psychological Methods 9 (2004),
# calls agreement below 0.65 poor.
STABLE_AGREEMENT = 0.65

# Judging a fit takes hundreds of fits and all pairs of rows, so it sees at most this many rows.
DIAGNOSED_ROWS = 5_000

DIAGNOSTIC_COLUMNS = (
    "stage", "n_clusters", "fitted_rows", "inertia", "silhouette", "calinski_harabasz", "davies_bouldin", "stability",
    "is_chosen", "is_final", "suggested_by", "verdict",
)  # fmt: skip

# On many rows every start finds nearly the same clusters: rows times starts is limited to this, but not below
# MIN_STARTS.
STARTED_ROWS = 1_000_000
MIN_STARTS = 5

UNDEFINED_SCORES = dict.fromkeys(("silhouette", "calinski_harabasz", "davies_bouldin", "stability"), float("nan"))


def _standard(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    scaler = StandardScaler().fit(values)
    return scaler.mean_, scaler.scale_


def _robust(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    scaler = RobustScaler().fit(values)
    return scaler.center_, scaler.scale_


def _minmax(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    scaler = MinMaxScaler().fit(values)
    return scaler.data_min_, 1 / scaler.scale_


def _none(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    return np.zeros(values.shape[1]), np.ones(values.shape[1])


SCALERS = {"standard": _standard, "robust": _robust, "minmax": _minmax, "none": _none}
"""Name -> what is subtracted and divided by, per feature: mean and standard deviation, median and interquartile range,
least value and range, or nothing. A feature that does not vary is divided by 1.
"""


@dataclass(frozen=True)
class Analysis:
    """What to cluster and how.

    Attributes:
        features: Columns to cluster on.
        scaler: Name of one of SCALERS.
        n_clusters: Number of clusters of the published segmentation.
        max_clusters: Diagnostics are computed for 1 to this number of clusters.
        n_init: Random starts of the published fit; the best of them wins.
        seed: Seed of every random draw.
        n_bootstraps: Resamples for the stability of each number of clusters; 0 leaves it unknown.
    """

    features: tuple[str, ...]
    scaler: str
    n_clusters: int
    max_clusters: int
    n_init: int
    seed: int
    n_bootstraps: int

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Analysis:
        """Take what a fit needs from the settings; raises KeyError where one is missing."""
        values = {field.name: settings[field.name] for field in fields(cls)}
        return cls(**{**values, "features": tuple(settings["features"])})


@dataclass(frozen=True)
class FitSample:
    """The rows of a fit in key order, scaled.

    Attributes:
        scaled: Shape (n_rows, n_features).
        offset: What was subtracted, per feature, in natural units.
        scale: What was divided by, per feature, in natural units.
    """

    scaled: FloatArray
    offset: FloatArray
    scale: FloatArray

    @property
    def distinct_rows(self) -> int:
        """Number of different rows: there can't be more clusters."""
        return len(np.unique(self.scaled, axis=0))


def prepare(features: pd.DataFrame, analysis: Analysis) -> FitSample:
    """Sort by key, because K-Means depends on row order even with a fixed seed, and scale.

    Args:
        features: One row per unit: ``unit_id`` and the analysis' features, finite numbers.
        analysis: Names the features and the scaler.

    Raises:
        ValueError: A feature is missing or not finite, or the scaler is unknown.
    """
    missing = [name for name in analysis.features if name not in features.columns]
    if missing:
        raise ValueError(f"features that the data lacks: {', '.join(missing)}")
    if analysis.scaler not in SCALERS:
        raise ValueError(f"unknown scaler {analysis.scaler!r}: use one of {', '.join(SCALERS)}")
    columns = list(analysis.features)
    values = features.sort_values("unit_id")[columns].to_numpy(dtype=float)
    for name, column in zip(columns, values.T, strict=True):
        broken = int((~np.isfinite(column)).sum())
        if broken:
            raise ValueError(f"feature {name} holds {broken} values that are no finite number")
    if not len(values):
        return FitSample(scaled=values, offset=np.zeros(len(columns)), scale=np.ones(len(columns)))
    offset, scale = SCALERS[analysis.scaler](values)
    return FitSample(scaled=(values - offset) / scale, offset=offset, scale=scale)


def fit_kmeans(scaled: FloatArray, n_clusters: int, n_init: int, seed: int) -> KMeans:
    """Fit K-Means with labels from 0 in their `steady_order`.

    Args:
        scaled: Shape (n_rows, n_features).
        n_clusters: Number of clusters.
        n_init: Random starts; fewer on many rows, but at least MIN_STARTS of them.
        seed: Seed of the starts.
    """
    starts = min(n_init, max(MIN_STARTS, STARTED_ROWS // len(scaled)))
    fitted = KMeans(n_clusters=n_clusters, n_init=starts, random_state=seed).fit(scaled)
    order = steady_order(fitted.cluster_centers_)
    fitted.cluster_centers_ = np.ascontiguousarray(fitted.cluster_centers_[order])
    fitted.labels_ = np.argsort(order).astype(fitted.labels_.dtype)[fitted.labels_]
    return fitted


def steady_order(centres: FloatArray) -> NDArray[np.int64]:
    """Return an order of centres that small changes of the data leave alone.

    It is descending in that feature on which the two closest centres are farthest apart.

    Args:
        centres: Shape (n_clusters, n_features).

    Returns:
        Positions of the centres, shape (n_clusters,).
    """
    if len(centres) < 2:
        return np.arange(len(centres))
    closest = np.diff(np.sort(centres, axis=0), axis=0).min(axis=0)
    return np.argsort(-centres[:, int(np.argmax(closest))], kind="stable")


@threadpool_limits.wrap(limits=1)  # sums of several threads differ in their last digits
def centroid_table(features: pd.DataFrame, settings: dict[str, Any]) -> pd.DataFrame:
    """Fit the published segmentation and return it as a table that SQL scores with.

    Args:
        features: One row per unit of the fit sample, see `prepare`.
        settings: The analysis' settings, see `segmart.statistics.settings.fit_settings`.

    Returns:
        One row per cluster and feature: cluster_id (from 1), feature, centre (natural units), centre_scaled,
        scaler_offset, scaler_scale (natural units; scaled = (value - offset) / scale), inertia (of the whole fit,
        scaled units squared), fitted_rows. Where there are fewer different rows than clusters asked for, as many
        clusters as rows; no rows give no clusters.
    """
    analysis = Analysis.from_settings(settings)
    sample = prepare(features, analysis)
    n_clusters = min(analysis.n_clusters, sample.distinct_rows)
    if n_clusters:
        fitted = fit_kmeans(sample.scaled, n_clusters, analysis.n_init, analysis.seed)
        centres, inertia = fitted.cluster_centers_, float(fitted.inertia_)
    else:
        centres, inertia = np.empty((0, len(analysis.features))), 0.0
    return as_centroid_table(analysis.features, sample, centres, inertia)


def as_centroid_table(features: Sequence[str], sample: FitSample, centres: FloatArray, inertia: float) -> pd.DataFrame:
    """Write centres, shape (n_clusters, n_features) in scaled units, as the table that `centroid_table` describes."""
    n_clusters, n_features = centres.shape
    return pd.DataFrame(
        {
            "cluster_id": np.repeat(np.arange(1, n_clusters + 1), n_features),
            "feature": np.tile(np.array(features, dtype=object), n_clusters),
            "centre": (centres * sample.scale + sample.offset).ravel(),
            "centre_scaled": centres.ravel(),
            "scaler_offset": np.tile(sample.offset, n_clusters),
            "scaler_scale": np.tile(sample.scale, n_clusters),
            "inertia": inertia,
            "fitted_rows": len(sample.scaled),
        }
    )


@threadpool_limits.wrap(limits=1)
def diagnostics_table(features: pd.DataFrame, settings: dict[str, Any]) -> pd.DataFrame:
    """Judge every number of clusters from 1 to ``max_clusters``.

    Args:
        features: One row per unit of the fit sample, see `prepare`; of many, DIAGNOSED_ROWS are drawn.
        settings: The analysis' settings, see `segmart.statistics.settings.fit_settings`.

    Returns:
        The rows of `judge_kmeans`, with stage ``K-Means`` and is_final (the row of the published segmentation).
    """
    analysis = Analysis.from_settings(settings)
    sample = prepare(diagnosed_rows(features, analysis), analysis)
    table = judge_kmeans(sample.scaled, analysis, min(analysis.n_clusters, sample.distinct_rows))
    return table.assign(stage="K-Means", is_final=table["is_chosen"])[list(DIAGNOSTIC_COLUMNS)]


def diagnosed_rows(features: pd.DataFrame, analysis: Analysis) -> pd.DataFrame:
    """The rows that diagnostics see: all in key order, or DIAGNOSED_ROWS of them."""
    ordered = features.sort_values("unit_id")
    return ordered.sample(DIAGNOSED_ROWS, random_state=analysis.seed) if len(ordered) > DIAGNOSED_ROWS else ordered


@config_context(assume_finite=True, skip_parameter_validation=True)  # `prepare` has looked; hundreds of fits needn't
def judge_kmeans(scaled: FloatArray, analysis: Analysis, chosen: int) -> pd.DataFrame:
    """Fit and judge K-Means for every number of clusters from 1 to ``max_clusters``.

    Args:
        scaled: Shape (n_rows, n_features).
        analysis: Starts, bootstraps, seed and ``max_clusters``.
        chosen: The number of clusters that is published.

    Returns:
        One row per number of clusters: n_clusters, fitted_rows, inertia, silhouette, calinski_harabasz,
        davies_bouldin, stability (see `bootstrap_stability`), is_chosen, suggested_by (methods that prefer this number,
        comma-separated, or None), verdict. The chosen number always has a row, lowered to the number of different rows
        if there are fewer. Scores are not defined for one cluster, nor for as many clusters as different rows.
    """
    distinct = len(np.unique(scaled, axis=0))
    chosen = max(1, min(chosen, distinct))
    rows = []
    for n_clusters in range(1, max(chosen, min(analysis.max_clusters, distinct - 1)) + 1):
        if not distinct:
            rows.append({"n_clusters": n_clusters, "inertia": 0.0, **UNDEFINED_SCORES})
            continue
        fitted = fit_kmeans(scaled, n_clusters, analysis.n_init, analysis.seed)
        scores = UNDEFINED_SCORES
        if 1 < n_clusters < distinct:
            stability = bootstrap_stability(scaled, fitted, analysis.n_bootstraps, analysis.seed)
            scores = {**structure_scores(scaled, fitted.labels_), "stability": stability}
        rows.append({"n_clusters": n_clusters, "inertia": float(fitted.inertia_), **scores})
    return with_verdicts(pd.DataFrame(rows).assign(fitted_rows=len(scaled)), chosen)


def with_verdicts(table: pd.DataFrame, chosen: int) -> pd.DataFrame:
    """Add is_chosen, suggested_by and verdict to rows of scores per number of clusters."""
    table = table.assign(is_chosen=table["n_clusters"] == chosen)
    table["suggested_by"] = pd.Series(_suggestions(table), dtype=object)
    table["verdict"] = [verdict(row.n_clusters, row.silhouette, row.stability) for row in table.itertuples()]
    return table


def structure_scores(scaled: FloatArray, labels: NDArray[np.int64]) -> dict[str, float]:
    """Silhouette, Calinski-Harabasz and Davies-Bouldin scores of labels, shape (n_rows,), of two clusters or more."""
    return {
        "silhouette": float(silhouette_score(scaled, labels)),
        "calinski_harabasz": float(calinski_harabasz_score(scaled, labels)),
        "davies_bouldin": float(davies_bouldin_score(scaled, labels)),
    }


def bootstrap_stability(scaled: FloatArray, fitted: KMeans, n_bootstraps: int, seed: int) -> float:
    """Mean adjusted Rand index between a fit's labels and those of fits on bootstrap resamples, over all rows.

    1 means that a resample always finds the same clusters, 0 agreement by chance. The scheme is that of Hennig,
    "Cluster-wise assessment of cluster stability", CSDA 52 (2007), with the adjusted Rand index as the measure.

    Args:
        scaled: Shape (n_rows, n_features).
        fitted: The fit on all rows.
        n_bootstraps: Number of resamples.
        seed: Seed of the resamples and their fits.
    """
    random = np.random.default_rng(seed)
    agreements = []
    for _ in range(n_bootstraps):
        resample = scaled[random.integers(0, len(scaled), len(scaled))]
        if len(np.unique(resample, axis=0)) < fitted.n_clusters:
            agreements.append(0.0)
            continue
        refit = KMeans(fitted.n_clusters, n_init=3, random_state=int(random.integers(2**31))).fit(resample)
        agreements.append(adjusted_rand_score(fitted.labels_, refit.predict(scaled)))
    return mean_agreement(agreements)


def mean_agreement(agreements: Sequence[float]) -> float:
    """The mean; NaN where there was no resample to agree with."""
    return float(np.mean(agreements)) if agreements else float("nan")


def _suggestions(table: pd.DataFrame) -> list[str | None]:
    """Which methods prefer each row's number of clusters."""
    scored = table[table["silhouette"].notna()].set_index("n_clusters")
    preferred = {"elbow": elbow(table["n_clusters"].to_numpy(), table["inertia"].to_numpy())}
    if len(scored):
        preferred |= {
            "silhouette": scored["silhouette"].idxmax(),
            "Calinski-Harabasz": scored["calinski_harabasz"].idxmax(),
            "Davies-Bouldin": scored["davies_bouldin"].idxmin(),
        }
        if scored["stability"].notna().any():
            preferred["stability"] = scored["stability"].idxmax()
    names = [[name for name, n in preferred.items() if n == n_clusters] for n_clusters in table["n_clusters"]]
    return [", ".join(found) or None for found in names]


def elbow(n_clusters: Sequence[int] | NDArray[np.int64], inertia: FloatArray) -> int | None:
    """Return the number of clusters where the inertia curve bends most: the point farthest below the chord of its ends.

    Both axes are scaled to 0..1 first (Satopaa et al., "Finding a kneedle in a haystack", ICDCSW 2011).

    Args:
        n_clusters: Ascending numbers of clusters.
        inertia: Their inertia, same length, descending.

    Returns:
        The number of clusters, or None where fewer than three points make no bend.
    """
    if len(n_clusters) < 3:
        return None
    x = (np.asarray(n_clusters) - n_clusters[0]) / (n_clusters[-1] - n_clusters[0])
    y = (inertia - inertia[-1]) / (inertia[0] - inertia[-1])
    return int(n_clusters[int(np.argmax(1 - x - y))])


def verdict(n_clusters: int, silhouette: float, stability: float) -> str:
    """Say in words how much structure a segmentation has, by silhouette and bootstrap stability."""
    if n_clusters == 1:
        return "no segmentation"
    if np.isnan(silhouette):
        return "too few different units to judge"
    structure = next((name for limit, name in STRUCTURE_LIMITS if silhouette > limit), "no substantial structure")
    if np.isnan(stability):
        return f"{structure}, stability unknown"
    return structure if stability >= STABLE_AGREEMENT else f"{structure}, unstable"
