"""The published marts of the sample: what is in them, and that BI tools open them."""

from __future__ import annotations

import hashlib
import json
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

ABOUT_THE_FILE = {"publication", "publication_files"}
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
    """Public models by name, but for those that are too large to publish."""
    nodes = [node for node in sample_build.manifest["nodes"].values() if node["config"].get("access") == "public"]
    public = {node["name"]: node for node in nodes if not node["config"]["meta"].get("is_unpublished")}
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
        connection.execute(f"select count(*) from built.{node['schema']}.{mart}").fetchall()
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
        one, other = f"from built.{node['schema']}.{mart}", f"from published.main.{mart}"
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
        built = both.execute(columns, ["built", mart]).fetchall()
        published = both.execute(columns, ["published", mart]).fetchall()
        assert [row[:3] for row in published] == [row[:3] for row in built], mart
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
    for mart in marts:
        key = ", ".join(keys[mart])
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
    rows = pandas.read_sql(sqlalchemy.select(brands).order_by(brands.c.sales_rank), connection)
comments = {column.name: column.comment for column in brands.columns}
print(json.dumps([tables, brands.comment, comments, rows["brand"].tolist()]))
"""
    tables, comment, comments, brands = run_script(old_clients, script, sample_build.published, [])
    assert set(tables) == {*marts, *ABOUT_THE_FILE}
    described = marts["brand_sales"]
    assert comment == described["description"].strip()
    assert comments == {name: column["description"].strip() for name, column in described["columns"].items()}
    assert brands == sample_build.mart("brand_sales").sort_values("sales_rank")["brand"].tolist()


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
