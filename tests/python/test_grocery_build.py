"""The grocery customers of the sample and of the public file against pandas, scikit-learn and the planted personas."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from dbt_runs import REAL_DATA, ROOT, SAMPLE_DATA, DbtRun
from scipy.stats import norm
from segmentation_lists import segments_of, settings_of, units_of
from sklearn.metrics import adjusted_rand_score, pairwise_distances

from segmart.statistics.two_stage import centroid_table
from tools.synthesize import GrocerySample, synthesize_grocery

SETTINGS = settings_of("grocery_customers")
AS_OF = pd.Timestamp("2023-12-31")
PLACEHOLDER = 2000


class Grocery:
    """A build and the customers' file that it read, parsed by pandas."""

    def __init__(self, build: DbtRun, data: Path) -> None:
        self.build = build
        file = read_customers(data)
        # The customers' ids are unique in both files.
        self.file = file.set_index("customer_id")
        self.features = units_of(build, "grocery_customers")
        self.segments = segments_of(build, "grocery_customers")


def read_customers(data: Path) -> pd.DataFrame:
    return pd.read_csv(data / "grocery" / "customer_info.csv")


def spend_columns(file: pd.DataFrame) -> list[str]:
    return [name for name in file.columns if name.startswith("lifetime_spend_")]


def features_of(file: pd.DataFrame) -> pd.DataFrame:
    """The fitted features by pandas, with gaps filled by medians: rough, and independent of the models."""
    birth = pd.to_datetime(file["customer_birthdate"], format="%m/%d/%Y %I:%M %p")
    first = file["year_first_transaction"].where(lambda years: (years <= AS_OF.year) & (years != PLACEHOLDER))
    spend = file[spend_columns(file)].fillna(file[spend_columns(file)].median())
    columns = {
        "age": ((AS_OF - birth).dt.days / 365.25).round(),
        "kids": file["kids_home"],
        "teens": file["teens_home"],
        "complaints": file["number_complaints"],
        "stores_visited": file["distinct_stores_visited"],
        "tenure_years": AS_OF.year - first,
        "promotion_share": file["percentage_of_products_bought_promotion"].clip(0, 1),
        "lifetime_amount": spend.sum(axis=1),
        **{f"{name.removeprefix('lifetime_spend_')}_share": spend[name] / spend.sum(axis=1) for name in spend},
    }
    table = pd.DataFrame(columns)
    return table.fillna(table.median()).assign(unit_id=file["customer_id"])


def nearest(centroids: pd.DataFrame, features: pd.DataFrame) -> np.ndarray:
    """Cluster of each row: scikit-learn's distances to the table of centroids."""

    def wide(column: str) -> pd.DataFrame:
        return centroids.pivot(index="cluster_id", columns="feature", values=column)[list(SETTINGS["features"])]

    scaled = (features[list(SETTINGS["features"])] - wide("scaler_offset").iloc[0]) / wide("scaler_scale").iloc[0]
    return pairwise_distances(scaled.to_numpy(), wide("centre_scaled").to_numpy()).argmin(axis=1) + 1


@pytest.fixture(scope="session")
def planted() -> GrocerySample:
    return synthesize_grocery()


@pytest.fixture(scope="session")
def synthetic(sample_build: DbtRun) -> Grocery:
    return Grocery(sample_build, SAMPLE_DATA)


@pytest.fixture(scope="session")
def real(real_build: DbtRun) -> Grocery:
    return Grocery(real_build, REAL_DATA)


@pytest.fixture(scope="session", params=["sample_build", "real_build"], ids=["sample", "real"])
def grocery(request: pytest.FixtureRequest) -> Grocery:
    build = request.getfixturevalue(request.param)
    return Grocery(build, SAMPLE_DATA if request.param == "sample_build" else REAL_DATA)


def test_planted_personas_are_found_and_named(synthetic: Grocery, planted: GrocerySample) -> None:
    truth = planted.truth.persona.loc[synthetic.segments.index].astype(str)
    assert adjusted_rand_score(truth, synthetic.segments["segment_name"]) > 0.9
    assert (truth == synthetic.segments["segment_name"]).mean() > 0.95


