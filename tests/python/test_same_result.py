"""The comparison of builds in other circumstances: what it changes, and what it notices."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import fields
from pathlib import Path

import duckdb
import pytest

from tools.same_result import (
    BYTE_ORDER_MARK,
    EVERYTHING,
    LAYOUTS,
    OTHERS,
    Circumstances,
    combinations,
    differences,
    write_files,
)


def rows_of(folder: Path) -> tuple[Counter[tuple], list[Path]]:
    """Rows of all files, each by the names of its columns, whatever their order, and the files."""
    files = sorted(folder.rglob("*.csv"))
    found: Counter[tuple] = Counter()
    for file in files:
        with file.open(encoding="latin-1", newline="") as lines:
            if file.name.startswith("Umsatz"):
                next(lines)
            rows = csv.DictReader(lines, delimiter=";" if folder.name == "general" else ",")
            found.update(tuple(sorted(row.items())) for row in rows)
    return found, files


def test_twenty_combinations_differ_and_change_everything_alone_and_together() -> None:
    made = combinations(20)
    assert len(set(made)) == 20
    assert EVERYTHING in made
    changed = [[field.name for field in fields(one) if getattr(one, field.name) != field.default] for one in made]
    assert {names[0] for names in changed if len(names) == 1} == set(OTHERS)
    assert sum(len(names) == len(OTHERS) for names in changed) == 10
    for name, values in OTHERS.items():
        assert {getattr(one, name) for one in made} >= set(values[:2]), name


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_rows_come_in_other_files(layout: str, tmp_path: Path) -> None:
    plain, files = tmp_path / "plain" / layout, tmp_path / "changed" / layout
    write_files(layout, Circumstances(), plain)
    write_files(layout, EVERYTHING, files)
    (first, plain_files), (second, changed_files) = rows_of(plain), rows_of(files)
    assert first == second
    assert len(changed_files) > 2 * len(plain_files) or layout == "general"
    assert len(changed_files) > len(plain_files)
    headers = [path.read_text(encoding="latin-1").splitlines()[-1] for path in (plain_files[0], changed_files[0])]
    assert headers[0] != headers[1]
    # Where columns have another order, a mark of the encoding would end up inside a line.
    assert all(BYTE_ORDER_MARK not in path.read_text(encoding="latin-1") for path in changed_files)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("", []),
        ("update marts.sales set share = share + 1e-12", []),
        ("update marts.sales set share = share + 1e-6", ["marts.sales: share differs by up to 1.0e-06"]),
        ("update marts.sales set paid = paid + 0.01 where brand = 'b'", ["1 of 2 rows differ"]),
        ("update marts.sales set share = null where brand = 'a'", ["share differs by up to inf"]),
        ("delete from marts.sales where brand = 'a'", ["2 and 1 rows"]),
        ("create table marts.others as select 1 as a", ["marts.others is in one build only"]),
    ],
)
def test_what_differs_is_noticed_and_the_last_digits_are_not(tmp_path: Path, change: str, expected: list[str]) -> None:
    for name in ("first", "second"):
        with duckdb.connect(str(tmp_path / name)) as connection:
            connection.execute("create schema marts")
            connection.execute("""
                create table marts.sales as
                select 'a' as brand, 0.5::double as share, 1.00::decimal(18, 2) as paid
                union all
                select 'b', 0.25, 2.00
            """)
            if name == "second" and change:
                connection.execute(change)
    found = differences(tmp_path / "first", tmp_path / "second")
    assert len(found) == len(expected)
    assert all(part in sentence for part, sentence in zip(expected, found, strict=True)), found
