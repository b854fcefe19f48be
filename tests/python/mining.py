"""The mining macros on tables of a test's own: compiled once, then run on as many random baskets as wanted."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from dbt_runs import ROOT, DbtRun, run_dbt

PROJECT = f"""
name: tiny
profile: segmart
macro-paths: ["{ROOT}/macros/baskets", "{ROOT}/macros/portability"]
flags: {{send_anonymous_usage_stats: false}}
"""

MACROS = {
    "itemsets": "{{{{ frequent_itemsets('items', 'basket_segments', {settings}) }}}}",
    "rules": "{{{{ association_rules('itemsets', {settings}) }}}}",
    "tests": "{{{{ independence_tests('itemsets', {settings}) }}}}",
}
"""Table -> the macro that selects it, in the order in which they need each other."""

Settings = Mapping[str, float | int]


def settings(
    min_support: float = 0.1, min_baskets: int = 1, min_confidence: float = 0.0, min_lift: float = 0.0, size: int = 3
) -> Settings:
    """Settings of the macros; without arguments, every rule of the frequent itemsets counts."""
    return {
        "min_support": min_support,
        "min_baskets": min_baskets,
        "min_confidence": min_confidence,
        "min_lift": min_lift,
        "max_itemset_size": size,
    }


def compile_macros(folder: Path, cases: Mapping[str, Settings]) -> DbtRun:
    """Compile the macros with several settings; the run may have failed."""
    models = folder / "tiny" / "models"
    models.mkdir(parents=True)
    (folder / "tiny" / "dbt_project.yml").write_text(PROJECT, encoding="utf-8")
    for case, values in cases.items():
        for table, macro in MACROS.items():
            (models / f"{case}_{table}.sql").write_text(
                macro.format(settings=json.dumps(dict(values))), encoding="utf-8"
            )
    return run_dbt(folder / "run", "compile", project=folder / "tiny", cwd=folder)


class Miner:
    """Runs what ``compile_macros`` compiled."""

    def __init__(self, compiled: DbtRun) -> None:
        self._folder = compiled.succeeded().folder / "target" / "compiled" / "tiny" / "models"

    def mine(
        self,
        case: str,
        baskets: Sequence[Sequence[int]],
        segments: Sequence[str | None] | None = None,
        by_bits: bool | None = None,
    ) -> dict[str, pd.DataFrame]:
        """The tables of ``MACROS`` for baskets of item numbers, each perhaps in a segment besides All.

        Sets of three items and more are counted by bits in all segments, in none, or where it is faster.
        """
        items = [(number, item) for number, basket in enumerate(baskets) for item in basket]
        members = [(number, "All") for number in range(len(baskets))]
        members += [(number, name) for number, name in enumerate(segments or []) if name is not None]
        with duckdb.connect() as connection:
            for table, rows, columns in (
                ("items", items, {"basket_id": "int64", "item_id": "int32"}),
                ("basket_segments", members, {"basket_id": "int64", "segment_name": "str"}),
            ):
                frame = pd.DataFrame(rows, columns=list(columns)).astype(columns)
                connection.register("frame", frame)
                connection.execute(f"create table {table} as select * from frame")
                connection.unregister("frame")
            for table in MACROS:
                sql = (self._folder / f"{case}_{table}.sql").read_text(encoding="utf-8")
                if table == "itemsets" and by_bits is not None:
                    sql, choices = re.subn(r"candidates\.candidates .* as is_by_bits", f"{by_bits} as is_by_bits", sql)
                    assert choices == 1
                connection.execute(f"create table {table} as {sql}")
            return {table: connection.table(table).df() for table in MACROS}


def sides(rule: Mapping[str, Any], side: str) -> frozenset[int]:
    """The items of a rule's antecedent or consequent, or of an itemset."""
    places = (name for name in rule if name.startswith(f"{side}_") and name[-1].isdigit())
    return frozenset(rule[name] for name in places if rule[name])


def exact(number: float) -> Fraction:
    """A threshold as it was written: 0.07 is 7/100."""
    return Fraction(str(number))
