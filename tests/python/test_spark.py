"""The sample built on Spark: the marts are those that DuckDB makes, row by row.

It runs with `make test-spark`, and is skipped where pyspark or Java is missing.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from conftest import WITHOUT_UNIT_TESTS
from dbt_runs import DbtRun, run_dbt

from tools.same_result import differences

pytestmark = [pytest.mark.long, pytest.mark.shared_builds]


@pytest.fixture(scope="module")
def spark_build(tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    pytest.importorskip("pyspark", reason="pyspark is not installed: make test-spark")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    folder = tmp_path_factory.mktemp("spark")
    return run_dbt(
        folder,
        "build",
        *WITHOUT_UNIT_TESTS,
        "--target",
        "spark",
        published=folder / "published" / "marts.duckdb",
        settings={"SEGMART_SPARK_WAREHOUSE": "spark"},
    )


def test_every_model_is_built_and_every_test_passes(spark_build: DbtRun) -> None:
    assert spark_build.failures == []
    assert spark_build.exit_code == 0, spark_build.output


def test_published_marts_are_those_of_duckdb(spark_build: DbtRun, sample_build: DbtRun) -> None:
    assert differences(sample_build.published, spark_build.published, schemas=("main",)) == []


def test_what_was_read_is_written_down_alike(spark_build: DbtRun, sample_build: DbtRun) -> None:
    assert read_files(spark_build.published) == read_files(sample_build.published) != []


def read_files(published: Path) -> list[tuple]:
    with duckdb.connect(str(published), read_only=True) as connection:
        return connection.execute("from publication_files order by file_name").fetchall()
