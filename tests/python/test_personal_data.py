"""Where customers' ids lie, where a secret keeps them out, and that nothing is left of a customer who is erased.

Files are searched byte by byte, besides what they say as databases.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from dbt_runs import ROOT, DbtRun, run_dbt

from segmart import pseudonyms
from segmart.exporting import ExportError, export_audiences
from segmart.report.write import write_report

pytestmark = pytest.mark.long

SECRET = "not to be found by trying"
SMALLEST_GROUP = 5
CUSTOMERS = 60
ERASED = "Zoe-Quillfeather-0042"
"""A customer whose rows are taken from the files; no other text holds this id."""

MAPPING = """
name: kiosk
sales:
  files: sales.csv
  columns: {sold_at: day, receipt_id: bill, customer_id: card, product_name: item, units: pieces, sales_amount: paid}
products:
  files: items.csv
  columns: {product_name: item}
  attributes: {kind: kind}
customers:
  files: people.csv
  columns: {customer_id: card}
  attributes: {region: region, income: {column: income, type: number}}
settings: {max_rejected_share: 0.5}
"""


def ids() -> list[str]:
    """The ids of all customers but the erased one."""
    return [f"Card-{number:04d}-of-kiosk" for number in range(1, CUSTOMERS)]


def write_shop(folder: Path) -> None:
    """Write a shop with two years of sales; two customers live where nobody else does, and one row is refused."""
    folder.mkdir()
    (folder / "segmart.yml").write_text(MAPPING, encoding="utf-8")
    regions = ("north", "south", "east")
    people = [f"{card},{regions[n % 3] if n > 1 else 'an island'},{20000 + 7 * n}" for n, card in enumerate(ids())]
    sales = []
    for number, card in enumerate([*ids(), ERASED]):
        for visit in range(3 + number % 7):
            day = date(2023, 1, 2) + timedelta(days=(number * 11 + visit * (40 + number % 13)) % 700)
            for item in range(1 + (number + visit) % 3):
                name = ("Tea", "Cake", "Jam", "Bread")[(number + item) % 4]
                sales.append(f"{day},Bill-{number:04d}-{visit},{card},{name},1,{2 + item}.50")
    sales.append(f"2023-05-01,Bill-x,{ids()[5]},Tea,1,unknown")
    sales.append(f"2023-05-02,Bill-y,{ERASED},Tea,1,unknown")
    (folder / "sales.csv").write_text("\n".join(["day,bill,card,item,pieces,paid", *sales, ""]), encoding="utf-8")
    (folder / "items.csv").write_text("item,kind\nTea,drink\nCake,food\nJam,food\nBread,food\n", encoding="utf-8")
    listed = ["card,region,income", *people, f"{ERASED},north,30001", ""]
    (folder / "people.csv").write_text("\n".join(listed), encoding="utf-8")


def holders(folder: Path, text: str) -> set[str]:
    """Names of the files below a folder that hold a text."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.name for file in files if text.encode() in file.read_bytes()}


