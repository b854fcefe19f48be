"""Published files for the report, made from that of a build."""

from __future__ import annotations

from pathlib import Path

import duckdb

from segmart.report.blocks import Section
from segmart.report.marts import Marts
from segmart.report.sections import all_sections
from segmart.report.write import write_report

NASTY = """</script><script>alert("1")</script> & 'Söhne' <b>{{ 7 * 7 }}</b>"""
"""The name that the best-selling product of the tested page has."""


def quiet(step: str) -> None:
    """Nobody watches the progress."""


def sections_of(published: Path) -> list[Section]:
    with Marts(published) as marts:
        return all_sections(marts)


def tables_of(published: Path) -> list[str]:
    with Marts(published) as marts:
        return sorted(marts.names)


def copy_of(published: Path, folder: Path, *changes: str) -> Path:
    """A copy of a published file after some statements; without keys, so that a statement may change what it likes."""
    copy = folder / "marts.duckdb"
    tables = "select table_name from duckdb_tables() where database_name = 'published' order by table_name"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{published}' as published (read_only)")
        connection.execute(f"attach '{copy}' as copy")
        connection.execute("use copy")
        for (table,) in connection.execute(tables).fetchall():
            connection.execute(f"create table {table} as from published.{table}")
        for change in changes:
            connection.execute(change)
    return copy


def nasty_page(published: Path, folder: Path) -> Path:
    """The report of a published file whose best-selling product has a name that would like to be code."""
    name = NASTY.replace("'", "''")
    # Of a product whose brand is not known people see the till's name.
    change = f"update product_sales set product_name = '{name}', brand = null where sales_rank = 1"
    nasty = copy_of(published, folder, change)
    page = folder / "deep" / "er" / "report.html"
    write_report(nasty, page, None, quiet)
    return page
