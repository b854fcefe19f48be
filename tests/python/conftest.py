"""Builds of the whole project, each made once in a session and only if a test asks for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from chips_files import Chips, read_chips
from dbt_runs import REAL_DATA, ROOT, SAMPLE_DATA, DbtRun, run_dbt, snapshot
from report_files import nasty_page
from threadpoolctl import threadpool_limits

from tools.synthesize import ChipsSample, synthesize_chips

WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
SHUFFLE_SEED = 7


def _sample_build(folder: Path) -> DbtRun:
    return run_dbt(folder, "build", published=folder / "published" / "marts.duckdb")


def _real_build(folder: Path) -> DbtRun:
    return run_dbt(folder, "build", *WITHOUT_UNIT_TESTS, data=REAL_DATA)


def _shuffled_build(folder: Path) -> DbtRun:
    """The sample with its rows in another order, on one thread of DuckDB and with four models at a time."""
    data = folder / "data"
    for file in SAMPLE_DATA.rglob("*.csv"):
        rows = pd.read_csv(file, dtype=str, keep_default_na=False)
        (data / file.relative_to(SAMPLE_DATA)).parent.mkdir(parents=True, exist_ok=True)
        rows.sample(frac=1, random_state=SHUFFLE_SEED).to_csv(data / file.relative_to(SAMPLE_DATA), index=False)
    profiles = yaml.safe_load((ROOT / "profiles.yml").read_text(encoding="utf-8"))
    profiles["segmart"]["outputs"]["local"].setdefault("config_options", {})["threads"] = 1
    (folder / "profiles.yml").write_text(yaml.safe_dump(profiles), encoding="utf-8")
    return run_dbt(folder, "build", *WITHOUT_UNIT_TESTS, "--threads", "4", data=data, profiles=folder)


def _chips_only_build(folder: Path) -> DbtRun:
    """Only what is sold, to whom, and whether it adds up."""
    marts = ("product_sales", "brand_sales", "daily_sales", "loyalty_customers", "row_reconciliation")
    return _build_of(folder, marts, {"product_types": ["chips"]})


def _later_build(folder: Path) -> DbtRun:
    """Only what a customer's recency needs, counted to half a year after the last day in the data."""
    return _build_of(folder, ("loyalty_customers",), {"as_of_date": "2019-12-31"})


def _build_of(folder: Path, marts: Sequence[str], variables: Mapping[str, Any]) -> DbtRun:
    selection = ("--select", *(f"+{mart}" for mart in marts), "--indirect-selection", "cautious")
    return run_dbt(folder, "build", *WITHOUT_UNIT_TESTS, *selection, variables=variables)


def _empty_build(folder: Path) -> DbtRun:
    return run_dbt(folder, "build", variables={"datasets": []})


BUILDS: dict[str, Callable[[Path], DbtRun]] = {
    "sample_build": _sample_build,
    "real_build": _real_build,
    "shuffled_build": _shuffled_build,
    "chips_only_build": _chips_only_build,
    "later_build": _later_build,
    "empty_build": _empty_build,
}
"""Name of the fixture -> what makes the build in a folder."""


def _needs(item: pytest.Item, build: str) -> bool:
    """Whether a test asks for a build by name, or as the parameter of a fixture for several builds."""
    callspec = getattr(item, "callspec", None)
    return build in getattr(item, "fixturenames", ()) or (callspec is not None and build in callspec.params.values())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of these builds, so that the others can run beside them."""
    for item in items:
        if any(_needs(item, build) for build in BUILDS):
            item.add_marker("shared_builds")


@pytest.fixture(scope="session")
def real_files() -> dict[str, tuple[int, int]]:
    """Size and time of change of every file in the folder of the real data, before anything is built from it."""
    return snapshot(REAL_DATA)


@pytest.fixture(scope="session")
def builds(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, real_files: dict[str, tuple[int, int]]
) -> Iterator[dict[str, Future[DbtRun]]]:
    """All builds that tests of this session need, started together, because dbt keeps only one core busy."""
    wanted = [name for name in BUILDS if any(_needs(item, name) for item in request.session.items)]
    if not real_files:
        wanted = [name for name in wanted if name != "real_build"]
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        yield {name: pool.submit(BUILDS[name], tmp_path_factory.mktemp(name)) for name in wanted}


@pytest.fixture(scope="session")
def sample_build(builds: dict[str, Future[DbtRun]]) -> DbtRun:
    """The sample, with all tests of the project, and published."""
    return builds["sample_build"].result().succeeded()


@pytest.fixture(scope="session")
def real_build(real_files: dict[str, tuple[int, int]], builds: dict[str, Future[DbtRun]]) -> DbtRun:
    """The public files."""
    if not real_files:
        pytest.skip(f"no files in {REAL_DATA}: SEGMART_REAL_DATA names the folder that holds chips/")
    return builds["real_build"].result().succeeded()


@pytest.fixture(scope="session")
def shuffled_build(builds: dict[str, Future[DbtRun]]) -> DbtRun:
    """The sample's rows in another order."""
    return builds["shuffled_build"].result().succeeded()


@pytest.fixture(scope="session")
def chips_only_build(builds: dict[str, Future[DbtRun]]) -> DbtRun:
    """The sample without dips."""
    return builds["chips_only_build"].result().succeeded()


@pytest.fixture(scope="session")
def later_build(builds: dict[str, Future[DbtRun]]) -> DbtRun:
    """The sample's customers as of the last day of 2019."""
    return builds["later_build"].result().succeeded()


@pytest.fixture(scope="session")
def empty_build(builds: dict[str, Future[DbtRun]]) -> DbtRun:
    """No dataset."""
    return builds["empty_build"].result().succeeded()


@pytest.fixture(scope="session")
def sample() -> ChipsSample:
    """The rows of seeds/sample/chips with their planted truth."""
    return synthesize_chips()


@pytest.fixture(scope="session", params=["sample_build", "real_build"], ids=["sample", "real"])
def chips(request: pytest.FixtureRequest) -> Chips:
    """A build and the files it read: of the sample, of the public files."""
    build = request.getfixturevalue(request.param)
    return read_chips(build, SAMPLE_DATA if request.param == "sample_build" else REAL_DATA)


@pytest.fixture(scope="session")
def old_clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with DuckDB 1.1, SQLAlchemy, pandas and ibis, as BI tools that are some years behind have them."""
    folder = tmp_path_factory.mktemp("old_clients")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    requirements = Path(__file__).with_name("requirements-clients.txt")
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--retries", "1"]
    command += ["--disable-pip-version-check", "--require-hashes", "--requirement", str(requirements)]
    installed = subprocess.run(command, capture_output=True, text=True)
    if installed.returncode != 0 and not os.environ.get("CI"):
        pytest.skip(f"old clients can't be installed, is there a network? {installed.stderr.splitlines()[-1:]}")
    assert installed.returncode == 0, installed.stderr
    return python


@pytest.fixture(scope="session")
def report_page(sample_build: DbtRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the sample, with a product whose name would like to be code."""
    return nasty_page(sample_build.published, tmp_path_factory.mktemp("report"))


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Small fits take longest where many threads wait for each other."""
    with threadpool_limits(limits=1):
        yield
