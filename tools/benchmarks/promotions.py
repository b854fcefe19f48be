"""Promotions planted in simulated sales: how many are found, how many are false, and how near the uplift comes.

``python -m tools.benchmarks.promotions`` compiles the models of promotions, runs their SQL on the designs below, and
writes promotions.md. ``--project`` measures the models of another checkout.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from segmart.statistics.inference import add_p_and_q_values
from tools.benchmarks.harness import ROOT, markdown_table, surroundings

PRODUCTS = 40
FIRST_DAY = np.datetime64("2018-07-02")
YEAR = 364
BRAND_PRODUCTS = 4
PRICE = 4.0
EFFECTS = ("after_share", "brand_share")
"""Columns of int_promotions__uplifts with the change in the days after, and of the rest of the brand."""

LINES_A_DAY = 6.5
"""About what the public chips file sells of a product."""

Windows = Callable[[int, np.random.Generator], list[tuple[int, int]]]
"""Number of the product, random numbers -> first day and length of each planted promotion."""


def once(length: int) -> Windows:
    """One promotion for each product, in the middle of the year and on a day of its own."""
    return lambda product, random: [(int(random.integers(84, YEAR - 84 - length)), length)]


def one_of_each_brand(length: int) -> Windows:
    """One promotion for the first product of each brand."""
    return lambda product, random: once(length)(product, random) if product % BRAND_PRODUCTS == 0 else []


def every(weeks: int, promoted: int = PRODUCTS) -> Windows:
    """The first products are promoted for a week, in the same weeks all."""
    return lambda product, random: [(day, 7) for day in range(70, YEAR - 70, 7 * weeks)] if product < promoted else []


def never(product: int, random: np.random.Generator) -> list[tuple[int, int]]:
    """No promotion."""
    return []


@dataclass(frozen=True)
class Design:
    """What is planted in the sales of 40 products.

    Attributes:
        windows: When each product is promoted.
        uplift: By how much units rise in the stores that take part; 1 is twice as many.
        discount: Part of the price that is taken off.
        stores: Part of sales in stores that take part.
        years: Length of the data.
        cut: Day and factor of a lasting change of the price.
        cheap_stores: Part of sales in stores where the product always costs a fifth less.
        introduction: Days that new products cost a fifth less when they come, at different times.
        season: Factor of the product's own sales in the promotion's days, in every year and at any price.
        after: Part of the sales that is missing in the 14 days after a promotion.
        brand_loss: Part of the sales that the rest of the brand loses on the days of a promotion.
    """

    windows: Windows = never
    uplift: float = 1.0
    discount: float = 0.2
    stores: float = 1.0
    years: int = 1
    cut: tuple[int, float] | None = None
    cheap_stores: float = 0.0
    introduction: int = 0
    season: float = 1.0
    after: float = 0.0
    brand_loss: float = 0.0


DESIGNS: Mapping[str, Design] = {
    "7 days, no effect": Design(once(7), uplift=0.0),
    "7 days, +30 %": Design(once(7), uplift=0.3),
    "7 days, +100 %": Design(once(7)),
    "14 days, no effect": Design(once(14), uplift=0.0),
    "14 days, +100 %": Design(once(14)),
    "14 days, +300 %": Design(once(14), uplift=3.0),
    "21 days, +300 %": Design(once(21), uplift=3.0),
    "28 days, +100 %": Design(once(28)),
    "42 days, +100 %": Design(once(42)),
    "56 days, +30 %": Design(once(56), uplift=0.3),
    "56 days, +100 %": Design(once(56)),
    "14 days, +100 %, in 70 % of stores": Design(once(14), stores=0.7),
    "14 days, +100 %, in 50 % of stores": Design(once(14), stores=0.5),
    "14 days, +100 %, in 30 % of stores": Design(once(14), stores=0.3),
    "every 4th week, +100 %, 4 products": Design(every(4, 4)),
    "every 4th week, +100 %, 30 products together": Design(every(4, 30)),
    "every 3rd week, +200 %, 30 products together": Design(every(3, 30), uplift=2.0),
    "every 2nd week, +100 %, 10 products": Design(every(2, 10)),
    "own season x 3, no effect, 1 year": Design(once(14), uplift=0.0, season=3.0),
    "own season x 3, no effect, 2 years": Design(once(14), uplift=0.0, season=3.0, years=2),
    "14 days, +100 %, then half for 14 days": Design(once(14), after=0.5),
    "14 days, +100 %, brand loses 30 %": Design(one_of_each_brand(14), brand_loss=0.3),
    "no promotion": Design(),
    "lasting rise by 15 %": Design(cut=(180, 1.15)),
    "lasting cut by 20 %, mid-year": Design(cut=(180, 0.8)),
    "lasting cut by 20 %, 17 days before the end": Design(cut=(YEAR - 17, 0.8)),
    "lasting cut by 20 %, 5 days before the end": Design(cut=(YEAR - 5, 0.8)),
    "two prices, low in 70 % of stores": Design(cheap_stores=0.7),
    "two prices, low in 50 % of stores": Design(cheap_stores=0.5),
    "two prices, low in 30 % of stores": Design(cheap_stores=0.3),
    "two prices, low in 15 % of stores": Design(cheap_stores=0.15),
    "new products, cheap for 14 days": Design(introduction=14),
}


@dataclass
class Simulation:
    """Tables that the models read, and what was planted.

    Attributes:
        daily_prices: Rows of int_products__daily_prices.
        products: Rows of int_products__products.
        planted: dataset, product_key, first_date, last_date, uplift of every promotion.
    """

    daily_prices: pd.DataFrame
    products: pd.DataFrame
    planted: pd.DataFrame = field(default_factory=pd.DataFrame)


def simulate(designs: Mapping[str, Design], seed: int = 1) -> Simulation:
    """Sales by product, day and price; every design is a dataset."""
    drawn = [_simulate_design(number, name, design, seed) for number, (name, design) in enumerate(designs.items())]
    daily_prices, planted = (pd.concat(frames, ignore_index=True) for frames in zip(*drawn, strict=True))
    products = daily_prices[["dataset", "product_key"]].drop_duplicates(ignore_index=True)
    products["product_id"] = products["product_key"].astype(str)
    products["product_name"] = "Product " + products["product_id"]
    products["brand"] = "Brand " + (products["product_key"] % PRODUCTS // BRAND_PRODUCTS).astype(str)
    return Simulation(daily_prices, products, planted)


def _simulate_design(number: int, name: str, design: Design, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    random = np.random.default_rng([seed, number])
    days = np.arange(YEAR * design.years)
    # Weekdays, a slow season, three weeks of a peak, and weeks that are a little better or worse for all.
    common = np.array([0.9, 0.85, 0.9, 1.0, 1.2, 1.3, 0.85])[days % 7] * (1 + 0.15 * np.sin(2 * np.pi * days / YEAR))
    common = common * np.where((days % YEAR >= 155) & (days % YEAR < 176), 1.4, 1.0)
    common = common * np.repeat(random.gamma(400, 1 / 400, len(days) // 7), 7)
    rates = LINES_A_DAY * random.gamma(8, 1 / 8, PRODUCTS)
    windows = [design.windows(product, random) for product in range(PRODUCTS)]
    shift = YEAR * (design.years - 1)
    rows, planted = [], []
    for product, planted_windows in enumerate(windows):
        expected, price, share = rates[product] * common, np.full(len(days), PRICE), np.zeros(len(days))
        uplift = np.zeros(len(days))
        if design.cut is not None:
            price = np.where(days >= design.cut[0], np.round(PRICE * design.cut[1], 2), price)
        first = int(random.integers(28, 200)) if design.introduction else 0
        expected = np.where(days >= first, expected, 0)
        cheap_days = (days >= first) & (days < first + design.introduction)
        for start, length in planted_windows:
            on = (days >= start + shift) & (days < start + shift + length)
            cheap_days |= on
            uplift[on] = design.uplift
            in_season = (days % YEAR >= start) & (days % YEAR < start + length)
            expected = np.where(in_season, expected * design.season, expected)
            dip = (days >= start + shift + length) & (days < start + shift + length + 14)
            expected = np.where(dip, expected * (1 - design.after), expected)
            last = start + shift + length - 1
            planted.append((name, number * PRODUCTS + product, FIRST_DAY + start + shift, FIRST_DAY + last))
        for other, others in enumerate(windows):
            if design.brand_loss and other != product and other // BRAND_PRODUCTS == product // BRAND_PRODUCTS:
                for start, length in others:
                    on = (days >= start) & (days < start + length) & ~cheap_days
                    expected = np.where(on, expected * (1 - design.brand_loss), expected)
        share = np.where(cheap_days, design.stores, design.cheap_stores)
        low = np.round(price * (1 - (design.discount if design.cheap_stores == 0 else 0.2)), 2)
        for prices, means in ((price, expected * (1 - share)), (low, expected * share * (1 + uplift))):
            lines = random.poisson(means)
            units = lines + random.binomial(lines, 0.9)
            rows.append(_rows(name, number * PRODUCTS + product, days, prices, lines, units))
    columns = ["dataset", "product_key", "first_date", "last_date"]
    truth = pd.DataFrame(planted, columns=columns).assign(uplift=design.uplift * design.stores)
    return pd.concat(rows, ignore_index=True), truth


def _rows(
    dataset: str, product: int, days: np.ndarray, prices: np.ndarray, lines: np.ndarray, units: np.ndarray
) -> pd.DataFrame:
    dates = FIRST_DAY + days
    frame = pd.DataFrame(
        {
            "dataset": dataset,
            "product_key": product,
            "receipt_date": dates,
            "week_start_date": FIRST_DAY + days // 7 * 7,
            "unit_price": prices,
            "lines": lines,
            "units": units,
            "sales_amount": np.round(units * prices, 2),
        }
    )
    return frame[lines > 0]


def run_models(compiled: Path, simulation: Simulation) -> duckdb.DuckDBPyConnection:
    """Run the compiled SQL of the models of promotions on simulated sales.

    Args:
        compiled: Folder of the compiled models of the subject.
        simulation: What they read.

    Returns:
        A connection in which each model is a table of its name.
    """
    connection = duckdb.connect()
    types = """
        dataset,
        product_key,
        receipt_date::date as receipt_date,
        week_start_date::date as week_start_date,
        unit_price::decimal(18, 2) as unit_price,
        lines,
        units::decimal(18, 3) as units,
        sales_amount::decimal(18, 2) as sales_amount
    """
    frames = {"daily_prices": simulation.daily_prices, "product_rows": simulation.products}
    for name, frame in frames.items():
        connection.register(name, frame)
    connection.execute(f"create table int_products__daily_prices as select {types} from daily_prices")
    # Each line is bought by a customer of its own.
    connection.execute("""
        create table int_products__sales_lines as
        select
            product_key,
            receipt_date,
            unit_price,
            row_number() over () as customer_key,
            '1' as receipt_id
        from int_products__daily_prices, generate_series(1, cast(lines as bigint))
    """)
    connection.execute("create table int_products__products as select * from product_rows")
    connection.execute("create table products as select dataset, product_key, product_id from product_rows")
    connection.execute("create table int_anomalies__days (dataset varchar, receipt_date date)")
    sources = {path.stem: _plain(path.read_text(encoding="utf-8")) for path in sorted(compiled.glob("*.sql"))}
    unread = {"int_promotions__insights", "int_promotions__promoted_lines"}
    waiting = {name: sql for name, sql in sources.items() if name not in unread}
    while waiting:
        names = {*waiting, "promotion_p_values"} & set(sources) | ({"promotion_p_values"} - _tables(connection))
        ready = [name for name, sql in waiting.items() if not any(f" {other}\n" in sql for other in names)]
        if not ready:
            effects = connection.sql("select * from int_promotions__effects").df()
            judged = add_p_and_q_values(effects, families=["dataset", "effect"])
            assert not judged.duplicated(["promotion_key", "effect"]).any()
            connection.register("judged", judged[["promotion_key", "effect", "p_value", "q_value"]])
            connection.execute("create table promotion_p_values as select * from judged")
        for name in ready:
            connection.execute(f"create table {name} as {waiting.pop(name)}")
    return connection


def _tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    return {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}


def _plain(sql: str) -> str:
    """Compiled SQL whose relations are names alone."""
    parts = sql.split('"')
    # Quoted names of a relation come as "database"."schema"."name".
    plain, position = [], 0
    while position < len(parts):
        if position + 5 < len(parts) and parts[position + 2] == "." and parts[position + 4] == ".":
            plain += [parts[position], parts[position + 5]]
            position += 6
        else:
            plain.append(parts[position])
            position += 1
    return "".join(plain) + "\n"


def results(connection: duckdb.DuckDBPyConnection, simulation: Simulation) -> pd.DataFrame:
    """One row per design: counts, shares, and medians of uplift, days after and rest of the brand.

    A planted promotion is found if a row of its product has a day of it; ``days_found`` is the part of its days. A row
    is false if it has no day of any promotion of its product.
    """
    uplifts = connection.sql("select * from int_promotions__uplifts").df()
    both = simulation.planted.merge(uplifts, on=["dataset", "product_key"], suffixes=("", "_found"))
    for name in ("first_date", "last_date", "first_date_found", "last_date_found"):
        both[name] = pd.to_datetime(both[name])
    start = both[["first_date", "first_date_found"]].max(axis=1)
    both["days"] = (both[["last_date", "last_date_found"]].min(axis=1) - start).dt.days + 1
    both = both[both["days"] > 0].sort_values("days", ascending=False)
    planted_days = (both["last_date"] - both["first_date"]).dt.days + 1
    both["share"] = both["days"] / planted_days
    both["covered"] = (both["uplift_share_low"] <= both["uplift"]) & (both["uplift"] <= both["uplift_share_high"])
    rows = []
    for name in simulation.daily_prices["dataset"].unique():
        planted = simulation.planted[simulation.planted["dataset"] == name]
        hits = both[both["dataset"] == name]
        best = hits.drop_duplicates(["product_key", "first_date"])
        right = hits["promotion_key"].nunique()
        rows.append(
            {
                "design": name,
                "planted": len(planted),
                "found": len(best),
                "days_found": hits["share"].sum() / len(planted) if len(planted) else np.nan,
                "rows": right,
                "false": int((uplifts["dataset"] == name).sum()) - right,
                "truth": planted["uplift"].mean(),
                "uplift": best["uplift_share"].median(),
                "covered": best["covered"].mean(),
                "significant": int(best["is_uplift_significant"].sum()),
                **{effect: best[effect].median() if effect in best else np.nan for effect in EFFECTS},
            }
        )
    return pd.DataFrame(rows)


def main(arguments: list[str] | None = None) -> None:
    """Compile, simulate, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", type=Path, default=ROOT, help="checkout whose models are measured")
    parser.add_argument("--compiled", type=Path, help="folder of models that are compiled already")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        compiled = options.compiled or compile_models(options.project, Path(folder))
        tables = []
        for seed in range(1, options.seeds + 1):
            simulation = simulate(DESIGNS, seed)
            tables.append(results(run_models(compiled, simulation), simulation))
    table = (
        pd.concat(tables)
        .groupby("design", sort=False)
        .agg(
            {
                "planted": "sum",
                "found": "sum",
                "days_found": "mean",
                "rows": "sum",
                "false": "sum",
                "truth": "mean",
                "uplift": "mean",
                "covered": "mean",
                "significant": "sum",
                **dict.fromkeys(EFFECTS, "mean"),
            }
        )
    )
    print(table.to_string(float_format="{:.2f}".format))
    if options.project == ROOT:
        ROOT.joinpath("tools/benchmarks/promotions.md").write_text(page(table, options.seeds), encoding="utf-8")


