"""Builds after files have arrived, changed and gone: what was read before is kept, and the marts stay exact."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from dbt_runs import SAMPLE_DATA, DbtRun, differing_rows, run_dbt

LARGE: dict[str, Any] = {"raw_view_bytes": 1}
"""Variables under which every raw table is read through a view, as large ones are."""

MARTS = ("build", "--no-write-json", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
BASE = ("--select", "+base_chips__transactions", "+base_chips__file_totals")
CORE = ("--select", "+sales_lines", "+rejected_rows", "+row_reconciliation")
TABLES = ("core.customers", "core.sales_lines", "marts.rejected_rows", "marts.row_reconciliation")
"""What all other tables of the chips are made from, and whether it adds up."""

LATE, CORRECTED, GONE, NEW = "2019/06.csv", "2018/09.csv", "2018/10.csv", "2019/07.csv"


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """The sample's lines as text, with the path of a month's file."""
    rows = pd.read_csv(SAMPLE_DATA / "chips" / "transaction_data.csv", dtype=str, keep_default_na=False)
    dates = pd.Timestamp("1899-12-30") + pd.to_timedelta(pd.to_numeric(rows["DATE"]), unit="D")
    return rows.assign(file=dates.dt.strftime("%Y/%m.csv"))


@pytest.fixture(scope="module")
def folder(rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a file of lines for each month, where the runs below take place."""
    folder = tmp_path_factory.mktemp("by file")
    chips = folder / "data" / "chips"
    chips.mkdir(parents=True)
    shutil.copy(SAMPLE_DATA / "chips" / "purchase_behaviour.csv", chips)
    for file, lines in rows.groupby("file"):
        write(folder, str(file), lines)
    return folder


def write(folder: Path, file: str, lines: pd.DataFrame) -> None:
    path = folder / "data" / "chips" / "transaction_data" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    lines.drop(columns="file").to_csv(path, index=False)


def build(folder: Path, name: str, *arguments: str, variables: Mapping[str, Any] = LARGE) -> DbtRun:
    return run_dbt(folder / name, *MARTS, *arguments, data=folder / "data", variables=variables, datasets=["chips"])


def message(run: DbtRun) -> list[str]:
    """What the run says about the files of its lines."""
    return [line.split(": ", 1)[1] for line in run.output.splitlines() if "base_chips__transactions: " in line]


@pytest.fixture(scope="module")
def builds(folder: Path, rows: pd.DataFrame) -> dict[str, DbtRun]:
    """A build of all months but the last, one after the files have changed, and a full refresh to compare it with."""
    lines = {str(file): group for file, group in rows.groupby("file")}
    latest = folder / "data" / "chips" / "transaction_data" / NEW
    late = lines[LATE].sample(frac=0.5, random_state=3)
    write(folder, LATE, lines[LATE].drop(late.index))
    latest.unlink(missing_ok=True)
    first = build(folder, "kept", *BASE).succeeded()
    again = build(folder, "kept", *BASE).succeeded()
    write(folder, LATE, lines[LATE])
    write(folder, NEW, lines[LATE].head(300).assign(DATE="43650", LYLTY_CARD_NBR="999999999"))
    write(folder, CORRECTED, lines[CORRECTED].assign(TOT_SALES="1000", PROD_QTY="77").head(40))
    (folder / "data" / "chips" / "transaction_data" / GONE).unlink()
    later = build(folder, "kept", *CORE).succeeded()
    return {"first": first, "again": again, "later": later, "full": build(folder, "full", *CORE).succeeded()}


def test_only_new_and_changed_files_are_read(builds: dict[str, DbtRun]) -> None:
    assert message(builds["first"]) == []
    assert message(builds["again"]) == ["0 of 12 files are new or changed"]
    assert message(builds["later"]) == ["3 of 12 files are new or changed"]
    assert message(builds["full"]) == []


def test_rows_are_those_of_a_full_refresh(builds: dict[str, DbtRun]) -> None:
    for table in TABLES:
        assert builds["full"].rows(f"select count(*) > 0 from {table}") == [(True,)]
        assert differing_rows(builds["later"], builds["full"], table) == [], table
    refused = builds["later"].rows("select count(*) from marts.rejected_rows where rejected_value = '77'")
    assert refused == [(40,)]
    sql = "select raw_file, count(*) from staging.base_chips__transactions group by all order by all"
    found = builds["later"].rows(sql)
    assert found == builds["full"].rows(sql)
    assert GONE not in dict(found)
    assert (dict(found)[NEW], dict(found)[CORRECTED]) == (300, 40)


@pytest.mark.long
def test_a_changed_rule_reads_all_files_again(builds: dict[str, DbtRun], folder: Path) -> None:
    """Rows of files that have not changed are judged by the new rule, too."""
    run = build(folder, "kept", "--select", "+rejected_rows", variables={**LARGE, "max_quantity": 3}).succeeded()
    assert message(run) == ["12 of 12 files are new or changed"]
    rows = "select count(*) from marts.rejected_rows where rejection_reason = 'PROD_QTY is a bulk purchase'"
    assert run.rows(rows)[0][0] > 100


def test_a_full_refresh_reads_all_files(builds: dict[str, DbtRun], folder: Path) -> None:
    run = build(folder, "full", "--full-refresh", *BASE).succeeded()
    assert message(run) == []


def test_a_new_file_that_can_not_be_read_leaves_everything_as_it_was(builds: dict[str, DbtRun], folder: Path) -> None:
    broken = folder / "data" / "chips" / "transaction_data" / "2019" / "08.csv"
    broken.write_text((folder / "data" / "chips" / "transaction_data" / NEW).read_text() + "1,2,3\n")
    before = builds["full"].rows("select count(*) from staging.base_chips__transactions")
    failed = build(folder, "full", *BASE)
    fresh = build(folder, "fresh", *BASE)
    broken.unlink()
    for run in (failed, fresh):
        assert run.exit_code == 1
        assert "Failure in seed transaction_data" in run.output
        assert "2019/08.csv can not be read: line 302 has too few fields" in run.output
    assert failed.rows("select count(*) from staging.base_chips__transactions") == before
    assert "base_chips__transactions" not in fresh.tables("staging")


@pytest.mark.long
def test_a_run_without_rows_is_not_taken_for_a_reading(builds: dict[str, DbtRun], folder: Path) -> None:
    """What `--empty` has emptied is read again by the next run."""
    rows = builds["later"].rows("select count(*) from staging.base_chips__transactions")
    build(folder, "kept", "--empty", *BASE).succeeded()
    build(folder, "kept", *BASE).succeeded()
    assert builds["later"].rows("select count(*) from staging.base_chips__transactions") == rows


def test_a_file_that_changes_after_it_was_hashed_stops_the_model(builds: dict[str, DbtRun], folder: Path) -> None:
    file = folder / "data" / "chips" / "transaction_data" / CORRECTED
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1_000_000))
    late = run_dbt(
        folder / "full",
        *("run", "--select", "base_chips__transactions"),
        data=folder / "data",
        variables=LARGE,
        datasets=["chips"],
    )
    assert late.exit_code == 1
    assert f"transaction_data/{CORRECTED} has changed while it was read: build again" in late.output
