"""Ward's specialists and K-Means for the rest: planted groups, SciPy and scikit-learn as oracles, degenerate inputs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy.cluster.hierarchy import dendrogram, linkage
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.preprocessing import RobustScaler

from segmart.statistics.drawing import drawn_order
from segmart.statistics.segmentation import DIAGNOSTIC_COLUMNS, prepare
from segmart.statistics.two_stage import (
    DRAWN_LEAVES,
    Analysis,
    Specialists,
    centroid_table,
    diagnostics_table,
    fit_two_stages,
    merges_table,
)

FEATURES = ["a", "b", "c"]
SETTINGS = {
    "features": FEATURES,
    "scaler": "robust",
    "n_clusters": 4,
    "max_clusters": 6,
    "n_init": 5,
    "seed": 11,
    "n_bootstraps": 3,
    "specialists": {"n_ward_clusters": 3, "max_share": 0.1, "min_z_score": 2},
}
SIZES = {"left": 320, "right": 80, "high": 20, "low": 20}
CENTRES = {"left": (-2, 0, 0), "right": (2, 0, 0), "high": (0, 40, 0), "low": (0, -40, 0)}


def planted(seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    """Two groups near each other and two small ones far away, in no order; the group of each row."""
    random = np.random.default_rng(seed)
    rows = np.vstack([random.normal(CENTRES[name], 0.6, (size, 3)) for name, size in SIZES.items()])
    groups = np.repeat(list(SIZES), list(SIZES.values()))
    order = random.permutation(len(rows))
    table = pd.DataFrame(rows[order], columns=FEATURES).assign(unit_id=np.arange(len(rows)))
    return table, groups[order]


def centres_of(table: pd.DataFrame, column: str = "centre") -> pd.DataFrame:
    return table.pivot(index="cluster_id", columns="feature", values=column)[FEATURES]


def nearest(table: pd.DataFrame, features: pd.DataFrame) -> np.ndarray:
    """The cluster of each row by plain arithmetic on the table of centroids."""
    scaled = (features[FEATURES] - centres_of(table, "scaler_offset").iloc[0]) / centres_of(table, "scaler_scale").iloc[
        0
    ]
    distances = ((scaled.to_numpy()[:, None, :] - centres_of(table, "centre_scaled").to_numpy()) ** 2).sum(axis=2)
    return distances.argmin(axis=1) + 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_groups_are_found_and_the_small_ones_are_specialists(seed: int) -> None:
    features, groups = planted(seed)
    table = centroid_table(features, SETTINGS)
    clusters = nearest(table, features)
    assert adjusted_rand_score(groups, clusters) > 0.98
    is_specialist = table.groupby("cluster_id")["is_specialist"].first()
    found = {group: is_specialist[clusters[groups == group][0]] for group in SIZES}
    assert found == {"left": False, "right": False, "high": True, "low": True}


def test_inertia_is_that_of_the_nearest_centre() -> None:
    features, _ = planted()
    table = centroid_table(features, SETTINGS)
    scaled = RobustScaler().fit_transform(features[FEATURES])
    centres = centres_of(table, "centre_scaled").to_numpy()[nearest(table, features) - 1]
    assert table["inertia"].iloc[0] == pytest.approx(((scaled - centres) ** 2).sum())


def test_a_specialists_centre_is_the_mean_of_all_its_rows() -> None:
    """Also of those that were not drawn for the tree."""
    features, groups = planted()
    sample = prepare(features, Analysis.from_settings(SETTINGS))
    fit = fit_two_stages(
        sample.scaled, Analysis.from_settings(SETTINGS), Specialists.from_settings(SETTINGS), max_rows=150
    )
    assert len(fit.tree.rows) == 150
    ordered = groups[drawn_order(features["unit_id"])]
    means = {group: sample.scaled[ordered == group].mean(axis=0) for group in ("high", "low")}
    found = fit.centres[fit.is_specialist]
    for mean in means.values():
        assert np.abs(found - mean).max(axis=1).min() == pytest.approx(0, abs=1e-9)


def test_row_order_changes_nothing() -> None:
    features, _ = planted()
    shuffled = features.sample(frac=1, random_state=3)
    for table in (centroid_table, diagnostics_table, merges_table):
        assert_frame_equal(table(shuffled, SETTINGS), table(features, SETTINGS))


def test_large_groups_and_inconspicuous_ones_are_no_specialists() -> None:
    features, _ = planted()
    for change in ({"max_share": 0.01}, {"min_z_score": 50}):
        settings = {**SETTINGS, "specialists": {**SETTINGS["specialists"], **change}}
        assert not centroid_table(features, settings)["is_specialist"].any()


def test_something_is_left_for_k_means() -> None:
    """With a cut so deep that every cluster is small, half of the rows and one cluster stay."""
    features, _ = planted()
    settings = {
        **SETTINGS,
        "n_clusters": 30,
        "specialists": {"n_ward_clusters": 60, "max_share": 1, "min_z_score": 0},
    }
    analysis = Analysis.from_settings(settings)
    fit = fit_two_stages(prepare(features, analysis).scaled, analysis, Specialists.from_settings(settings))
    assert 0 < fit.is_specialist.sum() < 30
    assert len(fit.rest) >= len(features) / 2


def test_merges_are_those_of_scipy() -> None:
    features, _ = planted()
    few = features.iloc[:35].reset_index(drop=True)
    for rows, leaves in ((few, 35), (features, DRAWN_LEAVES)):
        table = merges_table(rows, SETTINGS)
        ordered = rows.iloc[drawn_order(rows["unit_id"])]
        merges = linkage(RobustScaler().fit_transform(ordered[FEATURES]), "ward")
        assert len(table) == leaves - 1
        assert table["merge_height"].tolist() == pytest.approx(merges[::-1][: leaves - 1, 2].tolist())
        expected = dendrogram(merges, p=leaves, truncate_mode="lastp", no_plot=True)
        brackets = {
            (x[0] / 10, x[2] / 10, round(y[0], 9), round(y[3], 9), round(y[1], 9))
            for x, y in zip(expected["icoord"], expected["dcoord"], strict=True)
        }
        drawn = ["left_position", "right_position", "left_height", "right_height", "merge_height"]
        assert {tuple(row) for row in table[drawn].round(9).itertuples(index=False)} == brackets


def test_merges_name_the_specialists_and_the_cut() -> None:
    features, groups = planted()
    table = merges_table(features, SETTINGS)
    assert table["is_above_cut"].sum() == 2
    centroids = centroid_table(features, SETTINGS)
    clusters = nearest(centroids, features)
    sides = pd.concat(
        [
            table[[f"{side}_specialist_cluster_id", f"{side}_rows"]].set_axis(["cluster_id", "rows"], axis=1)
            for side in ("left", "right")
        ]
    ).dropna()
    expected = {(clusters[groups == group][0], SIZES[group]) for group in ("high", "low")}
    assert set(sides.itertuples(index=False, name=None)) == expected


def test_diagnostics_judge_each_stage() -> None:
    features, groups = planted()
    table = diagnostics_table(features, SETTINGS)
    assert tuple(table.columns) == DIAGNOSTIC_COLUMNS
    assert table.groupby("stage")["n_clusters"].apply(list).to_dict() == {
        "Ward": [1, 2, 3, 4, 5, 6],
        "K-Means": [1, 2, 3, 4, 5, 6],
        "both": [4],
    }
    assert table.query("is_chosen").set_index("stage")["n_clusters"].to_dict() == {"Ward": 3, "K-Means": 2, "both": 4}
    assert table.query("is_final")["stage"].tolist() == ["both"]
    scaled = RobustScaler().fit_transform(features[FEATURES])
    labels = AgglomerativeClustering(3, linkage="ward").fit_predict(scaled)
    ward = table.query("stage == 'Ward' and n_clusters == 3").iloc[0]
    assert ward["silhouette"] == pytest.approx(silhouette_score(scaled, labels))
    both = table.query("stage == 'both'").iloc[0]
    assert both["silhouette"] == pytest.approx(silhouette_score(scaled, groups), abs=0.02)
    assert both["stability"] > 0.95


@pytest.mark.parametrize("distinct", [0, 1, 3, 4])
def test_no_more_different_rows_than_clusters_make_each_a_cluster(distinct: int) -> None:
    values = np.repeat(np.arange(float(distinct)), 3)
    features = pd.DataFrame({"a": values, "b": values, "c": 1.0}).assign(unit_id=np.arange(len(values)))
    table = centroid_table(features, SETTINGS)
    assert table["cluster_id"].nunique() == distinct
    assert (table["inertia"] == 0).all()
    diagnostics = diagnostics_table(features, SETTINGS)
    assert diagnostics["is_final"].sum() == 1
    assert "structure" not in diagnostics.query("is_final")["verdict"].item()
    merges = merges_table(features, SETTINGS)
    assert merges.empty
    assert list(merges) == list(merges_table(planted()[0], SETTINGS))


def test_a_constant_feature_makes_nobody_a_specialist() -> None:
    features, groups = planted()
    table = centroid_table(features.assign(c=5.0), SETTINGS)
    assert adjusted_rand_score(groups, nearest(table, features.assign(c=5.0))) > 0.98


# The last build


def continuum(n_rows: int = 600) -> pd.DataFrame:
    """A skewed continuum in which Ward's tree finds other specialists with every customer who is missing."""
    values = np.exp(np.random.default_rng(4).normal(size=(n_rows, 3)))
    return pd.DataFrame(values, columns=FEATURES).assign(unit_id=[f"u{n}" for n in range(n_rows)])


