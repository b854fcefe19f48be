"""Assigning customers to clusters: the project's SQL against scikit-learn.

    python -m tools.benchmarks.scoring
    python -m tools.benchmarks.scoring --customers 100000 --runs 1

Writes ``tools/benchmarks/scoring.md`` and its chart.
"""

from __future__ import annotations

import argparse
import json
import pickle
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from tools.benchmarks.harness import (
    FOLDER,
    ROOT,
    Measurement,
    Outcome,
    compiled_sql,
    draw_lines,
    how_often,
    markdown_table,
    measure,
    panels_by_size,
    report,
    surroundings,
)

ANALYSIS = "campaign_customers"
SCORES = Path("intermediate") / "segmentation" / "int_segmentation__scores.sql"
FITTED_CUSTOMERS = 20_000
SIZES = (100_000, 1_000_000, 10_000_000)

WHOLE_ROW = "unit_id, cluster_id, distance, runner_up_cluster_id, runner_up_distance"
CLUSTER_ALONE = "unit_id, cluster_id"

PARTS = ("read", "scale", "predict", "write")


# One run of a side -------------------------------------------------------------------------------------------------


def segmart_side(folder: Path, columns: str) -> Callable[[], Outcome]:
    """The project's model: from one DuckDB table to another."""
    connection = open_tables(folder)
    sql = (folder / "scores.sql").read_text(encoding="utf-8")

    def work() -> Outcome:
        connection.execute(f"create table scores as select {columns} from ({sql}) as scored")
        return Outcome(lambda: assignments(connection))

    return work


def scikit_learn_side(folder: Path, columns: str) -> Callable[[], Outcome]:
    """The same table through numpy: read, scale, predict, write."""
    connection = open_tables(folder)
    # The project's own file; made by `write_customers` of this run.
    offset, scale, kmeans, names = pickle.loads((folder / "fitted.pickle").read_bytes())

    def work() -> Outcome:
        start = time.perf_counter()
        read = connection.execute(f"select unit_id, {', '.join(names)} from features").fetchnumpy()
        unit_id = read.pop("unit_id")
        values = np.column_stack([read.pop(name) for name in names])
        was_read = time.perf_counter()
        values -= offset
        values /= scale
        was_scaled = time.perf_counter()
        scores = nearest(kmeans, values) if columns == CLUSTER_ALONE else two_nearest(kmeans, values)
        was_predicted = time.perf_counter()
        connection.register("predicted", {"unit_id": unit_id, **scores})
        connection.execute(f"create table scores as select {columns} from predicted")
        was_written = time.perf_counter()
        moments = (start, was_read, was_scaled, was_predicted, was_written)
        seconds = np.diff(moments).tolist()
        return Outcome(lambda: assignments(connection), dict(zip(PARTS, seconds, strict=True)))

    return work


