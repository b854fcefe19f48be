"""How far segments can be trusted: verdicts on data with and without groups, and what stays if 1 % of customers change.

    python -m tools.benchmarks.segments --database warehouse/segmart.duckdb
    python -m tools.benchmarks.segments --runs 2 --draws 1 --database warehouse/segmart.duckdb

Writes ``tools/benchmarks/segments.md``. The second part takes the units of a finished working database, leaves some
out, and fits, scores and names the rest by the project's own models.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from segmart.statistics import fits
from segmart.statistics.segmentation import REFERENCE_STARTS, SCALERS, agreement, compared, fit_kmeans
from tools.benchmarks.harness import FOLDER, ROOT, markdown_table, project_variables, run_dbt, surroundings

FloatArray = NDArray[np.float64]
Labels = NDArray[np.int64]

ROWS = 600
PACKAGES = ("numpy", "pandas", "scikit-learn", "scipy", "duckdb")

# Verdicts ------------------------------------------------------------------------------------------------------------


def _skewed_and_counted(random: np.random.Generator) -> FloatArray:
    return np.column_stack(
        [
            random.uniform(18, 90, ROWS),
            random.poisson(1.5, ROWS),
            random.exponential(1, ROWS),
            random.normal(size=ROWS),
            random.poisson(4, ROWS),
        ]
    )


NOISE: dict[str, Callable[[np.random.Generator], FloatArray]] = {
    "even, 1 feature": lambda random: random.uniform(size=(ROWS, 1)),
    "even, 2 features": lambda random: random.uniform(size=(ROWS, 2)),
    "even, 3 features": lambda random: random.uniform(size=(ROWS, 3)),
    "even, 5 features": lambda random: random.uniform(size=(ROWS, 5)),
    "even, 10 features": lambda random: random.uniform(size=(ROWS, 10)),
    "normal, 2 features, correlation 0.8": lambda random: random.multivariate_normal(
        [0, 0], [[1, 0.8], [0.8, 1]], ROWS
    ),
    "log-normal, 2 features": lambda random: np.exp(random.normal(size=(ROWS, 2))),
    "one log-normal factor behind 6 features": lambda random: np.exp(
        random.normal(size=(ROWS, 1)) + 0.5 * random.normal(size=(ROWS, 6))
    ),
    "t with 5 degrees of freedom, 4 features": lambda random: (
        random.normal(size=(ROWS, 4)) / np.sqrt(random.chisquare(5, size=(ROWS, 1)) / 5)
    ),
    "even, counted, exponential and normal, 5 features": _skewed_and_counted,
}
"""Rows without groups."""


def _around(centres: Sequence[Sequence[float]]) -> Callable[[np.random.Generator], tuple[FloatArray, Labels]]:
    """Normal groups of equal spread, of which each row is of any."""

    def draw(random: np.random.Generator) -> tuple[FloatArray, Labels]:
        labels = random.integers(len(centres), size=ROWS)
        return np.asarray(centres)[labels] + random.normal(size=(ROWS, len(centres[0]))), labels

    return draw


PLANTED: dict[str, Callable[[np.random.Generator], tuple[FloatArray, Labels]]] = {
    "2 groups, 1 feature": _around([[0], [4]]),
    "3 groups, 2 features": _around([[0, 0], [4, 0], [2, 3.5]]),
    "3 groups, 5 features": _around([[4, 0, 0, 0, 0], [0, 4, 0, 0, 0], [0, 0, 4, 0, 0]]),
    "4 groups on a line, 3 features": _around([[2.6 * place] * 3 for place in range(4)]),
    "6 groups, 10 features": _around((np.random.default_rng(1).normal(size=(6, 10)) * 1.7).tolist()),
}
"""Rows of groups that K-Means finds again."""


def judged(rows: FloatArray, n_clusters: int, seed: int) -> tuple[bool, float, Labels]:
    """Whether a segmentation of rows is called one with structure, how much, and its clusters."""
    offset, scale = SCALERS["standard"](rows)
    scaled = (rows - offset) / scale

    def labelled(reference: FloatArray, numbers: Sequence[int]) -> dict[int, Labels]:
        return {n: fit_kmeans(reference, n, REFERENCE_STARTS, seed).labels_ for n in numbers}

    table = compared(pd.DataFrame({"n_clusters": [n_clusters], "silhouette": [0.0]}), scaled, labelled, seed)
    labels = fit_kmeans(scaled, n_clusters, 10, seed).labels_.astype(np.int64)
    return bool(table["is_above_reference"].iloc[0]), float(table["structure"].iloc[0]), labels


@threadpool_limits.wrap(limits=1)
def verdicts(runs: int) -> pd.DataFrame:
    """How often structure is found in rows without groups, asked for three clusters, and in rows of groups."""
    found = []
    for name, draw in NOISE.items():
        results = [judged(draw(np.random.default_rng(seed)), 3, seed) for seed in range(runs)]
        found.append((name, "none", runs, sum(is_found for is_found, _, _ in results), results, np.nan))
    for name, plant in PLANTED.items():
        rows = [plant(np.random.default_rng(seed)) for seed in range(runs)]
        results = [judged(values, len(set(labels)), seed) for seed, (values, labels) in enumerate(rows)]
        again = np.mean([agreement(own, labels) for (_, _, labels), (_, own) in zip(results, rows, strict=True)])
        found.append((name, "planted", runs, sum(is_found for is_found, _, _ in results), results, float(again)))
    return pd.DataFrame(
        [
            (name, groups, n, count, float(np.mean([structure for _, structure, _ in results])), again)
            for name, groups, n, count, results, again in found
        ],
        columns=["data", "groups", "runs", "found", "structure", "rand"],
    )


# Stability -----------------------------------------------------------------------------------------------------------

PREFIX = "int_segmentation__"
BEFORE_NAMES = ("vectors", "scores", "category_shares", "profiles", "strengths")
NAMES = ("traits", "trait_names", "names", "name_traits")
OF_UNITS = ("units", "features", "unit_categories")

LAST_TYPES = {
    "dataset": "string", "analysis": "string", "cluster_id": "int64", "segment_name": "string", "measure": "string",
    "centre": "float64", "is_specialist": "boolean", "name_position": "int64",
}  # fmt: skip
"""What is known of a last build, as `int_segmentation__last_segments` has it."""

GROUP_VALUES = """
    select
        customers.analysis,
        customers.unit_id,
        unnest(['total_sales', 'customer_count', 'avg_sales_per_customer', 'units_per_customer',
                'transactions_per_customer', 'avg_unit_price']) as measure,
        unnest([sum(amount), count(*), sum(amount) / count(*), sum(units) / count(*), sum(receipts) / count(*),
                sum(amount) / sum(units)]) as measure_value
    from intermediate.int_segmentation__unit_customers as customers
    inner join bought on customers.customer_key = bought.customer_key
    where {kept}
    group by customers.analysis, customers.unit_id