def tables_with(database: Path, text: str) -> set[str]:
    """Tables of a database of which a value holds a text."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        query = "select 1 from {0}.{1} as t where contains(cast(t as varchar), ?) limit 1"
        return {table for schema, table in tables if connection.execute(query.format(schema, table), [text]).fetchall()}


def commands() -> list[str]:
    """The commands of docs/personal-data.md that erase a customer."""
    page = (ROOT / "docs" / "personal-data.md").read_text(encoding="utf-8")
    section = page.split("## Erase a customer")[1].split("\n## ")[0]
    return re.search(r"```sh\n(.*?)```", section, flags=re.DOTALL)[1].splitlines()


def erase(folder: Path) -> None:
    """Take the customer out of the list of customers, and the id out of the sales."""
    people, sales = (folder / name for name in ("people.csv", "sales.csv"))
    kept = [line for line in people.read_text(encoding="utf-8").splitlines(True) if line.split(",")[0] != ERASED]
    people.write_text("".join(kept), encoding="utf-8")
    sales.write_text(sales.read_text(encoding="utf-8").replace(f",{ERASED},", ",,"), encoding="utf-8")


@dataclass(frozen=True)
class Shop:
    """The shop after the customer was erased.

    Attributes:
        home: Holds the raw files and everything that was made from them.
        run: The build without the customer.
        published: Its published file.
        page: Its report.
        before: Names of the files that held the customer's id before.
    """

    home: Path
    run: DbtRun
    published: Path
    page: Path
    before: set[str]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    home = tmp_path_factory.mktemp("home")
    write_shop(home / "my_data")

    def build(*arguments: str) -> DbtRun:
        return run_dbt(
            home / "work",
            *("build", "--exclude-resource-type", "unit_test", *arguments),
            data=home / "my_data",
            datasets=["mapped"],
            variables={"smallest_group": SMALLEST_GROUP},
            published=home / "published" / "marts.duckdb",
            with_parquet=True,
            settings={pseudonyms.VARIABLE: SECRET},
        ).succeeded()

    build("--exclude-resource-type", "test", "--select", "+customers", "+rejected_rows")
    before = holders(home, ERASED)
    erase(home / "my_data")
    removal, *_ = commands()
    assert removal == "rm -rf warehouse target logs"
    # A test's working database lies with target and logs in one folder.
    shutil.rmtree(home / "work")
    run = build()
    published, page = home / "published" / "marts.duckdb", home / "published" / "report.html"
    write_report(published, page, None, lambda _: None)
    return Shop(home, run, published, page, before)


def test_an_erased_customer_is_nowhere(shop: Shop) -> None:
    assert shop.before >= {"sales.csv", "people.csv", "segmart.duckdb"}
    # As the last of the commands does.
    assert commands()[-1].startswith("grep -rlF")
    assert holders(shop.home, ERASED) == set()
    assert tables_with(shop.run.database, ERASED) == tables_with(shop.published, ERASED) == set()
    # The same search finds somebody who was not erased.
    assert {"customers", "loyalty_customers", "rejected_rows"} <= tables_with(shop.run.database, ids()[5])


def test_hidden_ids_are_in_nothing_that_is_published(shop: Shop) -> None:
    for text in (*ids(), "Bill-0007", "of-kiosk", SECRET):
        assert holders(shop.published.parent, text) == set(), text
        assert tables_with(shop.published, text) == set(), text
    assert "Bread" in shop.page.read_text(encoding="utf-8")
    # Nor does dbt write down the secret.
    assert holders(shop.home, SECRET) == set()


def test_pseudonyms_are_keyed_hashes_by_which_tables_join(shop: Shop) -> None:
    message = f"customer\0kiosk\0{ids()[5]}".encode()
    expected = hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()[:32]
    with duckdb.connect(str(shop.published), read_only=True) as marts:
        names = marts.execute("select customer_id from customers").fetchall()
        assert len(set(names)) == CUSTOMERS - 1
        assert (expected,) in names
        joined = "from customers join {0} using (customer_id) select count(distinct customer_id)"
        for mart in ("loyalty_customers", "audiences"):
            assert marts.execute(joined.format(mart)).fetchall()[0][0] > 20, mart
        # Neither the numbers of customers nor the order of rows follow the ids.
        numbers = dict(marts.execute("select customer_id, customer_key from customers").fetchall())
        stored = [name for (name,) in marts.execute("select customer_id from loyalty_customers").fetchall()]
    assert stored == sorted(stored)
    own = shop.run.query("select customer_key, customer_id from core.customers order by customer_id")
    hidden = [
        numbers[pseudonyms.pseudonym(SECRET.encode(), pseudonyms.CUSTOMER, "kiosk", name)]
        for name in own["customer_id"]
    ]
    assert sorted(hidden) == sorted(own["customer_key"])
    assert abs(pd.Series(hidden).corr(own["customer_key"], method="spearman")) < 0.5


def test_small_groups_are_left_out_of_what_is_published(shop: Shop) -> None:
    assert shop.run.rows("select count(*) from marts.segment_sales where segment = 'an island'")[0][0] > 0
    assert tables_with(shop.published, "an island") == set()
    with duckdb.connect(str(shop.published), read_only=True) as marts:
        tables = dict(
            marts.execute("""
                select table_name, list(column_name) from duckdb_columns()
                where data_type in ('INTEGER', 'BIGINT') group by table_name
            """).fetchall()
        )
        counted = {
            (table, column)
            for table, columns in tables.items()
            for column in columns
            if column in ("customers", "buyers") or column.endswith("_customers")
        }
        of_sales = {
            path.stem for folder in ("products", "stores") for path in (ROOT / "models/marts" / folder).iterdir()
        }
        checked = {pair for pair in counted if pair[0] not in of_sales}
        assert len(checked) > 8
        for table, column in sorted(checked):
            small = f"select count(*) from {table} where {column} between 1 and {SMALLEST_GROUP - 1}"
            assert marts.execute(small).fetchall() == [(0,)], (table, column)
        # Nobody's own income is there; a region that many share is.
        assert marts.execute("select distinct attribute from customer_attributes").fetchall() == [("region",)]
        about = marts.execute("select distinct hides_customers, smallest_group from publication").fetchall()
    assert about == [(True, SMALLEST_GROUP)]


def test_an_export_finds_the_ids_again(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(pseudonyms.VARIABLE, SECRET)
    export_audiences(shop.published, tmp_path / "out", date(2024, 5, 6), True, shop.run.database)
    addressed = pd.read_csv(tmp_path / "out" / "campaign_exports.csv", dtype=str)
    own = shop.run.query("select dataset, audience, customer_id from marts.audiences")
    assert len(own) > 20
    columns = list(own.columns)
    pd.testing.assert_frame_equal(
        addressed[columns].sort_values(columns, ignore_index=True), own.sort_values(columns, ignore_index=True)
    )


@pytest.mark.parametrize(
    ("secret", "has_database", "sentence"),
    [
        ("", True, "set SEGMART_CUSTOMER_SECRET"),
        ("short", True, "has 5 characters"),
        (SECRET, False, "is not there"),
        ("another one, as long as it", True, "with another secret"),
    ],
)
def test_an_export_without_secret_or_database_says_what_is_missing(
    shop: Shop,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    secret: str,
    has_database: bool,
    sentence: str,
) -> None:
    monkeypatch.setenv(pseudonyms.VARIABLE, secret)
    database = shop.run.database if has_database else tmp_path / "none.duckdb"
    with pytest.raises(ExportError, match=sentence):
        export_audiences(shop.published, tmp_path / "out", date(2024, 5, 6), False, database)
    assert os.listdir(tmp_path) == []
