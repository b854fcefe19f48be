"""The project's SQL as dbt has compiled it once, run on one file after the other without dbt."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb

from segmart.duckdb_functions import Plugin
from segmart.loading.mapped import mapped_tables
from segmart.loading.raw_tables import raw_table

SELECTION = ("--select", "+row_reconciliation", "+rejected_rows", "+sales_lines", "--indirect-selection", "cautious")
"""What is compiled: all that judges raw rows, the core's lines, and what proves that nothing is lost."""

DATABASE = "segmart"
"""What the compiled SQL calls the database: the name of the file in SEGMART_DATABASE."""

_MAPPED = "stg_mapped__"
_run_ids = count()


@dataclass(frozen=True)
class Step:
    """A seed, a model or a data test.

    Attributes:
        id: As dbt calls it.
        needs: Ids of what it reads.
        node: What dbt's manifest says of it.
    """

    id: str
    needs: frozenset[str]
    node: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name in messages."""
        return self.node["name"]


class CompiledProject:
    """Seeds, models and tests in an order in which they can be run, in a database in memory.

    Python models and what dbt does around a model (hooks, increments) are left out.
    """

    def __init__(self, manifest: Path, data: Path, root: Path) -> None:
        """Read what `dbt compile` with `SELECTION` wrote.

        Args:
            manifest: The file of that name in the target folder.
            data: SEGMART_DATA of that run, whose files were good and whose database lay beside it.
            root: Folder of dbt_project.yml.

        Raises:
            ValueError: No model reads what a segmart.yml describes.
        """
        nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
        self._data, self._root = data, root
        self._steps = _in_order(nodes)
        self._mapped = json.loads(self._mapped_tables()) if any(_MAPPED in step.id for step in self._steps) else {}
        texts = [sql for what in ("rows", "attributes") for sql in self._mapped.get(what, {}).values()]
        self._mapped_steps = {
            step.id for step in self._steps if any(sql in step.node.get("compiled_code", "") for sql in texts)
        }
        if texts and not self._mapped_steps:
            raise ValueError(f"no model of {manifest} reads the files of {data}")
        # On so few rows, threads would only wait for each other.
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.execute(f"attach ':memory:' as {DATABASE}; use {DATABASE}")
        Plugin("segmart", {}).configure_connection(self.connection)
        for schema in {step.node["schema"] for step in self._steps}:
            self.connection.execute(f"create schema if not exists {schema}")

    def build(self, *changed: str) -> list[str]:
        """Run what reads certain seeds, or everything.

        Args:
            changed: Names of seeds; everything is run if none is given.

        Returns:
            What the steps that failed say; nothing was made of what needs them.
        """
        mapped = json.loads(self._mapped_tables()) if self._mapped else {}
        if "error" in mapped:
            return [mapped["error"]]
        stale = {step.id for step in self._steps if not changed or step.name in changed} | self._mapped_steps
        failed: set[str] = set()
        messages = []
        for step in self._steps:
            if step.needs & failed:
                failed.add(step.id)
            elif step.id in stale or step.needs & stale:
                stale.add(step.id)
                message = self._run(step, mapped)
                if message:
                    messages.append(f"{step.name}: {message}")
                    # What reads a model is not made if one of its tests fails.
                    failed |= {step.id} | (step.needs if step.node["resource_type"] == "test" else set())
        return messages

    def _mapped_tables(self) -> str:
        # Copies of files lie beside the database that dbt compiled for.
        with patch.dict(os.environ, SEGMART_DATABASE=str(self._data.parent / f"{DATABASE}.duckdb")):
            return mapped_tables(str(self._data), f"fuzz {next(_run_ids)}")

    def _run(self, step: Step, mapped: Mapping[str, Any]) -> str:
        """What goes wrong in a step, or nothing."""
        try:
            if step.node["resource_type"] == "seed":
                return self._load(step)
            if step.node["resource_type"] == "test":
                return self._test(step)
            self._make(step, self._with_mapped_rows(step, mapped))
        except duckdb.Error as error:
            return str(error)
        return ""

    def _load(self, step: Step) -> str:
        node = step.node
        seed = {
            "name": node["name"],
            "path": str(self._root / node["original_file_path"]),
            "folders": Path(node["original_file_path"]).parts[:-1],
            "columns": [column["name"] for column in node["columns"].values()],
            "column_types": node["config"].get("column_types", {}),
            "data_directory": str(self._data),
        }
        with self.connection.cursor() as session:
            found = json.loads(raw_table(json.dumps(seed), None, session))
        if "error" in found:
            return found["error"]
        self.connection.execute(f"create or replace table {_relation(node)} as {found['select']}")
        return ""

    def _make(self, step: Step, sql: str) -> None:
        """A table with the columns of the contract if there is one, else a table or a view."""
        node, relation = step.node, _relation(step.node)
        if node["config"].get("contract", {}).get("enforced"):
            columns = node["columns"].values()
            typed = ", ".join(f"{column['name']} {column['data_type']}{_not_null(column)}" for column in columns)
            names = ", ".join(column["name"] for column in columns)
            self.connection.execute(f"drop table if exists {relation}; create table {relation} ({typed})")
            self.connection.execute(f"insert into {relation} select {names} from ({sql}) as made")
        else:
            kind = "view" if node["config"]["materialized"] == "view" else "table"
            self.connection.execute(f"create or replace {kind} {relation} as {sql}")

    def _test(self, step: Step) -> str:
        config = step.node["config"]
        sql = f"select {config['fail_calc']} as failures from ({step.node['compiled_code']}) as test"
        (failures,) = self.connection.execute(sql).fetchone() or (0,)
        fails = f"select {failures or 0} {config['error_if']}"
        is_error = config["severity"].lower() == "error" and self.connection.execute(fails).fetchall()[0][0]
        return f"Got {failures} results" if is_error else ""

    def _with_mapped_rows(self, step: Step, mapped: Mapping[str, Any]) -> str:
        """The SQL of a model, which reads the files of a segmart.yml as they are now."""
        sql = step.node["compiled_code"]
        for what in ("rows", "attributes") if step.id in self._mapped_steps else ():
            for part, before in self._mapped[what].items():
                sql = sql.replace(before, mapped[what][part])
        return sql


def _relation(node: Mapping[str, Any]) -> str:
    return f"{node['schema']}.{node['alias']}"


def _not_null(column: Mapping[str, Any]) -> str:
    return " not null" if any(constraint["type"] == "not_null" for constraint in column["constraints"]) else ""


def _in_order(nodes: Mapping[str, Mapping[str, Any]]) -> list[Step]:
    """What was compiled, and the seeds that it reads, each after what it needs and as early as can be; tests first."""
    waiting = {
        id_: Step(id_, frozenset(need for need in node["depends_on"]["nodes"] if need in nodes), node)
        for id_, node in nodes.items()
        if node.get("compiled_code") and node["resource_type"] in ("model", "test")
    }
    seeds = {need for step in waiting.values() for need in step.needs if need.startswith("seed.")}
    waiting |= {id_: Step(id_, frozenset(), nodes[id_]) for id_ in seeds}
    by_kind = sorted(waiting.values(), key=lambda step: (step.node["resource_type"] != "test", step.id))
    ordered: dict[str, Step] = {}
    while len(ordered) < len(by_kind):
        step = next(step for step in by_kind if step.id not in ordered and step.needs <= ordered.keys())
        ordered[step.id] = step
    return list(ordered.values())
