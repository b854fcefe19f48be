"""Mining of baskets in SQL against mlxtend, efficient-apriori and pyfim, and on ten million lines.

    python -m tools.benchmarks.mining                                       # both tables
    python -m tools.benchmarks.mining --baskets 10000000 --runs 1 --large 0

Needs ``pip install -e '.[benchmarks]'``; sides that are not installed are left out. Writes ``mining.md``
beside it.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import tempfile
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tools.benchmarks.harness import (
    FOLDER,
    ROOT,
    Measurement,
    dbt_side,
    draw_lines,
    how_often,
    markdown_table,
    measure,
    panels_by_size,
    report,
    run_dbt,
    run_in_process,
    surroundings,
)

PRODUCTS = 160
BASKET_SIZE = 10
MIN_SUPPORT = 0.01
MAX_SIZE = 3
SIZES = [10_000, 100_000, 1_000_000]
SEED = 20231231

SLOW_SIDES = ("mlxtend fpgrowth", "efficient-apriori")
SLOW_SIDES_UP_TO = 1_000_000
"""Baskets that the slow sides, which take a minute for each million, are given at most."""

SIDES = {
    "segmart": None,
    "mlxtend fpgrowth": "mlxtend",
    "efficient-apriori": "efficient_apriori",
    "pyfim fpgrowth": "fim",
}
"""Name of a side -> the module it needs."""


def draw_baskets(n: int, seed: int = SEED) -> NDArray[np.int32]:
    """Baskets of ten different products each, popular ones more often (a weight of rank ** -0.6).

    Returns:
        Product numbers from 1, shape (n, 10).
    """
    random = np.random.default_rng(seed)
    weights = np.log(np.arange(1, PRODUCTS + 1) ** -0.6)
    baskets = np.empty((n, BASKET_SIZE), dtype=np.int32)
    for start in range(0, n, 100_000):
        keys = weights + random.gumbel(size=(min(100_000, n - start), PRODUCTS))
        baskets[start : start + len(keys)] = np.argpartition(-keys, BASKET_SIZE, axis=1)[:, :BASKET_SIZE] + 1
    return baskets


MODELS = ["itemsets_1", "contents", *(f"itemsets_{size}" for size in range(2, MAX_SIZE + 1))]
"""What mining consists of, in the order in which the models need each other."""


def mining_steps(folder: Path) -> list[str]:
    """The models of ``MODELS`` as statements that make temporary tables of their names."""
    arguments = ("--select", "path:models/intermediate/baskets", "--target-path", str(folder / "target"))
    run_dbt(folder, "compile", "--project-dir", str(ROOT), *arguments)
    compiled = folder / "target" / "compiled" / "segmart" / "models" / "intermediate" / "baskets"
    steps = []
    for model in MODELS:
        sql = (compiled / f"int_baskets__{model}.sql").read_text(encoding="utf-8")
        tables = re.sub(r'"\w+"\."\w+"\."(\w+)"', r"\1", sql)
        steps.append(f"create temp table int_baskets__{model} as {tables}")
    return steps


# One run of a side -------------------------------------------------------------------------------------------------


def segmart_side(folder: Path) -> Callable[[], Any]:
    """The project's models, in DuckDB."""
    connection = duckdb.connect(str(folder / "baskets.duckdb"), read_only=True)
    steps = json.loads((folder / "steps.json").read_text(encoding="utf-8"))

    def work() -> Any:
        for step in steps:
            connection.execute(step)
        frequent = " union all ".join(
            f"select {size}, itemset_baskets from int_baskets__itemsets_{size} where is_frequent"
            for size in range(1, MAX_SIZE + 1)
        )
        return summary(*zip(*connection.execute(frequent).fetchall(), strict=True))

    return work


