"""Finding raw files, reading their headers and describing their layouts, without dbt."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from dbt_runs import ROOT

from segmart.loading import fingerprints, raw_tables
from segmart.loading.contract import Column, match_columns
from segmart.loading.errors import RawFileError
from segmart.loading.files import file_format, find_raw_table, literal_pattern
from segmart.loading.header import parse_header
from segmart.loading.inspect import inspect_folder
from segmart.loading.raw_tables import RawFile, Seed, changed_raw_file, describe_raw_table
from segmart.loading.readability import is_utf8, mixed_line_ends
from segmart.loading.reading import data_files
from segmart.sql import sql_name, sql_text

HEADER = "day,item,paid"
ROW = "2024-01-01,Salt,6"
EXPECTED = ("day", "item", "paid")
LIMITS = Seed("limits", "", ("seeds", "reference"), ("name", "low", "is_on"), {"low": "integer", "is_on": "boolean"})

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    """The directory of a raw table."""
    folder = tmp_path / "my_shop" / "sales"
    folder.mkdir(parents=True)
    return folder


def seed(data: Path, **changes: object) -> Seed:
    """A seed whose files lie in a data directory."""
    made = Seed("sales", "", ("seeds", "sample", "my_shop"), EXPECTED, data_directory=str(data))
    return replace(made, **changes)


def write(file: Path, *rows: str, header: str = HEADER) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{row}\n" for row in (header, *rows)), encoding="utf-8")
    return file


def loaded(of: Seed, connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    """The rows that a seed would get, in order."""
    return sorted(connection.execute(describe_raw_table(of, {}, connection)["select"]).fetchall(), key=repr)


def problem(of: Seed, connection: duckdb.DuckDBPyConnection) -> str:
    """What a seed's error says."""
    with pytest.raises(RawFileError) as error:
        describe_raw_table(of, {}, connection)
    return str(error.value)


# Files


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("a.csv", "csv"),
        ("A.CSV.GZ", "csv.gz"),
        ("a.parquet", "parquet"),
        ("a.xlsx", ""),
        ("csv", ""),
        ("a.csv.bak", ""),
    ],
)
def test_the_format_is_that_of_the_name(file: str, expected: str) -> None:
    assert file_format(file) == expected


