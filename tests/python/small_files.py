"""Data directories of a few rows, and runs of dbt on many of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from dbt_runs import DbtRun, run_dbt, snapshot

HEADER = "DATE,STORE_NBR,LYLTY_CARD_NBR,TXN_ID,PROD_NBR,PROD_NAME,PROD_QTY,TOT_SALES"
LINE = "43390,1,1000,1,5,Larkmoor Salt 175g,2,6"
CUSTOMERS = "LYLTY_CARD_NBR,LIFESTAGE,PREMIUM_CUSTOMER\r\n1000,RETIREES,Budget\r\n1001,NEW FAMILIES,Premium\r\n"

CHIPS = ["chips"]
SEED = ("seed", "--no-write-json", "--select", "transaction_data", "purchase_behaviour")
BUILD = ("build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
CHECK = (
    *("build", "--no-write-json", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"),
    *("--select", "+rejected_rows", "+row_reconciliation"),
)
"""Reads the files, lists what is refused, and tests that nothing is lost."""


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
