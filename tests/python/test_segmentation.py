"""Fitting and judging K-Means on rows whose clusters are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score, pairwise_distances, silhouette_score
from threadpoolctl import threadpool_limits

from segmart.statistics import segmentation
from segmart.statistics.drawing import drawn_order
from segmart.statistics.segmentation import (
    SCALERS,
    Analysis,
    agreement,
    bootstrap_stability,
    centroid_table,
    diagnostics_table,
    elbow,
    fit_kmeans,
    kept_share,
    mean_silhouette,
    prepare,
    verdict,
)

SETTINGS: dict[str, Any] = {
    "features": ["width", "height"],
    "scaler": "standard",
    "n_clusters": 3,
    "max_clusters": 6,
    "n_init": 20,
    "n_bootstraps": 10,
    "seed": 5,
}
CENTRES = np.array([[0.0, 0.0], [100.0, 2.0], [40.0, 10.0]])


def blobs(rows_per_blob: int = 40, spread: float = 0.02) -> tuple[pd.DataFrame, np.ndarray]:
    """Three well separated clusters in shuffled order, and the cluster of each row."""
    random = np.random.default_rng(1)
    labels = random.permutation(np.repeat(np.arange(3), rows_per_blob))
    noise = random.normal(scale=spread, size=(len(labels), 2)) * np.ptp(CENTRES, axis=0)
    values = CENTRES[labels] + noise
    frame = pd.DataFrame(values, columns=SETTINGS["features"])
    return frame.assign(unit_id=[f"unit {number:03}" for number in range(len(frame))]), labels


def noise(n_rows: int = 200) -> np.ndarray:
    """Rows without any clusters."""
    return np.random.default_rng(2).uniform(size=(n_rows, 2))


def settings(**changes: Any) -> dict[str, Any]:
    return {**SETTINGS, **changes}


def assigned(features: pd.DataFrame, centroids: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Nearest cluster and distance of each row, computed from the table alone as SQL does."""
    distances = {}
    for cluster_id, rows in centroids.groupby("cluster_id"):
        scaled = (features[rows["feature"]] - rows["scaler_offset"].to_numpy()) / rows["scaler_scale"].to_numpy()
        distances[cluster_id] = np.sqrt(((scaled - rows["centre_scaled"].to_numpy()) ** 2).sum(axis=1))
    table = pd.DataFrame(distances)
    return table.idxmin(axis=1).to_numpy(), table.min(axis=1).to_numpy()


# Settings and preparation


@pytest.mark.parametrize("name", SETTINGS)
def test_a_missing_setting_is_named(name: str) -> None:
    incomplete = {key: value for key, value in SETTINGS.items() if key != name}
    with pytest.raises((KeyError, TypeError), match=name):
        Analysis.from_settings(incomplete)


def test_missing_features_are_named() -> None:
    features, _ = blobs()
    with pytest.raises(ValueError, match=r"lacks: depth, weight"):
        prepare(features, Analysis.from_settings(settings(features=["width", "depth", "weight"])))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_feature_that_is_not_finite_is_named_with_the_number_of_rows(value: float) -> None:
    features, _ = blobs()
    features.loc[[3, 5], "height"] = value
    with pytest.raises(ValueError, match=r"height holds 2 values"):
        prepare(features, Analysis.from_settings(SETTINGS))


def test_an_unknown_scaler_is_named_with_the_known_ones() -> None:
    features, _ = blobs()
    with pytest.raises(ValueError, match=r"'cubic'.*standard, robust, minmax, none"):
        prepare(features, Analysis.from_settings(settings(scaler="cubic")))


def test_standard_scaling_takes_mean_and_deviation() -> None:
    features, _ = blobs()
    sample = prepare(features, Analysis.from_settings(SETTINGS))
    values = features[SETTINGS["features"]]
    np.testing.assert_allclose(sample.offset, values.mean())
    np.testing.assert_allclose(sample.scale, values.std(ddof=0))
    scaled = ((values - sample.offset) / sample.scale).iloc[drawn_order(features["unit_id"])]
    np.testing.assert_allclose(sample.scaled, scaled)


def test_robust_scaling_takes_median_and_quartiles() -> None:
    features, _ = blobs()
    features.loc[0, "width"] = 1e9
    sample = prepare(features, Analysis.from_settings(settings(scaler="robust")))
    values = features[SETTINGS["features"]]
    np.testing.assert_allclose(sample.offset, values.median())
    np.testing.assert_allclose(sample.scale, values.quantile(0.75) - values.quantile(0.25))
    assert sample.scale[0] < 1000