"""

BOUGHT = """
    create or replace temporary table bought as
    select customer_key, cast(sum(sales_amount) as double) as amount, cast(sum(units) as double) as units,
           cast(count(distinct receipt_id || ' ' || receipt_date) as double) as receipts
    from core.sales_lines
    where customer_key is not null
    group by customer_key
"""


class Builds:
    """The models from features to names, run again and again on a copy of a working database."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, compiled: Path, min_score: float) -> None:
        self.connection, self.min_score = connection, min_score
        folder = compiled / "models" / "intermediate" / "segmentation"
        self.sql = {name: (folder / f"{PREFIX}{name}.sql").read_text() for name in (*BEFORE_NAMES, *NAMES)}
        self.settings, self.measures = self.frame("segmentation_settings"), self.frame(f"{PREFIX}measures")
        self.ranked, self.personas = self.frame("segment_names", "reference"), self.frame("personas", "reference")
        self.grouped = set(self.settings.loc[self.settings["unit"] != "customer", "analysis"])
        connection.execute(BOUGHT)
        for name in OF_UNITS:
            connection.execute(f"create or replace table all_{name} as from intermediate.{PREFIX}{name}")

    def frame(self, name: str, schema: str = "intermediate") -> pd.DataFrame:
        """The rows of a table."""
        return self.connection.execute(f"from {schema}.{name}").df()

    def replace(self, name: str, rows: pd.DataFrame | str) -> None:
        """Put rows, or what a query gives, in the place of a table or view."""
        source = f"({rows})" if isinstance(rows, str) else "rows"
        for kind in ("view", "table"):
            try:
                self.connection.execute(f"drop {kind} if exists intermediate.{name}")
            except duckdb.CatalogException:
                continue
        self.connection.execute(f"create table intermediate.{name} as from {source}")

    def leave_out(self, draw: int | None, parts: int) -> None:
        """Leave one of so many customers out, by the hash of its key and of the draw; none for no draw."""
        kept = "true" if draw is None else f"hash({{key}} || ' {draw}') % {parts} <> 0"
        grouped = ", ".join(f"'{name}'" for name in self.grouped) or "''"
        for name in OF_UNITS:
            where = f"analysis in ({grouped}) or {kept.format(key='unit_id')}"
            self.replace(f"{PREFIX}{name}", f"select * from all_{name} where {where}")
        values = GROUP_VALUES.format(kept=kept.format(key="cast(customers.customer_key as varchar)"))
        self.connection.execute(
            f"update intermediate.{PREFIX}features as features set measure_value = found.measure_value from ({values}) "
            f"as found where features.analysis in ({grouped}) and features.analysis = found.analysis "
            "and features.unit_id = found.unit_id and features.measure = found.measure"
        )

    def build(self, last: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The segment of each unit, and what the next build will know of this one.

        Args:
            last: What the last build is known by; no rows for none.
        """
        self.replace(f"{PREFIX}last_segments", last)
        self.replace(f"{PREFIX}vectors", self.sql["vectors"])
        vectors = self.frame(f"{PREFIX}vectors")
        fitted = vectors[vectors["is_fitted"]]
        self.replace("segmentation_centroids", fits.centroids(fitted, self.settings, self.measures, last))
        for name in BEFORE_NAMES[1:]:
            self.replace(f"{PREFIX}{name}", self.sql[name])
        strengths = self.frame(f"{PREFIX}strengths")
        names = fits.personas(strengths, self.settings, self.ranked, self.personas, self.min_score)
        self.replace("segmentation_personas", names)
        for name in NAMES:
            self.replace(f"{PREFIX}{name}", self.sql[name])
        segments = self.connection.execute(
            f"select scores.analysis, scores.unit_id, scores.cluster_id, names.segment_name "
            f"from intermediate.{PREFIX}scores as scores "
            f"inner join intermediate.{PREFIX}names as names using (analysis, cluster_id)"
        ).df()
        known = self.connection.execute(
            "select profiles.dataset, profiles.analysis, profiles.cluster_id, names.segment_name, profiles.measure, "
            "centroids.centre, centroids.is_specialist, name_traits.position as name_position "
            f"from intermediate.{PREFIX}profiles as profiles "
            f"inner join intermediate.{PREFIX}names as names using (analysis, cluster_id) "
            "left join intermediate.segmentation_centroids as centroids on profiles.analysis = centroids.analysis "
            "and profiles.cluster_id = centroids.cluster_id and profiles.measure = centroids.feature "
            f"left join (from intermediate.{PREFIX}name_traits where is_in_name) as name_traits "
            "on profiles.analysis = name_traits.analysis and profiles.cluster_id = name_traits.cluster_id "
            "and profiles.measure = name_traits.measure"
        ).df()
        return segments, known


def kept(before: pd.DataFrame, after: pd.DataFrame) -> Iterator[tuple[str, float, float]]:
    """By analysis, the share of units of both builds that keep their number, and their number and name."""
    both = before.merge(after, on=["analysis", "unit_id"], suffixes=("_before", "_after"))
    same_id = both["cluster_id_before"] == both["cluster_id_after"]
    same_name = both["segment_name_before"] == both["segment_name_after"]
    for analysis, rows in both.groupby("analysis"):
        yield str(analysis), float(same_id[rows.index].mean()), float((same_id & same_name)[rows.index].mean())


def stability(database: Path, compiled: Path, draws: int, parts: int) -> pd.DataFrame:
    """What stays of segments if one of so many customers goes, and if as many come.

    Args:
        database: A finished working database; it is copied.
        compiled: ``target/compiled/segmart`` of the project, compiled for a database of that name.
        draws: Number of times.
        parts: One of how many customers.
    """
    found = []
    with TemporaryDirectory() as folder:
        copy = Path(folder) / database.name
        shutil.copy(database, copy)
        with duckdb.connect(str(copy)) as connection:
            connection.execute("set threads = 1")
            builds = Builds(connection, compiled, float(project_variables()["min_persona_score"]))
            nothing = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in LAST_TYPES.items()})
            builds.leave_out(None, parts)
            whole, known = builds.build(nothing)
            for draw in range(draws):
                builds.leave_out(draw, parts)
                fresh, fresh_known = builds.build(nothing)
                gone, _ = builds.build(known)
                builds.leave_out(None, parts)
                come, _ = builds.build(fresh_known)
                for change, before, after in (("gone, numbered anew", whole, fresh), ("gone", whole, gone)):
                    found += [(change, *row) for row in kept(before, after)]
                found += [("come", *row) for row in kept(fresh, come)]
                print(pd.DataFrame(found).tail(12).to_string(), flush=True)
    return pd.DataFrame(found, columns=["change", "analysis", "same_id", "same_id_and_name"])


# The page ------------------------------------------------------------------------------------------------------------


def page(judgements: pd.DataFrame, changes: pd.DataFrame | None, parts: int) -> str:
    """The page in Markdown."""
    totals = judgements.groupby("groups")[["runs", "found"]].sum()
    rows = []
    for row in judgements.itertuples():
        rand = "" if np.isnan(row.rand) else f"{row.rand:.2f}"
        rows.append((row.data, row.groups, row.runs, row.found, float(row.structure), rand))
    text = (
        "# How far segments can be trusted\n\nWritten by `python -m tools.benchmarks.segments`.\n\n## Verdicts\n\n"
        f"{ROWS} rows each. Structure is found in {totals.loc['none', 'found']} of {totals.loc['none', 'runs']} runs"
        f" without groups and in {totals.loc['planted', 'found']} of {totals.loc['planted', 'runs']} with planted"
        " groups. The last column is the adjusted Rand index of the clusters and the planted groups.\n\n"
        + markdown_table(["data", "groups", "runs", "structure found", "structure, mean", "Rand index"], rows)
    )
    if changes is not None:
        least = changes.groupby(["analysis", "change"])[["same_id", "same_id_and_name"]].agg(["mean", "min"])
        shares = [
            (analysis, change, *(f"{100 * value:.2f} %" for value in row))
            for (analysis, change), row in zip(least.index, least.to_numpy(), strict=True)
        ]
        draws = int(changes.groupby(["analysis", "change"]).size().max())
        text += (
            f"\n## Builds in which 1 of {parts} customers is missing, or was\n\n"
            f"{draws} draws. Share of customers, or of groups of customers, that keep the number of their segment, and"
            " number and name: mean and least of the draws. `numbered anew` is a build that knows of no last one.\n\n"
            + markdown_table(
                ["segmentation", "customers", "number, mean", "least", "number and name, mean", "least"], shares
            )
        )
    return f"{text}\n{surroundings(PACKAGES)}\n"


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20, help="runs of each design")
    parser.add_argument("--draws", type=int, default=10, help="draws of customers")
    parser.add_argument("--parts", type=int, default=100, help="one of so many customers is left out")
    parser.add_argument("--database", type=Path, help="a finished working database")
    parser.add_argument("--compiled", type=Path, help="models compiled for it; without them, dbt compiles them")
    chosen = parser.parse_args()
    changes = None
    if chosen.database:
        compiled = chosen.compiled
        if compiled is None:
            run_dbt(ROOT, "compile", "--select", f"{PREFIX}vectors+", database=str(chosen.database.resolve()))
            compiled = ROOT / "target" / "compiled" / "segmart"
        changes = stability(chosen.database, compiled, chosen.draws, chosen.parts)
    (FOLDER / "segments.md").write_text(page(verdicts(chosen.runs), changes, chosen.parts), encoding="utf-8")


if __name__ == "__main__":
    main()
