"""Files that say little: a build of them ends well, and nothing is concluded from nothing.

Each shop is degenerate in several ways at once, so that few builds try all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from dbt_runs import DbtRun, run_dbt

from segmart.building import summary
from segmart.report.write import write_report

SALES = """
name: corner
sales:
  files: sales.csv
  columns:
    sold_at: day
    receipt_id: ticket
    customer_id: card
    store_id: store
    product_id: item
    units: pieces
    sales_amount: paid
"""
PRODUCTS = "products: {files: items.csv, columns: {product_id: item}, attributes: {brand: brand, category: category}}\n"
CUSTOMERS = """
customers:
  files: people.csv
  columns: {customer_id: card}
  attributes: {region: region, age: {column: age, type: number}}
"""
HEADER = "day,ticket,card,store,item,pieces,paid"
PEOPLE = "card,region,age"


@dataclass(frozen=True)
class Shop:
    """A folder of files.

    Attributes:
        mapping: Its segmart.yml.
        files: Header and lines by name of the file.
        variables: Overrides of the project's ``vars``.
        marts: Marts that have no rows.
        insights: Part of an insight or caution that there is.
    """

    mapping: str
    files: Mapping[str, Sequence[str]]
    variables: Mapping[str, Any] = field(default_factory=dict)
    marts: Sequence[str] = ()
    insight: str = ""


def lines(count: int, pattern: str) -> list[str]:
    """Lines of sales; the pattern may hold {n} and {day}."""
    return [pattern.format(n=n, day=f"2024-{1 + n // 28 % 12:02d}-{1 + n % 28:02d}") for n in range(count)]


SEGMENTS = ("customer_segments", "segment_profiles", "segment_actions", "segment_offers")

SHOPS = {
    # One product, store, day and customer; a list of customers with a header alone.
    "one of everything": Shop(
        SALES + PRODUCTS + CUSTOMERS,
        {
            "sales.csv": [HEADER, "2024-05-06,1,7,1,01,1,2.50"],
            "items.csv": ["item,brand,category", "01,,"],
            "people.csv": [PEOPLE],
        },
        marts=(*SEGMENTS, "product_pairs", "association_rules", "price_promotions"),
    ),
    # A customer per receipt, nobody comes again; all customers are alike; one attribute is empty, one the same for all.
    "nobody comes again": Shop(
        SALES + PRODUCTS + CUSTOMERS,
        {
            "sales.csv": [HEADER, *lines(400, "{day},{n},C{n},1,A,1,2.00"), *lines(400, "{day},{n},C{n},1,B,1,3.00")],
            "items.csv": ["item,brand,category", "A,Own,", "B,Own,"],
            "people.csv": [PEOPLE, *(f"C{n},north,40" for n in range(400))],
        },
        marts=("price_promotions", "product_returns"),
    ),
    # Neither customers nor stores, nothing is paid, and half of it comes back; names only.
    "nothing is earned": Shop(
        "name: corner\nsales:\n  files: sales.csv\n"
        "  columns: {sold_at: day, product_name: item, units: pieces, sales_amount: paid}\n",
        {"sales.csv": ["day,item,pieces,paid", *lines(30, "{day},Free {n},1,0.00"), *lines(30, "{day},Free {n},-1,0")]},
        marts=(*SEGMENTS, "loyalty_customers"),
    ),
    # Customers without sales, too few and too equal for segments.
    "customers alone": Shop(
        "name: corner\n" + CUSTOMERS,
        {"people.csv": [PEOPLE, *(f"C{n},,40" for n in range(5))]},
        marts=(*SEGMENTS, "product_sales", "daily_sales", "loyalty_customers"),
    ),
    # Many products and brands in large baskets: what is mined and published is bounded, and says so.
    "many brands": Shop(
        SALES + PRODUCTS,
        {
            "sales.csv": [
                HEADER,
                *(f"2024-05-{1 + t % 28:02d},{t},,1,{i},1,2.00" for t in range(120) for i in range(t % 2, 80, 2)),
                *lines(4000, "{day},x{n},,1,{n},1,2.00"),
            ],
            "items.csv": ["item,brand,category", *(f"{n},Brand {n},Things" for n in range(4000))],
        },
        {"max_rules": 50, "max_frequent_items": 20},
        marts=SEGMENTS,
        insight="max_rules is the limit",
    ),
}


@pytest.fixture(
    scope="module",
    params=[
        "one of everything",
        *(pytest.param(name, marks=pytest.mark.long) for name in SHOPS if name != "one of everything"),
    ],
)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, DbtRun]:
    name = request.param
    folder = tmp_path_factory.mktemp("shop")
    (folder / "data").mkdir()
    for file, content in SHOPS[name].files.items():
        (folder / "data" / file).write_text("\n".join(content) + "\n", encoding="utf-8")
    (folder / "data" / "segmart.yml").write_text(SHOPS[name].mapping, encoding="utf-8")
    run = run_dbt(
        folder,
        "build",
        *("--exclude-resource-type", "unit_test"),
        data=folder / "data",
        datasets=["mapped"],
        variables=SHOPS[name].variables,
        published=folder / "published" / "marts.duckdb",
    )
    return name, run


def test_the_build_ends_well_and_concludes_nothing_from_nothing(shop: tuple[str, DbtRun]) -> None:
    name, run = shop
    run.succeeded()
    counts = {mart: run.rows(f"select count(*) from marts.{mart}")[0][0] for mart in SHOPS[name].marts}
    assert {mart: count for mart, count in counts.items() if count} == {}
    insights = [insight for (insight,) in run.rows("select insight from marts.insights")]
    if SHOPS[name].insight:
        assert any(SHOPS[name].insight in insight for insight in insights), insights
    assert [insight for insight in insights if "nan" in insight.split() or "infinity" in insight] == []
    assert run.rows("select count(*) from marts.row_reconciliation where not is_reconciled") == [(0,)]


def test_the_report_and_the_summary_are_written(shop: tuple[str, DbtRun], tmp_path: Path) -> None:
    _, run = shop
    page = tmp_path / "report.html"
    write_report(run.succeeded().published, page, None, lambda _: None)
    assert page.stat().st_size > 10_000
    said = summary(run.published, page)
    assert len(said.splitlines()) <= 24
    assert "\x1b" not in said


def test_bounds_hold(shop: tuple[str, DbtRun]) -> None:
    name, run = shop
    limit = SHOPS[name].variables.get("max_rules", 20_000)
    query = """
        select max(found) from (
            select count(*) as found from marts.{0} group by dataset, item_level, segment_name
        )
    """
    for mart in ("product_pairs", "association_rules"):
        assert (run.succeeded().rows(query.format(mart))[0][0] or 0) <= limit
