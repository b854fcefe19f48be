"""How builds grow with the data, on DuckDB and on Spark: the same shops, drawn larger and larger, in the same run.

    python -m tools.benchmarks.scale --lines 100000 300000                     # what fits into a short break
    python -m tools.benchmarks.scale --lines 1000000 3000000 --into build/scale
    python -m tools.benchmarks.scale --lines 1000000 --heaviest 0.1 --everywhere 1

Draws the shops of ``load.py``, with a customer for every twenty lines and the same products and stores in all of them,
and builds all models without tests, each time in a process of its own. Needs the environment of ``make test-spark``.
Spark's event log says what each task did, and the time at which it began, which model it worked for: dbt runs one
model at a time.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from tools.benchmarks.harness import (
    Outcome,
    children_megabytes,
    dbt_side,
    markdown_table,
    own_megabytes,
    report,
    run_in_process,
    surroundings,
)
from tools.benchmarks.load import Shop, write_shop

ENGINES = ("duckdb", "spark")

LINES_PER_CUSTOMER = 20

SHOWN = 20
"""Models in each table that is printed."""

NOTABLE_BYTES = 1_000_000
NOTABLE_SECONDS = 1.0
"""From what shuffle and what time on, at the largest size, an exponent is worth printing."""

SPARK_DEFAULTS = """\
spark.eventLog.enabled           true
spark.eventLog.compress          false
spark.eventLog.rolling.enabled   false
spark.eventLog.dir               {events}
spark.local.dir                  {scratch}
"""

SPARK_SETTINGS = {"SEGMART_SPARK_PARTITIONS": "8", "SEGMART_SPARK_ADAPTIVE": "true"}
"""Unless they are set."""


@dataclass(frozen=True)
class Task:
    """What one task of Spark did.

    Attributes:
        began: Seconds since 1970.
        cpu: Seconds of a core. The wall time also counts what other processes on the machine take.
        shuffled: Bytes that it wrote for other tasks.
        spilled: Bytes that it wrote to disk because memory was short.
        memory: Bytes that its sorts, joins and groups held at most.
    """

    began: float
    cpu: float
    shuffled: int
    spilled: int
    memory: int


@dataclass(frozen=True)
class Work:
    """What a node of dbt took.

    Attributes:
        seconds: Wall time.
        cpu: CPU seconds of all tasks of Spark together.
        longest: CPU seconds of the longest task.
        shuffled: Bytes.
        spilled: Bytes.
        memory: Bytes that one task held at most.
    """

    seconds: float
    cpu: float = 0.0
    longest: float = 0.0
    shuffled: int = 0
    spilled: int = 0
    memory: int = 0


@dataclass(frozen=True)
class Build:
    """What a build took.

    Attributes:
        seconds: Wall time.
        cpu: CPU seconds of Python and Java.
        python_megabytes: Peak memory of dbt's process, with DuckDB in it.
        java_megabytes: Peak memory of Spark's process; 0 without Spark.
        nodes: By name.
        tables: Schema and table -> rows, and bytes of Parquet; none without Spark.
    """

    seconds: float
    cpu: float
    python_megabytes: float
    java_megabytes: float
    nodes: Mapping[str, Work]
    tables: Mapping[str, tuple[int, int]]


# What the logs say -------------------------------------------------------------------------------------------------


def tasks(log: Path) -> Iterator[Task]:
    """The tasks in an event log of Spark, which may still be written."""
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith('{"Event":"SparkListenerTaskEnd"') and line.endswith("\n"):
                event = json.loads(line)
                # Lost tasks have none.
                metrics = event.get("Task Metrics") or {}
                yield Task(
                    event["Task Info"]["Launch Time"] / 1000,
                    metrics.get("Executor CPU Time", 0) / 1e9,
                    metrics.get("Shuffle Write Metrics", {}).get("Shuffle Bytes Written", 0),
                    metrics.get("Disk Bytes Spilled", 0),
                    metrics.get("Peak Execution Memory", 0),
                )


def work_by_node(results: Path, done: Iterable[Task]) -> dict[str, Work]:
    """What each node took.

    Args:
        results: The ``run_results.json`` of a build of one model at a time.
        done: Tasks of its event log; none for DuckDB.

    Returns:
        Name of the node -> work. Tasks between two nodes are left out.
    """
    nodes = []
    for node in json.loads(results.read_text(encoding="utf-8"))["results"]:
        moments = [datetime.fromisoformat(step[at]).timestamp() for step in node["timing"] for at in STEP_ENDS]
        if moments:
            nodes.append((min(moments), max(moments), node["unique_id"].split(".")[2], node["execution_time"]))
    nodes.sort()
    by_name: dict[str, list[Task]] = {name: [] for _, _, name, _ in nodes}
    position = 0
    for task in sorted(done, key=lambda task: task.began):
        while position < len(nodes) and nodes[position][1] < task.began:
            position += 1
        # Spark writes whole milliseconds.
        if position < len(nodes) and nodes[position][0] <= task.began + 0.001:
            by_name[nodes[position][2]].append(task)
    return {name: _work(seconds, by_name[name]) for _, _, name, seconds in nodes}


STEP_ENDS = ("started_at", "completed_at")


def _work(seconds: float, of: Sequence[Task]) -> Work:
    return Work(
        seconds,
        sum(task.cpu for task in of),
        max((task.cpu for task in of), default=0.0),
        sum(task.shuffled for task in of),
        sum(task.spilled for task in of),
        max((task.memory for task in of), default=0),
    )


def exponent(points: Mapping[int, float]) -> float:
    """How a figure grows: 1 if it doubles with the lines, 2 if it then quadruples.

    Args:
        points: Lines -> figure.

    Returns:
        Slope of the logarithms; nan where a figure is 0, or where there is one size only.
    """
    if len(points) < 2 or any(value <= 0 for value in points.values()):
        return math.nan
    sizes, values = ([math.log(value) for value in side] for side in (points.keys(), points.values()))
    return statistics.linear_regression(sizes, values).slope


def tables(warehouse: Path) -> dict[str, tuple[int, int]]:
    """How much the tables of Spark hold: schema and table -> rows, and bytes of Parquet."""
    found = {}
    for folder in sorted([*(warehouse / "tables").glob("*.db/*"), *(warehouse / "driver").glob("*/*")]):
        files = [*folder.glob("*.parquet")]
        if files:
            listed = duckdb.execute("select sum(num_rows) from parquet_file_metadata(?)", [[*map(str, files)]])
            ((rows,),) = listed.fetchall()
            found[f"{folder.parent.stem}.{folder.name}"] = (int(rows), sum(file.stat().st_size for file in files))
    return found


# The builds --------------------------------------------------------------------------------------------------------


def build(data: Path, folder: Path, engine: str) -> Callable[[], Outcome]:
    """All models of the files in a folder, on an engine."""
    settings = {"data": str(data), "published": str(folder / "marts.duckdb")}
    if engine == "spark":
        settings["spark_warehouse"] = str(folder / "warehouse")
        write_spark_defaults(folder)
    options = ["--target", "spark"] if engine == "spark" else []
    build_all = dbt_side(
        folder, *options, "--exclude-resource-type", "test", memory="5GB", datasets="mapped", **settings
    )

    def work() -> Outcome:
        build_all()
        if engine == "spark":
            end_spark()
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        figures = {"cpu": sum(usage.ru_utime + usage.ru_stime for usage in used)}
        figures["python_megabytes"] = own_megabytes()
        # Without Spark, the largest process that was started is a copy of this one.
        figures["java_megabytes"] = children_megabytes() if engine == "spark" else 0.0
        return Outcome(lambda: None, figures)

    return work


def write_spark_defaults(folder: Path) -> None:
    """Let Spark write its event log, and what it spills, below a folder."""
    for name in ("events", "scratch", "conf"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    text = SPARK_DEFAULTS.format(events=(folder / "events").as_uri(), scratch=folder / "scratch")
    (folder / "conf" / "spark-defaults.conf").write_text(text, encoding="utf-8")
    os.environ["SPARK_CONF_DIR"] = str(folder / "conf")
    for name, value in SPARK_SETTINGS.items():
        os.environ.setdefault(name, value)


def end_spark() -> None:
    """Stop Spark, and wait for its process, whose time and memory the system only counts then."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    gateway = SparkContext._gateway
    SparkSession.builder.getOrCreate().stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()


