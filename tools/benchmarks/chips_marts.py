"""From sales lines to marts: a build against one SQL script in DuckDB, Polars and pandas, and how its time grows.

    python -m tools.benchmarks.chips_marts                                   # 0.3 and 3 million lines
    python -m tools.benchmarks.chips_marts --lines 300000 3000000 30000000 100000000 --runs 3 3 3 1
    python -m tools.benchmarks.chips_marts --lines 20000 --runs 1
    python -m tools.benchmarks.chips_marts --against ../before         # in turn with another checkout, and nothing else

Writes ``chips_marts.md`` beside it, and its charts. A hundred million lines need 60 GB where ``TMPDIR`` points to.
With ``--against`` it only prints.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb

from tools.benchmarks.harness import (
    FOLDER,
    ROOT,
    Measurement,
    Outcome,
    draw_lines,
    markdown_table,
    measure,
    report,
    run_dbt,
    surroundings,
)

if TYPE_CHECKING:
    import pandas as pd

MARTS = (
    *("product_sales", "brand_sales", "flavour_sales", "pack_size_sales"),
    *("daily_sales", "loyalty_customers", "lifestage_segments"),
)

OTHER = "dbt of the other checkout"

DATABASES = {
    "dbt": "segmart.duckdb",
    "dbt with tests": "segmart.duckdb",
    "SQL script": "script.duckdb",
    "Polars": "polars.duckdb",
    "pandas": "pandas.duckdb",
    OTHER: "other.duckdb",
}
"""Side -> the file in which its marts are found."""

SIDES = tuple(side for side in DATABASES if side != OTHER)
SIDES_THAT_MAY_FAIL = ("Polars", "pandas")
"""They may need more memory than there is."""

NODES, STAGE, NODE = "all nodes", "stage ", "node "
STAGES = ("raw load", "staging", "core", "intermediate", "marts")
STAGE_OF_SCHEMA = {"raw": "raw load", "reference": "raw load", **{name: name for name in STAGES[1:]}}
REFERENCE = ROOT / "seeds" / "reference"
DBT_ALONE = (
    *("dataset", "purchase_interval_days", "relative_recency", "active_probability", "is_lapsing"),
    *("returned_amount", "returned_share"),
)
"""Columns that the other sides do without: the name of the one dataset, who will buy again, which models of its own
learn, and returns, which these files have none of."""

LINES = [300_000, 3_000_000]
LINES_PER_CUSTOMER = 20
PRODUCTS = 5_000
"""Of a chain with five million customers and a hundred million lines; smaller ones are taken alike."""

ROWS_ARE_COMPARED = 3_000_000
"""Lines up to which the sides' marts are compared row by row; of more, counts and sums."""

READ_BYTES = 16 * 1024 * 1024

SLOWEST = 12
"""Models of which the growth is shown."""

Summary = dict[str, dict[str, str]]


# One run of a side -------------------------------------------------------------------------------------------------


def dbt_side(folder: Path, side: str, project: Path = ROOT) -> Callable[[], Outcome]:
    """A project's seeds and models as far as the marts need them, with or without data tests."""
    excluded = ["unit_test"] if side == "dbt with tests" else ["unit_test", "test"]
    selection = ["--select", *(f"+{mart}" for mart in MARTS), "--indirect-selection", "cautious"]
    selection += ["--exclude-resource-type", *excluded]
    database = empty(folder / DATABASES[side])

    def work() -> Outcome:
        dbt_of(project, folder, side, "build", *selection)
        return Outcome(lambda: summary(database, "marts"), node_seconds(target_of(folder, side)))

    return work


def target_of(folder: Path, side: str) -> Path:
    """Where dbt leaves its files: what one checkout parsed is none of the other's business."""
    return folder / ("target-other" if side == OTHER else "target")


