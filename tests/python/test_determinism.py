"""Same data, same result, whatever the order of the rows and the number of threads."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from dbt_runs import DbtRun, differing_rows, run_dbt


def test_order_and_threads_change_no_mart(sample_build: DbtRun, shuffled_build: DbtRun) -> None:
    marts = sample_build.tables("marts")
    assert len(marts) > 10
    assert shuffled_build.tables("marts") == marts
    differing = {mart: len(differing_rows(sample_build, shuffled_build, f"marts.{mart}")) for mart in sorted(marts)}
    assert {mart: count for mart, count in differing.items() if count} == {}


def test_order_and_threads_change_no_fit(sample_build: DbtRun, shuffled_build: DbtRun) -> None:
    """The tables that Python makes, whose sums are the most likely to depend on order."""
    python_models = [
        node["name"] for node in sample_build.manifest["nodes"].values() if node.get("language") == "python"
    ]
    assert python_models
    for name in python_models:
        assert differing_rows(sample_build, shuffled_build, f"intermediate.{name}") == [], name


def test_the_shuffled_files_are_really_in_another_order(sample_build: DbtRun, shuffled_build: DbtRun) -> None:
    for table in ("transaction_data", "purchase_behaviour"):
        first, second = (build.rows(f"from raw.{table}") for build in (sample_build, shuffled_build))
        assert len(first) == len(second)
        assert sum(one == other for one, other in zip(first, second, strict=True)) < 0.01 * len(first)


def test_rows_that_differ_are_noticed(sample_build: DbtRun) -> None:
    """The comparison itself: a mart against a view of it with one value changed in its last digits."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{sample_build.database}' as built (read_only)")
        changed = "select * replace (sales_share * (1 + 1e-15) as sales_share) from built.marts.brand_sales"
        assert connection.execute(f"({changed}) except all from built.marts.brand_sales").fetchall()


@pytest.mark.long
def test_building_again_changes_nothing(sample_build: DbtRun, tmp_path: Path) -> None:
    """Into a database that is already there, as a scheduler does."""
    shutil.copy(sample_build.database, tmp_path)
    marts = ("brand_sales", "row_reconciliation", "rejected_rows")
    selection = ("--indirect-selection", "cautious", "--select", *(f"+{mart}" for mart in marts))
    again = run_dbt(tmp_path, "build", "--exclude-resource-type", "unit_test", *selection).succeeded()
    for mart in marts:
        assert differing_rows(sample_build, again, f"marts.{mart}") == []
