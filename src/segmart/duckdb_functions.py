"""SQL functions for what dbt needs and SQL can't do: look at files, ask git, rename a file.

dbt-duckdb loads this module as a plugin because ``profiles.yml`` names it.
"""

from __future__ import annotations

import atexit
import contextlib
from pathlib import Path

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection, Error

from segmart import publishing
from segmart.loading import raw_tables
from segmart.loading.mapped import mapped_tables


class Plugin(BasePlugin):
    """Registers the functions on dbt's connection."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Add each function under its own name; none of them is a pure function of its arguments.

        A program that ends without closing the connection, as linters do, takes them away again: DuckDB complains about
        functions that outlive the interpreter.
        """

        def raw_table(seed: str, known: str | None) -> str:
            """See `segmart.loading.raw_tables.raw_table`; files are read in a session of their own."""
            with conn.cursor() as session:
                return raw_tables.raw_table(seed, known, session)

        for function, arguments, result in (
            (raw_table, ["varchar", "varchar"], "varchar"),
            (raw_tables.changed_raw_file, ["varchar"], "varchar"),
            (mapped_tables, ["varchar", "varchar"], "varchar"),
            (git_commit, ["varchar"], "varchar"),
            (open_publication, ["varchar", "varchar", "boolean"], "varchar"),
            (close_publication, ["varchar", "varchar", "boolean"], "bigint"),
        ):
            conn.create_function(
                function.__name__, function, arguments, result, null_handling="special", side_effects=True
            )
            atexit.register(_forget, conn, function.__name__)


def _forget(connection: DuckDBPyConnection, name: str) -> None:
    with contextlib.suppress(Error):
        connection.remove_function(name)


def git_commit(folder: str) -> str | None:
    """See `segmart.publishing.git_commit`."""
    return publishing.git_commit(Path(folder))


def open_publication(published: str, run_id: str, with_parquet: bool) -> str:
    """See `segmart.publishing.open_publication`."""
    return str(publishing.open_publication(Path(published), run_id, with_parquet))


def close_publication(published: str, run_id: str, with_parquet: bool) -> int:
    """See `segmart.publishing.close_publication`."""
    return publishing.close_publication(Path(published), run_id, with_parquet)
