"""Metrics as MetricFlow computes them, against the marts and the lines they are made from."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from dbt_runs import ROOT, DbtRun

Query = Callable[..., pd.DataFrame]

METRICS = (
    *("sales", "units", "customers", "sales_per_customer"),
    *("repeat_rate", "average_basket", "promotion_share", "response_rate"),
    *("return_rate", "lapsing_rate"),
)


@pytest.fixture(scope="module")
def metricflow(sample_build: DbtRun, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Runs ``mf`` on a copy of the sample's build: it opens the database for writing, and wants a project around it."""
    project = tmp_path_factory.mktemp("metrics")
    (project / "target").mkdir()
    for file in (ROOT / "dbt_project.yml", ROOT / "profiles.yml", sample_build.database):
        shutil.copy(file, project)
    shutil.copy(sample_build.folder / "target" / "semantic_manifest.json", project / "target")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SEGMART_", "DBT_"))}
    environment["SEGMART_DATABASE"] = str(project / sample_build.database.name)
    # It looks for a newer version of itself; nothing listens here, so that it gives up at once.
    environment |= {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}

    def run(*arguments: str) -> str:
        command = [str(Path(sys.executable).with_name("mf")), *arguments]
        done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def query(metricflow: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Query:
    def run(*metrics: str, group_by: str | None = None) -> pd.DataFrame:
        file = tmp_path_factory.mktemp("query") / "result.csv"
        groups = ("--group-by", group_by) if group_by else ()
        metricflow("query", "--metrics", ",".join(metrics), *groups, "--csv", str(file))
        return pd.read_csv(file, keep_default_na=False)

    return run


def test_every_metric_and_semantic_model_is_valid(metricflow: Callable[..., str]) -> None:
    """Also against the database: MetricFlow asks for every dimension, entity, measure and metric."""
    output = metricflow("validate-configs", "--show-all")
    assert "validated metrics against data warehouse (ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0)" in output
    assert output.count("(ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0)") == output.count("ERRORS: ") / 2


def test_totals_equal_those_of_the_marts(sample_build: DbtRun, query: Query) -> None:
    ((sales, units, customers, repeats, promoted),) = sample_build.rows("""
        select
            sum(sales_amount), cast(sum(units) as double), count(*), count_if(is_repeat_buyer),
            sum(promotion_share * units)
        from marts.loyalty_customers
    """)
    # Purchases are within a day, so those of days add up.
    ((purchases,),) = sample_build.rows("select sum(transactions) from marts.daily_sales")
    ((returned, gross),) = sample_build.rows("""
        select sum(returned), sum(case when returned > 0 then 0 else sales_amount end)
        from (
            select *, case when units < 0 and sales_amount < 0 then -cast(sales_amount as double) else 0 end as returned
            from intermediate.int_products__sales_lines
        )
    """)
    ((lapsing, judged),) = sample_build.rows(
        "select count_if(is_lapsing), count(is_lapsing) from marts.loyalty_customers"
    )
    ((responses, offers),) = sample_build.rows("select sum(responses), sum(customers) from marts.campaign_responses")
    expected = {
        "sales": float(sales),
        "units": units,
        "customers": customers,
        "sales_per_customer": float(sales) / customers,
        "repeat_rate": repeats / customers,
        "average_basket": float(sales) / purchases,
        "promotion_share": promoted / units,
        "response_rate": responses / offers,
        "return_rate": float(returned) / float(gross),
        "lapsing_rate": lapsing / judged,
    }
    assert query(*METRICS).astype(float).loc[0].to_dict() == pytest.approx(expected, rel=1e-9)


def test_metrics_by_brand_equal_the_mart(sample_build: DbtRun, query: Query) -> None:
    found = query("sales", "units", "customers", "purchases", group_by="product__brand").set_index("product__brand")
    mart = sample_build.mart("brand_sales").set_index("brand").loc[found.index]
    assert len(found) == len(sample_build.mart("brand_sales"))
    for metric, column in (("sales", "sales_amount"), ("units", "units"), ("customers", "customers")):
        assert found[metric].to_dict() == pytest.approx(mart[column].to_dict()), metric
    assert found["purchases"].to_dict() == mart["transactions"].to_dict()


def test_metrics_by_store_equal_the_mart(sample_build: DbtRun, query: Query) -> None:
    found = query("sales", "average_basket", group_by="store__store_id").astype({"store__store_id": str})
    mart = sample_build.mart("store_ranking").set_index("store_id")
    stores = found[found["store__store_id"] != ""].set_index("store__store_id")
    assert set(stores.index) == set(mart.index)
    assert stores["sales"].to_dict() == pytest.approx(mart["sales_amount"].astype(float).to_dict())
    assert stores["average_basket"].to_dict() == pytest.approx(mart["sales_per_receipt"].to_dict())


def test_metrics_by_month_equal_the_days(sample_build: DbtRun, query: Query) -> None:
    found = query("sales", "purchases", group_by="metric_time__month")
    days = sample_build.mart("daily_sales").groupby("month_start_date")[["sales_amount", "transactions"]].sum()
    months = pd.to_datetime(found["metric_time__month"])
    assert found.set_index(months)["sales"].to_dict() == pytest.approx(days["sales_amount"].to_dict())
    assert found.set_index(months)["purchases"].to_dict() == days["transactions"].to_dict()


def test_responses_by_segment_equal_the_mart(sample_build: DbtRun, query: Query) -> None:
    found = query("response_rate", group_by="campaign_answer__segment_name")
    sums = sample_build.mart("campaign_responses").groupby("segment_name")[["responses", "customers"]].sum()
    rates = (sums["responses"] / sums["customers"]).to_dict()
    assert found.set_index("campaign_answer__segment_name")["response_rate"].to_dict() == pytest.approx(rates)