def test_minmax_scaling_takes_least_value_and_range() -> None:
    features, _ = blobs()
    sample = prepare(features, Analysis.from_settings(settings(scaler="minmax")))
    values = features[SETTINGS["features"]]
    np.testing.assert_allclose(sample.offset, values.min())
    np.testing.assert_allclose(sample.scale, values.max() - values.min())
    np.testing.assert_allclose([sample.scaled.min(axis=0), sample.scaled.max(axis=0)], [[0, 0], [1, 1]])


def test_no_scaling_leaves_values_as_they_are() -> None:
    features, _ = blobs()
    sample = prepare(features, Analysis.from_settings(settings(scaler="none")))
    np.testing.assert_array_equal(sample.scaled, features[SETTINGS["features"]].iloc[drawn_order(features["unit_id"])])
    assert (sample.offset.tolist(), sample.scale.tolist()) == ([0, 0], [1, 1])
    table = centroid_table(features, settings(scaler="none"))
    np.testing.assert_array_equal(table["centre"], table["centre_scaled"])


@pytest.mark.parametrize("scaler", SCALERS)
def test_a_constant_feature_is_no_division_by_zero(scaler: str) -> None:
    features, labels = blobs()
    table = centroid_table(features.assign(height=7), settings(scaler=scaler))
    assert np.isfinite(table.select_dtypes("number")).all(axis=None)
    assert table.loc[table["feature"] == "height", "centre"].tolist() == [7, 7, 7]
    found, _ = assigned(features.assign(height=7), table)
    assert adjusted_rand_score(labels, found) == 1


def test_rows_are_taken_in_an_order_of_their_keys() -> None:
    features, _ = blobs()
    analysis = Analysis.from_settings(SETTINGS)
    shuffled = features.sample(frac=1, random_state=3)
    np.testing.assert_array_equal(prepare(features, analysis).scaled, prepare(shuffled, analysis).scaled)


# Fit


def test_known_clusters_are_found() -> None:
    features, labels = blobs()
    table = centroid_table(features, SETTINGS)
    found, distances = assigned(features, table)
    assert adjusted_rand_score(labels, found) == 1
    assert table["inertia"].nunique() == 1
    assert (distances**2).sum() == pytest.approx(table["inertia"].iloc[0])
    assert set(table["fitted_rows"]) == {len(features)}


def test_centres_are_means_in_natural_units() -> None:
    features, _ = blobs()
    table = centroid_table(features, SETTINGS)
    found, _ = assigned(features, table)
    means = features.groupby(found)[SETTINGS["features"]].mean()
    centres = table.pivot_table(index="cluster_id", columns="feature", values="centre")[SETTINGS["features"]]
    np.testing.assert_allclose(centres, means)
    scaled = (table["centre"] - table["scaler_offset"]) / table["scaler_scale"]
    np.testing.assert_allclose(scaled, table["centre_scaled"], atol=1e-12)


def test_clusters_and_features_come_in_order() -> None:
    table = centroid_table(blobs()[0], SETTINGS)
    assert table["cluster_id"].tolist() == [1, 1, 2, 2, 3, 3]
    assert table["feature"].tolist() == ["width", "height"] * 3


def test_labels_fit_the_order_of_the_centres() -> None:
    scaled = prepare(blobs()[0], Analysis.from_settings(SETTINGS)).scaled
    fitted = fit_kmeans(scaled, n_clusters=3, n_init=20, seed=0)
    np.testing.assert_array_equal(fitted.labels_, fitted.predict(scaled))
    for label in range(3):
        np.testing.assert_allclose(scaled[fitted.labels_ == label].mean(axis=0), fitted.cluster_centers_[label])


@pytest.mark.parametrize("n_clusters", [1, 2, 3])
def test_cluster_numbers_do_not_depend_on_the_starts(n_clusters: int) -> None:
    scaled = prepare(blobs(spread=0.1)[0], Analysis.from_settings(SETTINGS)).scaled
    fits = [fit_kmeans(scaled, n_clusters, n_init=50, seed=seed) for seed in range(5)]
    for fitted in fits[1:]:
        np.testing.assert_array_equal(fitted.labels_, fits[0].labels_)


def test_cluster_numbers_descend_in_one_feature() -> None:
    scaled = prepare(blobs()[0], Analysis.from_settings(SETTINGS)).scaled
    centres = fit_kmeans(scaled, n_clusters=3, n_init=20, seed=0).cluster_centers_
    assert any((np.diff(column) < 0).all() for column in centres.T)


