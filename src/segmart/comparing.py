"""What changed from one published file to another, and what the builds before found.

A figure is a number of one table and dataset that adds up: its rows, the sum of a column of money or counts, the
customers of a segment. Averages and p-values are no figures, because they move with every row.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from segmart.sql import sql_name, sql_text

ADDS_UP = r"(^|_)(amount|units|customers|receipts|transactions|lines|rows)$"
"""Columns of which the sum over a table says something."""

KEY_TABLES = (
    *("product_sales", "loyalty_customers", "customer_segments", "store_ranking", "price_promotions"),
    *("sales_anomalies", "insights", "row_reconciliation"),
)
"""Tables whose figures every build leaves in `build_history`, and that can hold a publication back."""

SEGMENTS = {"customer_segments": ("segmentation", "segment_name"), "loyalty_customers": ("rfm_segment",)}
"""Table with a row per customer -> columns that name the customer's segment."""

ABOUT_THE_FILE = ("publication", "catalog_", "build_")
"""How the names of tables begin that say something about the file, not about the shop."""

Key = tuple[str, str, str]
"""Table, dataset and figure; the dataset is empty where the table has none."""


class MovedTooFarError(Exception):
    """A figure moved by more than a publication may move it."""


@dataclass(frozen=True)
class Change:
    """A figure that is not what it was.

    Attributes:
        table_name: The table.
        dataset: The dataset, empty where the table has none.
        figure: What was counted or summed.
        old: Its value in the older file, 0 where it has none.
        new: Its value in the newer file, 0 where it has none.
    """

    table_name: str
    dataset: str
    figure: str
    old: float
    new: float

    @property
    def share(self) -> float:
        """The change as a part of the larger value: from -1, gone, to 1, new."""
        return (self.new - self.old) / max(abs(self.old), abs(self.new))


@dataclass(frozen=True)
class Rows:
    """How the rows of a table differ, told apart by its key.

    Attributes:
        table_name: The table.
        added: Keys that only the newer file has.
        gone: Keys that only the older file has.
    """

    table_name: str
    added: int
    gone: int


@dataclass(frozen=True)
class Comparison:
    """Two published files side by side.

    Attributes:
        added_tables: Tables that only the newer file has.
        gone_tables: Tables that only the older file has.
        rows: Tables of both with keys that came or went.
        changes: Figures that moved, the largest part first.
    """

    added_tables: list[str]
    gone_tables: list[str]
    rows: list[Rows]
    changes: list[Change]

    def text(self, limit: int) -> str:
        """Some lines for people; one if nothing has changed.

        Args:
            limit: How many figures and how many tables are listed at most.
        """
        lines = [f"only in the newer file: {', '.join(self.added_tables)}"] if self.added_tables else []
        lines += [f"only in the older file: {', '.join(self.gone_tables)}"] if self.gone_tables else []
        largest = sorted(self.rows, key=lambda rows: (-(rows.added + rows.gone), rows.table_name))[:limit]
        lines += [f"{rows.table_name}: {rows.added:,} keys added, {rows.gone:,} gone" for rows in largest]
        lines += [said(change) for change in self.changes[:limit]]
        if len(self.changes) > limit:
            lines.append(f"… and {len(self.changes) - limit:,} more figures that moved")
        return "\n".join(lines) or "no figure has changed"


def said(change: Change) -> str:
    """A change in a line."""
    place = f"{change.dataset} {change.table_name}".strip()
    return f"{place}, {change.figure}: {change.old:,.10g} → {change.new:,.10g} ({change.share:+.1%})"


def compare(old: Path, new: Path) -> Comparison:
    """Compare the tables of two published files.

    Args:
        old: The older file.
        new: The newer file.

    Returns:
        What differs; tables about the file itself are left out.

    Raises:
        duckdb.Error: If one of them can't be read as a DuckDB file.
    """
    with _opened(old=old, new=new) as connection:
        tables = {schema: _columns(connection, schema) for schema in ("old", "new")}
        both = sorted(tables["old"].keys() & tables["new"].keys())
        before, after = (figures(connection, schema, both) for schema in ("old", "new"))
        keys = _keys(connection)
        rows = [_key_changes(connection, table, keys[table]) for table in both if table in keys]
    changes = [Change(*key, before.get(key, 0), after.get(key, 0)) for key in sorted(before.keys() | after.keys())]
    return Comparison(
        added_tables=sorted(tables["new"].keys() - tables["old"].keys()),
        gone_tables=sorted(tables["old"].keys() - tables["new"].keys()),
        rows=[item for item in rows if item.added or item.gone],
        changes=sorted((item for item in changes if item.old != item.new), key=lambda item: -abs(item.share)),
    )