def test_planted_specialists_are_the_ones_that_ward_keeps(synthetic: Grocery, planted: GrocerySample) -> None:
    names = synthetic.segments.groupby("cluster_id")["segment_name"].first()
    sql = "select distinct cluster_id from intermediate.segmentation_centroids where is_specialist"
    found = {names[cluster] for (cluster,) in synthetic.build.rows(sql)}
    assert found == {persona.name for persona in planted.truth.personas if persona.is_specialist}
    merges = synthetic.build.mart("dendrogram_merges")
    sides = pd.concat([merges["left_segment_name"], merges["right_segment_name"]]).dropna()
    assert sorted(sides) == sorted(found)


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_other_samples_give_back_their_personas_too(seed: int) -> None:
    sample = synthesize_grocery(seed=seed)
    features = features_of(sample.customers)
    clusters = nearest(centroid_table(features, SETTINGS), features)
    truth = sample.truth.persona.loc[features["unit_id"]].astype(str)
    assert adjusted_rand_score(truth, clusters) > 0.9


def test_one_more_customer_in_a_hundred_leaves_the_segments_alone(planted: GrocerySample) -> None:
    features = features_of(planted.customers)
    more = features_of(synthesize_grocery(seed=7).customers).iloc[:30].assign(unit_id=lambda rows: -rows["unit_id"])
    before = nearest(centroid_table(features, SETTINGS), features)
    after = nearest(centroid_table(pd.concat([features, more]), SETTINGS), features)
    assert (before == after).mean() > 0.99


def test_another_seed_leaves_the_segments_alone(planted: GrocerySample) -> None:
    features = features_of(planted.customers)
    before = nearest(centroid_table(features, SETTINGS), features)
    after = nearest(centroid_table(features, {**SETTINGS, "seed": 5}), features)
    assert (before == after).mean() > 0.99


def test_every_customer_has_the_nearest_centroid(grocery: Grocery) -> None:
    centroids = grocery.build.query(
        "select * from intermediate.segmentation_centroids where analysis = 'grocery_customers'"
    )
    clusters = nearest(centroids, grocery.features)
    assert (grocery.segments.loc[grocery.features.index, "cluster_id"].to_numpy() == clusters).all()


def test_features_are_those_of_pandas(grocery: Grocery) -> None:
    """Where nothing was imputed."""
    expected = features_of(grocery.file.reset_index()).set_index("unit_id").loc[grocery.features.index]
    for name in SETTINGS["features"]:
        cells = [f"is_{cell}_imputed" for cell in (name, name.replace("_share", "_amount"))]
        known = ~grocery.features[[cell for cell in cells if cell in grocery.features]].any(axis=1)
        if name == "lifetime_amount" or name.endswith("_share"):
            amounts = [column for column in grocery.features if column.endswith("_amount_imputed")]
            known &= ~grocery.features[amounts].any(axis=1)
        tolerance = 1 if name == "age" else 1e-9
        difference = (grocery.features[name] - expected[name]).abs()[known]
        assert difference.max() <= tolerance, name
        assert known.sum() > 0.8 * len(known)


def test_every_gap_is_imputed_and_flagged_and_nothing_else(grocery: Grocery) -> None:
    raw = {
        "kids": "kids_home",
        "teens": "teens_home",
        "complaints": "number_complaints",
        "stores_visited": "distinct_stores_visited",
        "typical_hour": "typical_hour",
        "vegetables_amount": "lifetime_spend_vegetables",
        "fish_amount": "lifetime_spend_fish",
        "alcohol_drinks_amount": "lifetime_spend_alcohol_drinks",
        "age": "customer_birthdate",
    }
    values = grocery.build.mart("imputed_values").query("analysis == 'grocery_customers'")
    values = values.astype({"customer_id": int})
    for name, column in raw.items():
        missing = set(grocery.file.index[grocery.file[column].isna()])
        assert missing, column
        assert set(values.loc[values["measure"] == name, "customer_id"]) == missing
        assert set(grocery.features.index[grocery.features[f"is_{name}_imputed"]]) == missing
    years = grocery.file["year_first_transaction"]
    unknown = set(grocery.file.index[(years > AS_OF.year) | (years == PLACEHOLDER)])
    assert set(values.loc[values["measure"] == "tenure_years", "customer_id"]) == unknown
    assert grocery.features[list(SETTINGS["features"])].notna().all(axis=None)


