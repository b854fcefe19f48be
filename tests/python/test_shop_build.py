"""The shop's segments: planted truth, scikit-learn as the oracle, and names that stay when nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from dbt_runs import REAL_DATA, ROOT, SAMPLE_DATA, DbtRun, run_dbt
from scipy.stats import chi2_contingency, spearmanr
from segmentation_lists import ANALYSES, MEASURES, copy_project, project_with, read_rows, write_rows
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from tools.synthesize import synthesize_shop

HEADERS = {
    "Age": "age",
    "Annual Income ($)": "annual_income",
    "Spending Score (1-100)": "spending_score",
    "Work Experience": "work_experience",
    "Family Size": "family_size",
}
FEATURES = list(HEADERS.values())
STARTS = 30

needs_real_files = pytest.mark.skipif(
    not (REAL_DATA / "shop" / "shop_customers.csv").exists(), reason=f"no real shop file in {REAL_DATA}"
)


def raw_customers(data: Path) -> pd.DataFrame:
    return pd.read_csv(data / "shop" / "shop_customers.csv").rename(columns=HEADERS).set_index("CustomerID")


def segments(run: DbtRun) -> pd.Series:
    """Segment name of each customer of the shop."""
    sql = "select customer_id, segment_name from marts.customer_segments where analysis = 'shop_customers'"
    table = run.query(sql).astype({"customer_id": int})
    return table.set_index("customer_id")["segment_name"].sort_index()


@pytest.fixture(scope="module")
def build_shop(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., DbtRun]:
    """Build the segments of the shop's customers from other customers or with other settings."""

    def build(customers: pd.DataFrame | None = None, **settings: object) -> DbtRun:
        folder = tmp_path_factory.mktemp("shop")
        project = project_with(folder, {"shop_customers": settings}) if settings else ROOT
        if customers is not None:
            (folder / "data" / "shop").mkdir(parents=True)
            customers.to_csv(folder / "data" / "shop" / "shop_customers.csv", index=False)
        data = None if customers is None else folder / "data"
        arguments = ["build", "--no-write-json"]
        arguments += ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"]
        arguments += ["--select", "+customer_segments"]
        return run_dbt(folder, *arguments, data=data, datasets=["shop"], project=project).succeeded()

    return build


@pytest.fixture(scope="module")
def shop_build(sample_build: DbtRun) -> DbtRun:
    return sample_build


def check_against_scikit_learn(run: DbtRun, customers: pd.DataFrame) -> None:
    scaled = StandardScaler().fit_transform(customers[FEATURES])
    oracle = KMeans(3, n_init=STARTS, random_state=0).fit(scaled)
    ((inertia,),) = run.rows(
        "select max(inertia) from intermediate.segmentation_centroids where analysis = 'shop_customers'"
    )
    assert inertia <= oracle.inertia_ * 1.001
    found = run.query("select * from marts.customer_segments where analysis = 'shop_customers'")
    found = found.astype({"customer_id": int}).set_index("customer_id").loc[customers.index]
    centres = pd.DataFrame(scaled, index=customers.index).groupby(found["cluster_id"]).mean()
    distances = np.linalg.norm(scaled[:, None, :] - centres.to_numpy()[None], axis=2)
    # A fit has converged when every unit is nearest to the mean of its own cluster.
    np.testing.assert_allclose(found["distance"], distances.min(axis=1), rtol=1e-2)
    assert (centres.index.to_numpy()[distances.argmin(axis=1)] == found["cluster_id"]).mean() > 0.995


def test_planted_groups_are_found(shop_build: DbtRun) -> None:
    planted = synthesize_shop().truth.group
    found = segments(shop_build)
    assert adjusted_rand_score(planted.loc[found.index], found) >= 0.95


def test_fit_and_scores_agree_with_scikit_learn(shop_build: DbtRun) -> None:
    check_against_scikit_learn(shop_build, raw_customers(SAMPLE_DATA))


def test_profiles_equal_pandas(shop_build: DbtRun) -> None:
    customers = raw_customers(SAMPLE_DATA)
    names = segments(shop_build)
    profiles = shop_build.query("select * from marts.segment_profiles where analysis = 'shop_customers'")
    numbers = profiles[profiles["measure_type"] == "number"].set_index(["segment_name", "measure"])
    for feature in FEATURES:
        by_segment = customers[feature].groupby(names)
        z_scores = (by_segment.mean() - customers[feature].mean()) / customers[feature].std(ddof=0)
        for name in names.unique():
            row = numbers.loc[(name, feature)]
            expected = [by_segment.mean()[name], by_segment.median()[name], z_scores[name]]
            np.testing.assert_allclose([row["mean"], row["median"], row["z_score"]], expected, atol=1e-6)
    shares = profiles[profiles["measure"] == "gender = Female"].set_index("segment_name")["mean"]
    expected_shares = (customers["Gender"] == "Female").groupby(names).mean()
    np.testing.assert_allclose(shares.sort_index(), expected_shares.sort_index(), atol=1e-6)


