"""The published marts of the sample: what is in them, and that BI tools open them."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from dbt_runs import ROOT, SAMPLE_DATA, DbtRun

from segmart import publishing

Node = dict[str, Any]

ABOUT_THE_FILE = {
    *("publication", "publication_files", "build_history", "build_changes"),
    *("catalog_tables", "catalog_columns", "catalog_metrics"),
}
WITHOUT_ROWS = {
    "campaign_effects",
    "gross_margins",
    "product_returns",
    "sales_hours",
    "segment_changes",
    "store_trials",
}
"""Not published: the sample has no costs, moments, returns, trials, exports, and a first build no earlier one."""


@pytest.fixture(scope="module")
def marts(sample_build: DbtRun) -> dict[str, Node]:
    """Public models by the name that they are published under."""
    nodes = [node for node in sample_build.manifest["nodes"].values() if node["config"].get("access") == "public"]
    published = [node for node in nodes if not node["config"]["meta"].get("is_unpublished")]
    public = {node["config"]["meta"].get("published_as", node["name"]): node for node in published}
    return {name: node for name, node in public.items() if name not in WITHOUT_ROWS}


@pytest.fixture(scope="module")
def both(sample_build: DbtRun) -> Iterator[duckdb.DuckDBPyConnection]:
    """The working database as ``built`` and the published file as ``published``."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{sample_build.database}' as built (read_only)")
        connection.execute(f"attach '{sample_build.published}' as published (read_only)")
        yield connection


def row_counts(connection: duckdb.DuckDBPyConnection, marts: dict[str, Node]) -> dict[str, int]:
    counts = (
        connection.execute(f"select count(*) from built.{node['schema']}.{node['name']}").fetchall()
        for mart, node in marts.items()
    )
    return dict(zip(marts, (count for ((count,),) in counts), strict=True))


def test_every_public_mart_is_published_and_nothing_else(
    both: duckdb.DuckDBPyConnection, marts: dict[str, Node]
) -> None:
    assert len(marts) > 25
    sql = "select schema_name, table_name from duckdb_tables() where database_name = 'published'"
    assert set(both.execute(sql).fetchall()) == {("main", name) for name in {*marts, *ABOUT_THE_FILE}}


def test_published_rows_are_those_of_the_marts(both: duckdb.DuckDBPyConnection, marts: dict[str, Node]) -> None:
    for mart, node in marts.items():
        one, other = f"from built.{node['schema']}.{node['name']}", f"from published.main.{mart}"
        for sql in (f"({one}) except all {other}", f"({other}) except all {one}"):
            assert both.execute(f"select count(*) from ({sql})").fetchall() == [(0,)], mart


def test_columns_have_the_types_and_descriptions_of_the_contracts(
    both: duckdb.DuckDBPyConnection, marts: dict[str, Node]
) -> None:
    columns = """
        select column_name, data_type, is_nullable, comment from duckdb_columns()
        where database_name = ? and table_name = ? order by column_index
    """
    for mart, node in marts.items():
        built = both.execute(columns, ["built", node["name"]]).fetchall()
        published = both.execute(columns, ["published", mart]).fetchall()
        assert [row[:2] for row in published] == [row[:2] for row in built], mart
        # A view, as the facts are before they are published, does not say what is never missing.
        required = {
            name
            for name, column in node["columns"].items()
            if any(constraint["type"] == "not_null" for constraint in column["constraints"])
        }
        assert {name for name, _, is_nullable, _ in published if not is_nullable} == required, mart
        described = {name: column["description"].strip() for name, column in node["columns"].items()}
        assert {row[0]: row[3] for row in published} == described, mart
    comments = "select table_name, comment from duckdb_tables() where database_name = 'published'"
    described = {mart: node["description"].strip() for mart, node in marts.items()}
    published = dict(both.execute(comments).fetchall())
    assert {name: published[name] for name in marts} == described
    assert all(published[name] for name in ABOUT_THE_FILE)


def test_rows_lie_in_the_order_of_the_key(
    sample_build: DbtRun, both: duckdb.DuckDBPyConnection, marts: dict[str, Node]
) -> None:
    """So that readers can skip parts of a large table, and two builds of the same data write the same."""
    tests = sample_build.manifest["nodes"].values()
    keys = {
        sample_build.manifest["nodes"][test["attached_node"]]["name"]: test["test_metadata"]["kwargs"]["columns"]
        for test in tests
        if (test.get("test_metadata") or {}).get("name") == "primary_key"
        and test["attached_node"] in sample_build.manifest["nodes"]
    }
    for mart, node in marts.items():
        key = ", ".join(keys.get(mart) or node["config"]["meta"].get("published_key") or node["columns"])
        rows = both.execute(f"select {key} from published.main.{mart}").fetchall()
        assert rows == both.execute(f"select {key} from published.main.{mart} order by {key}").fetchall(), mart