def test_imputation_beats_the_median_where_anything_can_be_told(synthetic: Grocery) -> None:
    quality = synthetic.build.mart("imputation_quality").query("analysis == 'grocery_customers'").set_index("measure")
    assert set(quality.index) > {"age", "fish_amount", "tenure_years"}
    predictable = quality.drop(index="complaints")
    assert (predictable["mean_absolute_error"] < predictable["baseline_error"]).all()
    # Complaints depend on nothing, and the table says so.
    assert abs(quality.loc["complaints", "correlation"]) < 0.15


def test_odd_values_of_the_public_file_are_counted(real: Grocery) -> None:
    counts = real.build.mart("implausible_rows").query("dataset == 'grocery'").set_index("reason")["row_count"]
    expected = {
        "first year lies ahead": 413,
        "first year is a placeholder": 816,
        "promotion share is outside 0 to 1": 353 + 275,
        "loyalty card is shared": 1_793,
        "age is missing and imputed": 68,
        "kids is missing and imputed": 85,
        "stores visited is missing and imputed": 170,
        "vegetables amount is missing and imputed": 85,
    }
    assert counts[list(expected)].to_dict() == expected
    people = real.build.query("select * from staging.stg_grocery__customer_details")
    assert len(people) == 16_978
    assert people["loyalty_card"].eq("No").sum() == 3_143
    assert people["education"].ne("Not stated").sum() == 9_146
    assert people["gender"].value_counts().to_dict() == {"Female": 8_580, "Male": 8_398}


def test_segment_names_are_never_used_twice(grocery: Grocery) -> None:
    names = grocery.segments.groupby("cluster_id")["segment_name"].agg(["nunique", "first"])
    assert (names["nunique"] == 1).all()
    assert names["first"].is_unique
    assert len(names) == SETTINGS["n_clusters"]


def test_the_public_file_has_little_structure_and_the_verdict_says_so(real: Grocery) -> None:
    """A little more than data without groups, but not sure."""
    (final,) = (
        real.build.mart("segment_diagnostics").query("analysis == 'grocery_customers' and is_final").to_dict("records")
    )
    assert final["verdict"].startswith("weak structure")
    assert 0 < final["structure"] < 0.1
    insights = real.build.mart("insights").query("dataset == 'grocery' and topic == 'segments'")
    assert len(insights) == SETTINGS["n_clusters"]
    is_marked = insights["insight"].str.endswith(f"({final['verdict']})")
    assert (is_marked == ~insights["is_founded"].astype(bool)).all()
    assert insights["is_founded"].nunique() == 1


def test_personas_of_the_public_file_hold_trait_by_trait(real: Grocery) -> None:
    """None is given to customers who do not have it: the young are younger, and pets eat more in amount and share."""
    profiles = real.build.mart("segment_profiles").query("analysis == 'grocery_customers'")
    traits = pd.read_csv(ROOT / "seeds" / "reference" / "personas.csv").rename(columns={"persona": "segment_name"})
    held = profiles.merge(traits, on=["segment_name", "measure"])
    assert len(held)
    assert (np.sign(held["weight"]) * held["strength"] >= 0.4).all()
    z_scores = profiles.set_index(["segment_name", "measure"])["z_score"]
    for row in held[held["measure"].str.endswith("_share") & (held["measure"] != "promotion_share")].itertuples():
        amount = z_scores[row.segment_name, row.measure.replace("_share", "_amount")]
        assert np.sign(row.weight) * amount >= 0.4