def test_differences_are_tested_where_the_fit_did_not_look(shop_build: DbtRun) -> None:
    """The profession was planted with the group, the gender was not."""
    customers = raw_customers(SAMPLE_DATA)
    table = shop_build.query("select * from marts.segment_differences where analysis = 'shop_customers'")
    table = table.set_index("attribute")
    assert table.loc[FEATURES, "p_value"].isna().all()
    assert (table.loc[FEATURES, "effect_size"] > 0.1).all()
    counts = pd.crosstab(customers["Profession"].fillna("Unknown"), segments(shop_build))
    np.testing.assert_allclose(table.loc["profession", "p_value"], chi2_contingency(counts).pvalue, rtol=1e-6)
    assert table["is_significant"].to_dict() == dict.fromkeys([*FEATURES, "gender"], False) | {"profession": True}


def test_correlations_equal_pandas_and_scipy(shop_build: DbtRun) -> None:
    customers = raw_customers(SAMPLE_DATA)
    table = shop_build.query("select * from marts.feature_correlations where analysis = 'shop_customers'")
    assert len(table) == 10
    for row in table.itertuples():
        x, y = customers[row.feature_x], customers[row.feature_y]
        np.testing.assert_allclose([row.pearson, row.spearman], [x.corr(y), spearmanr(x, y).statistic], atol=1e-6)


def test_distributions_hold_every_customer_once(shop_build: DbtRun) -> None:
    table = shop_build.query("select * from marts.feature_distributions where analysis = 'shop_customers'")
    units = table.groupby(["segment_name", "feature"])["units"].sum().unstack()
    sizes = segments(shop_build).value_counts()
    assert (units.loc["All"] == sizes.sum()).all()
    assert units.drop("All").eq(sizes, axis=0).all(axis=None)


@pytest.mark.long
def test_names_do_not_depend_on_the_seed(shop_build: DbtRun, build_shop: Callable[..., DbtRun]) -> None:
    other = build_shop(seed=99)
    assert adjusted_rand_score(segments(shop_build), segments(other)) > 0.99
    same = segments(shop_build) == segments(other)
    assert same.mean() > 0.99