@pytest.mark.parametrize("name", ["sales[1].csv", "*.csv", "q?.csv", "[!a].csv", "a\\b.csv", "b\\[1].csv", "it's.csv"])
def test_a_name_that_is_a_pattern_stands_for_itself(
    name: str, sales: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    write(sales / "sales1.csv", ROW)
    write(sales / "a.csv", ROW)
    write(sales / name, ROW.replace("Salt", "Rye"), ROW)
    names = sorted(row[3] for row in loaded(seed(sales.parents[1]), connection))
    assert names == sorted(["a.csv", "sales1.csv", name, name])


def test_a_data_directory_with_brackets_is_not_another_one(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    write(tmp_path / "d1" / "my_shop" / "sales.csv", ROW)
    write(tmp_path / "d[1]" / "my_shop" / "sales.csv", ROW, ROW)
    assert len(loaded(seed(tmp_path / "d[1]"), connection)) == 2


def test_links_are_followed_and_links_to_nothing_are_an_error(
    tmp_path: Path, sales: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    write(sales / "a.csv", ROW)
    elsewhere = write(tmp_path / "elsewhere" / "2019" / "b.csv", ROW)
    (sales / "b.csv").symlink_to(elsewhere)
    (sales / "2019").symlink_to(elsewhere.parent)
    (sales / "round").symlink_to(sales)
    assert [row[3] for row in loaded(seed(tmp_path), connection)] == ["2019/b.csv", "a.csv", "b.csv"]
    elsewhere.unlink()
    assert "my_shop/sales/ holds b.csv, a link to nothing: remove it" in problem(seed(tmp_path), connection)


def test_a_folder_and_a_link_to_it_are_one_folder_of_the_same_name_every_time(
    sales: Path, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(sales / "b" / "1.csv", ROW)
    (sales / "a").symlink_to(sales / "b")
    walk = os.walk

    def backwards(*arguments: object, **options: object) -> Iterator[tuple[str, list[str], list[str]]]:
        for folder, folders, names in walk(*arguments, **options):
            folders.reverse()
            yield folder, folders, names

    for listing in (walk, backwards):
        monkeypatch.setattr(os, "walk", listing)
        assert [row[3] for row in loaded(seed(sales.parents[1]), connection)] == ["a/1.csv"]


def test_what_is_no_file_and_what_can_not_be_listed_is_no_empty_folder(
    sales: Path, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(sales / "a.csv", ROW)
    write(sales / "2019" / "b.csv", ROW)
    os.mkfifo(sales / "c.csv")
    assert "my_shop/sales/ holds c.csv, no regular file: remove it" in problem(seed(sales.parents[1]), connection)
    (sales / "c.csv").unlink()
    list_folder = os.scandir

    def without_right(folder: str) -> object:
        if str(folder).endswith("2019"):
            raise PermissionError(13, "Permission denied", str(folder))
        return list_folder(folder)

    monkeypatch.setattr(os, "scandir", without_right)
    assert "my_shop/sales/2019 can not be listed (Permission denied)" in problem(seed(sales.parents[1]), connection)


def test_of_two_forms_one_has_to_go(sales: Path, connection: duckdb.DuckDBPyConnection) -> None:
    write(sales / "a.csv", ROW)
    write(sales.with_name("sales.csv"), ROW)
    message = problem(seed(sales.parents[1]), connection)
    assert "my_shop/sales.csv exists twice, also as sales/: keep one of them. Expected: a comma-separated" in message


def test_a_table_that_is_not_there_says_where_it_was_looked_for(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    with pytest.raises(RawFileError, match=r"my_shop/sales\.csv does not exist \(nor does sales\.csv\.gz"):
        find_raw_table(str(tmp_path), "my_shop", "sales", EXPECTED, connection)


def test_a_folder_of_own_lists_is_named_when_it_is_left_out(tmp_path: Path) -> None:
    rows = "day,ticket,item,paid\n" + "".join(f"2024-01-{day:02},{day},tea,{day}.50\n" for day in range(1, 29))
    (tmp_path / "reference").mkdir()
    (tmp_path / "sales.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "reference" / "more.csv").write_text(rows.replace("tea", "oil"), encoding="utf-8")
    proposal = inspect_folder(tmp_path, tmp_path / "prepared")
    assert any(notice.startswith("the folder reference is left out") for notice in proposal.notices)
    assert "more.csv" not in proposal.text


def test_hidden_files_are_left_out_and_others_are_not(sales: Path, connection: duckdb.DuckDBPyConnection) -> None:
    write(sales / "a.csv", ROW)
    for hidden in (".a.csv.crc", "_SUCCESS", "_temporary/b.csv", ".links/c.csv"):
        write(sales / hidden)
    (sales / "_gone").symlink_to(sales / "nowhere")
    assert len(loaded(seed(sales.parents[1]), connection)) == 1
    (sales / "notes.txt").touch()
    assert "sales/ holds notes.txt, which is neither CSV nor Parquet" in problem(seed(sales.parents[1]), connection)


# Headers


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"day,item,paid\n1,2,3\n", ["day", "item", "paid"]),
        ("\ufeffday,item\r\n".encode(), ["day", "item"]),
        (b'\xef\xbb\xbf"day","it""em, x"\n', ["day", 'it"em, x']),
        (b'"two\nlines",b\n', ["two\nlines", "b"]),
        (b" Day , item\n", [" Day ", " item"]),
        (b"a,,b", ["a", "", "b"]),
        (b"a,b\r1,2\r", ["a", "b"]),
        ("größe,b\n".encode() + "Größe".encode("latin-1"), ["größe", "b"]),
    ],
)
def test_the_header_is_read_as_it_is_written(head: bytes, expected: list[str]) -> None:
    assert parse_header(head, "a.csv", expected) == expected


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"", "is empty, or starts with an empty line"),
        (b"\xef\xbb\xbf", "is empty, or starts with an empty line"),
        (b"\r\nday,item,paid", "is empty, or starts with an empty line"),
        (HEADER.encode("utf-16"), "is encoded as UTF-16: save it as UTF-8"),
        (HEADER.encode("utf-16-le"), "is encoded as UTF-16: save it as UTF-8"),
        (b"day,it\0em,paid\n", "has a NUL character in its first line"),
        ("day,größe,paid\n".encode("latin-1"), "is not encoded as UTF-8: save it as UTF-8"),
        (b"sep=,\nday,item,paid\n", "starts with the line sep=,: remove it"),
        (b"day;item;paid\n", "is separated by semicolons, not by commas"),
        (b"day\titem\tpaid\n", "is separated by tabs, not by commas"),
        (b"day|item|paid\n", "is separated by vertical bars, not by commas"),
        (b"PK\x03\x04....", "is a ZIP archive or a workbook, not CSV"),
        (gzip.compress(b"day,item,paid\n", mtime=0), "is a gzip file, not CSV"),
        (b"PAR1\x15\x04", "is a Parquet file, not CSV"),
    ],
)
def test_a_first_line_that_is_no_header_says_why(head: bytes, message: str) -> None:
    with pytest.raises(RawFileError) as error:
        parse_header(head, "shop/a.csv", EXPECTED)
    assert str(error.value).startswith(f"shop/a.csv {message}")
    assert str(error.value).endswith("Expected: a comma-separated UTF-8 file with the columns day, item, paid.")


# Columns


def fields(header: list[str]) -> dict[str, Column]:
    return {name: Column("", f"field_{number}") for number, name in enumerate(header, start=1)}


def test_columns_are_found_by_name_wherever_they_stand() -> None:
    header = ["PAID", "note", " Day ", "note"]
    found = match_columns("a.csv", header, fields(header), ["Item"], EXPECTED)
    assert [(c.expected, c.source, c.is_partition) for c in found] == [
        ("day", "field_3", False),
        ("item", "Item", True),
        ("paid", "field_1", False),
    ]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (["day", "item"], "lacks the column paid. Expected"),
        (["day", "thing", "sum"], "lacks the columns item, paid and has in its place thing, sum. Expected"),
        (["day", "item", "paid", "Day "], "has the column Day twice"),
        (["day", "", "", "column 2"], "lacks the columns item, paid and has in its place column 2. Expected"),
    ],
)
def test_columns_that_are_missing_or_stand_there_twice_are_named(header: list[str], message: str) -> None:
    with pytest.raises(RawFileError) as error:
        match_columns("a.csv", header, fields(header), [], EXPECTED)
    assert f"a.csv {message}" in str(error.value)