def dbt_of(project: Path, folder: Path, side: str, *arguments: str) -> None:
    """Run a project's dbt on the raw files of a folder, with the limit of DuckDB's memory if there is one.

    Which datasets are built is a setting of the environment, in older checkouts a variable.
    """
    paths = ["--target-path", str(target_of(folder, side)), "--log-path", str(folder / "logs")]
    options = ["--project-dir", str(project), *paths, "--vars", json.dumps({"datasets": ["chips"]})]
    memory = os.environ.get("SEGMART_MEMORY")
    settings = {"data": str(folder), "datasets": "chips", "database": str(folder / DATABASES[side])}
    settings |= {"memory": memory} if memory else {}
    run_dbt(folder, *arguments, *options, project=project, **settings)


def node_seconds(target: Path) -> dict[str, float]:
    """Seconds of all nodes, of each stage, and of each seed and model of dbt's last run; hooks are no nodes."""
    results, manifest = (
        json.loads((target / name).read_text(encoding="utf-8")) for name in ("run_results.json", "manifest.json")
    )
    figures = {NODES: 0.0}
    for result in results["results"]:
        kind, *_, name = result["unique_id"].split(".")
        if kind == "operation":
            continue
        seconds = result["execution_time"]
        figures[NODES] += seconds
        if kind != "test":
            schema = manifest["nodes"][result["unique_id"]]["schema"]
            stage = STAGE + STAGE_OF_SCHEMA[schema]
            figures[stage] = figures.get(stage, 0.0) + seconds
            figures[NODE + name] = seconds
    return figures


def script_side(folder: Path) -> Callable[[], Outcome]:
    """The script, in a new database."""
    database = empty(folder / DATABASES["SQL script"])
    script = (FOLDER / "chips_marts.sql").read_text(encoding="utf-8")

    def work() -> Outcome:
        with duckdb.connect(str(database), config=duckdb_config()) as connection:
            connection.execute(f"set variable data = {sql_text(folder)}")
            connection.execute(f"set variable reference = {sql_text(REFERENCE)}")
            connection.execute(script)
        return Outcome(lambda: summary(database, "main"))

    return work


def duckdb_config() -> dict[str, str]:
    """The limit of memory that a build has as well."""
    return {"memory_limit": os.environ.get("SEGMART_MEMORY") or "80%"}


def pandas_side(folder: Path) -> Callable[[], Outcome]:
    """The pandas script, which writes pickles, the quickest that pandas does without another library."""
    from tools.benchmarks.chips_marts_pandas import compute_marts

    database = empty(folder / DATABASES["pandas"])

    def work() -> Outcome:
        marts = compute_marts(folder, REFERENCE)
        for name, table in marts.items():
            table.to_pickle(folder / f"{name}.pickle")

        def results() -> Summary:
            store(marts, database)
            return summary(database, "main")

        return Outcome(results)

    return work


def polars_side(folder: Path) -> Callable[[], Outcome]:
    """The Polars script, which writes Parquet."""
    from tools.benchmarks.chips_marts_polars import compute_marts

    database = empty(folder / DATABASES["Polars"])
    files = {name: folder / f"{name}.parquet" for name in MARTS}

    def work() -> Outcome:
        for name, table in compute_marts(folder, REFERENCE).items():
            table.write_parquet(files[name])

        def results() -> Summary:
            store(files, database)
            return summary(database, "main")

        return Outcome(results)

    return work


def work_of(side: str, folder: Path, other: Path) -> Callable[[], Outcome]:
    """What a side does; ``other`` is the other checkout, if there is one."""
    if side.startswith("dbt"):
        return dbt_side(folder, side, other if side == OTHER else ROOT)
    sides = {"SQL script": script_side, "Polars": polars_side, "pandas": pandas_side}
    return sides[side](folder)


def read_once(folder: Path) -> None:
    """Let the system take the raw files into memory, as far as it has room: what is measured is not the disk."""
    for file in sorted((folder / "chips").iterdir()):
        with file.open("rb") as content:
            while content.read(READ_BYTES):
                pass


def empty(database: Path) -> Path:
    """The path, without what an earlier run has left there."""
    for file in (database, database.with_name(f"{database.name}.wal")):
        file.unlink(missing_ok=True)
    return database


