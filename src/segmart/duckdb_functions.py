"""SQL functions for what dbt needs and SQL can't do: look at files, know holidays, ask git, rename a file.

dbt-duckdb loads this module as a plugin because ``profiles.yml`` names it; on Spark, the adapter registers the
functions on the driver's database.
"""

from __future__ import annotations

import atexit
import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError
from duckdb import DuckDBPyConnection

from segmart import comparing, pseudonyms, public_holidays, publishing, variables
from segmart.loading import raw_tables
from segmart.loading.mapped import mapped_tables


class Plugin(BasePlugin):
    """Looks at the working database before dbt opens it, and registers the functions on dbt's connection."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Leave the settings as they are, but say what is wrong with a database that can't be opened."""
        if not creds.is_motherduck and creds.path != ":memory:":
            check_database(Path(creds.path), config)

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """See `register_functions`."""
        register_functions(conn)


def register_functions(connection: DuckDBPyConnection) -> None:
    """Add each function under its own name; none of them is a pure function of its arguments.

    A program that ends without closing the connection, as linters do, takes them away again: DuckDB complains about
    functions that outlive the interpreter.
    """

    def raw_table(seed: str, known: str | None) -> str:
        """See `segmart.loading.raw_tables.raw_table`; files are read in a session of their own."""
        with connection.cursor() as session:
            return raw_tables.raw_table(seed, known, session)

    for function, arguments, result in (
        (raw_table, ["varchar", "varchar"], "varchar"),
        (raw_tables.changed_raw_file, ["varchar"], "varchar"),
        (mapped_tables, ["varchar", "varchar"], "varchar"),
        (public_holidays.holiday_name, ["varchar", "date"], "varchar"),
        (git_commit, ["varchar"], "varchar"),
        (publication_target, ["varchar"], "varchar"),
        (open_publication, ["varchar", "varchar", "boolean"], "varchar"),
        (record_build, ["varchar", "varchar", "double"], "varchar"),
        (close_publication, ["varchar", "varchar", "boolean"], "varchar"),
        (recorded_changes, ["varchar", "varchar"], "varchar"),
        (note_failure, ["varchar", "varchar"], "varchar"),
        (publishing.data_source, ["varchar"], "varchar"),
        (variable_names, [], "varchar"),
        (wrong_variables, ["varchar"], "varchar"),
        (hides_customers, [], "varchar"),
        (pseudonym, ["varchar", "varchar", "varchar"], "varchar"),
    ):
        connection.create_function(
            function.__name__, function, arguments, result, null_handling="special", side_effects=True
        )
        atexit.register(_forget, connection, function.__name__)


def check_database(path: Path, config: dict[str, Any]) -> None:
    """Open the working database once, and make its folder if it has none.

    Raises:
        DbtRuntimeError: It can't be opened: a sentence with the file and the cure.
    """
    another = "name another file in SEGMART_DATABASE"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        duckdb.connect(str(path), config=config).close()
    except OSError as error:
        raise DbtRuntimeError(f"The folder of {path} can't be made ({error.strerror}): {another}.") from None
    except duckdb.Error as error:
        if "set lock" in str(error):
            raise DbtRuntimeError(
                f"{path} is open in another program, perhaps another build: close it there, or {another}. {error}"
            ) from None
        raise DbtRuntimeError(
            f"{path} can't be opened as a DuckDB database: if it is no file of yours, remove it, because a build makes"
            f" it anew; or {another}. {error}"
        ) from None


def _forget(connection: DuckDBPyConnection, name: str) -> None:
    with contextlib.suppress(duckdb.Error):
        connection.remove_function(name)


def git_commit(folder: str) -> str | None:
    """See `segmart.publishing.git_commit`."""
    return publishing.git_commit(Path(folder))


def publication_target(published: str) -> str:
    """See `segmart.publishing.publication_target`."""
    return _answer(lambda: publishing.publication_target(Path(published)))


def open_publication(published: str, run_id: str, with_parquet: bool) -> str:
    """See `segmart.publishing.open_publication`."""
    return _answer(lambda: publishing.open_publication(Path(published), run_id, with_parquet))


def record_build(published: str, run_id: str, max_change: float | None) -> str:
    """See `segmart.publishing.record_build`."""
    return _answer(lambda: publishing.record_build(Path(published), run_id, max_change))


def recorded_changes(published: str, run_id: str) -> str | None:
    """See `segmart.comparing.recorded_changes`."""
    return comparing.recorded_changes(Path(published), run_id)


def close_publication(published: str, run_id: str, with_parquet: bool) -> str:
    """See `segmart.publishing.close_publication`."""
    return _answer(lambda: publishing.close_publication(Path(published), run_id, with_parquet))


def note_failure(published: str, folder: str) -> str:
    """See `segmart.publishing.note_failure`."""
    return _answer(lambda: publishing.note_failure(Path(published), folder))


def variable_names() -> str:
    """Names of the variables that are checked, as JSON."""
    return json.dumps(list(variables.RULES))


def wrong_variables(values: str) -> str:
    """See `segmart.variables.wrong_variables`; both are JSON."""
    return json.dumps(variables.wrong_variables(json.loads(values)))


def hides_customers() -> str:
    """Whether there is a secret that pseudonyms are made from, see `segmart.pseudonyms.customer_secret`."""
    return _answer(lambda: pseudonyms.customer_secret() is not None)


def pseudonym(kind: str, dataset: str, text: str | None) -> str | None:
    """See `segmart.pseudonyms.pseudonym`; null of null."""
    secret = pseudonyms.customer_secret()
    if secret is None:
        raise ValueError(f"{pseudonyms.VARIABLE} is not set")
    return None if text is None else pseudonyms.pseudonym(secret, kind, dataset, text)


def _answer(call: Callable[[], object]) -> str:
    """What a call gives, or what is wrong, as JSON: DuckDB would put an exception into a sentence of its own."""
    try:
        return json.dumps({"value": str(call())})
    except (ValueError, OSError) as error:
        return json.dumps({"error": str(error)})