def test_extra_columns_may_have_any_name(sales: Path, connection: duckdb.DuckDBPyConnection) -> None:
    write(sales / "a.csv", f"{ROW},1,2,3,4,5", header=f"{HEADER},_raw_file,raw_file,,,column 6")
    row = "select '1' as day, '2' as item, 3.5::double as paid, 'x' as _raw_file"
    connection.execute(f"copy ({row}) to '{sales}/b.parquet' (format parquet)")
    assert loaded(seed(sales.parents[1]), connection) == [
        ("1", "2", "3.5", "b.parquet"),
        ("2024-01-01", "Salt", "6", "a.csv"),
    ]


def test_sql_quotes_what_it_is_given() -> None:
    assert (sql_text("it's"), sql_name('a "b"')) == ("'it''s'", '"a ""b"""')
    assert literal_pattern("a/*/b[1]?.csv") == "a/[*]/b[[]1][?].csv"


# What can't be read


@pytest.mark.parametrize(
    "kind", ["cut off", "checksum", "length", "flipped", "not compressed", "followed by something"]
)
def test_a_damaged_gzip_file_is_an_error(kind: str, sales: Path, connection: duckdb.DuckDBPyConnection) -> None:
    whole = gzip.compress("\n".join([HEADER, *(f"2024-01-01,Salt {n},{n}" for n in range(2000))]).encode())
    damaged = {
        "cut off": whole[:-20],
        "checksum": whole[:-8] + bytes(4) + whole[-4:],
        "length": whole[:-4] + bytes(4),
        "flipped": whole[:3000] + bytes([whole[3000] ^ 16]) + whole[3001:],
        "not compressed": f"{HEADER}\n{ROW}\n".encode(),
        "followed by something": whole + b"something",
    }
    (sales / "a.csv.gz").write_bytes(damaged[kind])
    assert "my_shop/sales/a.csv.gz is " in problem(seed(sales.parents[1]), connection)
    (sales / "a.csv.gz").write_bytes(whole)
    assert len(loaded(seed(sales.parents[1]), connection)) == 2000


