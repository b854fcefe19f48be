"""The models that mine baskets, on tables of a test's own: compiled once, run on as many random baskets as wanted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pandas as pd
from dbt_runs import DbtRun, run_dbt

from segmart.statistics.association import judge_independence
from segmart.statistics.margins import judge_divisions

FOLDER = "models/intermediate/baskets"
MODELS = [
    "segments",
    "itemsets_1",
    "memberships",
    "store_contents",
    "contents",
    *(f"itemsets_{size}" for size in range(2, 9)),
    "itemsets",
    "divisions",
    "independence",
    "rule_counts",
    "judged_divisions",
    "store_margins",
]
"""What follows from baskets and their items, in the order in which they need each other."""

Settings = Mapping[str, str | float]


def settings(
    min_support: float = 0.1, min_baskets: int = 1, min_confidence: float = 0.0, min_lift: float = 0.0, size: int = 3
) -> Settings:
    """Settings of an item level; without arguments, every rule of the frequent itemsets counts."""
    return {
        "min_support": min_support,
        "min_baskets": min_baskets,
        "min_confidence": min_confidence,
        "min_lift": min_lift,
        "max_itemset_size": size,
    }


def compile_models(folder: Path) -> DbtRun:
    """Compile the models about baskets."""
    return run_dbt(folder, "compile", "--select", f"path:{FOLDER}").succeeded()


class Miner:
    """Runs what ``compile_models`` compiled."""

    def __init__(self, compiled: DbtRun) -> None:
        self._folder = compiled.folder / "target" / "compiled" / "segmart" / FOLDER

    def create(self, connection: duckdb.DuckDBPyConnection, model: str) -> None:
        """Make the table of a model from those that are there."""
        name = f"int_baskets__{model}"
        sql = (self._folder / f"{name}.sql").read_text(encoding="utf-8")
        connection.execute(f"create table {name} as " + re.sub(r'"\w+"\."\w+"\."(\w+)"', r"\1", sql))

    def levels(self, rows: Sequence[Settings], datasets: Sequence[str]) -> pd.DataFrame:
        """The levels of some datasets by rows of basket_levels, whose values are read as text."""
        with duckdb.connect() as connection:
            self._levels(connection, rows, datasets)
            return connection.table("int_baskets__levels").df()

    def _levels(self, connection: duckdb.DuckDBPyConnection, rows: Sequence[Settings], datasets: Sequence[str]) -> None:
        names = ["dataset", "item_level", "basket", *settings()]
        columns = ", ".join(f"{name} text" for name in names)
        connection.execute(f"create table basket_levels ({columns})")
        for row in rows:
            written = [None if row[name] is None else _decimal(row[name]) for name in names]
            connection.execute(f"insert into basket_levels values ({', '.join('?' * len(names))})", written)
        connection.execute("create table products as select unnest(?) as dataset", [list(datasets)])
        self.create(connection, "levels")

    def mine(
        self, values: Settings, baskets: Sequence[Sequence[int]], segments: Sequence[str | None] | None = None
    ) -> dict[str, pd.DataFrame]:
        """Itemsets, rules and tests for baskets of item numbers, each perhaps in a segment besides All.

        The column ``items`` of itemsets holds their frozensets; both sides of a rule are sorted tuples.
        """
        row = {"dataset": "tiny", "item_level": "product", "basket": "receipt", **values}
        names = [name or "All" for name in segments or [None] * len(baskets)]
        with duckdb.connect() as connection:
            self._levels(connection, [row], ["tiny"])
            rows = pd.DataFrame({"basket_id": range(len(baskets)), "segment_name": names})
            connection.register("rows", rows.astype({"basket_id": "int32", "segment_name": "string"}))
            connection.execute(
                "create table int_baskets__baskets as select 'tiny' as dataset, 'receipt' as basket, * from rows"
            )
            self.create(connection, "segments")
            held = [(number, item) for number, basket in enumerate(baskets) for item in basket]
            connection.register("items", pd.DataFrame(held, columns=["basket_id", "item_id"]).astype("int32"))
            connection.execute(
                "create table int_baskets__basket_items as"
                " select segments.level_id, segments.segment_id, items.*, true as is_mined,"
                " cast(null as integer) as store_key from items"
                " inner join int_baskets__baskets as baskets using (basket_id)"
                " inner join int_baskets__segments as segments using (segment_name)"
            )
            for model in MODELS[1:]:
                self.create(connection, model)
            tests = connection.table("int_baskets__independence").df()
            p_values = judge_independence(tests, ["dataset", "item_level", "is_segment", "itemset_size"])
            connection.register("association_p_values", p_values.astype({"dataset": "string", "item_level": "string"}))
            margins = judge_divisions(
                connection.table("int_baskets__store_margins").df(),
                connection.sql("from int_baskets__itemsets where is_frequent").df(),
                connection.table("int_baskets__judged_divisions").df(),
            )
            connection.register("margin_p_values", margins)
            connection.execute(
                "create table int_baskets__product_items as"
                " select distinct item_id, cast(item_id as text) as item_name from items"
            )
            self.create(connection, "itemset_names")
            self.create(connection, "rules")
            itemsets = connection.sql(
                "select itemsets.*, segment_name from int_baskets__itemsets as itemsets"
                " inner join int_baskets__segments using (segment_id) order by itemset_size, itemset_id"
            ).df()
            rules = connection.table("int_baskets__rules").df()
        members: dict[int, frozenset[int]] = {}
        for row in itemsets.itertuples():
            members[row.itemset_id] = members.get(row.prefix_id, frozenset()) | {row.item_id}
        for side in ("antecedent", "consequent"):
            rules[side] = [tuple(sorted(int(name) for name in names)) for names in rules[side]]
        return {
            "itemsets": itemsets.assign(items=itemsets["itemset_id"].map(members)),
            "rules": rules,
            "tests": tests,
        }


def _decimal(value: object) -> str:
    """A number as somebody writes it into a CSV file, 0.00001 and not 1e-05."""
    return format(Decimal(str(value)), "f") if isinstance(value, float) else str(value)


def exact(number: float | str) -> Fraction:
    """A threshold as it was written: 0.07 is 7/100."""
    return Fraction(str(number))
