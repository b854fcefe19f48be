"""What is tortured: loading a file into a working database, publishing, and reading what is published."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import duckdb

from segmart import publishing
from segmart.loading.raw_tables import raw_table

TABLES = ("lines", "totals", "publication")
"""Of a published file; each says in all of its rows which build it is of."""

LINES = 20_000
"""Rows of the first table, so that a draft takes a while to write."""


class StepError(Exception):
    """A step failed and said why, in words meant for people."""


@dataclass(frozen=True)
class Shop:
    """A data directory, a working database and a published file.

    Attributes:
        data: Holds one raw file, of a build.
        database: The working database.
        published: What is published.
    """

    data: Path
    database: Path
    published: Path

    @classmethod
    def below(cls, folder: Path) -> Shop:
        """A shop in folders of its own, of which the published file's is made by publishing."""
        for name in ("data", "work"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        return cls(folder / "data", folder / "work" / "segmart.duckdb", folder / "bi" / "marts.duckdb")

    def deliver(self, build: int, rows: int = 2000) -> None:
        """Put the file of a build in place of the one before, in one step."""
        folder = self.data / "tiny"
        folder.mkdir(exist_ok=True)
        draft = folder / ".lines.csv"
        # Numbers that a database can't make much shorter.
        numbers = (number * 2_654_435_761 % 2**32 for number in range(rows))
        draft.write_text("build,number\n" + "".join(f"{build},{number}\n" for number in numbers), encoding="utf-8")
        draft.replace(folder / "lines.csv")


def load(shop: Shop) -> None:
    """Load the raw file into the working database, as a seed is.

    Raises:
        StepError: The file can't be loaded.
        duckdb.Error: The database can't be written.
    """
    seed = {
        "name": "lines",
        "path": "seeds/sample/tiny/lines.csv",
        "folders": ["seeds", "sample", "tiny"],
        "columns": ["build", "number"],
        "data_directory": str(shop.data),
    }
    with duckdb.connect(str(shop.database)) as connection:
        with connection.cursor() as session:
            found = json.loads(raw_table(json.dumps(seed), None, session))
        if "error" in found:
            raise StepError(found["error"])
        connection.execute("begin")
        connection.execute(f"create or replace table lines as {found['select']}")
        connection.execute(
            "create or replace table loaded as select build, count(*) as row_count from lines group by 1"
        )
        connection.execute("commit")


def publish(shop: Shop, build: int, lines: int = LINES, totals: int | None = None) -> None:
    """Publish tables of a build with Parquet copies, as the end of a dbt run does.

    Args:
        shop: Whose marts.
        build: Its number.
        lines: Rows of the first table.
        totals: What the second table says of them; the truth if None.

    Raises:
        ValueError, OSError, duckdb.Error: Nothing was published.
    """
    target, run_id = publishing.publication_target(shop.published), f"{build}_{os.getpid()}"
    draft = publishing.open_publication(target, run_id, True)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{draft}' as draft")
        connection.execute(
            f"create table draft.lines as select {build} as build, hash(range) as number from range({lines})"
        )
        connection.execute(
            f"create table draft.totals as select {build} as build, {lines if totals is None else totals} as row_count"
        )
        connection.execute(f"create table draft.publication as select {build} as build")
        copy = publishing.parquet_draft_folder(target, run_id) / "lines.parquet"
        connection.execute(f"copy draft.lines to '{copy}'")
        connection.execute("detach draft")
    publishing.close_publication(target, run_id, True)


def published_build(shop: Shop) -> int:
    """Which build is published; it is read from every row of every table.

    Raises:
        ValueError: The tables are of several builds, or rows are missing.
        duckdb.Error: The file can't be read.
    """
    with duckdb.connect(str(shop.published), read_only=True) as connection:
        builds = {build for table in TABLES for (build,) in connection.execute(f"select build from {table}").fetchall()}
        rows = connection.execute("select count(*) = max(row_count) from lines cross join totals").fetchone()
    if len(builds) != 1 or rows != (True,):
        raise ValueError(f"half a publication: builds {sorted(builds)}, all lines there: {rows}")
    return builds.pop()


def copied_build(shop: Shop) -> int:
    """Which build the Parquet copies are of; raises as `published_build` does."""
    with duckdb.connect() as connection:
        copy = publishing.parquet_folder(shop.published) / "lines.parquet"
        builds = connection.execute(f"select build, count(*) from '{copy}' group by 1").fetchall()
    if len(builds) != 1 or builds[0][1] != LINES:
        raise ValueError(f"half a copy: {builds}")
    return builds[0][0]


def loaded_build(shop: Shop) -> int | None:
    """Which build the working database holds; None if nothing was loaded yet. Raises as `published_build` does."""
    with duckdb.connect(str(shop.database)) as connection:
        if not connection.execute("from duckdb_tables() where table_name = 'loaded'").fetchall():
            return None
        loaded = connection.execute("select cast(build as integer), row_count from loaded").fetchall()
        lines = connection.execute("select cast(build as integer), count(*) from lines group by 1").fetchall()
    if loaded != lines or len(loaded) != 1:
        raise ValueError(f"half a load: {loaded} were loaded, {lines} are there")
    return loaded[0][0]
