"""Files of other people on Spark: the marts, refused rows and messages that DuckDB makes of the same files.

A build on Spark takes up to half an hour, so these run with `make test-spark-long`. The public files are skipped where
they are missing, and all of it where pyspark or Java is.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
from conftest import WITHOUT_REAL_DATA, WITHOUT_UNIT_TESTS
from dbt_runs import REAL_DATA, ROOT, DbtRun, run_dbt
from test_odd_files import CASES, Odd
from test_own_files import OWN_FILES

from segmart.sql import sql_text
from tools.same_result import differences

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("needs_spark")]

LAYOUTS = ("shop", "campaign", "grocery", "chips")
TARGETS = ("local", "spark")
SECONDS = 4 * 3600
"""What a build of the largest of these files may take on a machine that has other things to do as well."""

READ = [name for name, case in CASES.items() if case.layout == "chips" and not case.sentence]
READ += ["c07 day first, slashes", "g06 items twice and in capitals", "s03 plain"]
"""Odd files that layouts read; people of several would contradict each other."""

BROKEN = ["04 cp1252 far down", "c03 semicolons", "g03 baskets alone"]
"""Odd files that layouts refuse."""

JUDGED = (
    *("build", *WITHOUT_UNIT_TESTS, "--indirect-selection", "cautious"),
    *("--select", "+rejected_rows", "+row_reconciliation", "+path:models/core", "+path:models/staging"),
)
"""Reads the files, judges and lists their rows, and tests that none is lost."""

TABLES = """
    select table_schema || '.' || table_name from information_schema.tables
    where table_schema in ('core', 'marts') and table_type = 'BASE TABLE'
"""
"""What such a run makes beside views."""


def own_files(name: str, folder: Path) -> Path:
    """A retailer's files beside the mapping that was made for them."""
    shutil.copytree(REAL_DATA / "own" / name, folder, copy_function=shutil.copyfile)
    folder.chmod(0o755)
    shutil.copyfile(ROOT / "tests" / "fixtures" / "own" / f"{name}.yml", folder / "segmart.yml")
    return folder


@pytest.mark.parametrize("name", [*LAYOUTS, *OWN_FILES])
def test_marts_of_public_files_are_those_of_duckdb(name: str, tmp_path: Path) -> None:
    if not (REAL_DATA / name if name in LAYOUTS else REAL_DATA / "own" / name).is_dir():
        pytest.skip(f"the files of {name} are NOT TESTED: {WITHOUT_REAL_DATA}")
    data = REAL_DATA if name in LAYOUTS else own_files(name, tmp_path / "data")
    published = []
    for target in TARGETS:
        folder = tmp_path / target
        published.append(folder / "published" / "marts.duckdb")
        run_dbt(
            folder,
            "build",
            *WITHOUT_UNIT_TESTS,
            "--target",
            target,
            data=data,
            datasets=[name if name in LAYOUTS else "mapped"],
            published=published[-1],
            settings={"SEGMART_SPARK_WAREHOUSE": "spark"},
            seconds=SECONDS,
        ).succeeded()
    assert differences(*published, schemas=("main",)) == []


def odd_files(folder: Path, cases: Sequence[Odd]) -> Path:
    """Files of cases as parts of tables, each content once."""
    for number, case in enumerate(cases):
        for name, content in case.files.items():
            table = folder / case.layout / Path(name).stem
            text = content.encode() if isinstance(content, str) else content
            table.mkdir(parents=True, exist_ok=True)
            if text not in [file.read_bytes() for file in table.iterdir()]:
                (table / f"{number}.csv").write_bytes(text)
    return folder


def judge(folder: Path, data: Path, target: str) -> DbtRun:
    settings = {"SEGMART_SPARK_WAREHOUSE": "spark"}
    return run_dbt(folder, *JUDGED, "--target", target, data=data, datasets=LAYOUTS, settings=settings)


def test_rows_of_odd_files_are_accepted_and_refused_for_the_same_reasons(tmp_path: Path) -> None:
    data = odd_files(tmp_path / "data", [CASES[name] for name in READ])
    duck, spark = (judge(tmp_path / target, data, target) for target in TARGETS)
    assert spark.statuses == duck.statuses
    compared = [tmp_path / f"{target}.duckdb" for target in TARGETS]
    tables = [name for (name,) in duck.rows(TABLES)]
    for run, path in zip((duck, spark), compared, strict=True):
        with duckdb.connect(str(path)) as connection:
            connection.execute("set timezone = 'UTC'; create schema core; create schema marts")
            connection.execute(f"attach {sql_text(str(duck.database))} as built (read_only)")
            for table in tables:
                files = run.folder / "spark" / "tables" / table.replace(".", ".db/") / "*.parquet"
                rows = f"built.{table}" if run is duck else f"read_parquet({sql_text(str(files))})"
                connection.execute(f"create table {table} as from built.{table} limit 0")
                connection.execute(f"insert into {table} by name from {rows}")
    assert differences(*compared, schemas=("core", "marts")) == []
    assert set(duck.mart("rejected_rows")["rejection_reason"]) == {
        "DATE is not a date",
        "LYLTY_CARD_NBR is not a number",
        "TOT_SALES is not an amount",
    }


def test_files_that_can_not_be_read_are_the_same_sentence(tmp_path: Path) -> None:
    data = odd_files(tmp_path / "data", [CASES[name] for name in BROKEN])
    runs = [judge(tmp_path / target, data, target) for target in TARGETS]
    found = [[line for line in run.output.splitlines() if str(data) in line] for run in runs]
    assert found[0] == found[1]
    assert len(found[0]) >= len(LAYOUTS)
