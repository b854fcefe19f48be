"""Run dbt on this project (or a tiny one), each run in a process and a folder of its own.

Processes are forked from a server that has imported dbt already, which takes longer than many a run.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import multiprocessing
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
SAMPLE_DATA = ROOT / "seeds" / "sample"
REAL_DATA = Path(os.environ.get("SEGMART_REAL_DATA") or ROOT.parent / "shared" / "data")
"""Public files in the layout of a data directory; not part of the project."""

TIMEOUT_SECONDS = 1800
"""What a run may take on a machine that has other things to do as well; it ends a run that hangs, and judges none."""

NO_DIVISION_BY_ZERO = """
    create macro main."/"(dividend, divisor) as
    case
        when divisor = 0 and dividend is not null then cast('division of ' || dividend || ' by zero' as double)
        else system.main."/"(dividend, divisor)
    end
"""
"""DuckDB makes infinity or null of what is an error on Spark. With this macro in its database, it is an error there,
too: a text that can't be cast, because ``try`` takes no call of ``error``."""

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["dbt.cli.main", "dbt.adapters.duckdb", "segmart.duckdb_functions"])

_PARSED = ROOT / "target" / "parsed"
"""What dbt parsed, one file per settings and variables: parsing it all anew takes longer than most runs, and dbt itself
looks which files have changed since."""


@dataclass(frozen=True)
class DbtRun:
    """A finished run: its database, its artifacts and what it printed."""

    folder: Path
    exit_code: int
    output: str

    @property
    def database(self) -> Path:
        return self.folder / "segmart.duckdb"

    @property
    def published(self) -> Path:
        """Where the build of the sample publishes."""
        return self.folder / "published" / "marts.duckdb"

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.folder / "target" / "manifest.json").read_text(encoding="utf-8"))

    @cached_property
    def statuses(self) -> dict[str, str]:
        """Status of each node that was reached, by unique id; without hooks, such as publishing, and exposures."""
        results = json.loads((self.folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
        statuses = {result["unique_id"]: result["status"] for result in results}
        return {name: status for name, status in statuses.items() if not name.startswith(("operation.", "exposure."))}

    @property
    def failures(self) -> list[str]:
        return sorted(name for name, status in self.statuses.items() if status not in ("success", "pass", "skipped"))

    def succeeded(self) -> DbtRun:
        """The run itself; an AssertionError with its output if it failed."""
        assert self.exit_code == 0, self.output
        return self

    def query(self, sql: str) -> pd.DataFrame:
        """The result of a query, decimals as floats."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.sql(sql).df()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The result of a query with the database's own types."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def mart(self, name: str) -> pd.DataFrame:
        return self.query(f"select * from marts.{name}")

    def tables(self, schema: str) -> set[str]:
        sql = f"select table_name from information_schema.tables where table_schema = '{schema}'"
        return {name for (name,) in self.rows(sql)}


def run_dbt(
    folder: Path,
    *arguments: str,
    data: Path | str | None = None,
    variables: Mapping[str, Any] | None = None,
    datasets: Sequence[str] | None = None,
    project: Path = ROOT,
    profiles: Path = ROOT,
    cwd: Path | None = None,
    published: Path | None = None,
    with_parquet: bool = False,
    settings: Mapping[str, str] | None = None,
    kill_when: Callable[[], bool] | None = None,
    seconds: float = TIMEOUT_SECONDS,
) -> DbtRun:
    """Run dbt and return how it went, well or not. A new database of DuckDB divides nothing by zero.

    Args:
        folder: Gets the run's database, artifacts and log.
        arguments: Command and options, such as ``"build"``.
        data: SEGMART_DATA; the project's sample is read if None.
        variables: Overrides of the project's ``vars``.
        datasets: SEGMART_DATASETS; all are built if None.
        project: Folder of dbt_project.yml.
        profiles: Folder of profiles.yml.
        cwd: Current directory, ``folder`` if None.
        published: SEGMART_PUBLISHED; nothing is published if None.
        with_parquet: SEGMART_PARQUET.
        settings: Further environment variables.
        kill_when: Asked every millisecond; once it says yes, the process is killed as ``kill -9`` does.
        seconds: What the run may take.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = arguments[arguments.index("--target") + 1] if "--target" in arguments else None
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SEGMART_", "DBT_"))}
    # A path that is the same for every run leaves what dbt parsed before valid.
    database = folder / "segmart.duckdb"
    environment["SEGMART_DATABASE"] = os.path.relpath(database, cwd or folder)
    if target != "spark" and not database.exists():
        with duckdb.connect(str(database)) as connection:
            connection.execute(NO_DIVISION_BY_ZERO)
    if data is not None:
        environment["SEGMART_DATA"] = str(data)
    if datasets is not None:
        environment["SEGMART_DATASETS"] = " ".join(datasets)
    if published is not None:
        environment["SEGMART_PUBLISHED"] = str(published)
    if with_parquet:
        environment["SEGMART_PARQUET"] = "true"
    environment |= settings or {}
    command = ["dbt", *arguments, "--no-use-colors", "--project-dir", str(project), "--profiles-dir", str(profiles)]
    # Nobody reads the log file, and every event would be written twice.
    command += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs"), "--log-level-file", "none"]
    if variables:
        command += ["--vars", json.dumps(dict(variables))]
    output = folder / "output.txt"
    parsed = folder / "target" / "partial_parse.msgpack"
    # A copy of a project is parsed where it differs from the one that was parsed first.
    parsed_from = ((project / "dbt_project.yml").read_bytes(), profiles, variables, datasets, target)
    shared = _PARSED / hashlib.sha256(repr(parsed_from).encode()).hexdigest()
    if shared.exists() and not parsed.exists():
        parsed.parent.mkdir(exist_ok=True)
        shutil.copy(shared, parsed)
    process = _PROCESSES.Process(target=_dbt, args=(command, environment, cwd or folder, output))
    process.start()
    while kill_when is not None and process.exitcode is None:
        if kill_when():
            process.kill()
            process.join()
        time.sleep(0.001)
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"{' '.join(command)} took more than {seconds} seconds")
    if parsed.exists() and (project == ROOT or not shared.exists()):
        # Copied under another name first, because another thread or process may look for it.
        copy = shared.with_suffix(f".{os.getpid()}_{threading.get_ident()}")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(parsed, copy)
        copy.replace(shared)
    return DbtRun(folder, process.exitcode, output.read_text(encoding="utf-8", errors="replace"))


def _dbt(command: Sequence[str], environment: Mapping[str, str], cwd: Path, output: Path) -> None:
    """The whole of a child process: dbt with this command line, environment and directory."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    with output.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv = list(command)

    from dbt.cli.main import cli

    try:
        cli()
    finally:
        # A forked process leaves these out, and one of them closes the database.
        atexit._run_exitfuncs()


def differing_rows(first: DbtRun, second: DbtRun, table: str) -> list[tuple]:
    """Rows that only one of the two builds has, or has more often; exact to the last digit."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{first.database}' as first (read_only)")
        connection.execute(f"attach '{second.database}' as second (read_only)")
        both = (f"from first.{table}", f"from second.{table}")
        differences = [f"({one} except all {other})" for one, other in (both, both[::-1])]
        return [row for sql in differences for row in connection.execute(sql).fetchall()]


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file below a folder, by its path in there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}
