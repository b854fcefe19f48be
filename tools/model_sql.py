"""Runs the SQL of single models on other tables than a build's, without dbt: for simulations and their tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pandas as pd
import yaml

MODELS = Path(__file__).parents[1] / "models"

_NUMBERS_SQL = MODELS.parent / "macros" / "portability" / "numbers.sql"
_NUMBERS = jinja2.Template(_NUMBERS_SQL.read_text(encoding="utf-8")).module

MACROS = {
    "wide_integer": lambda: "hugeint",
    "z_95": lambda: "1.959963984540054",
    "days_between": lambda first, last: f"date_diff('day', {first}, {last})",
    "double_as_decimal": _NUMBERS.double_as_decimal,
    "unnest_array": lambda relation, columns, array, element: (
        f"select {', '.join(columns)}, unnest({array}) as {element} from {relation}"
    ),
}
"""What the macros of the project that these models call make in DuckDB; those that serve every engine are read."""


class ModelSql:
    """A database in memory whose tables are named after models."""

    def __init__(self) -> None:
        project = yaml.safe_load((MODELS.parent / "dbt_project.yml").read_text(encoding="utf-8"))
        self._variables: Mapping[str, Any] = project["vars"]
        self._connection = duckdb.connect()

    def put(self, **tables: pd.DataFrame) -> None:
        """Make or replace tables."""
        for name, rows in tables.items():
            self._connection.register("given", rows)
            self._connection.sql(f"create or replace table {name} as from given")
            self._connection.unregister("given")

    def build(self, *names: str) -> None:
        """Build models of the project in this order."""
        for name in names:
            (path,) = MODELS.rglob(f"{name}.sql")
            template = jinja2.Template(path.read_text(encoding="utf-8"))
            sql = template.render(ref=lambda model: model, var=self._variables.__getitem__, **MACROS)
            self._connection.sql(f"create or replace table {name} as {sql}")

    def copy(self, database: Path, *names: str) -> None:
        """Copy tables of a build, each named with its schema."""
        self._connection.sql(f"attach '{database}' as build (read_only)")
        for name in names:
            self._connection.sql(f"create or replace table {name.split('.')[-1]} as from build.{name}")
        self._connection.sql("detach build")

    def table(self, name: str) -> pd.DataFrame:
        """All rows of a table."""
        return self._connection.sql(f"from {name}").df()
