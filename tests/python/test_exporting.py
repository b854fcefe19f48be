"""Files of audiences: complete, safe to open, safely named, and never in place of something else."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from dbt_runs import ROOT

from segmart import cli, exporting
from segmart.exporting import ExportError, export_audiences

DAY = date(2024, 5, 6)
EVIL = '=HYPERLINK("http://example.org","x")'
Row = tuple[str, str, str, str, bool]


def published(folder: Path, rows: Sequence[Row]) -> Path:
    """A published file with rows of dataset, audience, customer, reason and holdout."""
    path = folder / "marts.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("""
            create or replace table audiences (
                dataset text, audience_type text, audience text, customer_id text, reason text, since_date date,
                is_holdout boolean
            )
        """)
        for dataset, audience, customer, reason, holdout in rows:
            values = [dataset, "rfm", audience, customer, reason, DAY, holdout]
            connection.execute("insert into audiences values (?, ?, ?, ?, ?, ?, ?)", values)
    return path


def rows_of(*audiences: str, dataset: str = "a") -> list[Row]:
    return [(dataset, audience, "1", "Because.", False) for audience in audiences]


def manifest(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def read_parquet(path: Path) -> pd.DataFrame:
    return duckdb.read_parquet(str(path)).df()


def test_every_audience_has_two_files_without_its_holdout(tmp_path: Path) -> None:
    rows = [
        ("a", "Loyal", "0010", "Comes often.", False),
        ("a", "Loyal", "002", "Comes often.", True),
        ("a", "Loyal", "001", 'Says "yes", always\nor never.', False),
        ("b", "Loyal", "7", "Comes often.", True),
    ]
    out = tmp_path / "out" / "audiences"
    export_audiences(published(tmp_path, rows), out, DAY)
    assert {path.name for path in out.iterdir()} == {
        *("manifest.csv", "campaign_exports.csv", "a_loyal.csv", "a_loyal.parquet", "b_loyal.csv", "b_loyal.parquet"),
    }
    expected = [
        {
            "customer_id": "001",
            "reason": 'Says "yes", always\nor never.',
            "since_date": "2024-05-06",
            "is_holdout": "false",
        },
        {"customer_id": "0010", "reason": "Comes often.", "since_date": "2024-05-06", "is_holdout": "false"},
    ]
    assert csv_rows(out / "a_loyal.csv") == expected
    parquet = read_parquet(out / "a_loyal.parquet")
    assert list(parquet["customer_id"]) == ["001", "0010"]
    assert list(parquet.columns) == list(expected[0])
    # An audience of which everyone is held out is an empty file, not a missing one.
    assert csv_rows(out / "b_loyal.csv") == []
    common = {"exported_on": "2024-05-06", "audience_type": "rfm", "audience": "Loyal", "has_holdout": "false"}
    assert manifest(out) == [
        {**common, "dataset": "a", "file_name": "a_loyal", "customers": "2", "holdout_customers": "1"},
        {**common, "dataset": "b", "file_name": "b_loyal", "customers": "0", "holdout_customers": "1"},
    ]


def test_the_holdout_can_be_written_with_its_flag(tmp_path: Path) -> None:
    rows = [("a", "Loyal", "1", "x", False), ("a", "Loyal", "2", "x", True)]
    export_audiences(published(tmp_path, rows), tmp_path / "out", DAY, with_holdout=True)
    assert [row["is_holdout"] for row in csv_rows(tmp_path / "out" / "a_loyal.csv")] == ["false", "true"]
    assert manifest(tmp_path / "out")[0]["has_holdout"] == "true"


def test_all_members_are_listed_as_they_are_for_a_later_comparison(tmp_path: Path) -> None:
    rows = [("a", "Loyal", "007", "x", False), ("a", "Loyal", EVIL, "x", True), ("b", "", "", "x", True)]
    out = tmp_path / "out"
    export_audiences(published(tmp_path, rows), out, DAY)
    columns = ("dataset", "audience", "customer_id", "is_holdout", "exported_date")
    assert list(map(tuple, map(dict.values, csv_rows(out / exporting.MEMBERS)))) == [
        ("a", "Loyal", "007", "false", "2024-05-06"),
        ("a", "Loyal", EVIL, "true", "2024-05-06"),
        ("b", "", "", "true", "2024-05-06"),
    ]
    header = (ROOT / "seeds" / "reference" / exporting.MEMBERS).read_text()
    assert header == ",".join(columns) + "\n"
    assert tuple(csv_rows(out / exporting.MEMBERS)[0]) == columns


def test_no_audience_takes_the_name_of_the_list_of_members(tmp_path: Path) -> None:
    (audience,) = export_audiences(published(tmp_path, rows_of("Exports", dataset="campaign")), tmp_path / "out", DAY)
    assert audience.file_name.startswith("campaign_exports_")
    assert len(csv_rows(tmp_path / "out" / exporting.MEMBERS)) == 1


@pytest.mark.parametrize("text", [EVIL, "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1"])
def test_cells_that_a_spreadsheet_would_run_are_safe_in_csv_and_themselves_in_parquet(
    tmp_path: Path, text: str
) -> None:
    export_audiences(published(tmp_path, [("a", "Loyal", text, text, False)]), tmp_path / "out", DAY)
    (row,) = csv_rows(tmp_path / "out" / "a_loyal.csv")
    assert (row["customer_id"], row["reason"]) == (f"'{text}", f"'{text}") == (exporting.safe_cell(text),) * 2
    assert read_parquet(tmp_path / "out" / "a_loyal.parquet")["customer_id"][0] == text


def test_other_cells_stay_as_they_are(tmp_path: Path) -> None:
    ids = ["", "'1", "1-2", "a=b", "007", "Ä;,\"'", "NULL"]
    export_audiences(published(tmp_path, [("a", "L", name, name, False) for name in ids]), tmp_path / "out", DAY)
    assert sorted(row["customer_id"] for row in csv_rows(tmp_path / "out" / "a_l.csv")) == sorted(ids)


NASTY = [
    *("../../etc/passwd", "a/b", "a\\b", "a:b", "con", "", ".", "顧客", "客", "A b", "a-B", "Ab", "=cmd|' /C calc'!A0"),
    *("x" * 300, "x" * 301, "new\nline", "nul\0byte", "'; drop table audiences; --", "Käufer", "Kaufer"),
]


def test_names_of_files_are_plain_and_unique(tmp_path: Path) -> None:
    names = exporting.file_names([("a", name) for name in NASTY])
    assert len({name.lower() for name in names}) == len(NASTY)
    assert [name for name in names if not name.isascii() or not name.replace("_", "").isalnum()] == []
    assert max(map(len, names)) <= exporting.NAME_CHARACTERS + 9
    # What an audience is called does not depend on the audience after it, unless both would be called the same.
    assert exporting.file_names([("a", "顧客")])[0] in names
    assert exporting.file_names([("a", "Loyal customers")]) == ["a_loyal_customers"]


def test_hostile_names_are_written_and_read_back(tmp_path: Path) -> None:
    rows = rows_of(*(name for name in NASTY if "\0" not in name), dataset="=a'")
    out = tmp_path / "out"
    audiences = export_audiences(published(tmp_path, rows), out, DAY)
    assert {audience.name for audience in audiences} == {row[1] for row in rows}
    assert all(len(csv_rows(out / f"{audience.file_name}.csv")) == 1 for audience in audiences)
    assert {row["dataset"] for row in manifest(out)} == {"'=a'"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["marts.duckdb", "out"]


def test_an_export_replaces_the_one_before_as_a_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    export_audiences(published(tmp_path, rows_of("Old", "Both")), out, DAY)
    export_audiences(published(tmp_path, rows_of("New", "Both")), out, DAY)
    assert {path.stem for path in out.iterdir()} == {"manifest", "campaign_exports", "a_new", "a_both"}


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("letters.txt", "mine", "no manifest.csv of an export"),
        ("manifest.csv", "ship,goods\nArk,animals\n", "no manifest.csv of an export"),
        ("manifest.csv", b"\xff\xfe\x00", "no manifest.csv of an export"),
        ("manifest.csv", ",".join(exporting.MANIFEST_COLUMNS) + "\n", "such as mine.csv"),
    ],
)
def test_what_is_no_export_is_left_alone(tmp_path: Path, name: str, content: str | bytes, problem: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.csv").write_text("mine")
    (out / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(ExportError, match=problem):
        export_audiences(published(tmp_path, rows_of("Loyal")), out, DAY)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_file_or_a_folder_with_a_files_name_is_left_alone(tmp_path: Path) -> None:
    marts = published(tmp_path, rows_of("Loyal"))
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ExportError, match="is a file"):
        export_audiences(marts, tmp_path / "file", DAY)
    out = tmp_path / "out"
    export_audiences(marts, out, DAY)
    (out / "a_loyal.csv").unlink()
    (out / "a_loyal.csv").mkdir()
    with pytest.raises(ExportError, match=r"such as a_loyal\.csv"):
        export_audiences(marts, out, DAY)


def test_an_export_that_fails_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    marts = published(tmp_path, rows_of("Loyal"))
    export_audiences(marts, out, DAY)
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting, "_write_manifest", full)
    with pytest.raises(OSError, match="No space"):
        export_audiences(published(tmp_path, rows_of("New")), out, DAY)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["marts.duckdb", "out"]


def test_the_command_says_what_it_did_or_why_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["export", "--published", str(tmp_path / "marts.duckdb")]) == 1
    assert "there is no published file" in capsys.readouterr().err
    marts = published(tmp_path, rows_of("Loyal", "Lapsed"))
    assert cli.main(["export", "--published", str(marts)]) == 0
    assert capsys.readouterr().out == f"wrote 2 audiences with 2 rows into {tmp_path / 'audiences'}\n"
    (tmp_path / "audiences" / "notes.txt").write_text("mine")
    assert cli.main(["export", "--published", str(marts)]) == 1
    assert "such as notes.txt" in capsys.readouterr().err
    (tmp_path / "text.duckdb").write_text("no database at all, but a text that is long enough")
    assert cli.main(["export", "--published", str(tmp_path / "text.duckdb"), "--out", str(tmp_path / "new")]) == 1
    assert "can't be read as a DuckDB file" in capsys.readouterr().err
    with duckdb.connect(str(tmp_path / "empty.duckdb")):
        pass
    assert cli.main(["export", "--published", str(tmp_path / "empty.duckdb"), "--out", str(tmp_path / "new")]) == 1
    assert "have no audiences" in capsys.readouterr().err