def measure_shop(shop: Shop, folder: Path, engines: Sequence[str]) -> dict[str, Build]:
    """Draw a shop and build it on each engine, unless the folder has that already: engine -> what it took."""
    if not (folder / "data").exists():
        write_shop(folder / "data", shop)
    for engine in engines:
        taken = folder / f"{engine}.json"
        if not taken.exists():
            arguments = {"data": str(folder / "data"), "folder": str(folder / engine), "engine": engine}
            (folder / engine).mkdir(exist_ok=True)
            taken.write_text(json.dumps(run_in_process("tools.benchmarks.scale", "build", arguments)), encoding="utf-8")
    return {engine: read_build(folder, engine) for engine in engines}


def read_build(folder: Path, engine: str) -> Build:
    """What a build took that is in a folder."""
    taken = json.loads((folder / f"{engine}.json").read_text(encoding="utf-8"))
    done = (task for log in (folder / engine / "events").glob("*") for task in tasks(log))
    nodes = work_by_node(folder / engine / "target" / "run_results.json", done)
    figures = taken["figures"]
    megabytes = figures["python_megabytes"], figures["java_megabytes"]
    return Build(taken["seconds"], figures["cpu"], *megabytes, nodes, tables(folder / engine / "warehouse"))


# What is printed ---------------------------------------------------------------------------------------------------