def test_segments_stay_if_some_units_are_missing() -> None:
    features = continuum()
    first = centroid_table(features, SETTINGS)
    before = nearest(first, features)
    anew, kept = [], []
    for seed in range(10):
        left = np.sort(np.random.default_rng(seed).permutation(len(features))[6:])
        fewer = features.iloc[left].reset_index(drop=True)
        anew.append((nearest(centroid_table(fewer, SETTINGS), fewer) == before[left]).mean())
        kept.append((nearest(centroid_table(fewer, SETTINGS, first), fewer) == before[left]).mean())
    assert min(anew) < 0.9, "the test needs rows that are divided differently by a fit that knows of no last one"
    assert min(kept) >= 0.98


def test_the_same_rows_give_the_same_table_again() -> None:
    features = continuum()
    last = centroid_table(features.iloc[60:], SETTINGS)
    first = centroid_table(features, SETTINGS, last)
    assert_frame_equal(centroid_table(features, SETTINGS, first), first, rtol=0, atol=0)
    fresh = centroid_table(features, SETTINGS)
    assert_frame_equal(centroid_table(features, SETTINGS, fresh), fresh, rtol=0, atol=0)


def test_merges_name_the_numbers_of_the_published_segments() -> None:
    features, _ = planted()
    first = centroid_table(features, SETTINGS)
    renumbered = first.assign(cluster_id=5 - first["cluster_id"])
    columns = ["left_specialist_cluster_id", "right_specialist_cluster_id"]
    own = merges_table(features, SETTINGS, first)[columns]
    assert_frame_equal(merges_table(features, SETTINGS, renumbered)[columns], 5 - own)
