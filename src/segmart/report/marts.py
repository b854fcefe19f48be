"""Reading the published file."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pandas as pd


class UnreadableMartsError(Exception):
    """The published file is missing or no DuckDB file."""


class Marts:
    """The tables of a published file, open for reading."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Args:
            path: The published file.

        Raises:
            UnreadableMartsError: There is none, or it is something else.
        """
        if not path.is_file():
            raise UnreadableMartsError(f"there is no published file {path}: build the project first")
        try:
            self._connection = duckdb.connect(str(path), read_only=True)
            found = self._connection.execute(
                "select table_name from information_schema.tables where table_schema = 'main'"
            ).fetchall()
        except duckdb.Error as error:
            raise UnreadableMartsError(f"{path} can't be read as a DuckDB file: {error}") from error
        self.names = frozenset(name for (name,) in found)

    def has(self, *names: str) -> bool:
        """Whether all these marts were published."""
        return self.names.issuperset(names)

    def frame(self, query: str, *parameters: object) -> pd.DataFrame:
        """The rows of a query over marts that exist."""
        return self._connection.execute(query, parameters).df()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection.close()