def sql_text(text: object) -> str:
    """A text as SQL writes it."""
    return "'" + str(text).replace("'", "''") + "'"


# What came out -----------------------------------------------------------------------------------------------------


def contract(mart: str) -> dict[str, str]:
    """Columns of a mart with their types, as its YAML lists them, without those in ``DBT_ALONE``."""
    import yaml

    (file,) = (ROOT / "models" / "marts").glob(f"*/{mart}.yml")
    (model,) = yaml.safe_load(file.read_text(encoding="utf-8"))["models"]
    types = {column["name"]: column["data_type"].replace("string", "varchar") for column in model["columns"]}
    return {name: kind for name, kind in types.items() if name not in DBT_ALONE}


def store(marts: Mapping[str, pd.DataFrame | Path], database: Path) -> None:
    """Write marts, whose amounts are whole cents, into a database with the columns and types of the contracts.

    Args:
        marts: Name -> a frame, or a Parquet file.
        database: Where the tables go.
    """
    with duckdb.connect(str(database)) as connection:
        for name, table in marts.items():
            frame = connection.read_parquet(str(table)) if isinstance(table, Path) else connection.from_df(table)
            columns = [f"{from_cents(column, kind)} as {column}" for column, kind in contract(name).items()]
            frame.project(", ".join(columns)).create(name)


def from_cents(column: str, kind: str) -> str:
    """A column of a frame in its type; of decimals with two places, which are money, frames have cents."""
    return f"cast({column} * 0.01 as {kind})" if kind == "decimal(18,2)" else f"cast({column} as {kind})"


def summary(database: Path, schema: str) -> Summary:
    """The number of rows of each mart, and the sums of its columns that are exact numbers."""
    found = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for mart in MARTS:
            exact = [name for name, kind in contract(mart).items() if kind.startswith(("decimal", "bigint", "integer"))]
            # Units are decimals in a mart, and whole numbers for those who read them as such.
            sums = ", ".join(f"cast(sum({name}) as decimal(38, 3))" for name in exact)
            row = connection.execute(f"select count(*), {sums} from {schema}.{mart}").fetchall()[0]
            found[mart] = dict(zip(["rows", *exact], map(str, row), strict=True))
    return found


def differing_rows(folder: Path, side: str) -> dict[str, int]:
    """How many rows of each mart dbt has and the side has not, or the other way round; doubles to nine decimals.

    Columns that another checkout lacks are left out. Some sides read ids as numbers that are texts in others, so all
    are compared in the types of the contracts.
    """
    schema = "marts" if side == OTHER else "main"
    with duckdb.connect() as connection:
        for alias, name in (("theirs", DATABASES[side]), ("ours", DATABASES["dbt"])):
            connection.execute(f"attach {sql_text(folder / name)} as {alias} (read_only)")
        found = {}
        for mart in MARTS:
            known = connection.execute(f"select column_name from (describe theirs.{schema}.{mart})").fetchall()
            columns = ", ".join(
                f"round({name}, 9)" if kind == "double" else f"cast({name} as {kind})"
                for name, kind in contract(mart).items()
                if (name,) in known
            )
            ours, theirs = f"select {columns} from ours.marts.{mart}", f"select {columns} from theirs.{schema}.{mart}"
            differing = f"(({ours}) except all ({theirs})) union all (({theirs}) except all ({ours}))"
            found[mart] = connection.execute(f"select count(*) from ({differing})").fetchall()[0][0]
    return found


