"""The synthetic campaign customers: every wart in place, and a planted truth that is found again."""

import re
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, chi2_contingency
from sklearn.cluster import KMeans
from sklearn.impute import KNNImputer
from sklearn.metrics import adjusted_rand_score, silhouette_score

from tools.synthesize import CampaignSample, synthesize_campaign
from tools.synthesize.campaign import (
    CATEGORIES,
    CHANNELS,
    DEFAULT_CUSTOMERS,
    DEFAULT_SEED,
    EARLY_BIRTH_YEARS,
    EDUCATIONS,
    LAST_DAY,
    MIN_CUSTOMERS,
    ODD_MARITAL_STATUSES,
    OUTLIER_INCOME,
)

COMMITTED = Path(__file__).parents[2] / "seeds" / "sample" / "campaign"
CUSTOMERS = "marketing_data.csv"
DICTIONARY = "marketing_data_dictionary.csv"
HEADER = (
    "ID,Year_Birth,Education,Marital_Status, Income ,Kidhome,Teenhome,Dt_Customer,Recency,MntWines,MntFruits,"
    "MntMeatProducts,MntFishProducts,MntSweetProducts,MntGoldProds,NumDealsPurchases,NumWebPurchases,"
    "NumCatalogPurchases,NumStorePurchases,NumWebVisitsMonth,AcceptedCmp3,AcceptedCmp4,AcceptedCmp5,AcceptedCmp1,"
    "AcceptedCmp2,Response,Complain,Country"
)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def sample() -> CampaignSample:
    """The default sample."""
    return synthesize_campaign()


@pytest.fixture(scope="module")
def large() -> CampaignSample:
    """A sample in which chance plays a smaller part."""
    return synthesize_campaign(customers=100_000, seed=11)


def groups(sample: CampaignSample) -> np.ndarray:
    """The planted group of every row."""
    return sample.truth.group[sample.customers["ID"]].to_numpy()


def incomes(sample: CampaignSample) -> pd.Series:
    """The incomes as numbers, by ID."""
    texts = sample.customers.set_index("ID")[" Income "].astype(object)
    return pd.to_numeric(texts.str.replace("[$, ]", "", regex=True))


def days(sample: CampaignSample) -> pd.Series:
    """The days of enrolment, by ID."""
    texts = sample.customers.set_index("ID")["Dt_Customer"].astype(str)
    iso = pd.to_datetime(texts, format="%Y-%m-%d", errors="coerce")
    return iso.fillna(pd.to_datetime(texts, format="%m/%d/%y", errors="coerce"))


def features(sample: CampaignSample) -> pd.DataFrame:
    """What the campaign analysis clusters on, by ID; a missing income is imputed from the five nearest neighbours."""
    raw = sample.customers.set_index("ID")
    spend = raw[list(CATEGORIES)].astype(float)
    table = pd.DataFrame(
        {
            "age": LAST_DAY.year - raw["Year_Birth"],
            "income": incomes(sample),
            "children": raw["Kidhome"] + raw["Teenhome"],
            "tenure": (pd.Timestamp(LAST_DAY) - days(sample)).dt.days,
            "recency": raw["Recency"],
            "spend": spend.sum(axis=1),
            "accepted": raw[list(sample.truth.campaigns)].sum(axis=1),
        }
    ).join([spend, spend.div(spend.sum(axis=1), axis=0).add_suffix("_share"), raw[list(CHANNELS)]])
    scaled = scale(table, usual(sample))
    scaled = pd.DataFrame(KNNImputer().fit_transform(scaled), index=table.index, columns=table.columns)
    typical = table[usual(sample)]
    table["income"] = scaled["income"] * typical["income"].std(ddof=0) + typical["income"].mean()
    return table


def usual(sample: CampaignSample) -> pd.Series:
    """Whether a customer has neither an implausible birth year nor an implausible income, by ID."""
    raw = sample.customers.set_index("ID")
    return (raw["Year_Birth"] > 1900) & (incomes(sample) != OUTLIER_INCOME)


def scale(table: pd.DataFrame, fitted: pd.Series) -> pd.DataFrame:
    """Standardise by mean and standard deviation of some rows."""
    return (table - table[fitted].mean()) / table[fitted].std(ddof=0)


# The files


def test_files_have_the_layout_of_the_public_ones() -> None:
    texts = [(COMMITTED / name).read_bytes() for name in (CUSTOMERS, DICTIONARY)]
    assert all(text.startswith(b"\xef\xbb\xbf") and text.endswith(b"\r\n") for text in texts)
    assert all(text.count(b"\n") == text.count(b"\r\n") for text in texts)
    header, *lines = texts[0][3:].decode("ascii").removesuffix("\r\n").split("\r\n")
    assert header == HEADER
    assert len(lines) == DEFAULT_CUSTOMERS
    income = r'(\d+|"\$\d{1,3},\d{3}\.00 ")?'
    day = r"(201[234]-\d\d-\d\d|[1-9]\d?/[1-9]\d?/1[234])"
    line = re.compile(
        rf"\d+,\d{{4}},[\w ]+,[A-Za-z]+,{income},[012],[012],{day},\d\d?(,\d+){{11}}(,[01]){{7}},[A-Za-z ]+"
    )
    assert all(line.fullmatch(text) for text in lines)
    assert texts[1][3:].startswith(b"Field,Description\r\n")


