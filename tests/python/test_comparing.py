"""What differs between two published files, and what a build leaves about the builds before it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from segmart import cli, publishing
from segmart.comparing import Change, MovedTooFarError, Rows, compare, record_build, recorded_changes

SALES = {"x": 100.0, "y": 50.0}
SEGMENTS = {"1": "Loyal", "2": "Loyal", "3": "New"}


def published(
    file: Path, run: str, sales: dict[str, float], segments: dict[str, str], source: str = "shop", extra: str = ""
) -> Path:
    """A small published file: two products, three customers."""
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "create table product_sales (dataset varchar, product_id varchar, sales_amount decimal(18, 2),"
            " sales_share double, primary key (dataset, product_id))"
        )
        connection.executemany("insert into product_sales values ('d', ?, ?, 0.5)", list(sales.items()))
        connection.execute(
            "create table customer_segments (dataset varchar, segmentation varchar, customer_id varchar,"
            " segment_name varchar, primary key (dataset, segmentation, customer_id))"
        )
        connection.executemany("insert into customer_segments values ('d', 'rfm', ?, ?)", list(segments.items()))
        connection.execute(
            "create table publication as select ? as invocation_id, ? as published_at, null::varchar as git_commit,"
            " ? as data_source, 'f' as data_fingerprint",
            [run, datetime.now(UTC).replace(tzinfo=None), source],
        )
        if extra:
            connection.execute(f"create table {extra} (a integer)")
    return file


def test_rows_sums_and_segments_are_compared_by_table_and_dataset(tmp_path: Path) -> None:
    old = published(tmp_path / "old.duckdb", "1", SALES, SEGMENTS, extra="gone_mart")
    segments = {"1": "Loyal", "3": "Loyal", "4": "New", "5": "Lost"}
    new = published(tmp_path / "new.duckdb", "2", {"x": 120.0, "z": 60.0}, segments, extra="new_mart")
    found = compare(old, new)
    assert (found.added_tables, found.gone_tables) == (["new_mart"], ["gone_mart"])
    assert found.rows == [Rows("customer_segments", 2, 1), Rows("product_sales", 1, 1)]
    # Shares of the larger value: from none to 1 is 1, from 3 to 4 is a quarter, from 150 to 180 is a sixth.
    assert found.changes == [
        Change("customer_segments", "d", "customers in rfm: Lost", 0, 1),
        Change("customer_segments", "d", "rows", 3, 4),
        Change("product_sales", "d", "sales_amount", 150, 180),
    ]
    assert [change.share for change in found.changes] == [1, 0.25, pytest.approx(1 / 6)]
    assert compare(old, old).text(10) == "no figure has changed"


def test_a_build_leaves_its_figures_behind_those_of_all_builds_before(tmp_path: Path) -> None:
    file, draft = tmp_path / "marts.duckdb", tmp_path / "draft.duckdb"
    for run, amount in (("1", 100.0), ("2", 80.0), ("3", 80.0)):
        published(draft, run, {"x": amount}, SEGMENTS)
        record_build(draft, file, None)
        draft.replace(file)
        said = recorded_changes(file, run)
        if run == "1":
            assert said is None
        elif run == "2":
            line = "d product_sales, sales_amount: 100 → 80 (-20.0%)"
            assert said == f"1 figures have moved since the last build, the largest first:\n{line}"
        else:
            assert said == "0 figures have moved since the last build"
    with duckdb.connect(str(file), read_only=True) as connection:
        sql = "select invocation_id, value from build_history where figure = 'sales_amount' order by published_at"
        assert connection.execute(sql).fetchall() == [("1", 100), ("2", 80), ("3", 80)]
        uncommented = "select count(*) from duckdb_columns() where table_name like 'build_%' and comment is null"
        assert connection.execute(uncommented).fetchone() == (0,)
    assert recorded_changes(file, "2") is None


def test_builds_of_other_data_are_remembered_and_not_compared(tmp_path: Path) -> None:
    file = published(tmp_path / "marts.duckdb", "1", SALES, SEGMENTS, source="synthetic sample")
    draft = published(tmp_path / "draft.duckdb", "2", {"x": 1.0}, {"1": "New"}, source="shop")
    record_build(draft, file, 0.01)
    with duckdb.connect(str(draft), read_only=True) as connection:
        assert connection.execute("select count(*) from build_changes").fetchone() == (0,)


@pytest.mark.parametrize(("limit", "is_held"), [(0.19, True), (0.21, False)])
def test_a_build_that_moves_a_figure_too_far_is_held_back(tmp_path: Path, limit: float, is_held: bool) -> None:
    file = published(tmp_path / "marts.duckdb", "1", {"x": 100.0}, SEGMENTS)
    before = file.read_bytes()
    draft = published(publishing.open_publication(file, "2", False), "2", {"x": 80.0}, SEGMENTS)
    if is_held:
        with pytest.raises(ValueError, match=r"held back: d product_sales, sales_amount: 100 → 80 .* allows, 19.0%"):
            publishing.record_build(file, "2", limit)
        assert file.read_bytes() == before
        assert not draft.exists()
        assert compare(file, tmp_path / "marts.held.duckdb").changes[0].figure == "sales_amount"
        # The lock is free again.
        publishing.open_publication(file, "3", False, timeout=0)
    publishing._release_lock(file)


def test_what_only_moves_a_mart_that_is_not_watched_is_no_reason(tmp_path: Path) -> None:
    files = [published(tmp_path / f"{run}.duckdb", run, SALES, SEGMENTS) for run in "12"]
    for file, rows in zip(files, (1, 9), strict=True):
        with duckdb.connect(str(file)) as connection:
            connection.execute(f"create table product_pairs as select 'd' as dataset from range({rows})")
    record_build(files[1], files[0], 0.01)
    with duckdb.connect(str(files[1])) as connection:
        connection.execute("update product_sales set sales_amount = 1")
        connection.execute("drop table build_history; drop table build_changes")
    with pytest.raises(MovedTooFarError):
        record_build(files[1], files[0], 0.01)


def test_the_command_says_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = published(tmp_path / "old.duckdb", "1", SALES, SEGMENTS)
    new = published(tmp_path / "new.duckdb", "2", {"x": 100.0}, SEGMENTS)
    assert cli.main(["diff", str(old), str(new), "--limit", "1"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "product_sales: 0 keys added, 1 gone",
        "d product_sales, rows: 2 → 1 (-50.0%)",
        "… and 1 more figures that moved",
    ]
    assert cli.main(["diff", str(old), str(tmp_path / "none.duckdb")]) == 1
    (tmp_path / "text.duckdb").write_text("no database")
    assert cli.main(["diff", str(old), str(tmp_path / "text.duckdb")]) == 1
