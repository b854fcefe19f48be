"""How much a build bears: many lines, products, files, and a customer with a million lines, in bounded memory.

    python -m tools.benchmarks.load                                            # three million lines
    python -m tools.benchmarks.load --lines 100000000 --customers 5000000      # needs 30 GB where TMPDIR points to
    python -m tools.benchmarks.load --products 50000
    python -m tools.benchmarks.load --heaviest 1000000                         # lines of one customer
    python -m tools.benchmarks.load --files 10000 --format csv

Draws a shop with stores, moments, promotions, discounts, costs, returns and attributes of customers, describes it in a
``segmart.yml``, and builds all models with their data tests in a process of its own. Prints a line of ``load.md``, and
the nodes that took longest.
"""

from __future__ import annotations

import argparse
import json
import resource
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from tools.benchmarks.harness import Outcome, dbt_side, markdown_table, report, run_in_process, surroundings

DAYS = 730
"""Days of sales: two years, so that months have one a year before."""

SLOWEST = 15
"""Nodes that are printed."""

PROFILE = """\
name: load
sales:
  files: "sales/*"
  columns:
    sold_at: sold_at
    receipt_id: receipt
    store_id: store
    customer_id: customer
    product_id: product
    units: units
    sales_amount: paid
    discount_amount: discount
    cost_amount: cost
products:
  files: products.csv
  columns: {product_id: product, product_name: name}
  attributes: {department: department, category: category, brand: brand}
customers:
  files: "customers.*"
  columns: {customer_id: customer}
  attributes: {age: age, region: region, newsletter: newsletter, signed_up_on: signed_up_on}
"""


@dataclass(frozen=True)
class Shop:
    """What is drawn.

    Attributes:
        lines: Lines of receipts, eight in every two receipts.
        customers: Customers in the file of customers; nine of ten receipts have one.
        products: Products, sold the more often the lower their number.
        stores: Stores.
        files: Files in the folder of sales, each with about as many lines.
        heaviest: Lines of the customer who buys most, the first of them; 0 for none.
        everywhere: 1 puts the first product into every receipt, as its first line; 0 does not.
        format: ``csv`` or ``parquet``, of sales and customers.
    """

    lines: int = 3_000_000
    customers: int = 150_000
    products: int = 5_000
    stores: int = 200
    files: int = 8
    heaviest: int = 0
    everywhere: int = 0
    format: str = "parquet"


# The shop ----------------------------------------------------------------------------------------------------------


def draw(*of: str) -> str:
    """SQL of a number from 0 up to 1 that columns and texts decide."""
    return f"(hash({', '.join(of)}) % 1000003 / 1000003.0)"


def receipts_sql(shop: Shop) -> str:
    """Lines with their receipt, and what all lines of a receipt share, of ``line`` from ``lines``."""
    customer = f"floor({shop.customers} * pow({draw('receipt', '1')}, 1.7))"
    return f"""
        numbered as (
            select
                line,
                2 * (line // 8) + cast(line % 8 > hash(line // 8) % 7 as integer) as receipt
            from lines
        ),
        with_customer as (
            select
                *,
                case
                    when line < {shop.heaviest} then 0
                    when {draw("receipt", "2")} < 0.9 then cast({customer} as bigint)
                end as customer
            from numbered
        ),
        -- A third of the customers come later, another third leave for good.
        receipts as (
            select
                *,
                case
                    when customer is null or {draw("receipt", "3")} < 0.1
                        then cast(floor({shop.stores} * pow({draw("receipt", "4")}, 1.5)) as integer)
                    else cast(floor({shop.stores} * pow({draw("customer", "5")}, 1.5)) as integer)
                end as store,
                case
                    when customer is null then cast(floor({DAYS} * {draw("receipt", "6")}) as integer)
                    when customer % 3 = 1
                        then cast(floor({DAYS} * (1 - {draw("receipt", "6")} * {draw("customer", "7")})) as integer)
                    when customer % 3 = 2
                        then cast(floor({DAYS} * {draw("receipt", "6")} * {draw("customer", "7")}) as integer)
                    else cast(floor({DAYS} * {draw("receipt", "6")}) as integer)
                end as day_number,
                cast(28800 + floor(43200 * {draw("receipt", "8")}) as integer) as second_of_day
            from with_customer
        )"""