def test_the_publication_says_what_it_is_made_from(
    sample_build: DbtRun, both: duckdb.DuckDBPyConnection, marts: dict[str, Node]
) -> None:
    files = both.execute("from published.publication_files order by file_name").fetchall()
    expected = sorted(
        path for path in SAMPLE_DATA.rglob("*.csv") if f"seed.segmart.{path.stem}" in sample_build.statuses
    )
    assert files == [
        (path.relative_to(SAMPLE_DATA).as_posix(), path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in expected
    ]
    counts = "select table_name, row_count from published.publication order by table_name"
    assert both.execute(counts).fetchall() == sorted(row_counts(both, marts).items())
    facts = both.execute("select distinct git_commit, warnings from published.publication").fetchall()
    warnings = sum(status == "warn" for status in sample_build.statuses.values())
    # Somebody may be editing while the tests run, so the tail is not compared.
    ((commit, counted),) = facts
    assert (commit or "").split("-")[0] == (publishing.git_commit(ROOT) or "").split("-")[0]
    assert counted == warnings


# The star schema


def test_clients_see_keys_of_facts_and_dimensions_and_of_marts(both: duckdb.DuckDBPyConnection) -> None:
    sql = """
        select table_name, constraint_column_names, referenced_table, referenced_column_names from duckdb_constraints()
        where database_name = 'published' and constraint_type = 'FOREIGN KEY'
    """
    found = {(table, tuple(columns), to, tuple(names)) for table, columns, to, names in both.execute(sql).fetchall()}
    to_dimensions = {
        (("customer_key",), "customers", ("customer_key",)),
        (("store_key",), "stores", ("store_key",)),
        (("receipt_date",), "calendar_days", ("calendar_date",)),
    }
    assert {row[1:] for row in found if row[0] == "receipts"} == to_dimensions
    assert {row[1:] for row in found if row[0] == "sales_lines"} == {
        *to_dimensions,
        (("product_key",), "products", ("product_key",)),
        (("receipt_key",), "receipts", ("receipt_key",)),
    }
    ids = ("dataset", "customer_id")
    assert ("loyalty_customers", ids, "customers", ids) in found
    keys = """
        select count(*) from duckdb_constraints() where database_name = 'published' and constraint_type = 'PRIMARY KEY'
    """
    assert both.execute(keys).fetchone()[0] > 60


def test_facts_and_marts_add_up_to_the_same(sample_build: DbtRun, both: duckdb.DuckDBPyConnection) -> None:
    """All product types of the sample are counted, so that its marts hold all lines with an amount."""
    sums = "select dataset, sum(sales_amount), sum(units) from published.{} where sales_amount is not null group by 1"
    lines, receipts, products = (
        both.execute(sums.format(table)).fetchall() for table in ("sales_lines", "receipts", "product_sales")
    )
    assert lines == receipts == products != []
    raw = pd.read_csv(SAMPLE_DATA / "chips" / "transaction_data.csv", dtype=str)
    known = both.execute("select count(*) from published.receipts where sales_amount is not null").fetchone()[0]
    # A till number is used again for other customers and days, so there are more receipts than numbers.
    assert raw["TXN_ID"].nunique() < known <= len(raw)
    joined = "select count(*) from published.sales_lines inner join published.receipts using (receipt_key, dataset)"
    assert both.execute(joined).fetchone() == both.execute("select count(*) from built.core.sales_lines").fetchone()


# The catalog


def test_the_catalog_lists_every_table_and_column_with_its_meaning(
    both: duckdb.DuckDBPyConnection, marts: dict[str, Node]
) -> None:
    tables = both.execute(
        "select table_name, grain, meaning, example_question from published.catalog_tables"
    ).fetchall()
    assert {row[0] for row in tables} == set(marts)
    assert [row for row in tables if None in row or not row[3].endswith("?")] == []
    columns = both.execute("select table_name, column_name, meaning from published.catalog_columns").fetchall()
    assert {row[:2] for row in columns} == {(mart, name) for mart, node in marts.items() for name in node["columns"]}
    assert all(meaning for _, _, meaning in columns)


def test_the_catalog_knows_keys_units_and_what_columns_refer_to(both: duckdb.DuckDBPyConnection) -> None:
    sql = "select is_key, refers_to, unit from published.catalog_columns where table_name = ? and column_name = ?"
    for place, expected in {
        ("loyalty_customers", "customer_id"): (True, "customers (dataset, customer_id)", None),
        ("loyalty_customers", "sales_amount"): (False, None, "currency"),
        ("sales_lines", "receipt_key"): (False, "receipts (receipt_key)", None),
        ("brand_sales", "sales_share"): (False, None, "share"),
        ("lifetime_value", "expected_sales_amount_low"): (False, None, "currency"),
        ("daily_sales", "units"): (False, None, "units"),
    }.items():
        assert both.execute(sql, place).fetchall() == [expected], place


def test_every_metric_of_the_catalog_is_answered_by_its_query(
    sample_build: DbtRun, both: duckdb.DuckDBPyConnection
) -> None:
    metrics = dict(both.execute("select metric_name, example_query from published.catalog_metrics").fetchall())
    described = {metric["name"] for metric in sample_build.manifest["metrics"].values() if metric["config"]["meta"]}
    assert set(metrics) == described
    assert len(metrics) > 15
    with duckdb.connect(str(sample_build.published), read_only=True) as connection:
        answers = {name: connection.execute(query).fetchdf() for name, query in metrics.items()}
    assert [name for name, answer in answers.items() if answer.empty or answer[name].isna().any()] == []
    assert answers["sales"]["sales"].sum() == pytest.approx(sample_build.mart("product_sales")["sales_amount"].sum())
    assert answers["repeat_rate"]["repeat_rate"].between(0, 1).all()


@pytest.mark.parametrize("page", ["AGENTS.md", "docs/bi.md"])
def test_queries_of_the_pages_for_programs_and_tools_have_answers(sample_build: DbtRun, page: str) -> None:
    queries = re.findall(r"```sql\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert queries
    with duckdb.connect(str(sample_build.published), read_only=True) as connection:
        assert [query for query in queries if not connection.execute(query).fetchall()] == []


def test_a_first_build_is_the_first_of_its_history(both: duckdb.DuckDBPyConnection) -> None:
    sales = """
        select distinct invocation_id = (select min(invocation_id) from published.publication), value
        from published.build_history where table_name = 'product_sales' and figure = 'sales_amount'
    """
    expected = both.execute("select sum(sales_amount) from published.product_sales").fetchone()[0]
    assert both.execute(sales).fetchall() == [(True, float(expected))]
    assert both.execute("select count(*) from published.build_changes").fetchone() == (0,)


# How BI tools open the file


@pytest.mark.long
def test_an_old_client_reads_all_tables(
    sample_build: DbtRun, both: duckdb.DuckDBPyConnection, marts: dict[str, Node], old_clients: Path
) -> None:
    script = """
connection = duckdb.connect(file, read_only=True)
rows = {mart: len(connection.execute(f"select * from {mart}").fetchall()) for mart in marts}
print(json.dumps([duckdb.__version__, rows]))
"""
    version, rows = run_script(old_clients, script, sample_build.published, sorted(marts))
    assert version.startswith("1.1.")
    assert rows == row_counts(both, marts)


@pytest.mark.long
def test_sqlalchemy_lists_describes_and_queries_the_marts(
    sample_build: DbtRun, marts: dict[str, Node], old_clients: Path
) -> None:
    """With the names and descriptions that a dashboard shows to those who build it."""
    script = """
import pandas, sqlalchemy
engine = sqlalchemy.create_engine(f"duckdb:///{file}", connect_args={"read_only": True})
with engine.connect() as connection:
    inspector = sqlalchemy.inspect(connection)
    tables = inspector.get_table_names(schema="main")
    brands = sqlalchemy.Table("brand_sales", sqlalchemy.MetaData(), autoload_with=connection)
    keys = {key["referred_table"] for key in inspector.get_foreign_keys("sales_lines", schema="main")}
    rows = pandas.read_sql(sqlalchemy.select(brands).order_by(brands.c.sales_rank), connection)
comments = {column.name: column.comment for column in brands.columns}
print(json.dumps([tables, brands.comment, comments, rows["brand"].tolist(), sorted(keys)]))
"""
    tables, comment, comments, brands, keys = run_script(old_clients, script, sample_build.published, [])
    assert set(tables) == {*marts, *ABOUT_THE_FILE}
    described = marts["brand_sales"]
    assert comment == described["description"].strip()
    assert comments == {name: column["description"].strip() for name, column in described["columns"].items()}
    assert brands == sample_build.mart("brand_sales").sort_values("sales_rank")["brand"].tolist()
    assert keys == ["calendar_days", "customers", "products", "receipts", "stores"]


@pytest.mark.long
def test_ibis_reads_a_mart(sample_build: DbtRun, marts: dict[str, Node], old_clients: Path) -> None:
    script = """
import ibis
connection = ibis.duckdb.connect(file, read_only=True)
print(json.dumps([connection.list_tables(), int(connection.table("brand_sales").units.sum().execute())]))
"""
    tables, units = run_script(old_clients, script, sample_build.published, [])
    assert set(tables) == {*marts, *ABOUT_THE_FILE}
    assert units == sample_build.mart("brand_sales")["units"].sum() > 0


def test_pandas_reads_a_mart(sample_build: DbtRun) -> None:
    with duckdb.connect(str(sample_build.published), read_only=True) as connection:
        read = connection.sql("from brand_sales order by brand").df()
    built = sample_build.mart("brand_sales").sort_values("brand", ignore_index=True)
    pd.testing.assert_frame_equal(read, built, check_dtype=False)


def run_script(python: Path, script: str, file: Path, marts: list[str]) -> Any:
    """What a script prints last, as JSON, with the published ``file`` and the names of ``marts`` at hand.

    Where a query takes long, old clients draw a progress bar before it.
    """
    prelude = f"import duckdb, json\nfile = {str(file)!r}\nmarts = {marts!r}\n"
    done = subprocess.run([str(python), "-W", "ignore", "-c", prelude + script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
