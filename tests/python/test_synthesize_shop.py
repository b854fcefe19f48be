"""The synthetic shop customers: every wart in place, and a planted truth that is found again."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency
from scipy.stats.contingency import association
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

from tools.synthesize import ShopSample, synthesize_shop
from tools.synthesize.shop import DEFAULT_CUSTOMERS, DEFAULT_SEED, FIRST_WORKING_AGE, MIN_CUSTOMERS

COMMITTED = Path(__file__).parents[2] / "seeds" / "sample" / "shop"
CUSTOMERS = "shop_customers.csv"
HEADER = "CustomerID,Gender,Age,Annual Income ($),Spending Score (1-100),Profession,Work Experience,Family Size"
FEATURES = ["Age", "Annual Income ($)", "Spending Score (1-100)", "Work Experience", "Family Size"]

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def sample() -> ShopSample:
    """The default sample."""
    return synthesize_shop()


@pytest.fixture(scope="module")
def large() -> ShopSample:
    """A sample in which chance plays a smaller part."""
    return synthesize_shop(customers=200_000, seed=11)


def groups(sample: ShopSample) -> np.ndarray:
    """The planted group of every row."""
    return sample.truth.group[sample.customers["CustomerID"]].to_numpy()


def scaled(sample: ShopSample) -> np.ndarray:
    """The features, standardised."""
    table = sample.customers[FEATURES].astype(float)
    return ((table - table.mean()) / table.std(ddof=0)).to_numpy()


def ids(sample: ShopSample, rows: pd.Series) -> set[int]:
    """CustomerIDs of some rows."""
    return set(sample.customers.loc[rows, "CustomerID"])


# The file


def test_file_has_the_layout_of_the_public_one() -> None:
    header, *lines = (COMMITTED / CUSTOMERS).read_bytes().decode("ascii").removesuffix("\n").split("\n")
    assert header == HEADER
    assert len(lines) == DEFAULT_CUSTOMERS
    line = re.compile(r"\d+,(Female|Male),\d{1,2},\d+,\d{1,3},([A-Z][a-z]+)?,\d{1,2},[1-9]")
    assert all(line.fullmatch(text) for text in lines)


def test_file_holds_the_sample(sample: ShopSample) -> None:
    read = pd.read_csv(COMMITTED / CUSTOMERS)
    expected = sample.customers.astype({"Gender": object, "Profession": object})
    pd.testing.assert_frame_equal(read, expected, check_dtype=False)


def test_no_customer_has_a_number_of_the_public_file(sample: ShopSample) -> None:
    assert sample.customers["CustomerID"].min() > 2_000
    assert sample.customers["CustomerID"].is_unique
    assert list(sample.truth.group.index) == list(sample.customers["CustomerID"])


@pytest.mark.parametrize("customers", [MIN_CUSTOMERS, 3 * MIN_CUSTOMERS + 1])
def test_small_samples_are_complete(customers: int) -> None:
    small = synthesize_shop(customers, seed=2)
    assert len(small.customers) == customers
    assert all(vars(small.truth.quirks).values())
    assert small.customers["Profession"].nunique() == len(small.truth.professions)


def test_millions_of_customers_fit_into_memory(large: ShopSample) -> None:
    assert len(large.customers) == 200_000
    assert large.customers.memory_usage().sum() < 20 * len(large.customers)


# The warts


def test_quirks_are_where_the_truth_says(sample: ShopSample) -> None:
    table, quirks = sample.customers, sample.truth.quirks
    age, experience = table["Age"], table["Work Experience"]
    assert ids(sample, table["Profession"].isna()) == set(quirks.empty_profession)
    assert ids(sample, age == 0) == set(quirks.zero_age)
    assert ids(sample, table["Annual Income ($)"] == 0) == set(quirks.zero_income)
    assert ids(sample, table["Spending Score (1-100)"] == 0) == set(quirks.zero_score)
    assert ids(sample, age.between(4, 17)) == set(quirks.working_child)
    assert ids(sample, (age > 0) & (experience > age)) == set(quirks.experience_over_age)
    children = table[table["CustomerID"].isin(quirks.working_child)]
    assert children["Profession"].notna().all()


def test_quirks_are_few_and_apart(sample: ShopSample, large: ShopSample) -> None:
    counts = {name: len(found) for name, found in vars(sample.truth.quirks).items()}
    assert counts == {
        "empty_profession": 22,
        "zero_age": 7,
        "zero_income": 3,
        "zero_score": 4,
        "working_child": 7,
        "experience_over_age": 7,
    }
    for drawn in (sample, large):
        found = [customer for listed in vars(drawn.truth.quirks).values() for customer in listed]
        assert len(found) == len(set(found))
        assert len(found) < 0.04 * len(drawn.customers)


def test_all_other_rows_are_plausible(large: ShopSample) -> None:
    odd = {customer for listed in vars(large.truth.quirks).values() for customer in listed}
    table = large.customers[~large.customers["CustomerID"].isin(odd)]
    limits = {
        "Age": (18, 99),
        "Annual Income ($)": (10_000, 250_000),
        "Spending Score (1-100)": (1, 100),
        "Work Experience": (0, 17),
        "Family Size": (1, 9),
    }
    for column, (low, high) in limits.items():
        assert table[column].between(low, high).all(), column
    assert (table["Age"] - table["Work Experience"]).min() >= FIRST_WORKING_AGE


# The truth


@pytest.mark.parametrize("seed", [DEFAULT_SEED, 21, 22, 23, 24, 25])
def test_customers_form_the_planted_groups(seed: int) -> None:
    drawn = synthesize_shop(seed=seed)
    labels = KMeans(n_clusters=3, n_init=20, random_state=0).fit_predict(scaled(drawn))
    assert adjusted_rand_score(groups(drawn), labels) >= (0.97 if seed == DEFAULT_SEED else 0.95)


def test_groups_overlap_and_three_have_the_best_silhouette(sample: ShopSample) -> None:
    rows = scaled(sample)
    silhouettes = {
        k: silhouette_score(rows, KMeans(n_clusters=k, n_init=5, random_state=0).fit_predict(rows)) for k in range(2, 7)
    }
    assert max(silhouettes, key=silhouettes.get) == 3
    assert 0.35 < silhouettes[3] < 0.5


def test_groups_have_their_shares_and_means(large: ShopSample) -> None:
    by_group = large.customers.groupby(groups(large))[FEATURES].mean()
    shares = large.truth.group.value_counts(normalize=True)
    for group in large.truth.groups:
        assert shares[group.name] == pytest.approx(group.percent / 100, abs=0.005)
        bells = (group.age, group.income, group.score, group.experience, group.family)
        for feature, bell in zip(FEATURES, bells, strict=True):
            assert by_group.loc[group.name, feature] == pytest.approx(bell.mean, abs=0.15 * bell.sd)


def test_groups_deserve_their_names(sample: ShopSample) -> None:
    means = sample.customers.groupby(groups(sample))[FEATURES].mean()
    assert means["Spending Score (1-100)"].idxmax() == means["Age"].idxmin() == "Young high spenders"
    assert means["Annual Income ($)"].idxmax() == means["Work Experience"].idxmax() == "Experienced high earners"
    assert means["Family Size"].idxmax() == "Large families"


def test_professions_depend_on_the_group_and_genders_do_not(sample: ShopSample, large: ShopSample) -> None:
    professions = pd.crosstab(groups(sample), sample.customers["Profession"])
    genders = pd.crosstab(groups(sample), sample.customers["Gender"])
    assert chi2_contingency(professions).pvalue < 1e-50
    assert association(professions) > 0.3
    assert chi2_contingency(genders).pvalue > 0.2
    assert association(pd.crosstab(groups(large), large.customers["Gender"])) < 0.01


def test_categories_have_their_shares(large: ShopSample) -> None:
    professions = pd.crosstab(groups(large), large.customers["Profession"], normalize="index")
    genders = pd.crosstab(groups(large), large.customers["Gender"], normalize="index")
    for group in large.truth.groups:
        assert sum(group.professions) == 100
        shares = professions.loc[group.name, list(large.truth.professions)]
        np.testing.assert_allclose(100 * shares, group.professions, atol=0.6)
        for gender, percent in large.truth.genders:
            assert 100 * genders.loc[group.name, gender] == pytest.approx(percent, abs=0.8)