def test_order_of_rows_changes_no_digit() -> None:
    features, _ = blobs(spread=0.2)
    for seed in range(3):
        shuffled = features.sample(frac=1, random_state=seed)
        pd.testing.assert_frame_equal(centroid_table(features, SETTINGS), centroid_table(shuffled, SETTINGS), rtol=0)
        pd.testing.assert_frame_equal(
            diagnostics_table(features, SETTINGS), diagnostics_table(shuffled, SETTINGS), rtol=0
        )


def test_number_of_threads_changes_no_digit() -> None:
    features = pd.DataFrame(np.random.default_rng(4).normal(size=(3000, 2)), columns=SETTINGS["features"])
    features = features.assign(unit_id=range(len(features)))
    with threadpool_limits(1):
        alone = centroid_table(features, SETTINGS)
    pd.testing.assert_frame_equal(centroid_table(features, SETTINGS), alone, rtol=0)


def test_another_seed_may_be_chosen() -> None:
    features = pd.DataFrame(noise(), columns=SETTINGS["features"]).assign(unit_id=range(200))
    tables = [centroid_table(features, settings(n_clusters=6, n_init=1, seed=seed)) for seed in range(4)]
    assert len({table["inertia"].iloc[0] for table in tables}) > 1


@pytest.mark.parametrize("n_distinct", [0, 1, 2])
def test_fewer_different_rows_than_clusters_give_fewer_clusters(n_distinct: int) -> None:
    rows = [value for value in range(n_distinct) for _ in range(4)]
    features = pd.DataFrame({"unit_id": range(len(rows)), "width": rows, "height": 1.0}, dtype=float)
    assert centroid_table(features, SETTINGS)["cluster_id"].nunique() == n_distinct
    table = diagnostics_table(features, SETTINGS)
    assert table["is_chosen"].sum() == 1
    assert table.loc[table["is_chosen"], "n_clusters"].item() == max(1, n_distinct)
    assert "structure" not in table.loc[table["is_chosen"], "verdict"].item()


