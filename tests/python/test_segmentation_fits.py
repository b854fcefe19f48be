"""All analyses at once: the columns and types are the same with and without rows, and analyses do not mix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from segmart.statistics import fits
from segmart.statistics.segmentation import centroid_table
from segmart.statistics.settings import SETTINGS_TYPES
from segmart.statistics.two_stage import MERGE_TYPES

ROW: dict[str, Any] = {
    "dataset": "crm",
    "analysis": "people",
    "settings_name": "people",
    "unit": "customer",
    "scaler": "standard",
    "n_clusters": 2,
    "max_clusters": 3,
    "n_init": 2,
    "n_bootstraps": 2,
    "fit_sample_rows": 100,
    "seed": 1,
}
TWO_STAGES = {"n_ward_clusters": 3, "max_share": 0.2, "min_z_score": 2.0}
IMPUTED = {"n_neighbors": 2, "donor_rows": 100, "imputation_seed": 1}


def settings(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(SETTINGS_TYPES)).astype(SETTINGS_TYPES)


def measures(analysis: str = "people") -> pd.DataFrame:
    rows = [
        (2, "height", "feature", None),
        (1, "width", "feature", "predictor"),
        (3, "depth", "measure", "target"),
        (4, "colour", "category", None),
    ]
    columns = ["position", "measure", "role", "imputation"]
    return pd.DataFrame(rows, columns=columns).assign(dataset="crm", analysis=analysis)


def vectors(analysis: str = "people", units: int = 40) -> pd.DataFrame:
    """Two clear groups of units and two units far away."""
    random = np.random.default_rng(3)
    values = random.normal(size=(units, 2)) * 0.1 + np.where(np.arange(units)[:, None] % 2, 0.0, 5.0)
    values[: min(units, 2)] += 50
    return pd.DataFrame(
        {
            "dataset": "crm",
            "analysis": analysis,
            "unit_id": [f"u{number:03}" for number in range(units)],
            "feature_values": list(values),
            "cluster_id": np.arange(units) % 2 + 1,
            "measure_values": list(values[:, :1]),
            "category_values": [np.array(["red" if number % 3 else "blue"], dtype=object) for number in range(units)],
        }
    )


def gaps(analysis: str = "people", units: int = 12) -> pd.DataFrame:
    """Units of which the first lacks its target."""
    target = [np.ma.masked_array([float(number)], mask=[number == 0]) for number in range(units)]
    return pd.DataFrame(
        {
            "dataset": "crm",
            "analysis": analysis,
            "unit_id": [str(number) for number in range(units)],
            "is_donor": [number > 0 for number in range(units)],
            "is_receiver": [number == 0 for number in range(units)],
            "target_values": target,
            "predictor_values": [np.array([float(number)]) for number in range(units)],
        }
    )


NO_LAST = pd.DataFrame(
    {name: [] for name in ("dataset", "analysis", "cluster_id", "measure", "centre", "is_specialist")}
)


def centroids(units: pd.DataFrame, rows: pd.DataFrame, described: pd.DataFrame) -> pd.DataFrame:
    """A first build."""
    return fits.centroids(units, rows, described, NO_LAST)


def after_centroids(fit: Callable[..., pd.DataFrame]) -> Callable[..., pd.DataFrame]:
    """A fit that reads the published centres too."""
    return lambda units, rows, described: fit(units, rows, described, centroids(units, rows, described))


def diagnostics(units: pd.DataFrame, rows: pd.DataFrame, described: pd.DataFrame) -> pd.DataFrame:
    centres = centroids(units, rows, described)
    return fits.diagnostics(units, rows, described, centres, fits.stability(units, rows, described, centres))


FITS: dict[str, tuple[Callable[..., pd.DataFrame], Callable[..., pd.DataFrame], dict[str, str]]] = {
    "centroids": (centroids, vectors, fits.CENTROID_TYPES),
    "stability": (after_centroids(fits.stability), vectors, fits.STABILITY_TYPES),
    "diagnostics": (diagnostics, vectors, fits.DIAGNOSTIC_TYPES),
    "components": (fits.components, vectors, fits.COMPONENT_TYPES),
    "differences": (fits.differences, vectors, fits.DIFFERENCE_TYPES),
    "merges": (after_centroids(fits.merges), vectors, MERGE_TYPES),
    "imputations": (fits.imputations, gaps, fits.IMPUTATION_TYPES),
    "imputation_quality": (fits.imputation_quality, gaps, fits.QUALITY_TYPES),
}


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("name", FITS)
def test_columns_and_types_do_not_depend_on_the_rows(name: str) -> None:
    fit, data, types = FITS[name]
    row = {**ROW, **TWO_STAGES, **IMPUTED}
    full = fit(data(), settings(row), measures())
    assert not full.empty
    nothing = fit(data(units=0), settings(), measures()[:0])
    assert nothing.empty
    for table in (full, nothing, fit(data(units=2), settings(row), measures())):
        assert list(table) == [*fits.KEYS, *types]
        kinds = {column: str(kind) for column, kind in table.dtypes.items()}
        assert kinds == {**dict.fromkeys(fits.KEYS, "string"), **types}


@pytest.mark.usefixtures("one_thread")
def test_no_units_give_no_clusters_and_no_error() -> None:
    for name, (fit, data, _) in FITS.items():
        table = fit(data(units=0), settings({**ROW, **TWO_STAGES, **IMPUTED}), measures())
        # Nothing is imputed, and the quality of that is unknown.
        assert len(table) == (1 if name == "imputation_quality" else 0), name


@pytest.mark.usefixtures("one_thread")
def test_analyses_do_not_mix_and_each_has_its_own_stages() -> None:
    both = pd.concat([vectors("people"), vectors("others", units=30)])
    rows = settings(ROW, {**ROW, **TWO_STAGES, "analysis": "others", "settings_name": "others", "n_clusters": 3})
    every = pd.concat([measures("people"), measures("others")])
    table = centroids(both, rows, every)
    sizes = table.groupby("analysis")["cluster_id"].nunique().to_dict()
    assert sizes == {"people": 2, "others": 3}
    assert table.groupby("analysis")["is_specialist"].any().to_dict() == {"people": False, "others": True}
    people = table[table["analysis"] == "people"]
    assert people["position"].tolist() == [1, 2, 1, 2]
    assert people["feature"].tolist() == ["width", "height"] * 2
    alone = pd.DataFrame(vectors()["feature_values"].tolist(), columns=["width", "height"])
    expected = centroid_table(alone.assign(unit_id=vectors()["unit_id"]), {**ROW, "features": ["width", "height"]})
    np.testing.assert_array_equal(people["centre"], expected["centre"])
    assert set(fits.merges(both, rows, every, table)["analysis"]) == {"others"}


def test_a_feature_that_is_not_known_is_an_error_that_names_the_cure() -> None:
    rows = vectors()
    rows.at[3, "feature_values"] = np.ma.masked_array([1.0, 2.0], mask=[False, True])
    with pytest.raises(ValueError, match=r"people, measure height: 1 of 40 units have no value; write target into"):
        centroids(rows, settings(ROW), measures())


@pytest.mark.usefixtures("one_thread")
def test_each_analysis_follows_its_own_last_build() -> None:
    both = pd.concat([vectors("people"), vectors("others")])
    rows = settings(ROW, {**ROW, "analysis": "others", "settings_name": "others"})
    every = pd.concat([measures("people"), measures("others")])
    first = centroids(both, rows, every)
    last = first.rename(columns={"feature": "measure"})
    is_other = last["analysis"] == "others"
    last["cluster_id"] = last["cluster_id"].where(~is_other, 3 - last["cluster_id"])
    again = fits.centroids(both, rows, every, last)
    by_cluster = ["analysis", "cluster_id", "position"]
    numbered = first.assign(cluster_id=last["cluster_id"]).sort_values(by_cluster, ascending=[False, True, True])
    pd.testing.assert_frame_equal(
        again.sort_values(by_cluster, ascending=[False, True, True], ignore_index=True),
        numbered.reset_index(drop=True),
    )


def test_missing_values_are_imputed_from_what_is_near() -> None:
    table = fits.imputations(gaps(), settings({**ROW, **IMPUTED}), measures())
    assert table[["unit_id", "measure", "imputed"]].to_numpy().tolist() == [["0", "depth", 1.5]]


def test_personas_are_those_of_the_settings() -> None:
    """Names by rank come before personas, and the words are looked up by the name of the settings."""
    profiles = pd.DataFrame(
        [
            (dataset, analysis, cluster, "width", z_score)
            for dataset, analysis in (("crm", "people"), ("shop", "shop_people"))
            for cluster, z_score in ((1, 2.0), (2, -2.0))
        ],
        columns=["dataset", "analysis", "cluster_id", "measure", "strength"],
    )
    rows = settings(ROW, {**ROW, "dataset": "shop", "analysis": "shop_people", "settings_name": "template"})
    ranked = pd.DataFrame(
        [("people", "1", "Wide", "width", "1"), ("people", "2", "Rest", None, None)],
        columns=["analysis", "priority", "segment_name", "measure", "weight"],
    )
    described = pd.DataFrame(
        [("people", "Never", "width", "1"), ("template", "Thin", "width", "-1")],
        columns=["analysis", "persona", "measure", "weight"],
    )
    found = fits.personas(profiles, rows, ranked, described, 0.8)
    assert found[["analysis", "cluster_id", "segment_name"]].to_numpy().tolist() == [
        ["people", 1, "Wide"], ["people", 2, "Rest"], ["shop_people", 2, "Thin"]
    ]  # fmt: skip
    empty = fits.personas(profiles[:0], rows[:0], ranked, described, 0.8)
    assert list(empty) == [*fits.KEYS, *fits.PERSONA_TYPES]