def page(measured: Mapping[int, Mapping[str, Build]]) -> str:
    """Tables of all sizes, of the widest shuffles, and of how models grow: lines -> engine -> what it took."""
    of_spark = {size: found["spark"] for size, found in measured.items() if "spark" in found}
    nodes = {size: build.nodes for size, build in of_spark.items()}
    printed = [(BUILD_COLUMNS, build_rows(measured))]
    if of_spark:
        printed += [(MODEL_COLUMNS, model_rows(nodes, figure)) for figure in ("shuffled", "cpu")]
        printed += [(MODEL_COLUMNS, fast_growing(nodes)), (LAYER_COLUMNS, layer_rows(of_spark))]
        printed += [(TABLE_COLUMNS, table_rows(of_spark))]
    return "\n".join(markdown_table(header, rows) for header, of in printed if (rows := [*of]))


BUILD_COLUMNS = ["lines", "engine", "seconds", "CPU seconds", "of tasks", "MB of Python", "MB of Java"]
BUILD_COLUMNS += ["MB of the largest task", "GB shuffled", "GB spilled"]

MODEL_COLUMNS = ["model", "MB shuffled", "MB spilled", "seconds", "CPU seconds of tasks"]
MODEL_COLUMNS += ["of the longest task", "exponent of shuffle", "exponent of CPU seconds"]

LAYER_COLUMNS = ["lines", "layer", "rows", "MB"]

TABLE_COLUMNS = ["table", "rows", "MB", "exponent of rows"]


SUMMED = ("cpu", "shuffled", "spilled")


def build_rows(measured: Mapping[int, Mapping[str, Build]]) -> Iterator[list[object]]:
    """A row for each build."""
    for size, found in measured.items():
        for engine, took in found.items():
            nodes = took.nodes.values()
            of_tasks, shuffled, spilled = (sum(getattr(node, name) for node in nodes) for name in SUMMED)
            largest_task = max(node.memory for node in nodes) / 1e6
            whole = (took.seconds, took.cpu, of_tasks, took.python_megabytes, took.java_megabytes, largest_task)
            yield [f"{size:,}", engine, *map(round, whole), shuffled / 1e9, spilled / 1e9]