@pytest.mark.parametrize(
    ("n_init", "rows", "starts"), [(1, 50, 1), (3, 50, 3), (50, 50, 50), (50, 500_000, 5), (1, 500_000, 1)]
)
def test_starts_are_those_that_were_asked_for_and_fewer_on_many_rows(
    n_init: int, rows: int, starts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    class Fit:
        cluster_centers_ = np.zeros((1, 1))
        labels_ = np.zeros(1, dtype=int)

        def __init__(self, n_clusters: int, n_init: int, random_state: int, tol: float) -> None:
            asked.append(n_init)

        def fit(self, scaled: np.ndarray) -> Fit:
            return self

    monkeypatch.setattr(segmentation, "KMeans", Fit)
    fit_kmeans(np.zeros((rows, 1)), 1, n_init, seed=0)
    assert asked == [starts]


# The ends of the settings' ranges


@pytest.mark.parametrize(
    "change", [{"n_clusters": 1}, {"n_clusters": 6, "max_clusters": 1}, {"max_clusters": 1, "n_clusters": 1}]
)
def test_the_chosen_number_of_clusters_is_always_judged(change: dict[str, int]) -> None:
    features, _ = blobs()
    assert centroid_table(features, settings(**change))["cluster_id"].nunique() == change["n_clusters"]
    table = diagnostics_table(features, settings(**change))
    expected = max(change["n_clusters"], change.get("max_clusters", SETTINGS["max_clusters"]))
    assert table["n_clusters"].tolist() == list(range(1, expected + 1))
    assert table.loc[table["is_final"], "n_clusters"].tolist() == [change["n_clusters"]]


def test_without_bootstraps_the_stability_is_unknown_and_nothing_is_called_unstable() -> None:
    table = diagnostics_table(blobs()[0], settings(n_bootstraps=0)).set_index("n_clusters")
    assert table["stability"].isna().all()
    assert table.loc[3, "verdict"] == "strong structure, stability unknown"
    assert "stability" not in ", ".join(table["suggested_by"].dropna())
    once = diagnostics_table(blobs()[0], settings(n_bootstraps=1)).set_index("n_clusters")
    assert once.loc[3, "stability"] == pytest.approx(1)


# Diagnostics


@pytest.fixture(scope="module")
def diagnostics() -> pd.DataFrame:
    return diagnostics_table(blobs()[0], SETTINGS).set_index("n_clusters")


def test_each_number_of_clusters_has_a_row(diagnostics: pd.DataFrame) -> None:
    assert diagnostics.index.tolist() == [1, 2, 3, 4, 5, 6]
    assert diagnostics.index[diagnostics["is_chosen"]].tolist() == [3]
    assert diagnostics["inertia"].is_monotonic_decreasing


def test_scores_are_not_defined_for_one_cluster(diagnostics: pd.DataFrame) -> None:
    scores = ["silhouette", "calinski_harabasz", "davies_bouldin", "stability"]
    assert diagnostics.loc[1, scores].isna().all()
    assert diagnostics.loc[2:, scores].notna().all(axis=None)


def test_all_methods_suggest_the_true_number(diagnostics: pd.DataFrame) -> None:
    suggested = diagnostics["suggested_by"].dropna()
    methods = {"elbow", "silhouette", "Calinski-Harabasz", "Davies-Bouldin", "stability", "reference"}
    assert set(suggested[3].split(", ")) == methods
    assert suggested.index.tolist() == [3]
    assert diagnostics.loc[3, "verdict"] == "strong structure"


def test_every_method_makes_one_suggestion() -> None:
    features = pd.DataFrame(noise(), columns=SETTINGS["features"]).assign(unit_id=range(200))
    suggested = diagnostics_table(features, SETTINGS)["suggested_by"].dropna()
    methods = [method for methods in suggested for method in methods.split(", ")]
    assert sorted(methods) == ["Calinski-Harabasz", "Davies-Bouldin", "elbow", "reference", "silhouette", "stability"]


def test_noise_has_no_structure_and_one_cluster_is_offered() -> None:
    features = pd.DataFrame(noise(), columns=SETTINGS["features"]).assign(unit_id=range(200))
    table = diagnostics_table(features, settings(n_bootstraps=1)).set_index("n_clusters")
    assert table.loc[2:, "verdict"].str.startswith("no substantial structure").all()
    assert "reference" in table.loc[1, "suggested_by"]


def test_scores_without_checks_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(3)
    for n_clusters in (2, 5):
        rows, labels = random.normal(size=(60, 3)), random.integers(n_clusters, size=60)
        labels[labels == 1] = np.where(np.arange((labels == 1).sum()) > 0, 0, 1)
        assert mean_silhouette(pairwise_distances(rows), labels) == pytest.approx(silhouette_score(rows, labels))
        others = random.integers(3, size=60)
        assert agreement(labels, others) == pytest.approx(adjusted_rand_score(labels, others))
    assert mean_silhouette(pairwise_distances(rows), np.zeros(60, dtype=int)) == -1
    assert agreement(np.zeros(5, dtype=int), np.zeros(5, dtype=int)) == 1


# The last build


def some_missing(features: pd.DataFrame, seed: int = 0, share: float = 0.02) -> pd.DataFrame:
    return features.drop(index=features.sample(frac=share, random_state=seed).index).reset_index(drop=True)


def spread_out(n_rows: int = 400) -> pd.DataFrame:
    """Rows without clusters, which can be divided in many ways that are about equally good."""
    values = np.random.default_rng(8).normal(size=(n_rows, 2))
    return pd.DataFrame(values, columns=SETTINGS["features"]).assign(unit_id=[f"u{n}" for n in range(n_rows)])


def test_clusters_keep_their_numbers_if_some_units_are_missing() -> None:
    features, chosen = spread_out(), settings(n_clusters=6, n_init=5)
    first = centroid_table(features, chosen)
    before, _ = assigned(features, first)
    anew, kept = [], []
    for seed in range(10):
        fewer = some_missing(features, seed)
        own = pd.Series(before, index=features["unit_id"])[fewer["unit_id"]].to_numpy()
        anew.append((assigned(fewer, centroid_table(fewer, chosen))[0] == own).mean())
        kept.append((assigned(fewer, centroid_table(fewer, chosen, first))[0] == own).mean())
    assert min(anew) < 0.9, "the test needs rows that are divided differently by a fit that knows of no last one"
    assert min(kept) > 0.95


@pytest.mark.parametrize("n_last", [2, 3, 5])
def test_the_same_rows_give_the_same_table_again(n_last: int) -> None:
    """Also a fit that started at another division, and one of another number of clusters before."""
    features = spread_out()
    last = centroid_table(some_missing(features, share=0.3), settings(n_clusters=n_last))
    first = centroid_table(features, SETTINGS, last)
    pd.testing.assert_frame_equal(centroid_table(features, SETTINGS, first), first, rtol=0, atol=0)


def test_a_last_fit_on_other_features_is_forgotten_and_a_bad_one_is_left() -> None:
    features, labels = blobs()
    fresh = centroid_table(features, SETTINGS)
    other = fresh.replace({"feature": {"height": "depth"}})
    pd.testing.assert_frame_equal(centroid_table(features, SETTINGS, other), fresh)
    bad = fresh.assign(centre=np.tile([0.0, 0.0, 1.0, 2.0, 2.0, 1.0], 1))
    found, _ = assigned(features, centroid_table(features, SETTINGS, bad))
    assert adjusted_rand_score(labels, found) == 1


def test_numbers_are_handed_on_and_new_clusters_get_those_that_are_free() -> None:
    features, _ = blobs()
    fresh = centroid_table(features, SETTINGS)
    swapped = fresh.assign(cluster_id=fresh["cluster_id"].map({1: 3, 2: 1, 3: 2}))
    again = centroid_table(features, SETTINGS, swapped)
    expected = swapped.sort_values("cluster_id", kind="stable").reset_index(drop=True)
    pd.testing.assert_frame_equal(again, expected)
    two = swapped[swapped["cluster_id"] != 1]
    more = centroid_table(features, SETTINGS, two)
    pd.testing.assert_frame_equal(more, expected)


def test_kept_share_matches_clusters_one_to_one() -> None:
    assert kept_share(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0])) == 1
    assert kept_share(np.array([0, 0, 1, 1, 2]), np.array([0, 0, 0, 0, 1])) == 0.6