# The measurement ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """All sides on the same lines.

    Attributes:
        lines: How many lines.
        runs: How often each side was run.
        sides: What was measured; without a side that did not finish.
        customers: How many customers the lines have.
        unfinished: Side that did not finish -> the end of what it said.
        differing: Mart -> rows in which the other checkout differs: it may have been changed on purpose.
    """

    lines: int
    runs: int
    sides: Mapping[str, Measurement]
    customers: int
    unfinished: Mapping[str, str]
    differing: Mapping[str, int] = field(default_factory=dict)


def compare(lines: int, runs: int, sides: Sequence[str] = SIDES, other: Path = ROOT) -> Comparison:
    """Draw lines and give them to the sides."""
    from tools.synthesize import write_chips

    with TemporaryDirectory() as name:
        write_chips(name, lines=lines, customers=lines // LINES_PER_CUSTOMER, products=PRODUCTS)
        return compare_in(Path(name), lines, runs, sides, other)


def compare_in(folder: Path, lines: int, runs: int, sides: Sequence[str] = SIDES, other: Path = ROOT) -> Comparison:
    """Give the lines of a folder to the sides, which leave their marts there.

    Raises:
        RuntimeError: A side failed that may not, or the marts of a side of this checkout differ.
    """
    # What dbt parsed is kept between runs, as wherever a project is built more than once.
    for side in {"dbt", OTHER}.intersection(sides):
        dbt_of(other if side == OTHER else ROOT, folder, side, "parse")
    measured, unfinished = measure_sides(folder, runs, sides, other)
    first = measured[0].results
    for side in measured:
        if side.side == OTHER:
            continue
        if side.results != first:
            raise RuntimeError(f"{side.side} has different marts: {differing_sums(first, side.results)}")
        if lines <= ROWS_ARE_COMPARED and DATABASES[side.side] != DATABASES["dbt"]:
            differing = differing_rows(folder, side.side)
            if any(differing.values()):
                raise RuntimeError(f"{side.side} has different rows: {differing}")
    customers = int(first["loyalty_customers"]["rows"])
    differing = differing_rows(folder, OTHER) if OTHER in sides and lines <= ROWS_ARE_COMPARED else {}
    return Comparison(lines, runs, {side.side: side for side in measured}, customers, unfinished, differing)


def measure_sides(
    folder: Path, runs: int, sides: Sequence[str], other: Path = ROOT
) -> tuple[list[Measurement], dict[str, str]]:
    """The measurements of the sides, and the last words of those that may fail and did."""
    arguments = {"folder": str(folder), "other": str(other)}
    unfinished: dict[str, str] = {}
    while True:
        running = [side for side in sides if side not in unfinished]
        try:
            return measure("tools.benchmarks.chips_marts", running, arguments, runs), unfinished
        except RuntimeError as error:
            said = str(error).strip().splitlines()
            failed = said[0].partition(" failed")[0]
            if failed not in SIDES_THAT_MAY_FAIL or failed not in running:
                raise
            unfinished[failed] = said[-1] if len(said) > 1 else "killed"


def differing_sums(ours: Summary, theirs: Summary) -> dict[str, tuple[str, str]]:
    """Mart and column -> the two sums that differ."""
    return {
        f"{mart}.{column}": (ours[mart][column], theirs[mart][column])
        for mart in MARTS
        for column in ours[mart]
        if ours[mart][column] != theirs[mart][column]
    }


# The page ----------------------------------------------------------------------------------------------------------


def rows_of(comparison: Comparison) -> Iterator[tuple[str, float, float]]:
    """What the table and the chart call a row, its seconds and its peak memory."""
    for side in comparison.sides.values():
        if NODES in side.figures:
            yield f"{side.side}, nodes", side.figures[NODES], side.megabytes
            yield f"{side.side}, whole process", side.seconds, side.megabytes
        else:
            yield side.side, side.seconds, side.megabytes


def page(comparisons: Sequence[Comparison]) -> str:
    """The Markdown of all sizes, without the surroundings."""
    rows = [
        [f"{one.lines:,}", name, seconds, seconds / one.sides["SQL script"].seconds, round(megabytes)]
        for one in comparisons
        for name, seconds, megabytes in rows_of(one)
    ]
    runs = ", ".join(f"{one.runs} at {one.lines:,} lines" for one in comparisons)
    customers = ", ".join(f"{one.customers:,}" for one in comparisons)
    compared = [one for one in comparisons if one.lines <= ROWS_ARE_COMPARED]
    rows_compared = f", up to {compared[-1].lines:,} lines compared row by row" if compared else ""
    text = (
        "# From sales lines to marts\n\nWritten by `python -m tools.benchmarks.chips_marts`.\n\n"
        f"Lines of the synthetic sample's generator in one CSV file, {LINES_PER_CUSTOMER} for each customer, of "
        f"{PRODUCTS:,} products, and {customers} customers in another. From them "
        f"{', '.join(f'`{mart}`' for mart in MARTS)} with all columns of their contracts. All sides have the same rows "
        f"and sums{rows_compared}. Medians of several runs ({runs}), in turn, each in a process of its own. "
        "The files are read once before each run, so that no side waits for the disk.\n\n"
        "* `dbt` builds the seeds and models that these marts need, `dbt with tests` also their data tests. It judges "
        "every field, keeps every refused row with its reason, stores each model, and records the files' hashes. Nodes "
        "are the sum of dbt's execution times; the whole process has dbt's start in it, with the project parsed before."
        "\n* `SQL script` is `chips_marts.sql`, written by hand as the limit: one pass wherever one is enough, nothing "
        "stored that is not read again. It reads numbers as numbers and leaves out lines that have none.\n"
        "* `Polars` is `chips_marts_polars.py`: a lazy scan, then lazy queries on the streaming engine. It needs a "
        "clean file, and writes Parquet.\n"
        "* `pandas` is `chips_marts_pandas.py`: the same passes on arrays, on one core, but for list prices, "
        "which it works out product by product and week by week. It needs a clean file, and writes pickles.\n\n"
    )
    text += markdown_table(["lines", "side", "seconds", "times the SQL script", "peak memory in MB"], rows)
    for one in comparisons:
        for side, last_words in one.unfinished.items():
            text += f"\n`{side}` did not finish at {one.lines:,} lines: {last_words}\n"
    text += (
        "\n`segment_affinity` is left out: its clusters are fitted and its p-values computed in Python.\n\n"
        "![Seconds and memory over the number of lines](chips_marts.svg)\n"
    )
    return text + (growth_section(comparisons) if len(comparisons) > 1 else "")


def against_table(comparisons: Sequence[Comparison]) -> str:
    """The Markdown of both checkouts' seconds and memory at all sizes, and of how many rows differ between them."""
    rows = []
    differences = "".join(
        f"\n{n} rows of `{mart}` differ at {one.lines:,} lines.\n"
        for one in comparisons
        for mart, n in one.differing.items()
        if n
    )
    for one in comparisons:
        ours, theirs = one.sides["dbt"], one.sides[OTHER]
        for name, here, there in (
            ("nodes, seconds", ours.figures[NODES], theirs.figures[NODES]),
            ("whole process, seconds", ours.seconds, theirs.seconds),
            ("peak memory in MB", ours.megabytes, theirs.megabytes),
        ):
            rows.append([f"{one.lines:,}", name, here, there, here / there])
    return markdown_table(["lines", "measure", "this checkout", "the other", "ratio"], rows) + differences