def lines_sql(shop: Shop) -> str:
    """Lines as the till writes them, of ``line`` from ``lines``.

    A promotion lasts two weeks, and one line in a hundred comes back.
    """
    return f"""
        with {receipts_sql(shop)},
        with_product as (
            select
                *,
                case
                    when {shop.everywhere} = 1 and line % 8 in (0, 1 + hash(line // 8) % 7) then 0
                    -- Every fourth customer likes what others do not.
                    else cast(
                        (
                            floor({shop.products} * pow({draw("line", "9")}, 2.5))
                            + case
                                when customer % 4 = 0 and {draw("line", "10")} < 0.5 then {shop.products // 2} else 0
                            end
                        ) % {shop.products} as integer
                    )
                end as product
            from receipts
        ),
        priced as (
            select
                *,
                cast(50 + hash(product, 11) % 1500 as integer) as price,
                hash(product, day_number // 14, 12) % 26 = 0 as is_promoted,
                {draw("line", "13")} < 0.03 as is_marked_down,
                hash(line, 14) % 100 = 0 as is_return
            from with_product
        ),
        counted as (
            select
                *,
                case
                    when is_return then -1
                    else 1 + cast({draw("line", "15")} < case when is_promoted then 0.5 else 0.15 end as integer)
                end as units,
                case when is_promoted then price * 3 // 4 when is_marked_down then price * 4 // 5 else price end as paid
            from priced
        )
        select
            timestamp '2023-01-01' + to_days(day_number) + to_seconds(second_of_day) as sold_at,
            'R' || receipt as receipt,
            store + 1 as store,
            'C' || lpad(cast(customer as varchar), 8, '0') as customer,
            'P' || lpad(cast(product as varchar), 6, '0') as product,
            units,
            cast(units * paid / 100 as decimal(9, 2)) as paid,
            cast(units * (price - paid) / 100 as decimal(9, 2)) as discount,
            cast(units * price * 0.65 / 100 as decimal(9, 2)) as cost
        from counted"""


def products_sql(shop: Shop) -> str:
    """The list of products."""
    return f"""
        select
            'P' || lpad(cast(product as varchar), 6, '0') as product,
            'Product ' || product as name,
            'Department ' || hash(product, 16) % 8 as department,
            'Category ' || hash(product, 16) % 40 as category,
            'Brand ' || hash(product, 17) % 200 as brand
        from range({shop.products}) as drawn(product)"""


def customers_sql(shop: Shop) -> str:
    """The list of customers."""
    return f"""
        select
            'C' || lpad(cast(customer as varchar), 8, '0') as customer,
            18 + hash(customer, 18) % 60 as age,
            ['North', 'South', 'East', 'West'][1 + cast(hash(customer, 19) % 4 as integer)] as region,
            case when hash(customer, 20) % 3 = 0 then 'yes' else 'no' end as newsletter,
            date '2020-01-01' + cast(hash(customer, 21) % 1000 as integer) as signed_up_on
        from range({shop.customers}) as drawn(customer)"""


def write_shop(folder: Path, shop: Shop) -> None:
    """Write the files of a shop and their ``segmart.yml``; the same shop gives the same rows."""
    sales = folder / "sales"
    sales.mkdir(parents=True)
    (folder / "segmart.yml").write_text(PROFILE, encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '3GB'; set preserve_insertion_order = false")
        connection.execute(f"copy ({products_sql(shop)}) to '{folder}/products.csv'")
        connection.execute(f"copy ({customers_sql(shop)}) to '{folder}/customers.{shop.format}'")
        for number, first, end in parts(shop):
            lines = f"with lines as (select line from range({first}, {end}) as drawn(line)) from ({lines_sql(shop)})"
            connection.execute(f"copy ({lines}) to '{sales}/{number:05}.{shop.format}'")


def parts(shop: Shop) -> Iterator[tuple[int, int, int]]:
    """The files of sales: number, first line and the line after the last; receipts are not torn."""
    pairs = -(-shop.lines // 8)
    for number in range(shop.files):
        first, end = (8 * (pairs * of // shop.files) for of in (number, number + 1))
        yield number, first, min(end, shop.lines)


# The build ---------------------------------------------------------------------------------------------------------


def build(folder: Path) -> Callable[[], Outcome]:
    """All models and their data tests, of the files in a folder."""
    paths = {"data": str(folder / "data"), "published": str(folder / "marts.duckdb")}
    build_all = dbt_side(folder, memory="5GB", datasets="mapped", **paths)

    def work() -> Outcome:
        seconds = build_all()
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return Outcome(lambda: len(seconds), {"cpu": usage.ru_utime + usage.ru_stime, **seconds})

    return work


def measure_shop(shop: Shop, folder: Path) -> dict[str, Any]:
    """What building a shop takes: seconds, megabytes, and figures by node."""
    write_shop(folder / "data", shop)
    return run_in_process("tools.benchmarks.load", "build", {"folder": str(folder)})


def main() -> None:
    """Draw, build and print, or, called by the harness, build."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name, value in asdict(Shop()).items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    parser.add_argument("--side", help=argparse.SUPPRESS)
    parser.add_argument("--arguments", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        report(build(Path(options.arguments["folder"])))
        return
    shop = Shop(**{name: getattr(options, name) for name in asdict(Shop())})
    with TemporaryDirectory() as name:
        found = measure_shop(shop, Path(name))
    cpu = found["figures"].pop("cpu")
    row = [*(f"{value:,}" if isinstance(value, int) else value for value in asdict(shop).values())]
    row += [found["seconds"], cpu, round(found["megabytes"])]
    print(markdown_table([*asdict(shop), "seconds", "CPU seconds", "peak memory in MB"], [row]))
    slowest = sorted(found["figures"].items(), key=lambda item: -item[1])[:SLOWEST]
    print(markdown_table(["node", "seconds"], [list(item) for item in slowest]))
    print(surroundings(["duckdb", "dbt-core", "dbt-duckdb", "pandas", "numpy"]))


if __name__ == "__main__":
    main()