def test_many_rows_are_judged_by_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silhouettes need all pairs of rows."""
    monkeypatch.setattr(segmentation, "DIAGNOSED_ROWS", 60)
    features, _ = blobs()
    table = diagnostics_table(features, SETTINGS)
    assert set(table["fitted_rows"]) == {60}
    shuffled = features.sample(frac=1, random_state=9)
    pd.testing.assert_frame_equal(table, diagnostics_table(shuffled, SETTINGS), rtol=0)


def test_separate_clusters_are_stable_and_noise_is_less_so() -> None:
    scaled = prepare(blobs()[0], Analysis.from_settings(SETTINGS)).scaled
    separate = bootstrap_stability(scaled, fit_kmeans(scaled, 3, n_init=20, seed=0), n_bootstraps=20, seed=0)
    uniform = bootstrap_stability(noise(), fit_kmeans(noise(), 5, n_init=20, seed=0), n_bootstraps=20, seed=0)
    assert separate == pytest.approx(1, abs=1e-9)
    assert uniform < 0.9


def test_stability_is_low_where_a_wrong_number_of_clusters_is_forced() -> None:
    scaled = prepare(blobs()[0], Analysis.from_settings(SETTINGS)).scaled
    fitted = fit_kmeans(scaled, 6, n_init=20, seed=0)
    assert bootstrap_stability(scaled, fitted, n_bootstraps=20, seed=0) < 0.9


def test_a_resample_with_too_few_different_rows_counts_as_disagreement() -> None:
    scaled = np.array([[0.0], [1.0], [2.0]])
    fitted = fit_kmeans(scaled, 3, n_init=5, seed=0)
    assert bootstrap_stability(scaled, fitted, n_bootstraps=50, seed=0) < 0.6


# Elbow and verdict


@pytest.mark.parametrize(
    ("inertia", "expected"),
    [
        ([100, 50, 10, 8, 6, 4], 3),
        ([100, 10, 9, 8, 7, 6], 2),
        ([100, 81, 62, 43, 5, 4], 5),
        ([1000, 500, 100, 80, 60, 40], 3),
    ],
)
def test_elbow_is_where_the_curve_bends(inertia: list[float], expected: int) -> None:
    assert elbow(np.arange(1, 7), np.array(inertia, dtype=float)) == expected


def test_elbow_does_not_depend_on_units() -> None:
    inertia = 60 / np.arange(1, 11) ** 1.5
    assert elbow(np.arange(1, 11), inertia) == elbow(np.arange(1, 11), 1e6 * inertia + 17)


@pytest.mark.parametrize("n_points", [1, 2])
def test_two_points_have_no_elbow(n_points: int) -> None:
    assert elbow(np.arange(1, n_points + 1), np.arange(n_points, 0, -1, dtype=float)) is None


@pytest.mark.parametrize(
    ("structure", "stability", "expected"),
    [
        (0.41, 1.0, "strong structure"),
        (0.40, 1.0, "reasonable structure"),
        (0.11, 1.0, "reasonable structure"),
        (0.10, 1.0, "weak structure"),
        (0.01, 1.0, "weak structure"),
        (0.0, 1.0, "no substantial structure"),
        (0.41, 0.65, "strong structure"),
        (0.41, 0.649, "strong structure, unstable"),
        (0.0, 0.0, "no substantial structure, unstable"),
    ],
)
def test_verdict_follows_the_limits(structure: float, stability: float, expected: str) -> None:
    assert verdict(3, structure, stability) == expected


def test_one_cluster_is_no_segmentation() -> None:
    assert verdict(1, float("nan"), float("nan")) == "no segmentation"