def test_a_damaged_parquet_file_is_an_error(sales: Path, connection: duckdb.DuckDBPyConnection) -> None:
    file = sales / "a.parquet"
    connection.execute(f"copy (select '1' as day, '2' as item, '3' as paid) to '{file}' (format parquet)")
    file.write_bytes(file.read_bytes()[:-6])
    assert "my_shop/sales/a.parquet can not be read as Parquet" in problem(seed(sales.parents[1]), connection)


@pytest.mark.parametrize("view_bytes", [1, 500_000_000])
def test_values_of_parquet_that_can_not_be_unpacked_are_found_before_a_model_reads_them(
    view_bytes: int, sales: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    file = sales / "b.parquet"
    write(sales / "a.csv", ROW)
    rows = "select i::varchar as day, 'Item ' || i % 97 as item, i * 1.37 as paid from range(3000) as t(i)"
    for name in (file, sales / "c.parquet"):
        connection.execute(
            f"copy ({rows} offset {len(str(name)) % 2}) to '{name}' (format parquet, compression snappy)"
        )
    content = file.read_bytes()
    # The footer says how many rows there are, and is whole.
    file.write_bytes(content[:100] + bytes(200) + content[300:])
    message = problem(seed(sales.parents[1], view_bytes=view_bytes), connection)
    assert "my_shop/sales/b.parquet is damaged Parquet and can not be read" in message
    assert "\n" not in message


def test_files_of_other_columns_are_never_taken_for_files_of_the_same(
    sales: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    """A name may hold whatever stands between the names of two columns."""
    for name, third, fourth in (("a", "x VARCHAR\ny", "paid"), ("b", "x", "y VARCHAR\npaid")):
        row = f"select '1' as day, '2' as item, '3' as \"{third}\", '4' as \"{fourth}\""
        connection.execute(f"copy ({row}) to '{sales}/{name}.parquet' (format parquet)")
    assert "my_shop/sales/b.parquet lacks the column paid" in problem(seed(sales.parents[1]), connection)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"{HEADER}\n{ROW}\n{ROW},7\n", "line 3 has too many fields (the header has 3 fields; 1 such lines in all)"),
        (f"{HEADER}\n{ROW}\n1\n2\n", "line 3 has too few fields (the header has 3 fields; 2 such lines in all)"),
        (f'{HEADER}\n{ROW}\n2024,"Salt,6\n', "line 3 has a quotation mark that is never closed"),
        (f"{HEADER}\n{ROW}\n2024,Sält,6\n".encode("latin-1"), "line 3 is not encoded as UTF-8"),
        (f"{HEADER}\n{ROW}\r\n{ROW}\r\n", "line 2 ends with CRLF, the lines before it with LF"),
        (f"{HEADER}\r\n{ROW}\r\n{ROW}\n", "line 3 ends with LF, the lines before it with CRLF"),
    ],
)
def test_a_line_that_can_not_be_read_is_named(
    content: str | bytes, message: str, sales: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    write(sales / "a.csv", ROW)
    (sales / "b.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    write(sales / "c.csv", ROW, header=HEADER.upper())
    found = problem(seed(sales.parents[1]), connection)
    assert "/my_shop/sales/b.csv " in found
    assert message in found


@pytest.mark.parametrize("chunk", [1, 2, 3, 1000])
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", True),
        (b"plain", True),
        ("Größe €".encode(), True),
        ("盐".encode()[:2], False),
        (b"a\xff", False),
        ("ä".encode("latin-1") + b"bc", False),
        (b"\xc3" + b"abcdef", False),
    ],
)
def test_utf_8_is_recognised(data: bytes, expected: bool, chunk: int) -> None:
    assert is_utf8([data[start : start + chunk] for start in range(0, len(data), chunk)]) == expected