def growth_section(comparisons: Sequence[Comparison]) -> str:
    """The Markdown of how the time of stages and models grows."""
    header = ["", *(f"{one.lines:,} lines" for one in comparisons), "exponent", "last step"]
    stages = growth_rows(comparisons, [*stages_of(comparisons), NODES])
    models = growth_rows(comparisons, slowest(comparisons))
    steepest = max([*stages, *models], key=lambda row: row[-1])
    return (
        "\n## Growth\n\nSeconds of `dbt` by stage, and of the slowest models at the largest size, from the same runs. "
        "Time grows with lines to the power of the exponent: 1 is in proportion. It is fitted over all sizes by least "
        "squares on logarithms; the last step is the one between the two largest sizes, where fixed costs count "
        f"least. Steepest in the last step: {steepest[0]}, {steepest[-1]:.2f}.\n\n"
        f"{markdown_table(['stage', *header[1:]], stages)}\n{markdown_table(['model', *header[1:]], models)}\n"
        "![Seconds of stages and models over the number of lines](chips_marts_growth.svg)\n"
    )


def stages_of(comparisons: Sequence[Comparison]) -> list[str]:
    """The figures of the stages that the build has."""
    return [STAGE + stage for stage in STAGES if STAGE + stage in comparisons[-1].sides["dbt"].figures]


