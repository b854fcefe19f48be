"""A folder for a static web server."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from segmart.publishing import SAMPLE
from segmart.site import SiteError, write_site


@pytest.fixture
def pages(tmp_path: Path) -> dict[str, Path]:
    """A published file of the sample, and what dbt and the report wrote."""
    files = {name: tmp_path / name for name in ("marts.duckdb", "static_index.html", "report.html")}
    publish(files["marts.duckdb"], SAMPLE)
    files["static_index.html"].write_text("documentation")
    files["report.html"].write_text("report")
    return files


def publish(file: Path, source: str) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("create or replace table publication as select ? as data_source", [source])


def test_docs_and_report_lie_behind_one_page_that_says_what_they_are_made_from(
    pages: dict[str, Path], tmp_path: Path
) -> None:
    write_site(*pages.values(), tmp_path / "site")
    index = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "Made from: synthetic sample." in index
    for name, content in (("docs.html", "documentation"), ("report.html", "report")):
        assert f'href="{name}"' in index
        assert (tmp_path / "site" / name).read_text() == content


def test_own_data_are_put_on_a_site_only_on_request(pages: dict[str, Path], tmp_path: Path) -> None:
    publish(pages["marts.duckdb"], "shops <b>")
    with pytest.raises(SiteError, match="a site is for all to see"):
        write_site(*pages.values(), tmp_path / "site")
    assert not (tmp_path / "site").exists()
    write_site(*pages.values(), tmp_path / "site", with_own_data=True)
    assert "shops &lt;b&gt;" in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("missing", "cure"), [("static_index.html", "dbt docs generate"), ("report.html", "report")])
def test_what_is_missing_is_named_with_the_command_that_writes_it(
    pages: dict[str, Path], tmp_path: Path, missing: str, cure: str
) -> None:
    pages[missing].unlink()
    with pytest.raises(SiteError, match=cure):
        write_site(*pages.values(), tmp_path / "site")