def nearest(kmeans: Any, values: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """Number of the cluster of each row, from 1."""
    return {"cluster_id": kmeans.predict(values) + 1}


def two_nearest(kmeans: Any, values: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """The two nearest clusters of each row with their distances."""
    distances = kmeans.transform(values)
    rows = np.arange(len(values))
    first = distances.argmin(axis=1)
    distance = distances[rows, first]
    distances[rows, first] = np.inf
    second = distances.argmin(axis=1)
    return {
        "cluster_id": first + 1,
        "distance": distance,
        "runner_up_cluster_id": second + 1,
        "runner_up_distance": distances[rows, second],
    }


def open_tables(folder: Path) -> duckdb.DuckDBPyConnection:
    """A new database for the scores, with the drawn tables beside it, read-only."""
    (folder / "scores.duckdb").unlink(missing_ok=True)
    connection = duckdb.connect(str(folder / "scores.duckdb"))
    connection.execute(f"attach '{folder / 'customers.duckdb'}' as drawn (read_only)")
    for table in ("features", "vectors", "centroids"):
        connection.execute(f"create temp view {table} as select * from drawn.{table}")
    return connection


def assignments(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Customers of each cluster, and the sum of a hash of customer and cluster: one that differs changes it."""
    sizes = connection.execute("select cluster_id, count(*) from scores group by all order by all").fetchall()
    sql = "select cast(sum(hash(unit_id, cast(cluster_id as integer))) as varchar) from scores"
    return {"sizes": {str(cluster): size for cluster, size in sizes}, "hash": connection.execute(sql).fetchall()[0][0]}


SIDES = {
    "segmart": (segmart_side, WHOLE_ROW),
    "scikit-learn": (scikit_learn_side, WHOLE_ROW),
    "segmart, cluster alone": (segmart_side, CLUSTER_ALONE),
    "scikit-learn, cluster alone": (scikit_learn_side, CLUSTER_ALONE),
}
"""Name of a side -> what it runs, and the columns it writes."""


# The customers -----------------------------------------------------------------------------------------------------


def draw_customers(n_customers: int, features: Sequence[str], n_clusters: int) -> str:
    """A query for customers around as many centres as there are clusters, near enough to each other to overlap.

    Numbers are hashes of the customer's, so they do not depend on threads. Features differ in size by powers of ten.
    """
    # Box & Muller, A note on the generation of random normal deviates (1958), from two uniform numbers above 0.
    uniform = "((hash({0}, {1}) % 1000000007 + 1) / 1000000008.0)"
    columns = []
    for position, feature in enumerate(features):
        first, second = (uniform.format("customer", 2 * position + n) for n in range(2))
        normal = f"sqrt(-2 * ln({first})) * cos(2 * pi() * {second})"
        centre = f"(hash(customer % {n_clusters}, {position}) % 5)"
        columns.append(f"{10 ** (position % 4)} * ({centre} + {normal}) as {feature}")
    return f"select cast(customer as varchar) as unit_id, {', '.join(columns)} from range({n_customers}) as t(customer)"


def write_customers(folder: Path, n_customers: int) -> None:
    """The table of features, the centroids that the project fits on some of it, and the same fit for scikit-learn."""
    from threadpoolctl import threadpool_limits

    from segmart.statistics.segmentation import Analysis, as_centroid_table, fit_kmeans, prepare

    analysis = Analysis.from_settings(analysis_settings())
    with duckdb.connect(str(folder / "customers.duckdb")) as connection:
        drawn = draw_customers(n_customers, analysis.features, analysis.n_clusters)
        connection.execute(f"create table features as {drawn}")
        vector = f"list_value({', '.join(analysis.features)})"
        connection.execute(
            f"create table vectors as select 'campaign' as dataset, '{ANALYSIS}' as analysis, unit_id, "
            f"{vector} as feature_values from features"
        )
        sample = prepare(connection.execute(f"select * from features limit {FITTED_CUSTOMERS}").df(), analysis)
        with threadpool_limits(limits=1):
            kmeans = fit_kmeans(sample.scaled, analysis.n_clusters, analysis.n_init, analysis.seed)
        centroids = as_centroid_table(analysis.features, sample, kmeans.cluster_centers_, float(kmeans.inertia_))
        numbers = [number for _ in range(analysis.n_clusters) for number in range(1, len(analysis.features) + 1)]
        connection.register("fitted", centroids.assign(analysis=ANALYSIS, position=numbers))
        connection.execute("create table centroids as select * from fitted")
    (folder / "fitted.pickle").write_bytes(pickle.dumps((sample.offset, sample.scale, kmeans, analysis.features)))
    (folder / "tiny").mkdir()
    call = (ROOT / "models" / SCORES).read_text(encoding="utf-8")
    for model, table in {"int_segmentation__vectors": "vectors", "segmentation_centroids": "centroids"}.items():
        # A table called like the CTE that reads it would read itself.
        call = call.replace(f"{{{{ ref('{model}') }}}}", f"drawn.{table}")
    (folder / "scores.sql").write_text(compiled_sql(folder / "tiny", call, ["portability"], {}), encoding="utf-8")


def analysis_settings() -> dict[str, Any]:
    """What the fit of the analysis is told, by the project's lists."""
    import pandas as pd

    from segmart.statistics.settings import ANALYSES_FILE, MEASURES_FILE, fit_settings

    analyses, measures = (
        pd.read_csv(ROOT / file).query("analysis == @ANALYSIS") for file in (ANALYSES_FILE, MEASURES_FILE)
    )
    ((_, settings),) = fit_settings(analyses, measures.assign(dataset=analyses["dataset"].item())).items()
    return settings


# The table ---------------------------------------------------------------------------------------------------------


def compare(folder: Path, runs: int) -> list[Measurement]:
    """All sides on the customers that `write_customers` wrote into a folder.

    Raises:
        RuntimeError: The sides do not assign every customer to the same cluster.
    """
    measurements = measure("tools.benchmarks.scoring", list(SIDES), {"folder": str(folder)}, runs)
    if any(other.results != measurements[0].results for other in measurements):
        raise RuntimeError(f"different clusters: {[(side.side, side.results) for side in measurements]}")
    return measurements


def speed(n_customers: int, seconds: float) -> float:
    """Million customers per second."""
    return n_customers / seconds / 1e6


def page(measured: dict[int, list[Measurement]], runs: int) -> str:
    """The Markdown of all sizes, without the surroundings."""
    settings = analysis_settings()
    rows, parts = [], []
    for n_customers, measurements in measured.items():
        for side in measurements:
            rows.append(
                [
                    f"{n_customers:,}",
                    side.side,
                    side.seconds,
                    speed(n_customers, side.seconds),
                    round(side.megabytes),
                ]
            )
            if side.figures:
                alone = side.figures["predict"]
                seconds = [side.figures[part] for part in PARTS]
                parts.append([f"{n_customers:,}", side.side, *seconds, speed(n_customers, alone)])
    table = markdown_table(["customers", "side", "seconds", "million customers per second", "peak memory in MB"], rows)
    table_of_parts = markdown_table(
        ["customers", "side", *PARTS, "million customers per second by predict alone"],
        parts,
    )
    return (
        "# Scoring\n\nWritten by `python -m tools.benchmarks.scoring`.\n\n"
        f"Customers with the {len(settings['features'])} features of `{ANALYSIS}` and the centroids of "
        f"{settings['n_clusters']} clusters in a DuckDB file, to a table of clusters in another one. `segmart` is the "
        f"SQL of `models/{SCORES}`; `scikit-learn` reads the table into numpy, scales it, assigns "
        "it with the same centres, and writes back. Both with the distance, the runner-up and its distance, as "
        "the models of scores have them (scikit-learn: `KMeans.transform`), and with the cluster alone "
        f"(`KMeans.predict`). {how_often(runs)}, each in a process of its own. Peak memory has DuckDB's cache of "
        "the file in it. All sides assign every customer to the same cluster.\n\n"
        f"{table}\nThe parts of scikit-learn's seconds:\n\n{table_of_parts}\n"
        "![Customers per second and memory over the number of customers](scoring.svg)\n"
    )


def panels(measured: dict[int, list[Measurement]]) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """What the chart shows."""
    values = {
        "Customers per second": lambda n_customers, side: n_customers / side.seconds,
        "Peak memory in MB": lambda _, side: side.megabytes,
    }
    return panels_by_size(measured, values, SIDES)


def main() -> None:
    """Measure and write tables and chart, or, called by the harness, run one side."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--customers", type=int, nargs="+", default=SIZES)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--arguments", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        run, columns = SIDES[options.side]
        report(run(Path(options.arguments["folder"]), columns))
        return
    measured = {}
    for n_customers in options.customers:
        with TemporaryDirectory() as name:
            write_customers(Path(name), n_customers)
            measured[n_customers] = compare(Path(name), options.runs)
    text = page(measured, options.runs)
    versions = surroundings(["duckdb", "scikit-learn", "numpy"])
    (FOLDER / "scoring.md").write_text(f"{text}\n{versions}", encoding="utf-8")
    draw_lines(FOLDER / "scoring.svg", panels(measured), "customers")
    print(text)


if __name__ == "__main__":
    main()
