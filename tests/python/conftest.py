"""Builds of the whole project, each made once in a session and only if a test asks for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
import yaml
from chips_files import Chips, read_chips
from dbt_runs import REAL_DATA, ROOT, SAMPLE_DATA, DbtRun, run_dbt, snapshot
from report_files import nasty_page
from threadpoolctl import threadpool_limits

from tools.synthesize import ChipsSample, synthesize_chips

WITHOUT_REAL_DATA = f"nothing is in {REAL_DATA}; SEGMART_REAL_DATA names the folder that holds chips/ and the others"
WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
WITHOUT_TESTS = (*WITHOUT_UNIT_TESTS, "--exclude-resource-type", "test")
SHUFFLE_SEED = 7


def _sample_build(folder: Path) -> DbtRun:
    return run_dbt(folder, "build", published=folder / "published" / "marts.duckdb")


def _real_build(folder: Path) -> DbtRun:
    return run_dbt(folder, "build", *WITHOUT_UNIT_TESTS, data=REAL_DATA)


def _shuffled_build(folder: Path) -> DbtRun:
    """The sample with its rows in another order, on one thread of DuckDB and with four models at a time."""
    data = folder / "data"
    # The general shop's files are read through their segmart.yml, not by this build.
    for file in (file for file in SAMPLE_DATA.rglob("*.csv") if file.parent.name != "general"):
        rows = pd.read_csv(file, dtype=str, keep_default_na=False)
        (data / file.relative_to(SAMPLE_DATA)).parent.mkdir(parents=True, exist_ok=True)
        rows.sample(frac=1, random_state=SHUFFLE_SEED).to_csv(data / file.relative_to(SAMPLE_DATA), index=False)
    profiles = yaml.safe_load((ROOT / "profiles.yml").read_text(encoding="utf-8"))
    profiles["segmart"]["outputs"]["local"].setdefault("config_options", {})["threads"] = 1
    (folder / "profiles.yml").write_text(yaml.safe_dump(profiles), encoding="utf-8")
    return run_dbt(folder, "build", *WITHOUT_TESTS, "--threads", "4", data=data, profiles=folder)


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
    return run_dbt(folder, "build", *WITHOUT_TESTS, datasets=[])


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
    # Texts only: not everything that a test is given can be compared.
    names = [value for value in callspec.params.values() if isinstance(value, str)] if callspec else []
    return build in (*getattr(item, "fixturenames", ()), *names)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of these builds, so that the others can run beside them, and those that need no run of dbt."""
    for item in items:
        if any(_needs(item, build) for build in BUILDS):
            item.add_marker("shared_builds")
        elif not _runs_dbt(item.module):
            item.add_marker("library")


def _runs_dbt(module: ModuleType) -> bool:
    """Whether a test module runs dbt, by itself or by what it imports things from."""
    origins = {getattr(thing, "__module__", None) or getattr(thing, "__name__", "") for thing in vars(module).values()}
    imported = [sys.modules[name] for name in origins - {"dbt_runs"} if name in sys.modules]
    return any(hasattr(source, "run_dbt") for source in [module, *imported])


class FailedBuildError(pytest.skip.Exception):
    """A build failed that a test needs. One test says so and fails; the others are skipped."""

    def __init__(self, build: str, output: str) -> None:
        super().__init__(f"{build} failed, as an error above says")
        self.build, self.output = build, output


_REPORTED: set[str] = set()
"""Builds whose failure was reported."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make the first test that a failed build would skip an error, with what the build printed."""
    report = yield
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, FailedBuildError) and error.build in _REPORTED:
        # From one place, so that they are one line of the summary.
        report.longrepr = (__file__, None, error.msg)
    elif isinstance(error, FailedBuildError):
        _REPORTED.add(error.build)
        report.outcome, report.longrepr = "failed", f"{error.build} failed:\n\n{error.output}"
    return report


def pytest_report_header() -> str:
    """Whether the public files are there: without them the tests that need them are skipped."""
    return f"public files: {REAL_DATA}" if snapshot(REAL_DATA) else f"public files: NOT TESTED, {WITHOUT_REAL_DATA}"


@pytest.fixture(scope="session")
def needs_spark() -> None:
    """Skips where Spark can't run."""
    pytest.importorskip("pyspark", reason="pyspark is not installed: make test-spark")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")


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


def _finished(builds: Mapping[str, Future[DbtRun]], name: str) -> DbtRun:
    """A build that succeeded.

    Raises:
        FailedBuildError: It did not.
    """
    try:
        run = builds[name].result()
    except Exception:
        raise FailedBuildError(name, traceback.format_exc()) from None
    if run.exit_code != 0:
        raise FailedBuildError(name, run.output)
    return run


@pytest.fixture(scope="session")
def sample_build(builds: dict[str, Future[DbtRun]]) -> DbtRun:
    """The sample, with all tests of the project, and published."""
    return _finished(builds, "sample_build")


@pytest.fixture(scope="session")
def real_build(real_files: dict[str, tuple[int, int]], builds: dict[str, Future[DbtRun]]) -> DbtRun:
    """The public files."""
    if not real_files:
        pytest.skip(f"the public files are NOT TESTED: {WITHOUT_REAL_DATA}")
    return _finished(builds, "real_build")


@pytest.fixture(scope="session")
def shuffled_build(builds: dict[str, Future[DbtRun]]) -> DbtRun:
    """The sample's rows in another order."""
    return _finished(builds, "shuffled_build")


@pytest.fixture(scope="session")
def chips_only_build(builds: dict[str, Future[DbtRun]]) -> DbtRun:
    """The sample without dips."""
    return _finished(builds, "chips_only_build")


@pytest.fixture(scope="session")
def later_build(builds: dict[str, Future[DbtRun]]) -> DbtRun:
    """The sample's customers as of the last day of 2019."""
    return _finished(builds, "later_build")


@pytest.fixture(scope="session")
def empty_build(builds: dict[str, Future[DbtRun]]) -> DbtRun:
    """No dataset."""
    return _finished(builds, "empty_build")


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
