"""The sample's chips built on a standalone cluster, which loses a worker meanwhile, and through Spark Connect.

They run with `make test-spark-long`, and are skipped where pyspark or Java is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from conftest import WITHOUT_UNIT_TESTS
from dbt_runs import DbtRun, run_dbt
from spark_cluster import Cluster, cluster

from tools.same_result import differences

pytestmark = pytest.mark.long

DATASETS = ("chips",)


@pytest.fixture(scope="module")
def two_workers(needs_spark: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster"), workers=2) as started:
        yield started


@pytest.fixture(scope="module")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    return build(tmp_path_factory.mktemp("duckdb"), {}).succeeded()


def build(
    folder: Path, settings: Mapping[str, str], *options: str, kill_when: Callable[[], bool] | None = None
) -> DbtRun:
    return run_dbt(
        folder,
        "build",
        *WITHOUT_UNIT_TESTS,
        *options,
        datasets=DATASETS,
        published=folder / "published" / "marts.duckdb",
        settings=settings,
        kill_when=kill_when,
    )


def build_on_spark(folder: Path, where: Mapping[str, str], kill_when: Callable[[], bool] | None = None) -> DbtRun:
    return build(folder, {"SEGMART_SPARK_WAREHOUSE": "spark", **where}, "--target", "spark", kill_when=kill_when)


def is_under_way(folder: Path) -> bool:
    return (folder / "spark" / "tables" / "intermediate.db").exists()


def test_a_lost_worker_changes_nothing(two_workers: Cluster, on_duckdb: DbtRun, tmp_path: Path) -> None:
    def lose_a_worker() -> bool:
        if "worker_1" in two_workers.processes and is_under_way(tmp_path):
            two_workers.kill("worker_1")
        return False

    run = build_on_spark(tmp_path, {"SEGMART_SPARK_MASTER": two_workers.master}, lose_a_worker).succeeded()
    assert "worker_1" not in two_workers.processes
    assert differences(on_duckdb.published, run.published, schemas=("main",)) == []


def test_a_killed_driver_publishes_nothing(two_workers: Cluster, tmp_path: Path) -> None:
    run = build_on_spark(tmp_path, {"SEGMART_SPARK_MASTER": two_workers.master}, lambda: is_under_way(tmp_path))
    assert run.exit_code != 0
    assert not run.published.exists()


def test_spark_connect_gives_the_same_marts(two_workers: Cluster, on_duckdb: DbtRun, tmp_path: Path) -> None:
    remote = two_workers.start_connect(tmp_path / "spark")
    run = build_on_spark(tmp_path, {"SEGMART_SPARK_REMOTE": remote}).succeeded()
    assert differences(on_duckdb.published, run.published, schemas=("main",)) == []
