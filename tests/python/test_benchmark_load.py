"""The shops that the load benchmark draws are as large as was asked for; nothing here looks at the time."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from segmart.loading.mapping import read_mapping
from segmart.loading.reading import read_mapped_files
from tools.benchmarks.load import Shop, parts, write_shop

pytestmark = pytest.mark.library

SHOP = Shop(lines=4_000, customers=300, products=50, stores=6, files=12, heaviest=900, format="csv")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("load")
    write_shop(folder, SHOP)
    return folder


def test_a_shop_has_the_lines_products_files_and_customer_that_were_asked_for(folder: Path) -> None:
    assert len(list((folder / "sales").iterdir())) == SHOP.files
    relations = read_mapped_files(read_mapping(folder / "segmart.yml"))
    rows = f"({relations['sales'].sql})"
    with duckdb.connect() as connection:

        def values(columns: str, source: str = rows) -> tuple:
            return connection.execute(f"select {columns} from {source}").fetchall()[0]

        assert values("count(*), count(raw_problem), max(raw_line)") == (SHOP.lines, 0, 337)
        assert values("count(distinct product_id), count(distinct store_id)") == (SHOP.products, SHOP.stores)
        heaviest = f"(select count(*) as lines from {rows} where customer_id is not null group by customer_id)"
        assert SHOP.heaviest <= values("max(lines)", heaviest)[0] < 1.2 * SHOP.heaviest
        assert values("count(*) filter (where units_value < 0) > 0, count(*) filter (where customer_id is null) > 0")
        assert values("count(*)", f"({relations['customers'].sql})") == (SHOP.customers,)


def test_parts_hold_every_line_once() -> None:
    found = [line for _, first, end in parts(Shop(lines=1_001, files=7)) for line in range(first, end)]
    assert found == list(range(1_001))


def test_the_same_shop_has_the_same_rows(folder: Path, tmp_path: Path) -> None:
    write_shop(tmp_path / "again", SHOP)
    for file in ("sales/00003.csv", "customers.csv", "products.csv"):
        rows = [sorted((place / file).read_text().splitlines()) for place in (folder, tmp_path / "again")]
        assert rows[0] == rows[1]
