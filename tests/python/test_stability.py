"""Clusters that are found again, those that are not, and the next build."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from segmart.statistics.segmentation import centroid_table
from segmart.statistics.stability import COLUMNS, stability_table

SETTINGS: dict[str, Any] = {
    "features": ["width", "height"],
    "scaler": "standard",
    "n_clusters": 3,
    "max_clusters": 4,
    "n_init": 5,
    "n_bootstraps": 8,
    "seed": 5,
}


def rows(n_rows: int = 300) -> pd.DataFrame:
    """One group far away, and a round cloud that a second cut divides in any direction."""
    random = np.random.default_rng(7)
    values = random.normal(size=(n_rows, 2))
    values[: n_rows // 3] = values[: n_rows // 3] * 0.1 + 12
    return pd.DataFrame(values, columns=SETTINGS["features"]).assign(unit_id=[f"u{n}" for n in range(n_rows)])


def test_a_group_is_found_again_and_halves_of_a_cloud_are_not() -> None:
    features = rows()
    centroids = centroid_table(features, SETTINGS)
    table = stability_table(features, SETTINGS, centroids)
    assert tuple(table) == COLUMNS
    far = centroids.query("feature == 'width'").set_index("cluster_id")["centre"].idxmax()
    by_cluster = table.set_index("cluster_id")
    assert by_cluster.loc[far, "jaccard"] > 0.98
    assert by_cluster["jaccard"].drop(far).max() < 0.85
    assert by_cluster["stability"].nunique() == 1
    assert by_cluster["judged_rows"].sum() == len(features)
    assert by_cluster.loc[far, "judged_rows"] == 100


def test_the_next_build_keeps_what_resamples_do_not() -> None:
    features = rows()
    table = stability_table(features, SETTINGS, centroid_table(features, SETTINGS))
    assert (table["kept_share"] > 0.95).all()
    assert table["stability"].max() < 0.9


@pytest.mark.parametrize("change", [{"n_bootstraps": 0}, {"n_clusters": 1}])
def test_what_is_not_judged_is_unknown(change: dict[str, int]) -> None:
    settings = {**SETTINGS, **change}
    features = rows()
    table = stability_table(features, settings, centroid_table(features, settings))
    assert len(table) == settings["n_clusters"]
    assert table[["jaccard", "stability", "kept_share"]].isna().all(axis=None)


def test_no_units_have_no_clusters() -> None:
    features = rows()
    assert stability_table(features[:0], SETTINGS, centroid_table(features[:0], SETTINGS)).empty


def test_row_order_changes_nothing() -> None:
    features = rows()
    centroids = centroid_table(features, SETTINGS)
    shuffled = features.sample(frac=1, random_state=2)
    expected = stability_table(features, SETTINGS, centroids)
    pd.testing.assert_frame_equal(stability_table(shuffled, SETTINGS, centroids), expected, rtol=0)