def mlxtend_side(folder: Path) -> Callable[[], Any]:
    """FP-growth in Python on a table of booleans."""
    from mlxtend.frequent_patterns import fpgrowth

    baskets = np.load(folder / "baskets.npy")
    held = np.zeros((len(baskets), PRODUCTS), dtype=bool)
    held[np.arange(len(baskets))[:, None], baskets - 1] = True
    table = pd.DataFrame(held)

    def work() -> Any:
        itemsets = fpgrowth(table, min_support=MIN_SUPPORT, max_len=MAX_SIZE)
        return summary(itemsets["itemsets"].map(len), (itemsets["support"] * len(table)).round().astype(int))

    return work


def efficient_apriori_side(folder: Path) -> Callable[[], Any]:
    """Apriori in Python on tuples."""
    from efficient_apriori import itemsets_from_transactions

    baskets = [tuple(row) for row in np.load(folder / "baskets.npy").tolist()]

    def work() -> Any:
        itemsets, _ = itemsets_from_transactions(baskets, min_support=MIN_SUPPORT, max_length=MAX_SIZE)
        counts = [(size, count) for size, found in itemsets.items() for count in found.values()]
        return summary(*zip(*counts, strict=True))

    return work


def pyfim_side(folder: Path) -> Callable[[], Any]:
    """FP-growth in C."""
    from fim import fpgrowth

    baskets = np.load(folder / "baskets.npy").tolist()

    def work() -> Any:
        # A negative support is a number of baskets.
        itemsets = fpgrowth(baskets, supp=-int(MIN_SUPPORT * len(baskets)), zmax=MAX_SIZE, report="a")
        return summary([len(items) for items, _ in itemsets], [count for _, count in itemsets])

    return work


def build_side(folder: Path) -> Callable[[], Any]:
    """A dbt build of all basket marts of the files in the folder, tests included."""
    marts = ("association_rules", "product_pairs", "product_network", "row_reconciliation")
    selection = ("--indirect-selection", "cautious", "--select", *(f"+{mart}" for mart in marts))
    work = dbt_side(folder, *selection, memory="3GB", datasets="grocery", data=str(folder))
    return lambda: len(work())


def summary(sizes: Any, counts: Any) -> dict[str, list[int]]:
    """By size of the itemsets: how many there are, and the sum of their counts; sides that differ are not all right."""
    table = pd.DataFrame({"size": list(sizes), "count": list(counts)}).groupby("size")["count"].agg(["size", "sum"])
    return {str(size): [int(row["size"]), int(row["sum"])] for size, row in table.iterrows()}


WORK = {
    "segmart": segmart_side,
    "mlxtend fpgrowth": mlxtend_side,
    "efficient-apriori": efficient_apriori_side,
    "pyfim fpgrowth": pyfim_side,
    "build": build_side,
}


# The tables --------------------------------------------------------------------------------------------------------


