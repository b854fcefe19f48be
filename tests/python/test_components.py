"""Principal components of a segmentation's features, and the map that they make."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from dbt_runs import DbtRun
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from segmart.statistics.components import components_table

SETTINGS: dict[str, Any] = {
    "features": ["a", "b", "c"],
    "scaler": "standard",
    "n_clusters": 2,
    "max_clusters": 3,
    "n_init": 2,
    "n_bootstraps": 2,
    "seed": 1,
}


def units(rows: int = 200, seed: int = 5) -> pd.DataFrame:
    """Units that vary much along a + b, less along c, and hardly in between."""
    random = np.random.default_rng(seed)
    shared = random.normal(size=rows)
    return pd.DataFrame(
        {
            "unit_id": [f"u{number:04}" for number in range(rows)],
            "a": 100 + 10 * shared + random.normal(size=rows),
            "b": 5 + 2 * shared + 0.2 * random.normal(size=rows),
            "c": random.normal(size=rows),
        }
    )


def placed(frame: pd.DataFrame, table: pd.DataFrame) -> np.ndarray:
    """Coordinates as the SQL computes them, shape (n_rows, n_components)."""
    columns = []
    for _, part in table.groupby("component"):
        terms = [row.loading * (frame[row.feature] - row.centre) / row.scale for row in part.itertuples()]
        columns.append(sum(terms))
    return np.column_stack(columns)


@pytest.mark.parametrize("scaler", ["standard", "robust"])
def test_components_are_those_of_scikit_learn(scaler: str) -> None:
    frame = units()
    table = components_table(frame, {**SETTINGS, "scaler": scaler})
    values = frame[["a", "b", "c"]].to_numpy()
    scale = table["scale"].to_numpy()[:3]
    scaled = (values - values.mean(axis=0)) / scale
    expected = PCA(n_components=2).fit(scaled)
    coordinates = placed(frame, table)
    for number in range(2):
        own, other = coordinates[:, number], expected.transform(scaled)[:, number]
        np.testing.assert_allclose(np.abs(own), np.abs(other), atol=1e-6)
    explained = table.drop_duplicates("component")["explained_share"]
    np.testing.assert_allclose(explained, expected.explained_variance_ratio_, atol=1e-8)


def test_the_scale_is_that_of_the_scaler() -> None:
    frame = units()
    table = components_table(frame, SETTINGS)
    np.testing.assert_allclose(table["scale"][:3], StandardScaler().fit(frame[["a", "b", "c"]].to_numpy()).scale_)
    np.testing.assert_allclose(table["centre"][:3], frame[["a", "b", "c"]].mean())


def test_the_largest_loading_of_a_component_is_positive() -> None:
    for seed in range(5):
        frame = units(seed=seed)
        for table in (components_table(frame, SETTINGS), components_table(frame.assign(c=-frame["c"]), SETTINGS)):
            for _, part in table.groupby("component"):
                assert part["loading"][part["loading"].abs().idxmax()] > 0
                assert abs((part["loading"] ** 2).sum() - 1) < 1e-6


def test_the_order_of_rows_does_not_matter() -> None:
    frame = units()
    pd.testing.assert_frame_equal(components_table(frame, SETTINGS), components_table(frame.iloc[::-1], SETTINGS))


def test_nothing_to_tell_apart_is_no_error() -> None:
    assert components_table(units(0), SETTINGS).empty
    one = components_table(units(1), SETTINGS)
    assert (one["explained_share"] == 0).all()
    assert np.isfinite(one[["centre", "scale", "loading"]].to_numpy()).all()
    single = components_table(units(), {**SETTINGS, "features": ["a"]})
    assert single[["component", "feature", "loading", "explained_share"]].values.tolist() == [[1, "a", 1.0, 1.0]]


def test_the_map_lies_around_the_average_unit_and_is_bounded(sample_build: DbtRun) -> None:
    query = """
        select analysis, count(*), avg(component_1), stddev_pop(component_1), stddev_pop(component_2)
        from marts.segment_map
        group by analysis
        order by analysis
    """
    rows = {analysis: rest for analysis, *rest in sample_build.rows(query)}
    assert {"lifestage_segments", "shop_customers", "campaign_customers"} <= set(rows)
    for points, mean, first, second in rows.values():
        assert 2 < points <= 2000
        assert abs(mean) < 0.25 * first
        assert first >= 0.9 * second > 0


def test_a_map_places_the_segments_apart_that_the_sample_planted(sample_build: DbtRun) -> None:
    query = "select cluster_id, component_1, component_2 from marts.segment_map where analysis = 'shop_customers'"
    frame = pd.DataFrame(sample_build.rows(query), columns=["cluster", "x", "y"])
    centres = frame.groupby("cluster")[["x", "y"]].mean()
    spread = (frame[["x", "y"]] - centres.loc[frame["cluster"]].to_numpy()).std().max()
    distances = [
        np.linalg.norm(centres.loc[one] - centres.loc[other])
        for one in centres.index
        for other in centres.index
        if one < other
    ]
    assert min(distances) > spread
