"""The grocery customers of the sample and of the public file against pandas, scikit-learn and the planted personas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from dbt_runs import REAL_DATA, ROOT, SAMPLE_DATA, DbtRun
from sklearn.metrics import adjusted_rand_score, pairwise_distances

from segmart.statistics.two_stage import centroid_table
from tools.synthesize import GrocerySample, synthesize_grocery

SETTINGS = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]["analyses"][
    "grocery_customers"
]
AS_OF = pd.Timestamp("2023-12-31")
PLACEHOLDER = 2000


class Grocery:
    """A build and the customers' file that it read, parsed by pandas."""

    def __init__(self, build: DbtRun, data: Path) -> None:
        self.build = build
        file = read_customers(data)
        # The customers' ids are unique in both files.
        self.file = file.set_index("customer_id")
        sql = "select * from intermediate.int_grocery__customer_features"
        self.features = build.query(sql).set_index("customer_id")
        segments = build.mart("customer_segments").query("analysis == 'grocery_customers'")
        self.segments = segments.set_index("customer_id")


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
        return centroids.pivot(index="cluster_id", columns="feature", values=column)[SETTINGS["features"]]

    scaled = (features[SETTINGS["features"]] - wide("scaler_offset").iloc[0]) / wide("scaler_scale").iloc[0]
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
    sql = "select distinct cluster_id from intermediate.grocery_customers_centroids where is_specialist"
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
    centroids = grocery.build.query("select * from intermediate.grocery_customers_centroids")
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
    for name, column in raw.items():
        missing = set(grocery.file.index[grocery.file[column].isna()])
        assert missing, column
        assert set(values.loc[values["measure"] == name, "customer_id"]) == missing
        assert set(grocery.features.index[grocery.features[f"is_{name}_imputed"]]) == missing
    years = grocery.file["year_first_transaction"]
    unknown = set(grocery.file.index[(years > AS_OF.year) | (years == PLACEHOLDER)])
    assert set(values.loc[values["measure"] == "tenure_years", "customer_id"]) == unknown
    assert grocery.features[SETTINGS["features"]].notna().all(axis=None)


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
    final = real.build.mart("segment_diagnostics").query("analysis == 'grocery_customers' and is_final")
    assert final["verdict"].tolist() == ["no substantial structure"]
    insights = real.build.mart("insights").query("dataset == 'grocery' and topic == 'segments'")
    assert len(insights) == SETTINGS["n_clusters"]
    assert insights["insight"].str.endswith("(no substantial structure)").all()


SPECIALITIES = {
    "Fishermen": "fish",
    "Gamers": "videogames",
    "Pet lovers": "petfood",
    "Vegetarians": "vegetables",
    "Young party people": "alcohol_drinks",
    "Young with electronics": "electronics",
}
"""Persona -> the category that it was planted to over-buy most."""


def baskets_of(planted: GrocerySample) -> pd.DataFrame:
    """One row per basket and product: customer_id, product."""
    baskets = planted.baskets
    sizes = baskets.sizes()
    names = np.array([product.name for product in planted.truth.products], dtype=object)
    customers = pd.Series(baskets.customer_id).repeat(sizes).to_numpy()
    invoices = pd.Series(baskets.invoice_id).repeat(sizes).to_numpy()
    return pd.DataFrame({"invoice_id": invoices, "customer_id": customers, "product": names[baskets.product]})


def test_specialists_are_offered_what_they_specialise_in(synthetic: Grocery) -> None:
    promotions = synthetic.build.mart("segment_offers")
    discounts = promotions.query("offer_type == 'category discount'").sort_values("offer_rank")
    first = discounts.groupby("segment_name")["target"].first()
    assert first[list(SPECIALITIES)].to_dict() == SPECIALITIES


def test_bundles_are_planted_pairs_and_reach_who_bought_one_of_them(synthetic: Grocery, planted: GrocerySample) -> None:
    bundles = synthetic.build.mart("segment_offers").query("offer_type == 'bundle'")
    pairs = {" + ".join(sorted(pair.products)) for pair in planted.truth.pairs}
    found = [" + ".join(sorted(target.split(" + "))) for target in bundles["target"]]
    assert found
    assert set(found) <= pairs
    lines = baskets_of(planted)
    accepted = [basket for (basket,) in synthetic.build.rows("select basket_id from staging.stg_grocery__baskets")]
    lines = lines[lines["invoice_id"].isin(accepted)].copy()
    lines["segment_name"] = lines["customer_id"].map(synthetic.segments["segment_name"])
    for bundle in bundles.itertuples():
        products = bundle.target.split(" + ")
        bought = lines[(lines["segment_name"] == bundle.segment_name) & lines["product"].isin(products)]
        assert bundle.expected_reach == bought["customer_id"].nunique()


def test_reach_never_exceeds_the_segment_and_ranks_have_no_gaps(grocery: Grocery) -> None:
    promotions = grocery.build.mart("segment_offers")
    assert promotions["reach_share"].between(0, 1, inclusive="right").all()
    for _, offers in promotions.groupby("segment_name"):
        assert sorted(offers["offer_rank"]) == list(range(1, len(offers) + 1))
