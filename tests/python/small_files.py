"""Data directories of a few rows, loaded without dbt, and runs of dbt on many of them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import yaml
from dbt_runs import ROOT, SAMPLE_DATA, DbtRun, run_dbt, snapshot

from segmart.loading.raw_tables import raw_table

HEADER = "DATE,STORE_NBR,LYLTY_CARD_NBR,TXN_ID,PROD_NBR,PROD_NAME,PROD_QTY,TOT_SALES"
LINE = "43390,1,1000,1,5,Larkmoor Salt 175g,2,6"
CUSTOMERS = "LYLTY_CARD_NBR,LIFESTAGE,PREMIUM_CUSTOMER\r\n1000,RETIREES,Budget\r\n1001,NEW FAMILIES,Premium\r\n"

CHIPS = ["chips"]
SEED = ("seed", "--no-write-json", "--select", "transaction_data", "purchase_behaviour")
BUILD = ("build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
CHECK = (
    *("build", "--no-write-json", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"),
    *("--select", "+rejected_rows", "+row_reconciliation", "--exclude", "assert_few_rows_of_files_are_refused"),
)
"""Reads the files, lists what is refused, however much, and tests that nothing is lost."""


def lines(*rows: str, header: str = HEADER, end: str = "\n") -> str:
    """The text of a file with these rows."""
    return "".join(f"{row}{end}" for row in (header, *rows))


@dataclass(frozen=True)
class Case:
    """Files, and what to run on them.

    Attributes:
        transactions: Content of transaction_data.csv; None if there is no such file.
        customers: Content of purchase_behaviour.csv, likewise.
        others: Content of further files by name, which may lie in a folder.
        arguments: Command and options of dbt.
        folder: Name of the data directory.
        setting: SEGMART_DATA, with the data directory's path in place of ``{}``.
        variables: Overrides of the project's ``vars``.
    """

    transactions: str | bytes | None = lines(LINE)
    customers: str | bytes | None = CUSTOMERS
    others: Mapping[str, bytes] = field(default_factory=dict)
    arguments: tuple[str, ...] = BUILD
    folder: str = "data"
    setting: str = "{}"
    variables: Mapping[str, object] = field(default_factory=dict)

    def write(self, parent: Path) -> Path:
        """Write the files below a folder and return the data directory."""
        directory = parent / self.folder
        files = {"transaction_data.csv": self.transactions, "purchase_behaviour.csv": self.customers, **self.others}
        (directory / "chips").mkdir(parents=True)
        for name, content in files.items():
            if content is not None:
                data = content.encode() if isinstance(content, str) else content
                path = directory / "chips" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        return directory


@dataclass(frozen=True)
class Loaded:
    """What loading makes of a raw table.

    Attributes:
        error: What is wrong with its files, if anything is.
        columns: Name and type of its columns.
        rows: Its rows.
        kind: table or view.
    """

    error: str | None = None
    columns: list[tuple[str, str]] = field(default_factory=list)
    rows: list[tuple] = field(default_factory=list)
    kind: str = ""

    def succeeded(self) -> Loaded:
        """The table itself; an AssertionError if its files could not be read."""
        assert self.error is None, self.error
        return self


def load_case(case: Case, folder: Path) -> dict[str, Loaded]:
    """What loading makes of both raw tables of a case, without dbt.

    Raises:
        AssertionError: Loading has changed the data directory.
    """
    data = case.write(folder)
    before = snapshot(data)
    loaded = {name: _load(name, case, data) for name in ("transaction_data", "purchase_behaviour")}
    assert snapshot(data) == before, "the data directory has changed"
    return loaded


def _load(name: str, case: Case, data: Path) -> Loaded:
    about = yaml.safe_load((SAMPLE_DATA / "chips" / f"{name}.yml").read_text(encoding="utf-8"))
    variables = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"] | case.variables
    seed = {
        "name": name,
        "path": str(SAMPLE_DATA / "chips" / f"{name}.csv"),
        "folders": ["seeds", "sample", "chips"],
        "columns": [column["name"] for column in about["seeds"][0]["columns"]],
        "data_directory": case.setting.format(data),
        "view_bytes": variables["raw_view_bytes"],
    }
    with duckdb.connect() as connection:
        found = json.loads(raw_table(json.dumps(seed), None, connection))
        if "error" in found:
            return Loaded(found["error"])
        connection.execute(f"create {found['type']} loaded as {found['select']}")
        columns = connection.execute("select column_name, column_type from (describe loaded)").fetchall()
        return Loaded(None, columns, connection.execute("from loaded").fetchall(), found["type"])


def run_cases(cases: Mapping[str, Case], folder: Path) -> dict[str, DbtRun]:
    """Run dbt on each case and return the runs by the names of the cases.

    Raises:
        AssertionError: A run has changed its data directory.
    """

    def run(name: str) -> DbtRun:
        case, own = cases[name], folder / "cases" / name
        data = case.write(own)
        before = snapshot(data)
        done = run_dbt(own, *case.arguments, data=case.setting.format(data), variables=case.variables, datasets=CHIPS)
        assert snapshot(data) == before, f"{name}: the data directory has changed"
        return done

    # Once for each set of variables, not once for each of the runs that start together.
    for number, values in enumerate({repr(case.variables): case.variables for case in cases.values()}.values()):
        run_dbt(folder / f"parsed {number}", "parse", "--no-write-json", variables=values, datasets=CHIPS).succeeded()
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        return dict(zip(cases, pool.map(run, cases), strict=True))