def test_files_hold_the_sample(sample: CampaignSample) -> None:
    for name, frame in ((CUSTOMERS, sample.customers), (DICTIONARY, sample.dictionary)):
        read = pd.read_csv(COMMITTED / name, dtype={" Income ": str})
        texts = dict.fromkeys(frame.select_dtypes("category"), object)
        pd.testing.assert_frame_equal(read, frame.astype(texts), check_dtype=False)


def test_no_customer_has_a_number_of_the_public_file(sample: CampaignSample) -> None:
    numbers = sample.customers["ID"]
    assert numbers.min() > 11_191
    assert numbers.is_unique
    assert not numbers.is_monotonic_increasing
    assert list(sample.truth.group.index) == list(numbers)


@pytest.mark.parametrize("customers", [MIN_CUSTOMERS, 3 * MIN_CUSTOMERS + 1])
def test_small_samples_are_complete(customers: int) -> None:
    small = synthesize_campaign(customers, seed=2)
    assert len(small.customers) == customers
    assert small.truth.group.nunique() == 6
    assert len(small.truth.missing_incomes) == customers // 100
    assert len(small.truth.duplicates) == customers // 50


def test_millions_of_customers_fit_into_memory(large: CampaignSample) -> None:
    assert len(large.customers) == 100_000
    columns = large.customers.drop(columns=[" Income ", "Dt_Customer"])
    assert columns.memory_usage().sum() < 50 * len(columns)


# The warts


def test_incomes_and_dates_are_spelled_in_two_ways(sample: CampaignSample, large: CampaignSample) -> None:
    for drawn, tolerance in ((sample, 0.02), (large, 0.005)):
        texts = drawn.customers[" Income "].dropna().astype(str)
        assert texts.str.startswith("$").mean() == pytest.approx(0.1, abs=tolerance)
        assert drawn.customers["Dt_Customer"].astype(str).str.contains("/").mean() == pytest.approx(0.1, abs=tolerance)
    assert incomes(sample).dropna().between(1_000, OUTLIER_INCOME).all()
    enrolled = days(sample)
    assert not enrolled.isna().any()
    assert (enrolled.min().date(), enrolled.max().date()) == (date(2012, 7, 30), date(2014, 6, 29))


def test_implausible_customers(sample: CampaignSample) -> None:
    raw, truth = sample.customers.set_index("ID"), sample.truth
    assert tuple(raw.loc[list(truth.early_births), "Year_Birth"]) == EARLY_BIRTH_YEARS
    assert set(raw.index[raw["Year_Birth"] < 1901]) == set(truth.early_births)
    assert raw.loc[raw["Year_Birth"] > 1900, "Year_Birth"].between(1925, 1996).all()
    assert incomes(sample)[truth.outlier_income] == OUTLIER_INCOME
    assert incomes(sample).nlargest(2).iloc[1] < 120_000
    assert tuple(raw.loc[list(truth.odd_marital_statuses), "Marital_Status"]) == ODD_MARITAL_STATUSES
    assert raw["Marital_Status"].isin(ODD_MARITAL_STATUSES).sum() == len(ODD_MARITAL_STATUSES)


def test_some_customers_repeat_an_earlier_one(sample: CampaignSample, large: CampaignSample) -> None:
    for drawn in (sample, large):
        raw, duplicates = drawn.customers.set_index("ID"), drawn.truth.duplicates
        assert len(duplicates) == len(raw) // 50
        copies, originals = raw.loc[duplicates.index], raw.loc[duplicates]
        pd.testing.assert_frame_equal(copies.reset_index(drop=True), originals.reset_index(drop=True))
        assert set(raw.index[raw.duplicated()]) == set(duplicates.index)
        assert (duplicates.index > duplicates).all()
        np.testing.assert_array_equal(drawn.truth.group[duplicates.index], drawn.truth.group[duplicates])


def test_some_incomes_are_missing(sample: CampaignSample) -> None:
    found, missing = incomes(sample), sample.truth.missing_incomes
    assert set(found.index[found.isna()]) == set(missing.index)
    assert len(missing) == DEFAULT_CUSTOMERS // 100
    assert missing.between(5_000, 110_000).all()


def test_no_customer_has_two_quirks(sample: CampaignSample) -> None:
    truth = sample.truth
    listed = [
        *truth.missing_incomes.index,
        *truth.duplicates.index,
        *truth.duplicates,
        *truth.early_births,
        truth.outlier_income,
        *truth.odd_marital_statuses,
    ]
    assert len(listed) == len(set(listed))


