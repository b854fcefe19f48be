"""Fit and judge K-Means segmentations on a bounded sample; assigning units to centroids is SQL's job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn import config_context
from sklearn.cluster import KMeans
from sklearn.metrics import (
    calinski_harabasz_score,
    davies_bouldin_score,
    pairwise_distances,
    pairwise_distances_argmin,
    silhouette_score,
)
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler
from threadpoolctl import threadpool_limits

from segmart.statistics.drawing import drawn_order
from segmart.statistics.reference import references

FloatArray = NDArray[np.float64]
Labels = NDArray[np.int64]
Labelled = Callable[[FloatArray, Sequence[int]], dict[int, Labels]]
"""Fits rows, shape (n_rows, n_features), for numbers of clusters: by number, labels from 0, shape (n_rows,)."""

# Words for how far a silhouette lies between that of data without groups (0) and the best there is (1).
STRUCTURE_LIMITS = ((0.40, "strong structure"), (0.10, "reasonable structure"), (0.0, "weak structure"))

# The fit next to the last one is kept if its inertia is at most so many times that of the best fit.
NEAR_EQUAL = 1.02

# Below this mean adjusted Rand index a repeated fit finds other clusters: Steinley, Psychological Methods 9 (2004),
# calls agreement below 0.65 poor.
STABLE_AGREEMENT = 0.65

# Judging a fit takes hundreds of fits and all pairs of rows, so it sees at most this many rows.
DIAGNOSED_ROWS = 5_000

# What repeats a whole fit, sees at most this many.
RESAMPLED_ROWS = 2_000

# A comparison with data without groups takes so many rows and, of each kind of such data, so many draws: a score above
# all of them is above 95 % of what there is without groups.
REFERENCE_ROWS = 500
REFERENCE_DRAWS = 20

DIAGNOSTIC_COLUMNS = (
    "stage", "n_clusters", "fitted_rows", "inertia", "silhouette", "calinski_harabasz", "davies_bouldin", "stability",
    "reference_silhouette", "is_above_reference", "structure", "kept_share", "is_chosen", "is_final", "suggested_by",
    "verdict",
)  # fmt: skip

# On many rows every start finds nearly the same clusters: rows times starts is limited to this, but not below
# MIN_STARTS.
STARTED_ROWS = 1_000_000
MIN_STARTS = 5

# Fits that are repeated many times, on resamples or on data without groups, take so many starts.
REPEATED_STARTS = 3
REFERENCE_STARTS = 2

TOO_FEW_UNITS = "too few different units to judge"

UNDEFINED_SCORES = dict.fromkeys(
    ("silhouette", "calinski_harabasz", "davies_bouldin", "stability", "kept_share"), float("nan")
)


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
    """The rows of a fit in the order of `drawn_order`, scaled.

    Attributes:
        scaled: Shape (n_rows, n_features).
        offset: What was subtracted, per feature, in natural units.
        scale: What was divided by, per feature, in natural units.

    The first rows are a sample of all: a unit more or less changes no other unit's place before or behind another.
    """

    scaled: FloatArray
    offset: FloatArray
    scale: FloatArray

    @property
    def distinct_rows(self) -> int:
        """Number of different rows: there can't be more clusters."""
        return len(np.unique(self.scaled, axis=0))


@dataclass(frozen=True)
class LastFit:
    """The segments of the last build.

    Attributes:
        centres: Shape (n_clusters, n_features), natural units.
        cluster_ids: Their numbers, shape (n_clusters,).
        is_specialist: Which of them Ward found, shape (n_clusters,).
    """

    centres: FloatArray
    cluster_ids: Labels
    is_specialist: NDArray[np.bool_]

    @classmethod
    def from_table(cls, table: pd.DataFrame | None, features: Sequence[str]) -> LastFit | None:
        """Read the last fit; None if there is none, or none on just these features.

        Args:
            table: One row per cluster and feature: ``cluster_id``, ``feature``, ``centre`` and, for two stages,
                ``is_specialist``.
            features: The features of the fit.
        """
        if table is None or set(table["feature"]) != set(features):
            return None
        wide = table.pivot(index="cluster_id", columns="feature", values="centre")[list(features)]
        if wide.isna().any(axis=None):
            return None
        if "is_specialist" not in table:
            table = table.assign(is_specialist=False)
        special = table.groupby("cluster_id")["is_specialist"].any()
        return cls(wide.to_numpy(dtype=float), wide.index.to_numpy(dtype=np.int64), special.to_numpy(dtype=bool))

    def scaled(self, sample: FitSample) -> FloatArray:
        """The centres in the scaled units of a sample."""
        return (self.centres - sample.offset) / sample.scale


