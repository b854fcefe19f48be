"""The sample built on Spark: the marts are those that DuckDB makes, row by row.

It runs with `make test-spark`, and is skipped where pyspark or Java is missing.
"""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path

import duckdb
import pytest
from dbt_runs import DbtRun, run_dbt

from tools.same_result import differences

pytestmark = pytest.mark.shared_builds


@pytest.fixture(scope="module")
def spark_build(
    needs_spark: None, builds: dict[str, Future[DbtRun]], tmp_path_factory: pytest.TempPathFactory
) -> DbtRun:
    """The sample with all tests, while DuckDB builds it, too."""
    folder = tmp_path_factory.mktemp("spark")
    return run_dbt(
        folder,
        "build",
        "--target",
        "spark",
        published=folder / "published" / "marts.duckdb",
        with_parquet=True,
        settings={"SEGMART_SPARK_WAREHOUSE": "spark", "SEGMART_SPARK_THREADS": "2"},
    )


def test_every_model_is_built_and_every_test_passes(spark_build: DbtRun) -> None:
    assert spark_build.failures == []
    assert spark_build.exit_code == 0, spark_build.output


def test_published_marts_are_those_of_duckdb(spark_build: DbtRun, sample_build: DbtRun) -> None:
    assert differences(sample_build.published, spark_build.published, schemas=("main",)) == []


def test_parquet_copies_hold_what_is_published(spark_build: DbtRun) -> None:
    copies = {copy.stem: copy for copy in (spark_build.published.parent / "marts_parquet").glob("*.parquet")}
    assert {"customer_segments", "insights", "publication"} <= set(copies)
    with duckdb.connect(str(spark_build.published), read_only=True) as connection:
        for table, copy in copies.items():
            assert connection.execute(f"from {table} except all from '{copy}'").fetchall() == [], table


def test_what_was_read_is_written_down_alike(spark_build: DbtRun, sample_build: DbtRun) -> None:
    assert read_files(spark_build.published) == read_files(sample_build.published) != []


def read_files(published: Path) -> list[tuple]:
    with duckdb.connect(str(published), read_only=True) as connection:
        return connection.execute("from publication_files order by file_name").fetchall()
