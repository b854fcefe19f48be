"""Run the project's dbt Python models without dbt: for engines, and versions of dbt, that have none.

A Python model is a file with ``model(dbt, session)`` that reads one or two tables, calls this package and returns a
frame. Here ``dbt`` is a small stand-in: it finds tables and settings in the manifest that ``dbt parse`` writes.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

Node = Mapping[str, Any]
"""A model, seed or snapshot as the manifest describes it."""


class FitError(Exception):
    """A model can't be fitted; the message says why and what helps."""


@dataclass(frozen=True)
class Config:
    """What a Python model asks ``dbt.config`` for."""

    settings: Mapping[str, Any]

    def get(self, key: str, default: Any = None) -> Any:
        """A setting of the model, such as its schema."""
        return self.settings.get(key, default)

    def meta_get(self, key: str, default: Any = None) -> Any:
        """What stands under ``meta``, such as an analysis."""
        return (self.settings.get("meta") or {}).get(key, default)


@dataclass(frozen=True)
class Dbt:
    """What a Python model is called with in place of dbt.

    Attributes:
        config: The model's settings.
        ref: Name of a model or seed -> its rows.
        is_incremental: Never: a fit replaces its table.
    """

    config: Config
    ref: Callable[[str], duckdb.DuckDBPyRelation]
    is_incremental: bool = field(default=False)


@dataclass(frozen=True)
class Project:
    """The models of a project that was parsed.

    Attributes:
        folder: Where ``dbt_project.yml`` lies.
        nodes: Unique id -> model, seed or snapshot.
    """

    folder: Path
    nodes: Mapping[str, Node]

    @classmethod
    def read(cls, folder: Path, manifest: Path) -> Project:
        """Read the manifest.

        Raises:
            FitError: There is none.
        """
        try:
            nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
        except FileNotFoundError:
            raise FitError(f"{manifest} is not there: run `dbt parse` first") from None
        tables = ("model", "seed", "snapshot")
        return cls(folder, {name: node for name, node in nodes.items() if node["resource_type"] in tables})

    def fits(self, names: Sequence[str] = ()) -> list[Node]:
        """The Python models of these names, or all of them, each after those that it depends on, if by way of others.

        Raises:
            FitError: A name is none of theirs.
        """
        known = {node["name"]: id_ for id_, node in self.nodes.items() if node.get("language") == "python"}
        if unknown := [name for name in names if name not in known]:
            raise FitError(f"no Python model is called {', '.join(unknown)}; there are {', '.join(sorted(known))}")
        wanted = {known[name] for name in names or known}
        parents = {id_: sorted(node["depends_on"].get("nodes", [])) for id_, node in sorted(self.nodes.items())}
        return [self.nodes[id_] for id_ in TopologicalSorter(parents).static_order() if id_ in wanted]

    def ref(self, name: str) -> Node:
        """The node that a model refers to by this name.

        Raises:
            FitError: There is none.
        """
        for node in self.nodes.values():
            if node["name"] == name:
                return node
        raise FitError(f"no model or seed is called {name}")


def fit(project: Project, connection: duckdb.DuckDBPyConnection, node: Node) -> int:
    """Run one Python model and replace its table by what it returns.

    Args:
        project: Has the model's file and the tables it refers to.
        connection: Of the working database, for writing; also the model's ``session``.
        node: The model.

    Returns:
        Number of rows of the new table.

    Raises:
        FitError: A table that the model reads is not in the database.
    """

    def ref(name: str) -> duckdb.DuckDBPyRelation:
        found = project.ref(name)
        try:
            return connection.query(f"select * from {table_of(found)}")
        except duckdb.CatalogException:
            raise FitError(
                f"{node['name']} reads {name}, which is not in the database: "
                f"build it with `dbt build --select +{name} --exclude path:python_models`, after the fits before it"
            ) from None

    result = load_model(project.folder / node["original_file_path"])(Dbt(Config(node["config"]), ref), connection)
    if not isinstance(result, pd.DataFrame | duckdb.DuckDBPyRelation):
        raise FitError(f"{node['name']} returned {type(result).__name__}, not a frame")
    connection.execute(f"create schema if not exists {quoted(node['schema'])}")
    # DuckDB finds `result` by its name.
    connection.execute(f"create or replace table {table_of(node)} as select * from result")
    ((rows,),) = connection.execute(f"select count(*) from {table_of(node)}").fetchall()
    return rows


def load_model(file: Path) -> Callable[[Dbt, duckdb.DuckDBPyConnection], Any]:
    """The function ``model`` of a file."""
    spec = importlib.util.spec_from_file_location(f"python_model_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.model


def table_of(node: Node) -> str:
    """Schema and name; the database is the file that is open, whatever it is called."""
    return f"{quoted(node['schema'])}.{quoted(node['alias'])}"


def quoted(name: str) -> str:
    """An identifier as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
