"""What a user can set without touching a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from chips_files import cents
from dbt_runs import ROOT, DbtRun, run_dbt

from segmart.variables import RULES, wrong_variables
from tools.synthesize import ChipsSample

PROJECT: dict[str, Any] = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]


def test_every_variable_has_a_rule_and_those_of_the_project_are_right() -> None:
    assert set(RULES) == set(PROJECT)
    assert wrong_variables(PROJECT) == []


@pytest.mark.parametrize("name", PROJECT)
def test_no_variable_lets_sql_through(name: str) -> None:
    """Texts go into SQL as texts; whatever else a variable is, it is no text that could be SQL."""
    is_text = isinstance(PROJECT[name], str) and RULES[name][0] == "a text"
    attack = "0) union all select 1 --"
    if not is_text:
        assert wrong_variables({name: attack}) == [f"The variable {name} is {attack}, but has to be {RULES[name][0]}."]
    if isinstance(PROJECT[name], int | float):
        for value in (None, True, "7", [7], float("nan"), float("inf"), -1):
            assert wrong_variables({name: value}), value


@pytest.mark.parametrize(
    ("name", "value", "is_right"),
    [
        ("as_of_date", None, True),
        ("as_of_date", "2024-02-29", True),
        ("as_of_date", "2023-02-29", False),
        ("as_of_date", "31/12/2020", False),
        ("earliest_date", None, False),
        ("abc_limits", [0.5, 1], True),
        ("abc_limits", [0.9, 0.8], False),
        ("abc_limits", [0.8], False),
        ("holiday_country", "DE-BY", True),
        ("holiday_country", "Germany", False),
        ("product_types", ["chips"], True),
        ("product_types", "chips", False),
        ("product_types", ["chips", 7], False),
        ("placeholder_years", [], True),
        ("placeholder_years", ["1900"], False),
        ("holdout_share", 1, True),
        ("holdout_share", 1.01, False),
        ("max_rules", 7.5, False),
    ],
)
def test_values_are_of_their_type_and_within_limits(name: str, value: Any, is_right: bool) -> None:
    assert (wrong_variables({name: value}) == []) == is_right


def test_a_build_with_wrong_variables_stops_before_anything_is_built(tmp_path: Path) -> None:
    """A project of one model, with the macros and variables of this one."""
    project = {
        "name": "segmart",
        "profile": "segmart",
        "macro-paths": [str(ROOT / "macros")],
        "on-run-start": ["{{ check_variables() }}"],
        "vars": PROJECT,
        "flags": {"send_anonymous_usage_stats": False},
    }
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "one.sql").write_text("select {{ var('small_count') }} as one", encoding="utf-8")
    (tmp_path / "dbt_project.yml").write_text(yaml.safe_dump(project), encoding="utf-8")
    variables = {"significance_level": "0.05 or true", "smal_count": 10, "as_of_date": "31/12/2020"}
    run = run_dbt(tmp_path / "wrong", "run", project=tmp_path, variables=variables)
    assert run.exit_code != 0
    for sentence in (
        "The variable significance_level is 0.05 or true, but has to be a number from 0 to 1.",
        "There is no variable smal_count: is small_count meant?",
        "The variable as_of_date is 31/12/2020, but has to be empty or a day such as 2024-12-31.",
    ):
        assert sentence in run.output
    assert run.rows("select 1 from duckdb_tables()") == []
    right = run_dbt(tmp_path / "right", "run", project=tmp_path, variables={"small_count": 7}).succeeded()
    assert right.rows("from main.one") == [(7,)]


def test_without_a_dataset_there_are_marts_but_no_rows(empty_build: DbtRun) -> None:
    assert set(empty_build.statuses.values()) == {"success"}
    # What loading writes down about files is there, and lists none.
    assert empty_build.tables("raw") == {"raw_files", "read_files"}
    assert {mart: len(empty_build.mart(mart)) for mart in empty_build.tables("marts")} == dict.fromkeys(
        empty_build.tables("marts"), 0
    )


def test_product_types_that_are_not_counted_are_excluded_and_reconciled(
    chips_only_build: DbtRun, sample: ChipsSample
) -> None:
    dips = {product.prod_nbr for product in sample.truth.products if product.product_type == "dip"}
    lines = sample.transactions
    is_dip = lines["PROD_NBR"].isin(dips)
    row = chips_only_build.mart("row_reconciliation").set_index("source_file").loc["transaction_data"]
    assert row["excluded_rows"] == is_dip.sum() > 0
    assert round(100 * row["excluded_amount"]) == cents(lines["TOT_SALES"])[is_dip].sum()
    assert row["is_reconciled"]
    products = chips_only_build.mart("product_sales")
    assert set(products["product_type"]) == {"chips"}
    assert set(products["product_id"].astype(int)).isdisjoint(dips)
    counted = lines[~is_dip & (lines["PROD_QTY"] <= 50)]
    for mart in ("product_sales", "brand_sales", "daily_sales", "loyalty_customers"):
        assert cents(chips_only_build.mart(mart)["sales_amount"]).sum() == cents(counted["TOT_SALES"]).sum(), mart
    assert set(chips_only_build.mart("loyalty_customers")["customer_id"].astype(int)) == set(counted["LYLTY_CARD_NBR"])


def test_recency_is_counted_to_the_day_that_is_set(later_build: DbtRun, sample_build: DbtRun) -> None:
    sql = "select customer_id, recency_days, r_score, sales_amount from marts.loyalty_customers order by customer_id"
    later, usual = later_build.query(sql), sample_build.query(sql)
    days = (pd.Timestamp("2019-12-31") - pd.Timestamp("2019-06-30")).days
    assert (later["recency_days"] - usual["recency_days"]).unique().tolist() == [days]
    unchanged = ["customer_id", "r_score", "sales_amount"]
    pd.testing.assert_frame_equal(later[unchanged], usual[unchanged])