def figures(connection: duckdb.DuckDBPyConnection, database: str, tables: list[str]) -> dict[Key, float]:
    """The figures of some tables of an attached file.

    Args:
        connection: Has the file attached.
        database: Under which name.
        tables: Names of its tables.

    Returns:
        Values by table, dataset and figure.
    """
    found: dict[Key, float] = {}
    columns = _columns(connection, database)
    for table in tables:
        summed = [name for name, adds_up in columns[table].items() if adds_up]
        sums = "".join(f", coalesce(sum({sql_name(name)}), 0)::double" for name in summed)
        dataset = "dataset" if "dataset" in columns[table] else "''"
        source = f"from {database}.main.{sql_name(table)}"
        for row in connection.execute(f"select {dataset}, count(*){sums} {source} group by 1").fetchall():
            for figure, value in zip(["rows", *summed], row[1:], strict=True):
                found[table, row[0] or "", figure] = round(float(value), 6)
        segment = SEGMENTS.get(table)
        if segment and set(segment) <= set(columns[table]):
            names = f"concat_ws(': ', {', '.join(segment)})"
            for data, name, customers in connection.execute(
                f"select {dataset}, {names}, count(*) {source} group by 1, 2"
            ).fetchall():
                found[table, data or "", f"customers in {name}"] = customers
    return found


def record_build(draft: Path, published: Path, max_change: float | None) -> None:
    """Write into a draft what its build found, what builds before found, and what changed since the last one.

    Adds the tables `build_history` and `build_changes`. Builds of other data than the draft's are in the history, and
    are not compared.

    Args:
        draft: The file that will be published; nobody has it open.
        published: The file that it will replace; need not exist.
        max_change: Part by which a figure of `KEY_TABLES` may move, from 0 to 1; None for any.

    Raises:
        MovedTooFarError: If a figure moved by more.
    """
    with tempfile.TemporaryDirectory() as folder:
        last = _readable(published, Path(folder))
        comparison = compare(last, draft) if last and _source(last) == _source(draft) else Comparison([], [], [], [])
        with duckdb.connect() as connection:
            connection.execute(f"attach {sql_text(str(draft))} as new")
            connection.execute(_HISTORY)
            if last:
                connection.execute(f"attach {sql_text(str(last))} as old (read_only)")
                if "build_history" in _all_tables(connection, "old"):
                    connection.execute("insert into new.build_history by name from old.build_history")
            tables = [table for table in KEY_TABLES if table in _all_tables(connection, "new")]
            found = figures(connection, "new", tables)
            if found:
                connection.executemany(_BUILD, [[*key, value] for key, value in sorted(found.items())])
            rows = [[c.table_name, c.dataset, c.figure, c.old, c.new, c.share] for c in comparison.changes]
            if rows:
                connection.executemany("insert into new.build_changes values (?, ?, ?, ?, ?, ?)", rows)
    moved = [change for change in comparison.changes if change.table_name in KEY_TABLES]
    if max_change is not None and moved and abs(moved[0].share) > max_change:
        raise MovedTooFarError(f"{said(moved[0])} is more than max_published_change allows, {max_change:.1%}")


def recorded_changes(published: Path, run_id: str | None = None, limit: int = 10) -> str | None:
    """What `record_build` wrote about the largest movements, for people.

    Args:
        published: The published file.
        run_id: The run that is asked about; None for the one that is published.
        limit: How many figures are listed at most.

    Returns:
        Some lines; None if the run has published nothing, or there was nothing to compare it with.
    """
    if not published.is_file():
        return None
    sql = """
        select table_name, dataset, figure, last_value, value from old.build_changes
        order by abs(change_share) desc, table_name, dataset, figure
    """
    with _opened(old=published) as connection:
        names = _all_tables(connection, "old")
        if "build_history" not in names:
            return None
        last = connection.execute("select invocation_id, data_source from old.publication limit 1").fetchone()
        if not last or run_id not in (None, last[0]):
            return None
        builds = "select count(distinct invocation_id) from old.build_history where data_source is not distinct from ?"
        if connection.execute(builds, [last[1]]).fetchone() in ((0,), (1,)):
            return None
        changes = [Change(*row) for row in connection.execute(sql).fetchall()]
    heading = f"{len(changes):,} figures have moved since the last build"
    return "\n".join([f"{heading}{', the largest first:' if changes else ''}", *map(said, changes[:limit])])