def compile_models(project: Path, folder: Path) -> Path:
    """Let dbt compile the models of promotions of a checkout and return the folder of their SQL."""
    dbt = Path(sys.executable).with_name("dbt")
    command = [str(dbt), "--quiet", "compile", "--select", "path:models/intermediate/promotions"]
    command += ["--project-dir", str(project), "--profiles-dir", str(project)]
    command += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    subprocess.run(command, check=True)
    return folder / "target/compiled/segmart/models/intermediate/promotions"


def page(table: pd.DataFrame, seeds: int) -> str:
    """The page of results."""
    header = [
        "design",
        "planted",
        "found",
        "days found",
        "rows",
        "false",
        "truth",
        "median uplift",
        "covered",
        "proven",
    ]
    header += ["after", "rest of the brand"]
    rows = [[name, *(_figure(value) for value in row)] for name, row in zip(table.index, table.to_numpy(), strict=True)]
    return "\n\n".join(
        [
            "# Promotions\n\nWritten by `python -m tools.benchmarks.promotions`.",
            f"Simulated sales of {PRODUCTS} products with {LINES_A_DAY} lines a day each, a weekly and a yearly "
            f"season, {seeds} draws of each design. *Found* counts planted promotions of which a day is in the mart, "
            "*days found* the part of their days, *rows* the rows that hold them, *false* rows without a day of any. "
            "The uplift is that of the product in all stores; *covered* is the part of the 95 % intervals that hold "
            "the truth, *proven* counts q-values below 0.05. *After* and *rest of the brand* are the median changes of "
            "the product in the 14 days after, and of the other products of its brand meanwhile.",
            markdown_table(header, rows),
            surroundings(["duckdb", "numpy"]) + "\n",
        ]
    )


def _figure(value: float) -> str:
    if np.isnan(value):
        return ""
    is_count = float(value).is_integer() and (value >= 2 or value == 0)
    return str(int(value)) if is_count else f"{value:.2f}"


if __name__ == "__main__":
    main()