def baskets_of(planted: GrocerySample) -> pd.DataFrame:
    """One row per basket and product: customer_id, product."""
    baskets = planted.baskets
    sizes = baskets.sizes()
    names = np.array([product.name for product in planted.truth.products], dtype=object)
    customers = pd.Series(baskets.customer_id).repeat(sizes).to_numpy()
    invoices = pd.Series(baskets.invoice_id).repeat(sizes).to_numpy()
    return pd.DataFrame({"invoice_id": invoices, "customer_id": customers, "product": names[baskets.product]})


def test_complements_are_planted_pairs_and_reach_who_lacks_one_of_them(
    synthetic: Grocery, planted: GrocerySample
) -> None:
    offers = synthetic.build.mart("segment_offers").query("offer_type == 'complement'")
    pairs = {frozenset(pair.products) for pair in planted.truth.pairs}
    lines = baskets_of(planted)
    accepted = [basket for (basket,) in synthetic.build.rows("select basket_id from staging.stg_grocery__baskets")]
    lines = lines[lines["invoice_id"].isin(accepted)].copy()
    lines["segment_name"] = lines["customer_id"].map(synthetic.segments["segment_name"])
    assert len(offers) > 0
    for offer in offers.itertuples():
        bought = re.fullmatch(r"A voucher for (.+) to buyers of (.+) who have not bought it\.", offer.offer)
        assert bought is not None
        offered, other = bought.groups()
        assert offered == offer.target
        assert frozenset((offered, other)) in pairs
        own = lines[lines["segment_name"] == offer.segment_name]
        buyers = set(own.loc[own["product"] == other, "customer_id"])
        both = buyers & set(own.loc[own["product"] == offered, "customer_id"])
        assert offer.expected_reach == len(buyers) - len(both) >= 30
        assert offer.anyway_share == pytest.approx(len(both) / len(buyers), abs=1e-9)


def test_offers_are_large_enough_and_contradict_neither_each_other_nor_an_action(grocery: Grocery) -> None:
    offers = grocery.build.mart("segment_offers")
    assert (offers["expected_reach"] >= 30).all()
    assert not offers.duplicated(["analysis", "segment_name", "target"]).any()
    actions = grocery.build.mart("segment_actions").query("analysis == 'grocery_customers'")
    no_price_cuts = actions.query("measure == 'promotion_share' and z_score < 0")["segment_name"]
    assert not offers.query("analysis == 'grocery_customers'")["segment_name"].isin(no_price_cuts).any()


def test_sizes_of_tests_are_those_of_two_proportions_and_find_the_effect(grocery: Grocery) -> None:
    """Fleiss' formula with scipy's quantiles; and of 4,000 simulated tests 80 % find the rise."""
    offers = grocery.build.mart("segment_offers")
    without = offers["anyway_share"].fillna(0.475)
    with_it = without + 0.05
    mean = (without + with_it) / 2
    spread = norm.isf(0.025) * np.sqrt(2 * mean * (1 - mean))
    spread += norm.isf(0.2) * np.sqrt(without * (1 - without) + with_it * (1 - with_it))
    sizes = np.ceil((spread / 0.05) ** 2)
    np.testing.assert_allclose(offers["test_customers_per_group"], sizes, atol=1)
    random = np.random.default_rng(7)
    size = int(offers["test_customers_per_group"].iloc[0])
    low, high = (random.binomial(size, share.iloc[0], 4000) / size for share in (without, with_it))
    pooled = (low + high) / 2
    found = (high - low) / np.sqrt(2 * pooled * (1 - pooled) / size) > norm.isf(0.025)
    assert found.mean() == pytest.approx(0.8, abs=0.03)


def test_reach_never_exceeds_the_segment_and_ranks_have_no_gaps(grocery: Grocery) -> None:
    promotions = grocery.build.mart("segment_offers")
    assert promotions["reach_share"].between(0, 1, inclusive="right").all()
    for _, offers in promotions.groupby("segment_name"):
        assert sorted(offers["offer_rank"]) == list(range(1, len(offers) + 1))