def model_rows(nodes: Mapping[int, Mapping[str, Work]], figure: str) -> Iterator[list[object]]:
    """The models that are first by a figure at the largest size."""
    largest = nodes[max(nodes)]
    names = sorted(largest, key=lambda name: -getattr(largest[name], figure))
    for name in names[:SHOWN]:
        yield model_row(name, nodes)


def fast_growing(nodes: Mapping[int, Mapping[str, Work]]) -> Iterator[list[object]]:
    """The models whose shuffle or time grows faster than the lines."""
    largest = nodes[max(nodes)]
    grows = {}
    for name, work in largest.items():
        slopes = []
        if work.shuffled >= NOTABLE_BYTES:
            slopes.append(growth(name, nodes, "shuffled"))
        if work.cpu >= NOTABLE_SECONDS:
            slopes.append(growth(name, nodes, "cpu"))
        grows[name] = max((slope for slope in slopes if not math.isnan(slope)), default=0.0)
    for name in sorted(grows, key=lambda name: -grows[name])[:SHOWN]:
        if grows[name] > 1:
            yield model_row(name, nodes)


def model_row(name: str, nodes: Mapping[int, Mapping[str, Work]]) -> list[object]:
    """What a model took at the largest size, and how that grows."""
    work = nodes[max(nodes)][name]
    return [
        name,
        work.shuffled / 1e6,
        work.spilled / 1e6,
        work.seconds,
        work.cpu,
        work.longest,
        growth(name, nodes, "shuffled"),
        growth(name, nodes, "cpu"),
    ]


def growth(name: str, nodes: Mapping[int, Mapping[str, Work]], figure: str) -> float:
    """The exponent of a figure of a model over the sizes at which it ran."""
    return exponent({size: getattr(found[name], figure) for size, found in nodes.items() if name in found})


def layer_rows(of_spark: Mapping[int, Build]) -> Iterator[list[object]]:
    """Rows and megabytes of each layer, by size."""
    for size, build in of_spark.items():
        for layer in sorted({name.split(".")[0] for name in build.tables}):
            within = [counts for name, counts in build.tables.items() if name.startswith(f"{layer}.")]
            yield [f"{size:,}", layer, sum(rows for rows, _ in within), sum(taken for _, taken in within) / 1e6]


def table_rows(of_spark: Mapping[int, Build]) -> Iterator[list[object]]:
    """The largest tables at the largest size, and how their rows grow."""
    largest = of_spark[max(of_spark)].tables
    for name in sorted(largest, key=lambda name: -largest[name][1])[: 2 * SHOWN]:
        points = {size: build.tables[name][0] for size, build in of_spark.items() if name in build.tables}
        rows, taken = largest[name]
        yield [name, rows, taken / 1e6, exponent(points)]


def main() -> None:
    """Draw, build and print, or, called by the harness, build."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lines", type=int, nargs="+", default=[1_000_000, 3_000_000])
    parser.add_argument("--products", type=int, default=Shop.products)
    parser.add_argument("--stores", type=int, default=Shop.stores)
    parser.add_argument("--heaviest", type=float, default=0.0, help="share of the lines that one customer has")
    parser.add_argument("--everywhere", type=int, default=0, help="1 puts a product into every receipt")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=ENGINES)
    parser.add_argument("--into", type=Path, help="keep shops, tables and what they took there, and go on from them")
    parser.add_argument("--side", help=argparse.SUPPRESS)
    parser.add_argument("--arguments", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        arguments = options.arguments
        report(build(Path(arguments["data"]), Path(arguments["folder"]), arguments["engine"]))
        return
    measured = {}
    with TemporaryDirectory() as name:
        for lines in options.lines:
            shop = Shop(
                lines=lines,
                customers=lines // LINES_PER_CUSTOMER,
                products=options.products,
                stores=options.stores,
                heaviest=int(lines * options.heaviest),
                everywhere=options.everywhere,
            )
            folder = (options.into or Path(name)).resolve() / str(lines)
            measured[lines] = measure_shop(shop, folder, options.engines)
    print(page(measured))
    print(surroundings(["duckdb", "dbt-core", "dbt-duckdb", "dbt-spark", "pyspark"]))


if __name__ == "__main__":
    main()
