"""Reading the published file."""

from __future__ import annotations

from copy import copy
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pandas as pd

from segmart.sql import sql_name, sql_text


class UnreadableMartsError(Exception):
    """The published file is missing or no DuckDB file."""


def open_published(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection in which the published file is attached as `published`, for reading.

    Raises:
        UnreadableMartsError: There is none, or it is something else.
    """
    if not path.is_file():
        raise UnreadableMartsError(f"there is no published file {path}: build the project first")
    connection = duckdb.connect()
    try:
        connection.execute(f"attach {sql_text(str(path))} as published (read_only)")
    except duckdb.Error as error:
        connection.close()
        raise UnreadableMartsError(f"{path} can't be read as a DuckDB file: {error}") from error
    return connection


class Marts:
    """The tables of a published file, open for reading.

    Attributes:
        names: The tables that there are; of one dataset, those with rows of it.
    """

    names: frozenset[str]

    def __init__(self, path: Path) -> None:
        """Open the file.

        Args:
            path: The published file.

        Raises:
            UnreadableMartsError: There is none, or it is something else.
        """
        self._schema = "main"
        self._connection = open_published(path)
        found = self._connection.execute(
            "select table_name, list(column_name) from information_schema.columns "
            "where table_catalog = 'published' and table_schema = 'main' group by table_name"
        ).fetchall()
        self._columns = dict(found)
        self._datasets: dict[str, list[str]] = {}
        for name in self._columns:
            self._connection.execute(f"create view main.{sql_name(name)} as from published.main.{sql_name(name)}")
        self.names = frozenset(self._columns)

    def datasets(self, *marts: str) -> list[str]:
        """The datasets that these marts, or all, have rows of, in the order of their names."""
        known = {name for name in marts or self.names if name in self.names and "dataset" in self._columns[name]}
        for name in known - self._datasets.keys():
            self._datasets[name] = list(self.frame(f"select distinct dataset from {sql_name(name)}")["dataset"])
        return sorted({dataset for name in known for dataset in self._datasets[name]})

    def of(self, dataset: str) -> Self:
        """The same tables with the rows of one dataset; tables without a column `dataset` are left out."""
        one = copy(self)
        one._schema = f"of_{dataset}"
        one._datasets = {}
        self._connection.execute(f"create schema if not exists {sql_name(one._schema)}")
        for name in (name for name, columns in self._columns.items() if "dataset" in columns):
            self._connection.execute(
                f"create or replace view {sql_name(one._schema)}.{sql_name(name)} as "
                f"from published.main.{sql_name(name)} where dataset = {sql_text(dataset)}"
            )
        one.names = frozenset(name for name in self.names if dataset in self.datasets(name))
        return one

    def columns(self, mart: str) -> list[str]:
        """The columns of a mart; none if it is not there."""
        return self._columns[mart] if mart in self.names else []

    def has(self, *names: str) -> bool:
        """Whether all these marts were published."""
        return self.names.issuperset(names)

    def frame(self, query: str, *parameters: object) -> pd.DataFrame:
        """The rows of a query over marts that exist."""
        self._connection.execute(f"use {sql_name('memory')}.{sql_name(self._schema)}")
        return self._connection.execute(query, parameters).df()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection.close()