def compare(n_baskets: int, runs: int) -> list[Measurement]:
    """All sides on the same baskets.

    Raises:
        RuntimeError: The sides do not find the same itemsets.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        baskets = draw_baskets(n_baskets)
        np.save(folder / "baskets.npy", baskets)
        basket_ids = np.repeat(np.arange(n_baskets, dtype=np.int32), BASKET_SIZE)
        items = pd.DataFrame({"basket_id": basket_ids, "item_id": baskets.ravel()})
        with duckdb.connect(str(folder / "baskets.duckdb")) as connection:
            connection.register("drawn", items)
            connection.execute(
                "create table int_baskets__basket_items as select 1 as segment_id, *, true as is_mined from drawn"
            )
            connection.execute(
                "create table int_baskets__segments as select 1 as segment_id, 1 as all_segment_id,"
                " cast(? as bigint) as required_baskets, cast(? as integer) as max_itemset_size",
                [math.ceil(MIN_SUPPORT * n_baskets), MAX_SIZE],
            )
        (folder / "dbt").mkdir()
        (folder / "steps.json").write_text(json.dumps(mining_steps(folder / "dbt")), encoding="utf-8")
        sides = [side for side, module in SIDES.items() if module is None or find_spec(module)]
        sides = [side for side in sides if n_baskets <= SLOW_SIDES_UP_TO or side not in SLOW_SIDES]
        measurements = measure("tools.benchmarks.mining", sides, {"folder": name}, runs)
    if any(other.results != measurements[0].results for other in measurements):
        raise RuntimeError(f"different itemsets: {[(side.side, side.results) for side in measurements]}")
    return measurements


def build_large(n_baskets: int) -> tuple[int, Mapping[str, Any]]:
    """Lines of the generator's baskets, and the build of the basket marts from them, in a process of its own."""
    from tools.synthesize import write_grocery

    with tempfile.TemporaryDirectory() as name:
        sample = write_grocery(name, customers=max(500, n_baskets // 20), baskets=n_baskets)
        lines = int(sample.baskets.end[-1])
        del sample
        return lines, run_in_process("tools.benchmarks.mining", "build", {"folder": name})


def page(measured: Mapping[int, list[Measurement]], runs: int) -> str:
    """The Markdown of the comparison, without the surroundings."""
    rows = [
        [f"{n_baskets:,}", side.side, side.seconds, side.seconds / sides[0].seconds, round(side.megabytes)]
        for n_baskets, sides in measured.items()
        for side in sides
    ]
    found = ", ".join(" + ".join(f"{count:,}" for count, _ in sides[0].results.values()) for sides in measured.values())
    cut_short = sorted({side.side for sides in measured.values() for side in sides}.intersection(SLOW_SIDES))
    left_out = ""
    if cut_short and max(measured) > SLOW_SIDES_UP_TO:
        left_out = f" {' and '.join(cut_short)} were given at most {SLOW_SIDES_UP_TO:,}."
    text = (
        "# Mining of baskets\n\nWritten by `python -m tools.benchmarks.mining`.\n\n"
        f"Baskets of {BASKET_SIZE} items from {PRODUCTS} products, support {MIN_SUPPORT:.0%}, up to {MAX_SIZE} items: "
        f"{found} itemsets by size, the same for all sides. {how_often(runs)}, each in a process of its own; "
        f"reading the data into memory (for Segmart: into a DuckDB file) is not timed.{left_out}\n\n"
    )
    text += markdown_table(["baskets", "side", "seconds", "times as long as Segmart", "peak memory in MB"], rows)
    return f"{text}\n![Seconds and memory over the number of baskets](mining.svg)\n"


def panels(measured: Mapping[int, list[Measurement]]) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """What the chart shows."""
    values = {"Seconds": lambda _, side: side.seconds, "Peak memory in MB": lambda _, side: side.megabytes}
    return panels_by_size(measured, values, SIDES)


def main() -> None:
    """Measure and write the tables, or, called by the harness, run one side."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--baskets", type=int, nargs="+", default=SIZES)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--large", type=int, default=1_000_000, help="baskets of the second table; 0 leaves it out")
    parser.add_argument("--side", choices=WORK, help=argparse.SUPPRESS)
    parser.add_argument("--arguments", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        report(WORK[options.side](Path(options.arguments["folder"])))
        return
    measured = {n_baskets: compare(n_baskets, options.runs) for n_baskets in options.baskets}
    text = page(measured, options.runs)
    draw_lines(FOLDER / "mining.svg", panels(measured), "baskets")
    if options.large:
        lines, build = build_large(options.large)
        text += (
            f"\n{options.large:,} baskets ({lines:,} lines) of the synthetic sample's generator: all basket marts with "
            "all segments, from the CSV files, by one `dbt build` with its data tests. DuckDB was given 3 GB.\n\n"
        )
        text += markdown_table(
            ["step", "seconds", "peak memory in MB"], [["dbt build", build["seconds"], round(build["megabytes"])]]
        )
    packages = ["duckdb", "dbt-duckdb", "mlxtend", "efficient-apriori", "pyfim", "pandas", "numpy"]
    (FOLDER / "mining.md").write_text(f"{text}\n{surroundings(packages)}", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