def test_dictionary_lacks_two_columns(sample: CampaignSample) -> None:
    fields, names = sample.dictionary["Field"], HEADER.split(",")
    assert "Income " in set(fields)
    described = set(fields.str.strip())
    assert described < {name.strip() for name in names}
    assert tuple(name for name in names if name.strip() not in described) == sample.truth.undescribed
    assert sample.truth.undescribed == ("NumWebVisitsMonth", "Country")
    assert fields.is_unique
    assert sample.dictionary["Description"].is_unique


# The truth


@pytest.mark.parametrize("seed", [DEFAULT_SEED, 21, 22, 23, 24, 25])
def test_customers_form_the_planted_groups(seed: int) -> None:
    drawn = synthesize_campaign(seed=seed)
    fitted = usual(drawn)
    rows = scale(features(drawn), fitted)
    model = KMeans(n_clusters=6, n_init=10, random_state=0).fit(rows[fitted].to_numpy())
    assert adjusted_rand_score(groups(drawn), model.predict(rows.to_numpy())) >= 0.97


def test_groups_overlap_and_six_have_the_best_silhouette(sample: CampaignSample) -> None:
    fitted = usual(sample)
    rows = scale(features(sample), fitted)[fitted].to_numpy()
    silhouettes = {
        k: silhouette_score(rows, KMeans(n_clusters=k, n_init=5, random_state=0).fit_predict(rows))
        for k in range(2, 11)
    }
    assert max(silhouettes, key=silhouettes.get) == 6
    assert 0.3 < silhouettes[6] < 0.45


def test_groups_have_their_shares_and_means(large: CampaignSample) -> None:
    raw = large.customers.assign(income=incomes(large).to_numpy())
    shares, means = large.truth.group.value_counts(normalize=True), raw.groupby(groups(large)).mean(numeric_only=True)
    for group in large.truth.groups:
        assert shares[group.name] == pytest.approx(group.percent / 100, abs=0.006)
        mean = means.loc[group.name]
        assert mean["income"] == pytest.approx(group.income.mean, rel=0.01)
        assert mean["Year_Birth"] == pytest.approx(group.birth_year.mean, abs=0.5)
        np.testing.assert_allclose(mean[list(CATEGORIES)], group.spend, rtol=0.02, atol=0.1)
        np.testing.assert_allclose(mean[list(CHANNELS)], [bell.mean for bell in group.channels], atol=0.25)
        assert mean["Kidhome"] == pytest.approx((group.kids[1] + 2 * group.kids[2]) / 100, abs=0.02)
        assert mean["Teenhome"] == pytest.approx((group.teens[1] + 2 * group.teens[2]) / 100, abs=0.02)


def test_neighbours_impute_incomes_well(sample: CampaignSample) -> None:
    truth = sample.truth.missing_incomes
    error = (features(sample)["income"][truth.index] - truth).abs().mean()
    naive = (incomes(sample)[usual(sample)].mean() - truth).abs().mean()
    assert error < 0.4 * naive
    assert error < 6_000


def test_who_spends_more_than_the_group_earns_more(large: CampaignSample) -> None:
    raw = large.customers.assign(income=incomes(large).to_numpy())[usual(large).to_numpy()]
    raw["spend"] = raw[list(CATEGORIES)].sum(axis=1)
    for _, rows in raw.groupby(groups(large)[usual(large).to_numpy()]):
        assert rows["income"].corr(rows["spend"]) > 0.35


def test_response_rates(sample: CampaignSample, large: CampaignSample) -> None:
    rates = large.customers.groupby(groups(large))[list(large.truth.campaigns)].mean()
    for group in large.truth.groups:
        np.testing.assert_allclose(100 * rates.loc[group.name], group.response_percent, atol=1.5)
    # In the small sample, the last campaign's best group stands out from each of the others.
    last = sample.customers["Response"].groupby(groups(sample)).agg(["sum", "size"])
    bounds = {name: binomtest(int(row["sum"]), int(row["size"])).proportion_ci() for name, row in last.iterrows()}
    best = bounds.pop("Catalogue gourmets")
    assert best.low <= 0.48 <= best.high
    assert all(other.high < best.low for other in bounds.values())


def test_education_depends_on_the_group_and_nothing_else_does(sample: CampaignSample, large: CampaignSample) -> None:
    def p_value(column: str) -> float:
        return chi2_contingency(pd.crosstab(groups(sample), sample.customers[column])).pvalue

    assert p_value("Education") < 1e-20
    assert min(p_value(column) for column in ("Country", "Marital_Status", "Complain")) > 0.1
    educations = pd.crosstab(groups(large), large.customers["Education"], normalize="index")
    for group in large.truth.groups:
        assert sum(group.educations) == 100
        np.testing.assert_allclose(100 * educations.loc[group.name, list(EDUCATIONS)], group.educations, atol=1.5)
