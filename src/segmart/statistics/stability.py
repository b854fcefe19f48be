"""Would other customers of the same kind give the same segments, and will the next build?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from segmart.statistics import two_stage
from segmart.statistics.segmentation import (
    REPEATED_STARTS,
    RESAMPLED_ROWS,
    SCALERS,
    Analysis,
    FitSample,
    FloatArray,
    Labels,
    LastFit,
    agreement,
    diagnosed_rows,
    fit_centres,
    nearest,
    overlaps,
    prepare,
)
from segmart.statistics.two_stage import Specialists

# The test of the next build leaves out one row of so many, at least one, so many times.
ROWS_PER_LEFT_OUT = 100
KEPT_DRAWS = 10

COLUMNS = ("cluster_id", "jaccard", "stability", "kept_share", "judged_rows")


@threadpool_limits.wrap(limits=1)
def stability_table(features: pd.DataFrame, settings: dict[str, Any], centroids: pd.DataFrame) -> pd.DataFrame:
    """Judge the published segments by fits on other rows.

    Args:
        features: One row per unit of the fit sample; of many, RESAMPLED_ROWS are drawn.
        settings: The analysis' settings, see `segmart.statistics.settings.fit_settings`.
        centroids: The published segments, see `segmart.statistics.segmentation.centroid_table`.

    Returns:
        One row per cluster: cluster_id; jaccard (mean over bootstrap resamples of the Jaccard index of the cluster and
        the cluster of a new fit that is most like it; Hennig, "Cluster-wise assessment of cluster stability", CSDA 52,
        2007: above 0.75 stable, below 0.6 not to be trusted); stability (mean adjusted Rand index of all clusters and
        those fits); kept_share (mean share of the cluster's rows that keep its number in the next build, of 10 builds
        in which one of 100 rows is missing); judged_rows. NaN without ``n_bootstraps``, and for a single cluster.
    """
    analysis = Analysis.from_settings(settings)
    last = LastFit.from_table(centroids.assign(is_specialist=centroids.get("is_specialist", False)), analysis.features)
    if last is None:
        return pd.DataFrame(columns=list(COLUMNS))
    sample = prepare(diagnosed_rows(features, RESAMPLED_ROWS), analysis)
    labels = nearest(sample.scaled, last.scaled(sample))
    n_clusters, n_rows = len(last.centres), len(sample.scaled)
    jaccards = np.full(n_clusters, np.nan)
    kept = np.full(n_clusters, np.nan)
    mean = np.nan
    few = replace(analysis, n_init=REPEATED_STARTS)
    if analysis.n_bootstraps and 1 < n_clusters < sample.distinct_rows:
        random = np.random.default_rng(analysis.seed)
        refits = [
            _refit(sample, random.integers(0, n_rows, n_rows), few, settings, None)[1]
            for _ in range(analysis.n_bootstraps)
        ]
        jaccards = np.mean([_most_alike(labels, refit, n_clusters) for refit in refits], axis=0)
        mean = float(np.mean([agreement(labels, refit) for refit in refits]))
        # These rows may be few of those that the published fit saw, so the build before is one of these rows, too.
        before, own = _refit(sample, np.arange(n_rows), few, settings, last)
        left_out = max(1, round(n_rows / ROWS_PER_LEFT_OUT))
        same, every = np.zeros(n_clusters), np.zeros(n_clusters)
        for _ in range(KEPT_DRAWS):
            rows = np.sort(random.permutation(n_rows)[left_out:])
            after = _refit(sample, rows, few, settings, before)[1]
            same += np.bincount(own[rows], after[rows] == own[rows], minlength=n_clusters)
            every += np.bincount(own[rows], minlength=n_clusters)
        with np.errstate(invalid="ignore"):
            kept = same / every
    return pd.DataFrame(
        {
            "cluster_id": last.cluster_ids,
            "jaccard": jaccards.round(9),
            "stability": round(mean, 9),
            "kept_share": kept.round(9),
            "judged_rows": np.bincount(labels, minlength=n_clusters),
        }
    )


def _refit(
    sample: FitSample, rows: Labels, analysis: Analysis, settings: dict[str, Any], last: LastFit | None
) -> tuple[LastFit | None, Labels]:
    """Fit some rows of a sample, scaled by themselves, as a build of them alone would.

    Returns:
        The fit, None if there are fewer different rows than clusters, and the cluster, from 0, that it gives to each
        row of the sample, shape (n_rows,).
    """
    natural = sample.scaled * sample.scale + sample.offset
    offset, scale = SCALERS[analysis.scaler](natural[rows])
    own = FitSample((natural[rows] - offset) / scale, offset, scale)
    if own.distinct_rows < analysis.n_clusters:
        return None, np.zeros(len(natural), dtype=np.int64)
    if "specialists" in settings:
        centres, special = two_stage.fit_centres(own, analysis, Specialists.from_settings(settings), last)
    else:
        centres = fit_centres(own, analysis, analysis.n_clusters, last)
        special = np.zeros(len(centres), dtype=bool)
    fit = LastFit(centres * scale + offset, np.arange(1, len(centres) + 1), special)
    return fit, nearest((natural - offset) / scale, centres)


def _most_alike(labels: Labels, refit: Labels, n_clusters: int) -> FloatArray:
    """The Jaccard index of each cluster and the cluster of another fit that is most like it, shape (n_clusters,)."""
    both = overlaps(labels, refit)
    either = both.sum(axis=1)[:, None] + both.sum(axis=0)[None] - both
    found = np.zeros(n_clusters)
    found[: len(both)] = (both / np.maximum(either, 1)).max(axis=1)
    return found