@pytest.mark.long
def test_names_survive_one_percent_of_new_customers(shop_build: DbtRun, build_shop: Callable[..., DbtRun]) -> None:
    sample = synthesize_shop()
    old = pd.read_csv(SAMPLE_DATA / "shop" / "shop_customers.csv", dtype=str, keep_default_na=False)
    new = synthesize_shop(customers=len(sample.customers), seed=77).customers.astype(str).head(len(old) // 100)
    new = new.assign(CustomerID=[str(10_000_000 + n) for n in range(len(new))])
    before, after = segments(shop_build), segments(build_shop(customers=pd.concat([old, new[old.columns]])))
    assert len(after) == len(old) + len(new)
    assert (after.loc[before.index] == before).mean() > 0.99


@pytest.mark.long
def test_a_small_fit_sample_still_scores_everybody(build_shop: Callable[..., DbtRun]) -> None:
    run = build_shop(fit_sample_rows=300)
    assert run.rows("select distinct fitted_rows from intermediate.segmentation_centroids") == [(300,)]
    planted = synthesize_shop().truth.group
    found = segments(run)
    assert len(found) == len(raw_customers(SAMPLE_DATA))
    assert adjusted_rand_score(planted.loc[found.index], found) >= 0.9


ENDS: dict[str, dict[str, object]] = {
    "least": {"n_clusters": 1, "max_clusters": 1, "n_init": 1, "n_bootstraps": 0, "scaler": "none"},
    "two": {"n_clusters": 2, "n_bootstraps": 1, "scaler": "minmax", "outlier_z_score": 1.5},
    "many": {"n_clusters": 100, "max_clusters": 100, "n_init": 2, "n_bootstraps": 1, "scaler": "robust"},
    "one_unit": {"fit_sample_rows": 1, "n_clusters": 3},
    "no_unit": {"outlier_z_score": 0, "n_clusters": 3},
    "two_stages": {"n_ward_clusters": 2, "max_share": 1, "min_z_score": 0, "n_clusters": 2, "n_bootstraps": 0},
    "no_specialists": {"n_ward_clusters": 100, "max_share": 0, "min_z_score": 1000, "n_clusters": 3, "n_bootstraps": 1},
}
"""Name of a segmentation of few customers -> settings at the ends of their ranges; the others are the shop's."""


@pytest.fixture(scope="module")
def ends_build(tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    folder = tmp_path_factory.mktemp("ends")
    project = copy_project(folder)
    for file, changed in ((ANALYSES, True), (MEASURES, False)):
        rows = read_rows(project / file)
        own = [row for row in rows if row["analysis"] == "shop_customers"]
        more = [{**row, "analysis": name, **(ENDS[name] if changed else {})} for name in ENDS for row in own]
        write_rows(project / file, [*rows, *more])
    (folder / "data" / "shop").mkdir(parents=True)
    synthesize_shop().customers.head(40).to_csv(folder / "data" / "shop" / "shop_customers.csv", index=False)
    marts = (
        *("customer_segments", "segment_profiles", "segment_diagnostics", "segment_map", "segment_differences"),
        *("segment_components", "dendrogram_merges", "segment_actions", "feature_distributions", "imputed_values"),
    )
    arguments = ["build", "--no-write-json", "--exclude-resource-type", "unit_test"]
    arguments += ["--indirect-selection", "cautious"]
    arguments += ["--select", *(f"+{mart}" for mart in marts)]
    run = run_dbt(folder, *arguments, data=folder / "data", project=project, datasets=["shop"])
    return run.succeeded()


@pytest.mark.long
def test_settings_work_at_the_ends_of_their_ranges(ends_build: DbtRun) -> None:
    segments = ends_build.mart("customer_segments")
    found = segments[segments["cluster_id"] > 0].groupby("analysis")["cluster_id"].nunique().to_dict()
    expected = {
        "shop_customers": 3,
        "least": 1,
        "two": 2,
        "many": 40,
        "one_unit": 1,
        "two_stages": 2,
        "no_specialists": 3,
    }
    assert found == expected
    assert (segments.groupby("analysis").size() == 40).all()
    final = ends_build.mart("segment_diagnostics").query("is_final").set_index("analysis")
    assert final["n_clusters"].to_dict() == expected
    assert final.loc[["least", "one_unit"], "verdict"].tolist() == ["no segmentation"] * 2
    assert final.loc["many", "verdict"] == "too few different units to judge"
    assert final.loc["two_stages", "verdict"].endswith(("stability unknown", "too few different units to judge"))


@pytest.mark.long
def test_without_a_unit_to_learn_from_there_are_no_segments_and_no_error(ends_build: DbtRun) -> None:
    segments = ends_build.mart("customer_segments").query("analysis == 'no_unit'")
    assert segments["segment_name"].unique().tolist() == ["Unknown"]
    for mart in ("segment_profiles", "segment_diagnostics", "segment_map", "segment_components", "segment_actions"):
        assert "no_unit" not in set(ends_build.mart(mart)["analysis"]), mart


@needs_real_files
def test_real_segments_are_reported_as_weak(real_build: DbtRun) -> None:
    """2,000 customers whose features are nearly independent: three clusters can be drawn, and mean little."""
    ((inertia,),) = real_build.rows(
        "select max(inertia) from intermediate.segmentation_centroids where analysis = 'shop_customers'"
    )
    assert inertia <= 7364.99
    assert len(segments(real_build)) == 2000
    ((silhouette, verdict),) = real_build.rows(
        "select silhouette, verdict from marts.segment_diagnostics where analysis = 'shop_customers' and is_chosen"
    )
    assert 0.14 < silhouette < 0.17
    assert "no substantial structure" in verdict
    cautions = real_build.rows("select insight from marts.insights where dataset = 'shop' and is_caution")
    assert any("no substantial structure" in insight for (insight,) in cautions)
    faults = dict(real_build.rows("select reason, row_count from marts.implausible_rows where dataset = 'shop'"))
    assert faults["work experience exceeds the age"] == 81
    assert faults["profession is missing"] == 35
    assert faults["age is 0"] == 24
    assert faults["spending score is outside 1 to 100"] == 2


@needs_real_files
def test_real_fit_agrees_with_scikit_learn(real_build: DbtRun) -> None:
    scaled = StandardScaler().fit_transform(raw_customers(REAL_DATA)[FEATURES])
    oracle = KMeans(3, n_init=STARTS, random_state=0).fit(scaled)
    ((inertia,),) = real_build.rows(
        "select max(inertia) from intermediate.segmentation_centroids where analysis = 'shop_customers'"
    )
    assert inertia <= oracle.inertia_ * 1.001