_HISTORY = """
    create table new.build_history (
        published_at timestamp not null,
        invocation_id varchar not null,
        git_commit varchar,
        data_source varchar,
        data_fingerprint varchar,
        table_name varchar not null,
        dataset varchar not null,
        figure varchar not null,
        value double not null,
        primary key (invocation_id, table_name, dataset, figure)
    );
    comment on table new.build_history is
        'Key figures of every build that was published in this place, one row per build and figure.';
    comment on column new.build_history.published_at is 'When the build was published, UTC.';
    comment on column new.build_history.invocation_id is 'Identifier of the dbt run.';
    comment on column new.build_history.git_commit is 'Commit of the project; null outside of git.';
    comment on column new.build_history.data_source is 'Name of the folder of raw files, or "synthetic sample".';
    comment on column new.build_history.data_fingerprint is
        'SHA-256 over the raw files; equal if and only if the data were.';
    comment on column new.build_history.table_name is 'Table that the figure is of.';
    comment on column new.build_history.dataset is 'Dataset that the figure is of; empty where the table has none.';
    comment on column new.build_history.figure is 'rows, a column that was summed, or the customers of a segment.';
    comment on column new.build_history.value is 'Value of the figure in that build.';
    create table new.build_changes (
        table_name varchar not null,
        dataset varchar not null,
        figure varchar not null,
        last_value double not null,
        value double not null,
        change_share double not null,
        primary key (table_name, dataset, figure)
    );
    comment on table new.build_changes is
        'Figures that moved since the last build of the same data source, one row per figure.';
    comment on column new.build_changes.table_name is 'Table that the figure is of.';
    comment on column new.build_changes.dataset is 'Dataset that the figure is of; empty where the table has none.';
    comment on column new.build_changes.figure is 'rows, a column that was summed, or the customers of a segment.';
    comment on column new.build_changes.last_value is 'Value in the last build; 0 where it had none.';
    comment on column new.build_changes.value is 'Value in this build; 0 where it has none.';
    comment on column new.build_changes.change_share is 'Change as a part of the larger value: -1 is gone, 1 is new.';
"""

_BUILD = """
    insert into new.build_history
    select published_at, invocation_id, git_commit, data_source, data_fingerprint, ?, ?, ?, ?
    from new.publication limit 1
"""


@contextmanager
def _opened(**files: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which files are attached under their names, for reading."""
    with duckdb.connect() as connection:
        for name, file in files.items():
            connection.execute(f"attach {sql_text(str(file))} as {name} (read_only)")
        yield connection


def _readable(published: Path, folder: Path) -> Path | None:
    """A file to read what was published from: itself, or a copy where a client has it locked; None if there is none."""
    copy = folder / "published.duckdb"
    for file in (published, copy):
        try:
            if file == copy:
                shutil.copyfile(published, copy)
            with _opened(old=file) as connection:
                return file if "publication" in _all_tables(connection, "old") else None
        except (duckdb.Error, OSError):
            continue
    return None


def _source(file: Path) -> tuple[str, ...] | None:
    """What a file was made from."""
    with _opened(old=file) as connection:
        if "data_source" not in _columns(connection, "old", "publication")["publication"]:
            return None
        return connection.execute("select data_source from old.publication limit 1").fetchone()


def _all_tables(connection: duckdb.DuckDBPyConnection, database: str) -> set[str]:
    sql = "select table_name from duckdb_tables() where database_name = ?"
    return {name for (name,) in connection.execute(sql, [database]).fetchall()}


def _columns(
    connection: duckdb.DuckDBPyConnection, database: str, table: str | None = None
) -> dict[str, dict[str, bool]]:
    """Tables, without those about the file or one alone -> column -> whether it adds up."""
    sql = """
        select
            table_name,
            column_name,
            regexp_matches(column_name, ?) and data_type not in ('VARCHAR', 'BOOLEAN', 'DATE')
        from duckdb_columns() where database_name = ? and not internal order by table_name, column_index
    """
    columns: dict[str, dict[str, bool]] = {}
    for name, column, adds_up in connection.execute(sql, [ADDS_UP, database]).fetchall():
        if name == table or (table is None and not name.startswith(ABOUT_THE_FILE)):
            columns.setdefault(name, {})[column] = adds_up
    return columns


def _keys(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Key of each table that has the same one, of ids and not of numbers of one build, in both files."""
    found: dict[str, dict[str, list[str]]] = {}
    for database in ("old", "new"):
        sql = """
            select table_name, constraint_column_names from duckdb_constraints()
            where database_name = ? and constraint_type = 'PRIMARY KEY'
        """
        found[database] = dict(connection.execute(sql, [database]).fetchall())
    return {
        table: key
        for table, key in found["new"].items()
        if found["old"].get(table) == key and not any(name.endswith("_key") for name in key)
    }


def _key_changes(connection: duckdb.DuckDBPyConnection, table: str, key: list[str]) -> Rows:
    names = ", ".join(map(sql_name, key))
    count = f"select count(*) from {{}}.main.{sql_name(table)} anti join {{}}.main.{sql_name(table)} using ({names})"
    added, gone = (connection.execute(count.format(*order)).fetchone()[0] for order in (("new", "old"), ("old", "new")))
    return Rows(table, added, gone)