def slowest(comparisons: Sequence[Comparison]) -> list[str]:
    """The figures of the models that take longest with most lines."""
    figures = comparisons[-1].sides["dbt"].figures
    return sorted((name for name in figures if name.startswith(NODE)), key=lambda name: -figures[name])[:SLOWEST]


def growth_rows(comparisons: Sequence[Comparison], names: Sequence[str]) -> list[list[Any]]:
    """Name, seconds by size, exponent over all sizes, and exponent between the last two."""
    lines = [one.lines for one in comparisons]
    rows = []
    for name in names:
        seconds = [one.sides["dbt"].figures[name] for one in comparisons]
        label = name.removeprefix(STAGE).removeprefix(NODE)
        rows.append([label, *seconds, exponent(lines, seconds), exponent(lines[-2:], seconds[-2:])])
    return rows


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Slope of the logarithm of time over that of size, by least squares."""
    x, y = ([math.log(value) for value in values] for values in (sizes, seconds))
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    covariance = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return covariance / sum((a - mean_x) ** 2 for a in x)


def panels(comparisons: Sequence[Comparison]) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """What the first chart shows."""
    seconds: dict[str, list[tuple[float, float]]] = {}
    memory: dict[str, list[tuple[float, float]]] = {}
    for one in comparisons:
        for name, taken, megabytes in rows_of(one):
            seconds.setdefault(name, []).append((one.lines, taken))
            if not name.endswith("nodes"):
                memory.setdefault(name, []).append((one.lines, megabytes))
    return {"Seconds": seconds, "Peak memory in MB": memory}


def growth_panels(comparisons: Sequence[Comparison]) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """What the chart of growth shows."""
    groups = {
        "Seconds by stage": stages_of(comparisons),
        "Seconds of the slowest models": slowest(comparisons)[:6],
    }
    return {
        title: {
            name.removeprefix(STAGE).removeprefix(NODE): [
                (one.lines, one.sides["dbt"].figures[name]) for one in comparisons
            ]
            for name in names
        }
        for title, names in groups.items()
    }


def main() -> None:
    """Measure and write page and charts, or, called by the harness, run one side."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lines", type=int, nargs="+", default=LINES)
    parser.add_argument("--runs", type=int, nargs="+", default=[3], help="of all sizes, or one number for each")
    parser.add_argument("--against", type=Path, metavar="DIR", help="another checkout: only its build and this one's")
    parser.add_argument("--side", choices=DATABASES, help=argparse.SUPPRESS)
    parser.add_argument("--arguments", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        folder = Path(options.arguments["folder"])
        read_once(folder)
        report(work_of(options.side, folder, Path(options.arguments["other"])))
        return
    sizes = sorted(options.lines)
    runs = options.runs * len(sizes) if len(options.runs) == 1 else options.runs
    if len(runs) != len(sizes):
        parser.error(f"{len(runs)} numbers of runs for {len(sizes)} sizes")
    sides, other = (("dbt", OTHER), options.against.resolve()) if options.against else (SIDES, ROOT)
    comparisons = []
    for lines, n_runs in zip(sizes, runs, strict=True):
        start = time.perf_counter()
        comparisons.append(compare(lines, n_runs, sides, other))
        print(f"{lines:,} lines: {time.perf_counter() - start:,.0f} s", flush=True)
    if options.against:
        print(against_table(comparisons))
        return
    text = page(comparisons)
    versions = surroundings(["duckdb", "dbt-core", "dbt-duckdb", "polars", "pandas", "numpy"])
    (FOLDER / "chips_marts.md").write_text(f"{text}\n{versions}", encoding="utf-8")
    draw_lines(FOLDER / "chips_marts.svg", panels(comparisons), "lines")
    if len(comparisons) > 1:
        draw_lines(FOLDER / "chips_marts_growth.svg", growth_panels(comparisons), "lines")
    print(text)


if __name__ == "__main__":
    main()
