"""How clusters differ, attribute by attribute, on rows whose differences are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency, f_oneway, false_discovery_control, kruskal

from segmart.statistics.differences import differences_table

SETTINGS: dict[str, Any] = {
    "features": ["width"],
    "derived_measures": ["area"],
    "measures": ["weight", "age"],
    "categories": ["colour"],
}


def units(rows_per_cluster: int = 50) -> pd.DataFrame:
    """Clusters cut from `width` alone, `area` its square; `weight` and `colour` go with the cluster, `age` does not."""
    random = np.random.default_rng(3)
    clusters = np.repeat([1, 2, 3], rows_per_cluster)
    width = clusters + random.uniform(size=len(clusters))
    return pd.DataFrame(
        {
            "unit_id": [f"unit {number:04}" for number in range(len(clusters))],
            "cluster_id": clusters,
            "width": width,
            "area": width**2,
            "weight": clusters + random.normal(size=len(clusters)),
            "age": random.normal(size=len(clusters)),
            "colour": np.where(random.uniform(size=len(clusters)) < clusters / 4, "red", "green"),
        }
    )


def differences(sample: pd.DataFrame, **changes: Any) -> pd.DataFrame:
    return differences_table(sample, {**SETTINGS, **changes}).set_index("attribute")


def test_what_the_fit_looked_for_and_what_follows_from_it_is_not_tested() -> None:
    table = differences(units())
    assert table.index.tolist() == ["width", "area", "weight", "age", "colour"]
    assert table["is_fit_feature"].tolist() == [True, False, False, False, False]
    assert table["is_derived"].tolist() == [False, True, False, False, False]
    untested = table.loc[["width", "area"]]
    assert untested[["test", "statistic", "p_value", "q_value"]].isna().all(axis=None)
    assert (untested["effect_size"] > 0.8).all()


def test_tests_and_effect_sizes_are_those_of_scipy() -> None:
    sample = units()
    table = differences(sample)
    for name in ("weight", "age"):
        groups = [rows.to_numpy() for _, rows in sample.groupby("cluster_id")[name]]
        expected = f_oneway(*groups, equal_var=False)
        assert table.loc[name, ["test", "effect_name"]].tolist() == ["Welch's ANOVA", "eta squared"]
        assert table.loc[name, "p_value"] == pytest.approx(expected.pvalue, rel=1e-9)
        inside = sum(((group - group.mean()) ** 2).sum() for group in groups)
        total = ((sample[name] - sample[name].mean()) ** 2).sum()
        assert table.loc[name, "effect_size"] == pytest.approx(1 - inside / total, rel=1e-9)
    expected = chi2_contingency(pd.crosstab(sample["colour"], sample["cluster_id"]), correction=False)
    assert table.loc["colour", "p_value"] == pytest.approx(expected.pvalue, rel=1e-9)


def test_small_clusters_are_compared_by_ranks() -> None:
    sample = units(rows_per_cluster=10)
    row = differences(sample).loc["weight"]
    expected = kruskal(*[rows for _, rows in sample.groupby("cluster_id")["weight"]])
    assert (row["test"], row["effect_name"]) == ("Kruskal-Wallis", "epsilon squared")
    assert row["p_value"] == pytest.approx(expected.pvalue, rel=1e-9)
    assert row["effect_size"] == pytest.approx(expected.statistic * 31 / 899, rel=1e-9)


def test_q_values_are_corrected_over_what_is_tested() -> None:
    """A derived measure as an ordinary one would be a fourth comparison, and move the others."""
    table = differences(units())
    tested = ["weight", "age", "colour"]
    np.testing.assert_allclose(table.loc[tested, "q_value"], false_discovery_control(table.loc[tested, "p_value"]))


def test_lists_may_be_missing_and_nothing_may_be_left_to_test() -> None:
    table = differences_table(units(), {"features": ["width"]})
    assert table["attribute"].tolist() == ["width"]
    assert table[["p_value", "q_value"]].isna().all(axis=None)


def test_one_cluster_and_constant_attributes_have_no_test() -> None:
    alone = differences(units().assign(cluster_id=1))
    constant = differences(units().assign(weight=7.0, colour="red")).loc[["weight", "colour"]]
    for table in (alone, constant):
        assert table["test"].isna().all()
        assert (table["effect_size"] == 0).all()


def test_order_of_rows_changes_nothing() -> None:
    sample = units()
    shuffled = sample.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(differences(sample), differences(shuffled), rtol=0)
