"""Who will buy again: the SQL, run on customers of whom is known whether they have left."""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
import pytest
from dbt_runs import ROOT, DbtRun
from sklearn.metrics import brier_score_loss, roc_auc_score

DAYS = 365
MODELS = (
    *("snapshot_days", "snapshots", "snapshot_rfm", "customer_rfm", "activity_classes", "activity_cells"),
    *("activity_rates", "activity_predictions", "predictor_outcomes", "predictor_ranks", "lapse_diagnostics"),
    *("rfm_activity", "customer_activity"),
)
"""The models that say who will buy again, in their order."""


@dataclass(frozen=True)
class Planted:
    """Customers who come at random, each with a rate of the customer's own.

    Attributes:
        receipts: One row per visit.
        has_left: Whether the customer has left for good, by customer_key.
        connection: A database with the results of MODELS.
    """

    receipts: pd.DataFrame
    has_left: pd.Series
    connection: duckdb.DuckDBPyConnection

    def table(self, name: str) -> pd.DataFrame:
        return self.connection.sql(f"select * from int_loyalty__{name}").df()


def planted(build: DbtRun, leaving: float, customers: int = 6000) -> Planted:
    """Run the models' SQL, as dbt compiled it, on customers of whom a part leaves on a random day."""
    random = np.random.default_rng(7)
    rates = random.gamma(1.5, 1 / 45, customers)
    last_days = np.where(random.random(customers) < leaving, random.uniform(0, DAYS, customers), np.inf)
    visits = (random.random((DAYS, customers)) < rates) & (np.arange(DAYS)[:, None] < last_days)
    day, customer = np.nonzero(visits)
    dates = pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D")
    receipts = pd.DataFrame(
        {"dataset": "planted", "customer_key": customer, "receipt_date": dates, "sales_amount": 1.0}
    )
    connection = duckdb.connect()
    connection.sql("""
        create table int_products__receipts as
        select * replace (cast(receipt_date as date) as receipt_date)
        from receipts
    """)
    connection.sql("""
        create table int_loyalty__customer_purchases as
        select dataset, min(receipt_date) as first_purchase_date, max(receipt_date) as last_purchase_date
        from int_products__receipts group by all
    """)
    connection.sql("""
        create table customers as
        select distinct dataset, customer_key, cast(customer_key as varchar) as customer_id, true as has_receipts
        from int_products__receipts
    """)
    connection.sql("""
        create table int_loyalty__month_snapshots (
            dataset text, snapshot text, customer_key integer, snapshot_date date, last_purchase_date date,
            receipts bigint, sales_amount decimal(18, 2)
        )
    """)
    connection.sql(f"create table rfm_segments as from read_csv('{ROOT / 'seeds/reference/rfm_segments.csv'}')")
    for model in MODELS:
        compiled = build.manifest["nodes"][f"model.segmart.int_loyalty__{model}"]["compiled_code"]
        local = re.sub(r'"\w+"\."\w+"\."(\w+)"', r"\1", compiled)
        connection.sql(f"create table int_loyalty__{model} as {local}")
    return Planted(receipts, pd.Series(last_days < DAYS), connection)


@pytest.fixture(scope="module")
def leaving(sample_build: DbtRun) -> Planted:
    return planted(sample_build, leaving=0.5)


@pytest.fixture(scope="module")
def staying(sample_build: DbtRun) -> Planted:
    return planted(sample_build, leaving=0)


def test_customers_who_left_are_called_lapsing(leaving: Planted) -> None:
    activity = leaving.table("customer_activity").set_index("customer_key")
    has_left = leaving.has_left.loc[activity.index]
    is_lapsing = activity["is_lapsing"].astype(bool)
    assert is_lapsing.sum() > 1000
    assert has_left[is_lapsing].mean() > 0.85
    assert has_left[~is_lapsing].mean() < 0.35


def test_recency_is_found_to_predict_where_customers_leave(leaving: Planted) -> None:
    verdicts = leaving.table("lapse_diagnostics").set_index("predictor")
    assert verdicts.loc["visits and recency", "verdict"] == "better than a count of visits"
    accuracy = verdicts["rank_accuracy"]
    assert accuracy["visits and recency"] > accuracy["visits"] + 0.05
    leaving_segments = leaving.table("rfm_activity").query("is_leaving")["rfm_segment"]
    assert "Cannot lose" in set(leaving_segments)


def test_where_nobody_leaves_nobody_is_called_lapsing(staying: Planted) -> None:
    """Frequent customers who have not come for long are there as well: by chance."""
    verdicts = staying.table("lapse_diagnostics").set_index("predictor")
    assert not verdicts.loc["visits and recency", "is_better_than_visits"]
    assert not staying.table("customer_activity")["is_lapsing"].any()
    segments = staying.table("rfm_activity").set_index("rfm_segment")
    assert segments.loc["Cannot lose", "customers"] > 30
    assert not segments["is_leaving"].any()


def test_diagnostics_are_those_of_scikit_learn(leaving: Planted) -> None:
    """Visits until two horizons before the end say who comes back within the last one, computed in pandas."""
    receipts = leaving.receipts.assign(day=(leaving.receipts["receipt_date"] - pd.Timestamp("2024-01-01")).dt.days)

    def seen(last_day: int) -> pd.DataFrame:
        visits = receipts[receipts["day"] <= last_day].groupby("customer_key").size()
        later = receipts[(receipts["day"] > last_day) & (receipts["day"] <= last_day + 90)]["customer_key"]
        limits = pd.cut(visits, [*range(11), 20, 50, np.inf], labels=False)
        return pd.DataFrame({"visits": limits, "is_active": visits.index.isin(later)})

    last_day = receipts["day"].max()
    earlier, later = seen(last_day - 180), seen(last_day - 90)
    predicted = later["visits"].map(earlier.groupby("visits")["is_active"].mean()).fillna(earlier["is_active"].mean())
    scaled = (predicted * later["is_active"].mean() / predicted.mean()).clip(upper=1)
    row = leaving.table("lapse_diagnostics").set_index("predictor").loc["visits"]
    assert row["customers"] == len(later)
    assert row["predicted_share"] == pytest.approx(predicted.mean(), abs=1e-8)
    assert row["rank_accuracy"] == pytest.approx(roc_auc_score(later["is_active"], predicted), abs=1e-8)
    assert row["brier_score"] == pytest.approx(brier_score_loss(later["is_active"], scaled), abs=1e-8)


def test_the_sample_is_long_enough_for_an_answer(sample_build: DbtRun) -> None:
    verdicts = sample_build.mart("lapse_diagnostics")
    assert (verdicts["days_covered"] >= 3 * 90).all()
    assert not verdicts["verdict"].str.startswith("too short").any()
    assert sample_build.mart("loyalty_customers")["active_probability"].between(0, 1).all()