@pytest.mark.parametrize("chunk", [1, 2, 3, 1000])
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a,b\n1,2\n", None),
        ("a,b\r\n1,2\r\n", None),
        ("a,b\r1,2\r", None),
        ("", None),
        ("a,b\n1,2\r\n", 2),
        ("a,b\r\n1,2\n3,4\n", 2),
        ('a,b\n"1\r\n2",3\n', None),
        ('a,b\n"1\r\n""2",3\n4,5\r', 4),
        ('"a"",\r\n",b\n1,2\r\n', 3),
        ('a,b\n12",3\n4,5\r\n', 3),
        ('\ufeff"a\r\n",b\n1,2\r\n', 3),
    ],
)
def test_the_line_where_line_ends_change_is_found(text: str, line: int | None, chunk: int) -> None:
    data = text.encode()
    found = mixed_line_ends([data[start : start + chunk] for start in range(0, len(data), chunk)])
    assert (found is None) if line is None else (f": line {line} ends with" in found)


def test_files_that_were_checked_before_are_not_read_again(sales: Path, connection: duckdb.DuckDBPyConnection) -> None:
    data = sales.parents[1]
    write(sales / "a.csv", ROW)
    write(sales / "b.csv", ROW, ROW)
    first = describe_raw_table(seed(data), {}, connection)["files"]
    assert [(file["table_name"], file["raw_file"], file["row_count"]) for file in first] == [
        ("my_shop/sales/", "a.csv", 1),
        ("my_shop/sales/", "b.csv", 2),
    ]
    known = {file["raw_file"]: (file["sha256"], 77) for file in first}
    write(sales / "b.csv", ROW, ROW, ROW)
    again = describe_raw_table(seed(data), known, connection)["files"]
    assert [file["row_count"] for file in again] == [77, 3]


def test_a_table_without_rows_is_an_error(sales: Path, connection: duckdb.DuckDBPyConnection) -> None:
    write(sales / "a.csv")
    assert "my_shop/sales/ has a header but no rows" in problem(seed(sales.parents[1]), connection)


def test_large_tables_are_views(sales: Path, connection: duckdb.DuckDBPyConnection) -> None:
    file = write(sales.with_name("sales.csv"), ROW)
    sales.rmdir()
    size = file.stat().st_size
    kinds = [
        describe_raw_table(seed(sales.parents[1], view_bytes=limit), {}, connection)["type"]
        for limit in (size, size + 1)
    ]
    assert kinds == ["view", "table"]


# Types


