"""SQL functions for what dbt needs and SQL can't do: read files' fingerprints, ask git, rename a file.

dbt-duckdb loads this module as a plugin because ``profiles.yml`` names it.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.artifacts.schemas.run import RunResult
from dbt.task.seed import SeedTask
from duckdb import DuckDBPyConnection, Error

from segmart import publishing

# The garbage collector looks for garbage whenever so many objects have come into being since it last did.
UNCOLLECTED_OBJECTS = 1_000_000


class Plugin(BasePlugin):
    """Registers the functions on dbt's connection."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Let ``dbt seed --show`` pass over the result of the hook that publishes, which has no table to show.

        What dbt has parsed lives until the end, so the garbage collector needn't look through it again and again, nor
        often through the rest, of which little is garbage: that took a tenth of a small build, which now ends before
        the collector's first look. A program that runs dbt again and again gets its memory back.
        """
        SeedTask.show_table = _show_table_if_any
        gc.freeze()
        gc.set_threshold(UNCOLLECTED_OBJECTS, *gc.get_threshold()[1:])
        atexit.register(gc.unfreeze)

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Add each function under its own name; none of them is a pure function of its arguments.

        A program that ends without closing the connection, as linters do, takes them away again: DuckDB complains about
        functions that outlive the interpreter.
        """
        for function, arguments, result in (
            (file_fingerprints, ["varchar[]"], "struct(file varchar, bytes bigint, sha256 varchar)[]"),
            (git_commit, ["varchar"], "varchar"),
            (open_publication, ["varchar", "varchar", "boolean"], "varchar"),
            (close_publication, ["varchar", "varchar", "boolean"], "bigint"),
        ):
            conn.create_function(
                function.__name__, function, arguments, result, null_handling="special", side_effects=True
            )
            atexit.register(_forget, conn, function.__name__)


_show_table = SeedTask.show_table


def _show_table_if_any(task: SeedTask, result: RunResult) -> None:
    """What dbt does, unless the result is a hook's: dbt 1.11 fails on that."""
    if result.agate_table is not None:
        _show_table(task, result)


def _forget(connection: DuckDBPyConnection, name: str) -> None:
    with contextlib.suppress(Error):
        connection.remove_function(name)


def file_fingerprints(paths: list[str]) -> list[dict[str, Any]]:
    """Name, size and digest of each file; see `segmart.publishing.file_fingerprints`."""
    found = publishing.file_fingerprints([Path(path) for path in paths])
    return [{"file": path, "bytes": size, "sha256": digest} for path, (size, digest) in zip(paths, found, strict=True)]


def git_commit(folder: str) -> str | None:
    """See `segmart.publishing.git_commit`."""
    return publishing.git_commit(Path(folder))


def open_publication(published: str, run_id: str, with_parquet: bool) -> str:
    """See `segmart.publishing.open_publication`."""
    return str(publishing.open_publication(Path(published), run_id, with_parquet))


def close_publication(published: str, run_id: str, with_parquet: bool) -> int:
    """See `segmart.publishing.close_publication`."""
    return publishing.close_publication(Path(published), run_id, with_parquet)
