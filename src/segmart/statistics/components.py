"""Principal components of a segmentation's features, so that a map can show its segments in two dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from segmart.statistics.segmentation import Analysis, prepare

COMPONENTS = 2
"""A map has two directions."""


@threadpool_limits.wrap(limits=1)  # sums of several threads differ in their last digits
def components_table(features: pd.DataFrame, settings: dict[str, Any]) -> pd.DataFrame:
    """Find the directions in which the scaled features of the fit sample vary most.

    They are the eigenvectors of the covariance matrix (Jolliffe, Principal Component Analysis, 2002, chapter 1). The
    direction of each is turned so that its largest loading, of equal ones the first, is positive.

    Args:
        features: One row per unit of the fit sample, see `prepare`.
        settings: The analysis' settings, see `segmart.statistics.settings.fit_settings`.

    Returns:
        One row per component (from 1) and feature: component, feature, centre (mean, natural units), scale (natural
        units), loading (a unit's coordinate is the sum of loading * (value - centre) / scale), explained_share (of the
        total variance of the scaled features, 0 where nothing varies). No rows without units; a single feature has one
        component.
    """
    analysis = Analysis.from_settings(settings)
    sample = prepare(features, analysis)
    n_features = len(analysis.features)
    n_components = min(COMPONENTS, n_features) if len(sample.scaled) else 0
    if not n_components:
        vectors, explained, centre = np.empty((0, n_features)), np.empty(0), np.zeros(n_features)
    else:
        mean = sample.scaled.mean(axis=0)
        centred = sample.scaled - mean
        variances, columns = np.linalg.eigh(centred.T @ centred / len(centred))
        vectors = columns.T[::-1][:n_components]
        # Rounded before the comparison, because equal loadings differ in their last digits.
        largest = np.argmax(np.abs(vectors).round(9), axis=1)
        vectors = vectors * np.where(vectors[np.arange(n_components), largest] < 0, -1.0, 1.0)[:, None]
        total = variances.sum()
        explained = variances[::-1][:n_components].clip(min=0) / total if total > 0 else np.zeros(n_components)
        centre = mean * sample.scale + sample.offset
    return pd.DataFrame(
        {
            "component": np.repeat(np.arange(1, n_components + 1), n_features),
            "feature": np.tile(np.array(analysis.features, dtype=object), n_components),
            "centre": np.tile(centre, n_components).round(9),
            "scale": np.tile(sample.scale, n_components).round(9),
            "loading": vectors.ravel().round(9),
            "explained_share": np.repeat(explained, n_features).round(9),
        }
    )