def test_types_of_a_list_are_honoured(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    file = write(tmp_path / "limits.csv", "a,1,true", "b,,false", header="name,low,is_on")
    of = replace(LIMITS, path=str(file))
    assert loaded(of, connection) == [("a", 1, True), ("b", None, False)]
    assert describe_raw_table(of, {}, connection)["files"] == []


@pytest.mark.parametrize(
    ("rows", "types", "message"),
    [
        (("a,four,true",), LIMITS.column_types, "has in the column low the value 'four', not integer"),
        (("a,1,perhaps",), LIMITS.column_types, "has in the column is_on the value 'perhaps', not boolean"),
        (("a,1,true",), {"lower": "integer"}, "has no column lower, which column_types names"),
        (("a,1,true",), {"low": "no type"}, "has the column low, which can not be of the type no type"),
    ],
)
def test_a_value_of_another_type_is_named(
    rows: tuple[str, ...], types: dict[str, str], message: str, tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    file = write(tmp_path / "limits.csv", *rows, header="name,low,is_on")
    assert f"{file} {message}" in problem(replace(LIMITS, path=str(file), column_types=types), connection)


# Fingerprints


@pytest.mark.parametrize("size", [0, 1, 1_500_000, 2_000_000])
def test_the_fingerprint_is_that_of_all_bytes(tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprints, "PIECE_BYTES", 2_000_000)
    content = bytes(number % 251 for number in range(1009)) * (size // 1009 + 1)
    file = tmp_path / "file"
    file.write_bytes(content[:size])
    assert fingerprints.file_fingerprints([file]) == [(size, hashlib.sha256(content[:size]).hexdigest())]


def test_the_fingerprint_of_a_large_file_is_that_of_its_pieces_and_files_keep_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprints, "PIECE_BYTES", piece := 1_500_000)
    content = bytes(number % 251 for number in range(1009)) * (2 * piece // 1009 + 1)
    files = {"large": content[: 2 * piece + 1], "empty": b"", "small": b"small"}
    for name, of_file in files.items():
        (tmp_path / name).write_bytes(of_file)
    large, empty, small = fingerprints.file_fingerprints([tmp_path / name for name in files])
    parts = [content[:piece], content[piece : 2 * piece], content[2 * piece : 2 * piece + 1]]
    of_parts = b"".join(hashlib.sha256(part).digest() for part in parts)
    assert large == (2 * piece + 1, f"{hashlib.sha256(of_parts).hexdigest()}-3")
    assert empty == (0, hashlib.sha256(b"").hexdigest())
    assert small == (5, hashlib.sha256(b"small").hexdigest())
    assert fingerprints.file_fingerprints([]) == []


def test_a_file_that_changes_while_it_is_read_is_noticed(sales: Path, connection: duckdb.DuckDBPyConnection) -> None:
    file = write(sales / "a.csv", ROW)
    rows = describe_raw_table(seed(sales.parents[1]), {}, connection)["files"]
    assert RawFile(**rows[0]).path == str(file)
    assert changed_raw_file(json.dumps(rows)) is None
    assert changed_raw_file(None) is None
    old = file.stat()
    other = write(sales.parent / "other.csv", ROW.replace("Salt", "Malt"))
    os.utime(other, ns=(old.st_atime_ns, old.st_mtime_ns))
    other.replace(file)
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (old.st_size, old.st_mtime_ns)
    assert "a.csv has changed while it was read" in str(changed_raw_file(json.dumps(rows)))
    file.unlink()
    assert "a.csv has changed while it was read" in str(changed_raw_file(json.dumps(rows)))


def test_every_model_that_reads_mapped_files_compares_them_afterwards() -> None:
    readers = [file for file in (ROOT / "models").rglob("*.sql") if "mapped_rows(" in file.read_text(encoding="utf-8")]
    assert len(readers) > 5
    for file in readers:
        first_line = file.read_text(encoding="utf-8").splitlines()[0]
        assert re.search(r'post_hook="{{ (check|remember)_mapped_files\(\) }}"', first_line), file.name


def test_dbt_gets_an_error_as_text(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    asked = json.dumps({**vars(seed(tmp_path))})
    answer = json.loads(raw_tables.raw_table(asked, None, connection))
    assert list(answer) == ["error"]
    assert "sales.csv does not exist" in answer["error"]


# Object stores


def test_addresses_are_read_by_duckdb(sales: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """A file:// address goes the way of an object store's."""
    write(sales / "a.csv", ROW, header=f"\ufeff{HEADER}")
    write(sales / "2024" / "b.csv", ROW)
    (sales / "c.csv.gz").write_bytes(gzip.compress(f"{HEADER}\n{ROW}\n".encode()))
    of = seed(sales.parents[1], data_directory=f"file://{sales.parents[1]}")
    assert [row[3] for row in loaded(of, connection)] == ["2024/b.csv", "a.csv", "c.csv.gz"]
    files = describe_raw_table(of, {}, connection)["files"]
    assert [file["table_name"] for file in files] == ["my_shop/sales/"] * 3
    assert changed_raw_file(json.dumps(files)) is None


# Lists


def test_a_list_in_the_data_directory_takes_the_place_of_the_projects(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    own = write(tmp_path / "project" / "limits.csv", "a,1,true", header="name,low,is_on")
    of = replace(LIMITS, path=str(own), data_directory=str(tmp_path / "data"))
    assert loaded(of, connection) == [("a", 1, True)]
    write(tmp_path / "data" / "limits.csv", "b,2,false", header="name,low,is_on")
    assert loaded(of, connection) == [("a", 1, True)]
    theirs = write(tmp_path / "data" / "reference" / "limits.csv", "c,3,false", header="name,low,is_on")
    assert loaded(of, connection) == [("c", 3, False)]
    assert describe_raw_table(of, {}, connection)["files"] == []
    # No sales are looked for among the lists, unless somebody asks for them.
    assert list(data_files(tmp_path / "data")) == [tmp_path / "data" / "limits.csv"]
    assert list(data_files(tmp_path / "data" / "reference")) == [theirs]
    write(theirs, "c,many,false", header="name,low,is_on")
    assert "low" in problem(of, connection)
    assert str(theirs) in problem(of, connection)
