"""Loading raw files: the project's seeds against dbt's own.

    python -m tools.benchmarks.raw_load
    python -m tools.benchmarks.raw_load --lines 20000 --customers 5500 --runs 1

Writes ``tools/benchmarks/raw_load.md`` and its chart.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tools.benchmarks.harness import (
    FOLDER,
    ROOT,
    Measurement,
    Outcome,
    draw_bars,
    how_often,
    markdown_table,
    measure,
    project_variables,
    report,
    run_dbt,
    surroundings,
    write_project,
)

SEEDS = Path("seeds", "sample", "chips")

COLUMNS = {
    "transaction_data": {
        "DATE": "integer",
        "STORE_NBR": "integer",
        "LYLTY_CARD_NBR": "integer",
        "TXN_ID": "bigint",
        "PROD_NBR": "integer",
        "PROD_NAME": "varchar",
        "PROD_QTY": "integer",
        "TOT_SALES": "decimal(18, 2)",
    },
    "purchase_behaviour": {"LYLTY_CARD_NBR": "integer", "LIFESTAGE": "varchar", "PREMIUM_CUSTOMER": "varchar"},
}
"""Seed -> column -> the type as which the sides' rows are compared."""


@dataclass(frozen=True)
class Side:
    """How a side's project differs from an empty one with the two seeds in it."""

    macros: Sequence[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


AS_TEXT = {seed: {"+column_types": dict.fromkeys(columns, "varchar")} for seed, columns in COLUMNS.items()}

SIDES = {
    "segmart": Side(
        macros=("loading", "materializations", "portability"), settings={"on-run-start": "{{ create_raw_files() }}"}
    ),
    "dbt seed, text columns": Side(settings={"seeds": {"tiny": {"sample": {"chips": AS_TEXT}}}}),
    "dbt seed, inferred types": Side(),
}


# One run of a side -------------------------------------------------------------------------------------------------


def seed_side(folder: Path) -> Callable[[], Outcome]:
    """``dbt seed`` into a new database."""
    database = folder / "segmart.duckdb"
    database.unlink(missing_ok=True)

    def work() -> Outcome:
        run_dbt(folder, "seed")
        return Outcome(lambda: fingerprints(database), node_seconds(folder))

    return work


def node_seconds(folder: Path) -> dict[str, float]:
    """Seed -> what dbt says its node took."""
    results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    seeds = [result for result in results if result["unique_id"].startswith("seed.")]
    return {seed["unique_id"].split(".")[-1]: seed["execution_time"] for seed in seeds}


def fingerprints(database: Path) -> dict[str, list[Any]]:
    """Seed -> rows, and the MD5 of all its values, in whatever order and of whatever type they were loaded."""
    import duckdb

    found = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for seed, columns in COLUMNS.items():
            values = ", ".join(
                f"coalesce(cast(cast(\"{name}\" as {type}) as varchar), 'null')" for name, type in columns.items()
            )
            row = f"concat_ws('|', {values})"
            sql = f"select count(*), md5(string_agg({row}, '/' order by {row} nulls last)) from main.{seed}"
            found[seed] = list(connection.execute(sql).fetchall()[0])
    return found


# The table ---------------------------------------------------------------------------------------------------------


def write_side(folder: Path, side: Side, files: Path) -> None:
    """A project with the raw files as seeds and their YAML."""
    (folder / SEEDS).mkdir(parents=True)
    for seed in COLUMNS:
        shutil.copy(files / f"{seed}.csv", folder / SEEDS)
        shutil.copy(ROOT / SEEDS / f"{seed}.yml", folder / SEEDS)
    if side.macros:
        (folder / "models").mkdir()
        shutil.copy(ROOT / "models" / "staging" / "sources.yml", folder / "models")
    variables = {"datasets": ["chips"], "raw_view_bytes": project_variables()["raw_view_bytes"]}
    write_project(folder, side.macros, variables, **side.settings)


def compare(lines: int, customers: int, runs: int, parse_before: bool = True) -> list[Measurement]:
    """All sides on the same files.

    Args:
        lines: Lines of sales.
        customers: About as many cards.
        runs: Of each side.
        parse_before: Let dbt parse the projects once, so that it has them as whoever runs it again.

    Raises:
        RuntimeError: The sides do not load the same rows.
    """
    from tools.synthesize import write_chips

    with TemporaryDirectory() as name:
        folder = Path(name)
        write_chips(folder / "files", lines=lines, customers=customers)
        folders = [folder / str(number) for number in range(len(SIDES))]
        for side_folder, side in zip(folders, SIDES.values(), strict=True):
            write_side(side_folder, side, folder / "files" / "chips")
            if parse_before:
                run_dbt(side_folder, "parse")
        measurements = measure("tools.benchmarks.raw_load", list(SIDES), {"folder": name}, runs)
    if any(other.results != measurements[0].results for other in measurements):
        raise RuntimeError(f"different rows: {[(side.side, side.results) for side in measurements]}")
    return measurements


def all_nodes(side: Measurement) -> float:
    """Seconds of both seeds."""
    return sum(side.figures.values())


def page(measurements: Sequence[Measurement], runs: int) -> str:
    """The Markdown of all measurements, without the surroundings."""
    segmart = measurements[0]
    lines, cards = (segmart.results[seed][0] for seed in COLUMNS)
    table = markdown_table(
        ["side", *COLUMNS, "both", "times as long as Segmart", "whole process", "times as long", "peak memory in MB"],
        [
            [
                side.side,
                *(side.figures[seed] for seed in COLUMNS),
                all_nodes(side),
                all_nodes(side) / all_nodes(segmart),
                side.seconds,
                side.seconds / segmart.seconds,
                round(side.megabytes),
            ]
            for side in measurements
        ],
    )
    return (
        "# Loading raw files\n\nWritten by `python -m tools.benchmarks.raw_load`.\n\n"
        f"`dbt seed` of the chips files as `python -m tools.synthesize` writes them, {lines:,} lines and {cards:,} "
        "cards, in seconds: of each seed's node as dbt reports it, of both, and of the whole process, from the start "
        f"of Python to its end. {how_often(runs)}, each with a new database and with the project parsed before. The "
        "projects hold these two seeds alone and differ in nothing but Segmart's `macros/materializations` and "
        "`macros/loading`, or in the types of the columns. Segmart's nodes also check the files' headers and lines and "
        "take their SHA-256. All sides load the same rows.\n\n"
        f"{table}\n![Seconds and memory by side](raw_load.svg)\n"
    )


def panels(measurements: Sequence[Measurement]) -> dict[str, dict[str, float]]:
    """What the chart shows."""
    return {
        "Seconds of both nodes": {side.side: all_nodes(side) for side in measurements},
        "Seconds of the whole process": {side.side: side.seconds for side in measurements},
        "Peak memory in MB": {side.side: side.megabytes for side in measurements},
    }


def main() -> None:
    """Measure and write table and chart, or, called by the harness, run one side."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lines", type=int, default=264_836)
    parser.add_argument("--customers", type=int, default=72_637)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--arguments", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        report(seed_side(Path(options.arguments["folder"]) / str(list(SIDES).index(options.side))))
        return
    measurements = compare(options.lines, options.customers, options.runs)
    text = page(measurements, options.runs)
    versions = surroundings(["duckdb", "dbt-core", "dbt-duckdb", "agate"])
    (FOLDER / "raw_load.md").write_text(f"{text}\n{versions}", encoding="utf-8")
    draw_bars(FOLDER / "raw_load.svg", panels(measurements))
    print(text)


if __name__ == "__main__":
    main()
