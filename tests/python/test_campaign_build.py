"""The campaign marts of the sample and of the public file against pandas, scikit-learn and the planted truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from dbt_runs import REAL_DATA, SAMPLE_DATA, DbtRun, run_dbt
from scipy.stats import binomtest, false_discovery_control, fisher_exact
from segmentation_lists import segments_of, units_of
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from tools.synthesize import CampaignSample, synthesize_campaign

AMOUNTS = {
    "MntWines": "wine",
    "MntFruits": "fruit",
    "MntMeatProducts": "meat",
    "MntFishProducts": "fish",
    "MntSweetProducts": "sweets",
    "MntGoldProds": "gold",
}
CHANNELS = {"NumWebPurchases": "web", "NumCatalogPurchases": "catalogue", "NumStorePurchases": "store"}
CAMPAIGNS = ["AcceptedCmp1", "AcceptedCmp2", "AcceptedCmp3", "AcceptedCmp4", "AcceptedCmp5", "Response"]
FITTED = [
    "age", "income", "children", "MntWines", "MntFruits", "MntMeatProducts", "MntFishProducts", "MntSweetProducts",
    "MntGoldProds", "NumDealsPurchases", "NumWebPurchases", "NumCatalogPurchases", "NumStorePurchases",
    "NumWebVisitsMonth",
]  # fmt: skip
TEXTS = ("Education", "Marital_Status", "Income", "Dt_Customer", "Country")
BUILD = ("build", "--no-write-json", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")


class Campaign:
    """A build and the file that it read, parsed by pandas."""

    def __init__(self, build: DbtRun, data: Path) -> None:
        self.build = build
        table = pd.read_csv(data / "campaign" / "marketing_data.csv", encoding="utf-8-sig", dtype=str)
        table.columns = table.columns.str.strip()
        for name in table.columns.difference(TEXTS):
            table[name] = table[name].astype(int)
        table["income"] = table["Income"].str.replace(r"[$,\s]", "", regex=True).astype(float)
        iso = pd.to_datetime(table["Dt_Customer"], format="%Y-%m-%d", errors="coerce")
        table["enrolled"] = iso.fillna(pd.to_datetime(table["Dt_Customer"], format="%m/%d/%y", errors="coerce"))
        table["age"] = table["enrolled"].max().year - table["Year_Birth"]
        table["children"] = table["Kidhome"] + table["Teenhome"]
        table["spend"] = table[list(AMOUNTS)].sum(axis=1)
        self.segments = segments_of(build, "campaign_customers")
        self.features = units_of(build, "campaign_customers")
        self.customers = table.set_index("ID").join(self.segments[["segment_name", "cluster_id"]])

    def mart(self, name: str) -> pd.DataFrame:
        """The rows of a mart that are about the campaign."""
        rows = self.build.mart(name)
        rows = rows[rows["dataset"] == "campaign"] if "dataset" in rows else rows
        return rows[rows["analysis"] == "campaign_customers"] if "analysis" in rows else rows


@pytest.fixture(scope="module")
def synthetic(sample_build: DbtRun) -> Campaign:
    return Campaign(sample_build, SAMPLE_DATA)


@pytest.fixture(scope="module")
def real(real_build: DbtRun) -> Campaign:
    return Campaign(real_build, REAL_DATA)


@pytest.fixture(scope="module", params=["sample_build", "real_build"], ids=["sample", "real"])
def campaign(request: pytest.FixtureRequest) -> Campaign:
    build = request.getfixturevalue(request.param)
    return Campaign(build, SAMPLE_DATA if request.param == "sample_build" else REAL_DATA)


@pytest.fixture(scope="module")
def planted() -> CampaignSample:
    return synthesize_campaign()


# Rows and values


def test_no_customer_is_lost(campaign: Campaign) -> None:
    table = campaign.mart("row_reconciliation").set_index("source_file")
    assert table["is_reconciled"].all()
    assert table["rejected_rows"].tolist() == [0, 0]
    assert table.loc["marketing_data", "raw_rows"] == len(campaign.customers)
    assert table.loc["marketing_data", "accepted_amount"] == campaign.customers["spend"].sum()
    assert set(campaign.segments.index) == set(campaign.customers.index)
    assert campaign.segments.index.is_unique


def test_incomes_dates_and_ages_are_those_of_the_file(campaign: Campaign) -> None:
    expected, built = campaign.customers, campaign.features.loc[campaign.customers.index]
    known = expected["income"].notna()
    assert (built["is_income_imputed"] == ~known).all()
    assert (built["income"][known] == expected["income"][known]).all()
    assert (built["age"] == expected["age"]).all()
    assert (built["tenure_days"] == (expected["enrolled"].max() - expected["enrolled"]).dt.days).all()
    assert (built["campaigns_accepted"] == expected[CAMPAIGNS].sum(axis=1)).all()
    shares = expected[list(AMOUNTS)].div(expected["spend"], axis=0)
    for column, name in AMOUNTS.items():
        np.testing.assert_allclose(built[f"{name}_share"], shares[column], atol=1e-12)


def test_repeated_customers_are_marked_and_counted(campaign: Campaign) -> None:
    columns = [
        name for name in campaign.customers if name not in ("segment_name", "cluster_id", "Income", "Dt_Customer")
    ]
    repeats = campaign.customers.sort_index().duplicated(columns)
    query = "select customer_id from staging.stg_campaign__customers where is_repeat"
    assert {row for (row,) in campaign.build.rows(query)} == set(repeats.index[repeats])
    counted = campaign.mart("implausible_rows").set_index("reason")["row_count"]
    assert counted["repeats another customer in all but the ID"] == repeats.sum()
    assert counted["age is above 110"] == (campaign.customers["Year_Birth"] <= 1900).sum()
    assert counted["income is missing and imputed"] == campaign.customers["income"].isna().sum()


# Planted truth


def test_planted_groups_are_found_again(synthetic: Campaign, planted: CampaignSample) -> None:
    found = synthetic.segments.loc[planted.truth.group.index, "cluster_id"]
    assert adjusted_rand_score(planted.truth.group.cat.codes, found) >= 0.95
    assert synthetic.segments["segment_name"].nunique() == 6


def test_planted_repeats_are_marked(synthetic: Campaign, planted: CampaignSample) -> None:
    query = "select customer_id from staging.stg_campaign__customers where is_repeat"
    assert {row for (row,) in synthetic.build.rows(query)} == set(planted.truth.duplicates.index)


def test_planted_outliers_and_no_others_are_kept_out_of_the_fit_and_scored(
    synthetic: Campaign, planted: CampaignSample
) -> None:
    outliers = synthetic.features.index[~synthetic.features["is_fitted"]]
    assert set(outliers) == {*planted.truth.early_births, planted.truth.outlier_income}
    assert synthetic.segments.loc[outliers, "distance"].notna().all()


def test_missing_incomes_are_imputed_close_to_the_truth(synthetic: Campaign, planted: CampaignSample) -> None:
    truth = planted.truth.missing_incomes
    imputed = synthetic.features.loc[truth.index, "income"]
    others = planted.customers.loc[~planted.customers["ID"].isin(truth.index)]
    median = synthetic.features.loc[others["ID"], "income"].median()
    error = (imputed - truth).abs().mean()
    assert error < 0.5 * (truth - median).abs().mean()
    quality = synthetic.mart("imputation_quality").iloc[0]
    assert quality["imputed_rows"] == len(truth)
    assert error == pytest.approx(quality["mean_absolute_error"], rel=0.5)
    assert quality["mean_absolute_error"] < 0.5 * quality["baseline_error"]


def test_odd_marital_statuses_are_single_or_unknown(synthetic: Campaign, planted: CampaignSample) -> None:
    found = synthetic.features.loc[list(planted.truth.odd_marital_statuses), "marital_status"]
    assert found.tolist() == ["Single"] * 3 + ["Unknown"] * 4


def test_columns_without_an_entry_are_reported(synthetic: Campaign, planted: CampaignSample) -> None:
    dictionary = synthetic.mart("data_dictionary").set_index("column_name")
    assert dictionary.index[~dictionary["has_entry"]].tolist() == list(planted.truth.undescribed)


# Fit


@pytest.mark.usefixtures("one_thread")
def test_inertia_is_the_best_that_scikit_learn_finds(campaign: Campaign) -> None:
    table = campaign.customers[FITTED].assign(income=campaign.features["income"])
    values = StandardScaler().fit_transform(table[campaign.features["is_fitted"].reindex(table.index)])
    best = KMeans(6, n_init=100, random_state=9).fit(values).inertia_
    ((inertia, rows),) = campaign.build.rows(
        "select max(inertia), max(fitted_rows) from intermediate.segmentation_centroids"
        " where analysis = 'campaign_customers'"
    )
    assert rows == len(values)
    assert inertia <= best * 1.001


def test_totals_and_shares_of_fitted_amounts_have_effect_sizes_and_no_p_values(campaign: Campaign) -> None:
    table = campaign.mart("segment_differences").set_index("attribute")
    derived = ["spend_amount", *(f"{name}_share" for name in AMOUNTS.values())]
    assert table.index[table["is_derived"]].tolist() == derived
    assert table.loc[derived, ["test", "p_value", "q_value"]].isna().all(axis=None)
    assert (table.loc[derived, "effect_size"] > 0.1).all()
    tested = table.index[table["p_value"].notna()].tolist()
    assert tested == [
        "tenure_days", "recency_days", "campaigns_accepted", "education", "marital_status", "country"
    ]  # fmt: skip


def test_every_number_of_clusters_is_judged_and_the_configured_one_wins(campaign: Campaign) -> None:
    table = campaign.mart("segment_diagnostics").sort_values("n_clusters")
    assert table["n_clusters"].tolist() == list(range(1, 11))
    assert table.query("is_chosen")["n_clusters"].tolist() == [6]
    suggested = ", ".join(table["suggested_by"].dropna()).split(", ")
    assert sorted(suggested) == ["Calinski-Harabasz", "Davies-Bouldin", "elbow", "reference", "silhouette", "stability"]


# Stability


def raw_rows(data: Path) -> pd.DataFrame:
    """The data file as it is, every value a text."""
    file = data / "campaign" / "marketing_data.csv"
    return pd.read_csv(file, encoding="utf-8-sig", dtype=str, keep_default_na=False)


@pytest.mark.long
def test_segments_without_natural_groups_keep_their_names_and_nearly_all_customers(
    real: Campaign, tmp_path: Path
) -> None:
    """Lines drawn through a continuum: 1 % of new customers move those who are beside a line, also in a first build."""
    rows = raw_rows(REAL_DATA)
    folder = tmp_path / "data" / "campaign"
    folder.mkdir(parents=True)
    rows.iloc[: -(len(rows) // 100)].to_csv(folder / "marketing_data.csv", index=False)
    dictionary = (SAMPLE_DATA / "campaign" / "marketing_data_dictionary.csv").read_bytes()
    (folder / "marketing_data_dictionary.csv").write_bytes(dictionary)
    run = run_dbt(tmp_path, *BUILD, "--select", "+customer_segments", data=tmp_path / "data", datasets=["campaign"])
    earlier = segments_of(run.succeeded(), "campaign_customers")["segment_name"]
    later = real.segments["segment_name"]
    assert set(earlier) == set(later)
    assert (later[earlier.index] == earlier).mean() >= 0.97


# Purchase patterns


def test_response_rates_intervals_and_tests(campaign: Campaign) -> None:
    mart = campaign.mart("campaign_responses").sort_values(["campaign_number", "segment_name"])
    assert len(mart) == 36
    everybody = campaign.customers
    p_values = []
    for row in mart.itertuples():
        answers = everybody[CAMPAIGNS[row.campaign_number - 1]]
        inside = everybody["segment_name"] == row.segment_name
        assert (row.customers, row.responses) == (inside.sum(), answers[inside].sum())
        interval = binomtest(row.responses, row.customers).proportion_ci(method="wilson")
        assert (row.response_rate_low, row.response_rate_high) == pytest.approx(tuple(interval), abs=1e-8)
        assert row.index_to_all == pytest.approx(answers[inside].mean() / answers.mean(), abs=1e-8)
        p_values.append(fisher_exact(pd.crosstab(inside, answers)).pvalue)
    np.testing.assert_allclose(mart["p_value"], p_values, rtol=1e-5, atol=1e-12)
    by_campaign = mart.assign(p_value=p_values).groupby("campaign_number")["p_value"]
    q_values = by_campaign.transform(lambda values: false_discovery_control(values.to_numpy()))
    np.testing.assert_allclose(mart["q_value"], q_values, rtol=1e-5, atol=1e-12)
    assert (mart["is_significant"] == (q_values < 0.05)).all()
    assert (mart["is_small_count"] == (mart["responses"] < 30)).all()


def test_planted_response_rates_lie_in_most_intervals(synthetic: Campaign, planted: CampaignSample) -> None:
    """Of 36 intervals of 95 %, fewer than 30 would hold the truth once in ten thousand times."""
    names = planted.truth.group.to_frame().join(synthetic.segments["segment_name"])
    segment_of = names.groupby("group", observed=True)["segment_name"].agg(lambda values: values.mode()[0])
    mart = synthetic.mart("campaign_responses").set_index(["segment_name", "campaign_number"])
    hits = 0
    for group in planted.truth.groups:
        for number, percent in enumerate(group.response_percent, 1):
            row = mart.loc[(segment_of[group.name], number)]
            hits += row["response_rate_low"] <= percent / 100 <= row["response_rate_high"]
    assert hits >= 30


def test_spend_by_category_and_purchases_by_channel(campaign: Campaign) -> None:
    groups = campaign.customers.groupby("segment_name")
    spend = campaign.mart("spend_by_segment_category").query("dataset == 'campaign'")
    spend = spend.set_index(["segment_name", "category"])
    purchases = campaign.mart("purchases_by_segment_channel").set_index(["segment_name", "channel"])
    assert (len(spend), len(purchases)) == (36, 18)
    for segment, rows in groups:
        for column, name in AMOUNTS.items():
            row = spend.loc[(segment, name)]
            assert (row["spend_amount"], row["customers"]) == (rows[column].sum(), len(rows))
            share = rows[column].sum() / rows["spend"].sum()
            overall = campaign.customers[column].sum() / campaign.customers["spend"].sum()
            assert row["index_to_all"] == pytest.approx(share / overall, abs=1e-8)
        for column, name in CHANNELS.items():
            row = purchases.loc[(segment, name)]
            assert (row["purchases"], row["channel_customers"]) == (rows[column].sum(), (rows[column] > 0).sum())


def test_enrolments_by_month(campaign: Campaign) -> None:
    mart = campaign.mart("enrolments_by_month")
    month = campaign.customers["enrolled"].dt.to_period("M")
    assert len(mart) == 6 * ((month.max() - month.min()).n + 1)
    expected = campaign.customers.groupby([month, "segment_name"])["spend"].agg(["size", "sum"])
    found = mart.assign(month=pd.to_datetime(mart["month_start_date"]).dt.to_period("M"))
    found = found.set_index(["month", "segment_name"]).query("enrolled_customers > 0").sort_index()
    assert found["enrolled_customers"].tolist() == expected["size"].tolist()
    assert found["spend_amount"].tolist() == expected["sum"].tolist()


def test_every_segment_has_actions_and_an_insight(campaign: Campaign) -> None:
    names = set(campaign.segments["segment_name"])
    assert set(campaign.mart("segment_actions")["segment_name"]) == names
    insights = campaign.mart("insights").query("topic == 'segments'")["insight"]
    for name in names:
        (insight,) = [insight for insight in insights if f'"{name}"' in insight]
        # The sentence tells what the name is made of.
        assert insight.count("times the average") == name.count(",") + 1


# The public file


def test_facts_of_the_public_file(real: Campaign) -> None:
    assert len(real.customers) == 2_240
    assert real.features["is_income_imputed"].sum() == 24
    counted = real.mart("implausible_rows").set_index("reason")["row_count"]
    assert counted.to_dict() == {
        "age is above 110": 3,
        "income is far from all others": 1,
        "income is missing and imputed": 24,
        "marital status is none": 4,
        "repeats another customer in all but the ID": 47,
    }
    assert real.mart("data_dictionary")[["is_in_file", "has_entry"]].all(axis=None)
    assert not real.features.loc[9432, "is_fitted"]


def test_the_public_file_has_no_natural_groups_and_the_marts_say_so(real: Campaign) -> None:
    (verdict,) = real.mart("segment_diagnostics").query("is_chosen")["verdict"]
    assert verdict.startswith("no substantial structure")
    cautions = real.mart("insights").query("is_caution")["insight"]
    assert any("no substantial structure" in caution for caution in cautions)