def prepare(features: pd.DataFrame, analysis: Analysis) -> FitSample:
    """Order by the hash of the key, because K-Means depends on row order even with a fixed seed, and scale.

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
    values = features.iloc[drawn_order(features["unit_id"])][columns].to_numpy(dtype=float)
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
    # Until nothing changes: a fit that starts at these centres has to end there.
    fitted = KMeans(n_clusters=n_clusters, n_init=starts, random_state=seed, tol=0).fit(scaled)
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


def next_to_last(scaled: FloatArray, fresh: FloatArray, last: FloatArray) -> FloatArray:
    """The fit of K-Means that is nearest to the last one among those that are about as good as the best.

    Several divisions of customers are often equally good. Starting where the last fit ended finds the one next to it.

    Args:
        scaled: Shape (n_rows, n_features).
        fresh: Centres of the best of many starts, shape (n_clusters, n_features).
        last: Centres of the last fit, shape (n_last, n_features).

    Returns:
        Centres, shape (n_clusters, n_features): ``fresh`` if the last fit has another number of clusters, if the fit
        next to it is worse than NEAR_EQUAL allows, or if ``fresh`` divides the rows just as the last fit does.
    """
    if len(last) != len(fresh) or kept_share(nearest(scaled, last), nearest(scaled, fresh)) == 1:
        return fresh
    continued = KMeans(n_clusters=len(last), init=last, n_init=1, tol=0).fit(scaled).cluster_centers_
    is_near_equal = inertia_of(scaled, continued) <= NEAR_EQUAL * inertia_of(scaled, fresh)
    return continued if is_near_equal else fresh


def kept_share(before: Labels, after: Labels) -> float:
    """Share of rows whose cluster stays the same, if clusters are matched one to one so that as many as can be do."""
    overlap = overlaps(before, after)
    return float(overlap[linear_sum_assignment(overlap, maximize=True)].sum() / len(before)) if len(before) else 1.0


def overlaps(before: Labels, after: Labels) -> Labels:
    """Number of rows in each pair of clusters, shape (n_before, n_after), of labels from 0, shape (n_rows,)."""
    n_before, n_after = int(before.max(initial=-1)) + 1, int(after.max(initial=-1)) + 1
    return np.bincount(before * n_after + after, minlength=n_before * n_after).reshape(n_before, n_after)


def order_like_last(scaled: FloatArray, centres: FloatArray, last: FloatArray, last_ids: Labels) -> Labels:
    """The order of centres in which those that took over the rows of a last cluster have its number.

    Args:
        scaled: Shape (n_rows, n_features).
        centres: Of the new fit, in their `steady_order`, shape (n_clusters, n_features).
        last: Of the last fit, shape (n_last, n_features).
        last_ids: Their numbers from 1, shape (n_last,).

    Returns:
        Positions of the new centres, shape (n_clusters,); new clusters have the numbers that are free.
    """
    overlap = np.zeros((len(last), len(centres)), dtype=np.int64)
    found = overlaps(nearest(scaled, last), nearest(scaled, centres))
    overlap[: found.shape[0], : found.shape[1]] = found
    ids = np.zeros(len(centres), dtype=np.int64)
    for before, after in zip(*linear_sum_assignment(overlap, maximize=True), strict=True):
        if overlap[before, after] and last_ids[before] <= len(centres):
            ids[after] = last_ids[before]
    free = [number for number in range(1, len(centres) + 1) if number not in ids]
    ids[ids == 0] = free
    return np.argsort(ids)


def nearest(scaled: FloatArray, centres: FloatArray) -> Labels:
    """The nearest centre of each row, from 0, shape (n_rows,)."""
    return pairwise_distances_argmin(scaled, centres).astype(np.int64)


def inertia_of(scaled: FloatArray, centres: FloatArray) -> float:
    """Sum of the squared distances of rows, shape (n_rows, n_features), to their nearest centres."""
    return float(((scaled - centres[nearest(scaled, centres)]) ** 2).sum())


@threadpool_limits.wrap(limits=1)  # sums of several threads differ in their last digits
def centroid_table(features: pd.DataFrame, settings: dict[str, Any], last: pd.DataFrame | None = None) -> pd.DataFrame:
    """Fit the published segmentation and return it as a table that SQL scores with.

    Args:
        features: One row per unit of the fit sample, see `prepare`.
        settings: The analysis' settings, see `segmart.statistics.settings.fit_settings`.
        last: The segments of the last build, see `LastFit`: clusters keep their numbers, and of fits that are about
            equally good the one that is next to it is taken.

    Returns:
        One row per cluster and feature: cluster_id (from 1), feature, centre (natural units), centre_scaled,
        scaler_offset, scaler_scale (natural units; scaled = (value - offset) / scale), inertia (of the whole fit,
        scaled units squared), fitted_rows. Where there are fewer different rows than clusters asked for, as many
        clusters as rows; no rows give no clusters.
    """
    analysis = Analysis.from_settings(settings)
    sample = prepare(features, analysis)
    n_clusters = min(analysis.n_clusters, sample.distinct_rows)
    if not n_clusters:
        return as_centroid_table(analysis.features, sample, np.empty((0, len(analysis.features))), 0.0)
    centres = fit_centres(sample, analysis, n_clusters, LastFit.from_table(last, analysis.features))
    return as_centroid_table(analysis.features, sample, centres, inertia_of(sample.scaled, centres))


def fit_centres(sample: FitSample, analysis: Analysis, n_clusters: int, last: LastFit | None) -> FloatArray:
    """Centres of K-Means in the order of their numbers, shape (n_clusters, n_features), scaled units."""
    fresh = fit_kmeans(sample.scaled, n_clusters, analysis.n_init, analysis.seed).cluster_centers_
    if last is None:
        return fresh
    centres = next_to_last(sample.scaled, fresh, last.scaled(sample))
    return centres[order_like_last(sample.scaled, centres, last.scaled(sample), last.cluster_ids)]


def as_centroid_table(features: Sequence[str], sample: FitSample, centres: FloatArray, inertia: float) -> pd.DataFrame:
    """Write centres, shape (n_clusters, n_features) in scaled units, as the table that `centroid_table` describes."""
    n_clusters, n_features = centres.shape
    # Rounded, so that a centre that the next build takes over does not lose a digit with every build.
    natural = (centres * sample.scale + sample.offset).round(12)
    return pd.DataFrame(
        {
            "cluster_id": np.repeat(np.arange(1, n_clusters + 1), n_features),
            "feature": np.tile(np.array(features, dtype=object), n_clusters),
            "centre": natural.ravel(),
            "centre_scaled": ((natural - sample.offset) / sample.scale).ravel(),
            "scaler_offset": np.tile(sample.offset, n_clusters),
            "scaler_scale": np.tile(sample.scale, n_clusters),
            "inertia": inertia,
            "fitted_rows": len(sample.scaled),
        }
    )


@dataclass(frozen=True)
class Published:
    """What is known of the published segments before their diagnostics.

    Attributes:
        centres: Shape (n_clusters, n_features), natural units.
        stability: See `segmart.statistics.stability`.
        kept_share: See there.
    """

    centres: FloatArray
    stability: float
    kept_share: float


@threadpool_limits.wrap(limits=1)
def diagnostics_table(
    features: pd.DataFrame, settings: dict[str, Any], published: Published | None = None
) -> pd.DataFrame:
    """Judge every number of clusters from 1 to ``max_clusters``.

    Args:
        features: One row per unit of the fit sample, see `prepare`; of many, DIAGNOSED_ROWS are drawn.
        settings: The analysis' settings, see `segmart.statistics.settings.fit_settings`.
        published: The segments that the chosen number of clusters stands for; without them, those of a new fit.

    Returns:
        The rows of `judge_kmeans`, with stage ``K-Means`` and is_final (the row of the published segmentation).
    """
    analysis = Analysis.from_settings(settings)
    sample = prepare(diagnosed_rows(features), analysis)
    table = judge_kmeans(sample, analysis, min(analysis.n_clusters, sample.distinct_rows), published)
    return table.assign(stage="K-Means", is_final=table["is_chosen"])[list(DIAGNOSTIC_COLUMNS)]


def diagnosed_rows(features: pd.DataFrame, rows: int | None = None) -> pd.DataFrame:
    """The rows that diagnostics see: all, or DIAGNOSED_ROWS or another number, drawn by the hash of their key."""
    rows = DIAGNOSED_ROWS if rows is None else rows
    return features.iloc[drawn_order(features["unit_id"])[:rows]] if len(features) > rows else features


@config_context(assume_finite=True, skip_parameter_validation=True)  # `prepare` has looked; hundreds of fits needn't
def judge_kmeans(
    sample: FitSample, analysis: Analysis, chosen: int, published: Published | None = None
) -> pd.DataFrame:
    """Fit and judge K-Means for every number of clusters from 1 to ``max_clusters``.

    Args:
        sample: The rows.
        analysis: Starts, bootstraps, seed and ``max_clusters``.
        chosen: The number of clusters that is published.
        published: The published segments; without them, the chosen number is fitted and judged like all others.

    Returns:
        One row per number of clusters: n_clusters, fitted_rows, inertia, silhouette, calinski_harabasz,
        davies_bouldin, stability (see `bootstrap_stability`), kept_share (NaN but for the published segments), the
        columns of `compared`, is_chosen, suggested_by (methods that prefer this number, comma-separated, or None),
        verdict. The chosen number always has a row, lowered to the number of different rows
        if there are fewer. Scores are not defined for one cluster, nor for as many clusters as different rows.
    """
    scaled = sample.scaled
    distinct = len(np.unique(scaled, axis=0))
    chosen = max(1, min(chosen, distinct))
    rows = []
    for n_clusters in range(1, max(chosen, min(analysis.max_clusters, distinct - 1)) + 1):
        if not distinct:
            rows.append({"n_clusters": n_clusters, "inertia": 0.0, **UNDEFINED_SCORES})
            continue
        if n_clusters == chosen and published is not None and len(published.centres) == chosen:
            centres = (published.centres - sample.offset) / sample.scale
            labels, stability, kept = nearest(scaled, centres), published.stability, published.kept_share
        else:
            fitted = fit_kmeans(scaled, n_clusters, analysis.n_init, analysis.seed)
            centres, labels, stability, kept = fitted.cluster_centers_, fitted.labels_, np.nan, np.nan
            if 1 < n_clusters < distinct:
                stability = bootstrap_stability(scaled, fitted, analysis.n_bootstraps, analysis.seed)
        scores = UNDEFINED_SCORES
        if 1 < n_clusters < distinct and len(np.unique(labels)) > 1:
            scores = {**structure_scores(scaled, labels), "stability": stability, "kept_share": kept}
        rows.append({"n_clusters": n_clusters, "inertia": inertia_of(scaled, centres), **scores})

    def labelled(reference: FloatArray, numbers: Sequence[int]) -> dict[int, Labels]:
        return {n: fit_kmeans(reference, n, REFERENCE_STARTS, analysis.seed).labels_ for n in numbers}

    table = pd.DataFrame(rows).assign(fitted_rows=len(scaled))
    return with_verdicts(compared(table, scaled, labelled, analysis.seed), chosen)


def compared(
    table: pd.DataFrame,
    scaled: FloatArray,
    labelled: Callable[[FloatArray, Sequence[int]], dict[int, Labels]],
    seed: int,
) -> pd.DataFrame:
    """Compare numbers of clusters with what the same fit makes of data without groups.

    Args:
        table: Rows of ``n_clusters`` and ``silhouette``; a number without a silhouette is not compared.
        scaled: The rows, shape (n_rows, n_features); the first REFERENCE_ROWS are compared.
        labelled: How rows are fitted.
        seed: Seed of the draws of `references`.

    Returns:
        The table with reference_silhouette (mean over the draws of that kind of data without groups which gives more),
        is_above_reference (whether the silhouette of these rows is above those of all draws of both kinds), structure
        (how far it is on the way from the reference to 1) and sure_structure (the same, NaN unless the silhouette is
        more standard deviations of the draws above their mean than that of any number of clusters in any draw, so that
        a search over all numbers finds nothing where there is nothing).
    """
    numbers = table.loc[table["silhouette"].notna() & (table["n_clusters"] > 1), "n_clusters"].tolist()
    shown = scaled[:REFERENCE_ROWS]
    own = _silhouettes(shown, labelled, numbers) if numbers else {}
    drawn = {
        kind: pd.DataFrame([_silhouettes(rows, labelled, numbers) for rows in draws], columns=numbers)
        for kind, draws in (references(shown, REFERENCE_DRAWS, seed) if numbers else {}).items()
    }
    found: dict[str, dict[int, Any]] = {
        name: {} for name in ("reference_silhouette", "is_above_reference", "structure")
    }
    excess = {}
    for n in numbers:
        mean = max(scores[n].mean() for scores in drawn.values())
        found["reference_silhouette"][n] = mean
        found["is_above_reference"][n] = all(own[n] > scores[n].max() for scores in drawn.values())
        found["structure"][n] = (own[n] - mean) / (1 - mean) if mean < 1 else 0.0
        excess[n] = min((own[n] - s[n].mean()) / max(s[n].std(ddof=0), 1e-9) for s in drawn.values())
    limit = max(
        (((s - s.mean()) / s.std(ddof=0).clip(lower=1e-9)).max(axis=1).max() for s in drawn.values()), default=np.inf
    )
    columns = {name: table["n_clusters"].map(values) for name, values in found.items()}
    return table.assign(
        **columns,
        sure_structure=table["n_clusters"].map(
            {n: found["structure"][n] if value > limit else np.nan for n, value in excess.items()}
        ),
    )


def _silhouettes(rows: FloatArray, labelled: Labelled, numbers: Sequence[int]) -> dict[int, float]:
    """The silhouette of each number of clusters; -1 where a fit finds a single one."""
    distances = pairwise_distances(rows)
    return {n: mean_silhouette(distances, labels) for n, labels in labelled(rows, numbers).items()}


def mean_silhouette(distances: FloatArray, labels: Labels) -> float:
    """What ``sklearn.metrics.silhouette_score`` gives, without its checks; -1 for a single cluster.

    Args:
        distances: Of all pairs of rows, shape (n_rows, n_rows).
        labels: From 0, shape (n_rows,).
    """
    _, labels = np.unique(labels, return_inverse=True)
    members = np.eye(labels.max() + 1)[labels]
    sizes = members.sum(axis=0)
    if len(sizes) < 2:
        return -1.0
    sums = distances @ members
    own = np.arange(len(labels)), labels
    within = sums[own] / np.maximum(sizes[labels] - 1, 1)
    means = sums / sizes
    means[own] = np.inf
    between = means.min(axis=1)
    farther = np.maximum(within, between)
    scores = np.where((sizes[labels] > 1) & (farther > 0), (between - within) / np.where(farther > 0, farther, 1), 0.0)
    return float(scores.mean())


def with_verdicts(table: pd.DataFrame, chosen: int) -> pd.DataFrame:
    """Add is_chosen, suggested_by and verdict to rows of scores per number of clusters that were `compared`."""
    table = table.assign(is_chosen=table["n_clusters"] == chosen)
    table["suggested_by"] = pd.Series(_suggestions(table), dtype=object)
    table["is_above_reference"] = table["is_above_reference"].astype("boolean")
    structure = table["structure"].where(table["is_above_reference"].fillna(False), 0.0)
    table["verdict"] = [
        TOO_FEW_UNITS if n_clusters > 1 and np.isnan(silhouette) else verdict(n_clusters, found, stability)
        for n_clusters, silhouette, found, stability in zip(
            table["n_clusters"], table["silhouette"], structure, table["stability"], strict=True
        )
    ]
    return table.drop(columns="sure_structure")


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
        resample = scaled[random.integers(0, len(scaled), min(len(scaled), RESAMPLED_ROWS))]
        if len(np.unique(resample, axis=0)) < fitted.n_clusters:
            agreements.append(0.0)
            continue
        refit = KMeans(fitted.n_clusters, n_init=REPEATED_STARTS, random_state=int(random.integers(2**31))).fit(
            resample
        )
        agreements.append(agreement(fitted.labels_.astype(np.int64), nearest(scaled, refit.cluster_centers_)))
    return mean_agreement(agreements)


def agreement(first: Labels, second: Labels) -> float:
    """What ``sklearn.metrics.adjusted_rand_score`` gives for labels from 0, without its checks."""
    counts = overlaps(first, second).astype(np.float64)
    pairs, rows, columns = ((n * (n - 1) / 2).sum() for n in (counts, counts.sum(axis=1), counts.sum(axis=0)))
    n_rows = counts.sum()
    expected = rows * columns / (n_rows * (n_rows - 1) / 2) if n_rows > 1 else 0.0
    most = (rows + columns) / 2
    return float((pairs - expected) / (most - expected)) if most != expected else 1.0


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
        # One cluster if no number gives more than data without groups.
        preferred["reference"] = scored["sure_structure"].idxmax() if scored["sure_structure"].notna().any() else 1
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


def verdict(n_clusters: int, structure: float, stability: float) -> str:
    """Say in words how much structure a segmentation has.

    Args:
        n_clusters: Number of clusters.
        structure: How far its silhouette lies between that of data without groups, 0, and 1; 0 also if some draws of
            such data reach it. See `compared`.
        stability: See `bootstrap_stability`; NaN if unknown.
    """
    if n_clusters == 1:
        return "no segmentation"
    found = next((name for limit, name in STRUCTURE_LIMITS if structure > limit), "no substantial structure")
    if np.isnan(stability):
        return f"{found}, stability unknown"
    return found if stability >= STABLE_AGREEMENT else f"{found}, unstable"
