"""The shop's segments: planted truth, scikit-learn as the oracle, and names that stay when nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from analyses import project_with
from dbt_runs import REAL_DATA, ROOT, SAMPLE_DATA, DbtRun, run_dbt
from scipy.stats import chi2_contingency, spearmanr
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
    """Build the shop alone, or its customers' segments alone from other customers or with other settings."""

    def build(customers: pd.DataFrame | None = None, **settings: object) -> DbtRun:
        folder = tmp_path_factory.mktemp("shop")
        project = project_with(folder, {"shop_customers": settings}) if settings else ROOT
        if customers is not None:
            (folder / "data" / "shop").mkdir(parents=True)
            customers.to_csv(folder / "data" / "shop" / "shop_customers.csv", index=False)
        data = None if customers is None else folder / "data"
        arguments = ["build", "--exclude-resource-type", "unit_test"]
        if settings or customers is not None:
            arguments += ["--select", "+customer_segments", "--indirect-selection", "cautious"]
        return run_dbt(folder, *arguments, data=data, datasets=["shop"], project=project).succeeded()

    return build


@pytest.fixture(scope="module")
def shop_build(build_shop: Callable[..., DbtRun]) -> DbtRun:
    return build_shop()


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


def test_names_do_not_depend_on_the_seed(shop_build: DbtRun, build_shop: Callable[..., DbtRun]) -> None:
    other = build_shop(seed=99)
    assert adjusted_rand_score(segments(shop_build), segments(other)) > 0.99
    same = segments(shop_build) == segments(other)
    assert same.mean() > 0.99


def test_names_survive_one_percent_of_new_customers(shop_build: DbtRun, build_shop: Callable[..., DbtRun]) -> None:
    sample = synthesize_shop()
    old = pd.read_csv(SAMPLE_DATA / "shop" / "shop_customers.csv", dtype=str, keep_default_na=False)
    new = synthesize_shop(customers=len(sample.customers), seed=77).customers.astype(str).head(len(old) // 100)
    new = new.assign(CustomerID=[str(10_000_000 + n) for n in range(len(new))])
    before, after = segments(shop_build), segments(build_shop(customers=pd.concat([old, new[old.columns]])))
    assert len(after) == len(old) + len(new)
    assert (after.loc[before.index] == before).mean() > 0.99
    identifiers = "select cluster_id, segment_name from intermediate.int_segmentation__names order by 1"
    assert shop_build.rows(identifiers) == build_shop(customers=old).rows(identifiers)


def test_a_small_fit_sample_still_scores_everybody(build_shop: Callable[..., DbtRun]) -> None:
    run = build_shop(fit_sample_rows=300)
    assert run.rows("select distinct fitted_rows from intermediate.segmentation_centroids") == [(300,)]
    planted = synthesize_shop().truth.group
    found = segments(run)
    assert len(found) == len(raw_customers(SAMPLE_DATA))
    assert adjusted_rand_score(planted.loc[found.index], found) >= 0.9


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
