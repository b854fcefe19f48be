"""One raw file as rows of texts, unchanged: what kind of file it is, how it is written, and the SQL that reads it.

DuckDB reads what it can read without loss. Files in other encodings, workbooks, columns that blanks separate, and files
with lines that don't fit are copied once, as UTF-8 with commas, into a folder of prepared files; DuckDB reads the
copies.
"""

from __future__ import annotations

import codecs
import csv
import datetime
import gzip
import hashlib
import io
import itertools
import math
import os
import re
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import BinaryIO

import duckdb

from segmart.loading.files import literal_pattern
from segmart.loading.mapping import BLANKS, FileFormat
from segmart.sql import sql_name, sql_text
from segmart.working_database import working_database

CSV, EXCEL, PARQUET = "csv", "excel", "parquet"

TOTAL_PROBLEM = "is a total of other rows"
NOTE_PROBLEM = "is a note below the table"

_DELIMITERS = (",", ";", "\t", "|")
_FILES = "\0"
_CALLS = 64
"""At most so many calls read files that are written alike: each call numbers its lines on one core."""

_CHUNK = 1 << 20
_HEAD_BYTES = 1 << 18
_TAIL_BYTES = 1 << 15
_EVEN = 0.8
"""With the right delimiter at least so many lines have the same number of fields."""

_HEADER_SEARCH = 50
"""So many lines are searched for the header."""

_BOTTOM_ROWS = 5
"""So many rows at the bottom are looked at for totals and notes."""

_TOTAL = re.compile(
    r"((grand|sub|sous|zwischen|gesamt|end|net)[\s-]*)?"
    r"(totals?|totale|totaal|sum|sums|summe|summen|suma|soma|gesamt|insgesamt|gesamtergebnis|razem|ogółem|łącznie)\b.*",
    re.IGNORECASE,
)
_NUMBER_LIKE = re.compile(r"[-+(]?\s*[$€£]?\s*[-+]?[0-9][0-9.,'\s\u00a0]*[)%€-]?")
_DAY_LIKE = re.compile(
    r"[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}.*|[0-9]{1,2}[- ][^\W\d]{3,}[- ][0-9]{2,4}.*|[0-9]{1,2}:[0-9]{2}.*"
)
_READ_AS_IS = ("utf-8", "ascii")
csv.field_size_limit(1 << 27)


class FileError(ValueError):
    """A file that can't be read; the message is one sentence that begins with its name."""


@dataclass(frozen=True)
class Layout:
    """How one file is written, as declared or as judged from it.

    Attributes:
        kind: `CSV` (all text files), `EXCEL` or `PARQUET`.
        encoding: Python's name of the encoding of a text file.
        delimiter: Between fields of a text file.
        quote: Around fields; empty text if there is none.
        header_line: Line of the column names, from 1; 0 if there are none.
        sheet: Name of a workbook's sheet.
    """

    kind: str
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    header_line: int = 1
    sheet: str | None = None


@dataclass(frozen=True)
class Place:
    """A file among others that DuckDB reads at once.

    Attributes:
        path: The file.
        rows: Its rows if they are numbered over all files, 0 if each file's are numbered by themselves.
        many_sql: The select of the columns over many files, in which `_FILES` stands for their list, with
            ``_raw_path`` and ``_raw_number``. Files with the same one are written alike.
    """

    path: Path
    rows: int
    many_sql: str


@dataclass(frozen=True)
class RawTable:
    """The rows of a file, or of one sheet of a workbook.

    Attributes:
        name: Name of the file, relative to the folder of raw files; of a further sheet with `#` and its name.
        layout: How it is written.
        header: Names of the columns. A name that stands there twice has ` (2)` after it the second time.
        typed_columns: Columns that the file knows as numbers, days or moments: with a decimal point and in ISO 8601.
        sql: A select of all rows that are not blank: every column as text, then ``raw_line``, ``raw_problem`` (why a
        row is
            none, null for nearly all) and ``raw_text`` (the row as it stands if it has a problem).
        digest: Equal for files of equal content, whatever their line ends and compression.
        notices: What was noticed, one sentence each.
        place: How DuckDB reads the file along with others that are written alike; None if each is read alone.
    """

    name: str
    layout: Layout
    header: tuple[str, ...]
    sql: str
    digest: str
    typed_columns: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    place: Place | None = None


@dataclass(frozen=True)
class _Scan:
    """What one pass over a text file's bytes shows."""

    head: bytes
    tail: bytes
    digest: str
    line_feeds: int
    windows_ends: int
    lone_returns: int
    has_nulls: bool
    is_utf8: bool


def read_file(path: Path, name: str, wanted: FileFormat, prepared: Path) -> list[RawTable]:
    """Find out how a file is written, check that all of it can be read, and say how.

    Args:
        path: The file.
        name: What messages call it.
        wanted: What the mapping declares; the rest is judged from the file.
        prepared: Folder for copies of files that DuckDB can't read; made if needed.

    Returns:
        One table, or one for each sheet of a workbook that has the columns of the first one.

    Raises:
        FileError: If the file can't be read without loss.
    """
    if path.exists() and not path.is_file():
        raise FileError(f"{name} is no regular file: remove it.")
    check = partial(_stop_if_changed, path, name, _state(path))
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise FileError(f"{name} can't be opened: {error.strerror or error}.") from error
    if not start:
        raise FileError(f"{name} is empty.")
    if start.startswith(b"PAR1"):
        tables = [_read_parquet(path, name)]
    elif start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        tables = _read_workbook(path, name, wanted, prepared, check)
    else:
        tables = [_read_text(path, name, wanted, prepared, check)]
    check()
    return tables


def tables_sql(tables: Sequence[RawTable]) -> str:
    """A select of the rows of all tables, which have the same columns, with ``raw_file``.

    DuckDB plans each call of a reader by itself, and thousands of them take hours; so of files that are written alike
    several are read by one call.
    """
    alike: dict[str, list[RawTable]] = {}
    for table in tables:
        alike.setdefault(table.place.many_sql if table.place else table.name, []).append(table)
    return " union all ".join(
        _alike_sql(found[start : start + size])
        for found in alike.values()
        for size in [math.ceil(len(found) / _CALLS)]
        for start in range(0, len(found), size)
    )


def _alike_sql(tables: Sequence[RawTable]) -> str:
    places = [table.place for table in tables if table.place]
    if len(places) < 2:
        (table,) = tables
        return f"select *, {sql_text(table.name)} as raw_file from ({table.sql})"
    files = f"[{', '.join(sql_text(glob_literal(place.path)) for place in places)}]"
    rows_before = itertools.accumulate((place.rows for place in places), initial=0)
    listed = ", ".join(
        f"({sql_text(str(place.path))}, {sql_text(table.name)}, {before})"
        for place, table, before in zip(places, tables, rows_before, strict=False)
    )
    return (
        f"select {', '.join(map(sql_name, tables[0].header))}, _raw_number - _rows_before as raw_line,"
        " cast(null as varchar) as raw_problem, cast(null as varchar) as raw_text,"
        " coalesce(_raw_name, error(_raw_path || ' was read under another name')) as raw_file"
        f" from ({places[0].many_sql.replace(_FILES, files)})"
        f" left join (values {listed}) as places(_listed_path, _raw_name, _rows_before) on _raw_path = _listed_path"
    )


def _state(path: Path) -> tuple[int, ...]:
    """What differs once a file has changed or was replaced by another one; nothing if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _stop_if_changed(path: Path, name: str, before: tuple[int, ...]) -> None:
    """Stop before anything is kept that was read from two states of a file."""
    if _state(path) != before:
        raise FileError(f"{name} has changed while it was read: build again once it is complete.")


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """A database in memory for all files: opening one takes longer than looking into a small file."""
    return duckdb.connect()


# Parquet


def _read_parquet(path: Path, name: str) -> RawTable:
    options = "binary_as_string = true, file_row_number = true"
    source = f"read_parquet({sql_text(glob_literal(path))}, {options})"
    try:
        with _database().cursor() as connection:
            described = connection.execute(f"describe select * from {source}").fetchall()
    except duckdb.Error as error:
        raise FileError(f"{name} is a damaged Parquet file: {str(error).splitlines()[0]}.") from error
    columns = [(column, kind) for column, kind, *_ in described if column != "file_row_number"]
    for column, kind in columns:
        if re.match("(STRUCT|MAP|UNION)", kind):
            raise FileError(f"{name} has in the column {column} no single values, but {kind}.")
    texts = [f"{_parquet_text(sql_name(column), kind)} as {sql_name(column)}" for column, kind in columns]
    sql = (
        f"select {', '.join(texts)}, file_row_number + 1 as raw_line, cast(null as varchar) as raw_problem,"
        f" cast(null as varchar) as raw_text from {source}"
    )
    many_sql = (
        f"select {', '.join(texts)}, _raw_path, file_row_number + 1 as _raw_number"
        f" from read_parquet({_FILES}, {options}, filename = '_raw_path')"
    )
    typed = tuple(column for column, kind in columns if kind != "VARCHAR")
    header = tuple(column for column, _ in columns)
    return RawTable(name, Layout(PARQUET), header, sql, _file_digest(path), typed, place=Place(path, 0, many_sql))


def _parquet_text(column: str, kind: str) -> str:
    """A typed value as text: whole numbers without a fraction, 1 and 0 for true and false, moments in ISO 8601."""
    if kind in ("FLOAT", "DOUBLE"):
        whole = f"abs({column}) < 9e15 and {column} = trunc({column})"
        return (
            f"case when isnan({column}) then null when {whole} then cast(cast({column} as bigint) as varchar)"
            f" else cast({column} as varchar) end"
        )
    if kind == "BOOLEAN":
        return f"cast(cast({column} as integer) as varchar)"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"cast(make_timestamp(epoch_us({column})) as varchar)"
    if kind.endswith("]"):
        return f"cast(to_json({column}) as varchar)"
    return f"cast({column} as varchar)"


# Workbooks


def _read_workbook(
    path: Path, name: str, wanted: FileFormat, prepared: Path, check: Callable[[], None]
) -> list[RawTable]:
    import python_calamine

    try:
        workbook = python_calamine.CalamineWorkbook.from_path(str(path))
    except python_calamine.PasswordError as error:
        raise FileError(f"{name} is a workbook with a password: save it without one.") from error
    except python_calamine.CalamineError as error:
        what = "a zip archive: unpack it" if path.read_bytes()[:2] == b"PK" else "an old Office file: save it as .xlsx"
        raise FileError(f"{name} is no workbook that can be read, maybe {what}.") from error
    names = [sheet for sheet in workbook.sheet_names if wanted.sheet in (None, sheet)]
    if not names:
        raise FileError(f"{name} has no sheet `{wanted.sheet}`, but {', '.join(workbook.sheet_names)}.")
    digest = _file_digest(path)
    tables = []
    for sheet in names:
        records = [
            (line, [_cell_text(cell, wanted.decimal or ".") for cell in row])
            for line, row in enumerate(workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False), start=1)
        ]
        if any(any(fields) for _, fields in records):
            table_name = f"{name}#{sheet}" if tables else name
            layout = Layout(EXCEL, header_line=_header_line(records, wanted), sheet=sheet)
            tables.append(_prepared_table(records, table_name, layout, f"{digest}{sheet}", prepared, check))
    if not tables:
        raise FileError(f"{name} has no sheet with rows.")
    others = [table.layout.sheet for table in tables if _plain(table.header) != _plain(tables[0].header)]
    if others and wanted.sheet is None:
        left_out = ", ".join(map(str, others))
        notice = f"{name}: only the sheet {tables[0].layout.sheet} is read, {left_out} have other columns."
        tables[0] = replace(tables[0], notices=(*tables[0].notices, notice))
    return [table for table in tables if table.layout.sheet not in others]


def _plain(header: Sequence[str]) -> set[str]:
    return {name.strip().casefold() for name in header}


def _cell_text(cell: object, decimal: str) -> str:
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, float):
        text = str(int(cell)) if math.isfinite(cell) and cell == int(cell) and abs(cell) < 9e15 else repr(cell)
        return text.replace(".", decimal)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(" ") if cell.time() != datetime.time() else cell.date().isoformat()
    if isinstance(cell, (datetime.date, datetime.time)):
        return cell.isoformat()
    return "" if cell is None else str(cell)


# Text files


def _read_text(path: Path, name: str, wanted: FileFormat, prepared: Path, check: Callable[[], None]) -> RawTable:
    scan = _scan(path, name)
    encoding = _encoding(scan, path, name, wanted)
    is_as_is = encoding in _READ_AS_IS and not scan.has_nulls and not scan.lone_returns
    is_as_is = is_as_is and scan.windows_ends in (0, scan.line_feeds) and b"\x1a" not in scan.tail
    readable, is_compressed = path, _is_gzip(path)
    if not is_as_is:
        readable, is_compressed = _as_utf8(path, name, encoding, scan.digest, prepared, check), False
        scan = replace(_scan(readable, name), digest=scan.digest)
    head = _lines(readable, is_compressed, _HEAD_BYTES)
    layout = _text_layout(head, encoding, name, wanted)
    if layout.delimiter != BLANKS:
        table = _read_directly(readable, is_compressed, name, layout, scan, head)
        if table is not None:
            return table
    text = _lines(readable, is_compressed, None)
    records, layout = _records(text, layout, name)
    return _prepared_table(records, name, layout, scan.digest, prepared, check)


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


@contextmanager
def _opened(path: Path, name: str) -> Iterator[BinaryIO]:
    """The bytes of a text file, unpacked; Python checks the sum and the length that gzip keeps, DuckDB doesn't."""
    try:
        with gzip.open(path) if _is_gzip(path) else path.open("rb") as file:
            yield file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        cure = "fetch or export it again"
        raise FileError(f"{name} is a damaged gzip file ({str(error).strip('.')}): {cure}.") from error


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _scan(path: Path, name: str) -> _Scan:
    head, tail = b"", b""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    line_feeds = windows_ends = returns = 0
    has_nulls, is_utf8, carry = False, True, b""
    with _opened(path, name) as file:
        for number, chunk in enumerate(_chunks(file)):
            if len(head) < _HEAD_BYTES:
                head += chunk[: _HEAD_BYTES - len(head)]
            tail = (tail + chunk)[-_TAIL_BYTES:]
            line_feeds += chunk.count(b"\n")
            returns += chunk.count(b"\r")
            has_nulls = has_nulls or b"\0" in chunk
            # A line end may be cut in two by the end of a chunk.
            block = carry + chunk
            carry = b"\r" if block.endswith(b"\r") else b""
            block = block[: len(block) - len(carry)]
            windows_ends += block.count(b"\r\n")
            digest.update((block.removeprefix(codecs.BOM_UTF8) if number == 0 else block).replace(b"\r\n", b"\n"))
            if is_utf8:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    is_utf8 = False
    digest.update(carry)
    if not tail.strip():
        raise FileError(f"{name} is empty.")
    return _Scan(
        head=head,
        tail=tail,
        digest=digest.hexdigest(),
        line_feeds=line_feeds,
        windows_ends=windows_ends,
        lone_returns=returns - windows_ends,
        has_nulls=has_nulls,
        is_utf8=is_utf8,
    )


def _encoding(scan: _Scan, path: Path, name: str, wanted: FileFormat) -> str:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if scan.head.startswith(mark):
            return encoding
    if wanted.encoding is not None:
        encoding = codecs.lookup(wanted.encoding).name
        if encoding in _READ_AS_IS and not scan.is_utf8:
            line, text = _first_foreign_line(path, name)
            guess = guess_encoding(path, name)
            cure = f"if its letters are right in `{text.decode(guess, 'replace').strip()}`, set encoding: {guess}"
            raise FileError(f"{name} is not encoded as {wanted.encoding} (first in line {line}): {cure}.")
        return encoding
    even, odd = scan.head[0:2000:2].count(0), scan.head[1:2000:2].count(0)
    if max(even, odd) > len(scan.head[:2000]) * 0.2:
        return "utf-16-le" if odd > even else "utf-16-be"
    return "utf-8" if scan.is_utf8 else guess_encoding(path, name)


def _first_foreign_line(path: Path, name: str) -> tuple[int, bytes]:
    with _opened(path, name) as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number, line
    return 0, b""


def guess_encoding(path: Path, name: str) -> str:
    """The encoding of a text file that is not UTF-8, by its words: letters belong into words, signs don't.

    Args:
        path: The file.
        name: What messages call it.

    Returns:
        The one of cp1252, cp1250, cp1251, cp850 and mac_roman with the fewest signs inside words; the first of equals.
    """
    with _opened(path, name) as file:
        lines = list(itertools.islice((line for line in file if not line.isascii()), 500))
    sample = b"".join(lines)
    scores = {}
    for rank, encoding in enumerate(("cp1252", "cp1250", "cp850", "mac_roman", "cp1251")):
        try:
            text = sample.decode(encoding)
        except UnicodeDecodeError:
            continue
        foreign = [(before, letter) for before, letter in itertools.pairwise(" " + text) if not letter.isascii()]
        strange = sum(_strangeness(before, letter) for before, letter in foreign)
        scores[encoding] = (strange, rank)
    return min(scores, key=lambda encoding: scores[encoding]) if scores else "latin-1"


def _strangeness(before: str, letter: str) -> int:
    """How unlikely a character is after another one: signs and capitals in the middle of words, other scripts."""
    if not letter.isalpha():
        return 2 if before.isalpha() else int(letter not in "€£§°–—’“”„«»·½¼ ®©™")
    if letter in "ﬁﬂıˆ˜ˇºªƒ":
        return 2
    if letter.isupper() and before.islower():
        return 2
    return int(letter >= "\u0400")


def _as_utf8(path: Path, name: str, encoding: str, digest: str, prepared: Path, check: Callable[[], None]) -> Path:
    """A copy in UTF-8 with one kind of line ends, without NULs and without DOS's mark of the end."""
    copy = prepared / f"{digest[:32]}-{encoding}.txt"
    if copy.exists():
        return copy
    prepared.mkdir(parents=True, exist_ok=True)
    draft = _draft(copy)
    try:
        with (
            _opened(path, name) as file,
            io.TextIOWrapper(file, encoding=encoding, newline=None) as text,
            draft.open("w", encoding="utf-8", newline="\n") as target,
        ):
            while chunk := text.read(_CHUNK):
                target.write(chunk.replace("\0", "").replace("\x1a", "").removeprefix("\ufeff"))
    except UnicodeError as error:
        draft.unlink(missing_ok=True)
        raise FileError(f"{name} can't be read as {encoding} ({error}): set the encoding it was saved with.") from error
    _keep(draft, copy, check)
    return copy


def _lines(path: Path, is_compressed: bool, size: int | None) -> io.StringIO:
    """The text, or its first characters up to the last whole line."""
    with gzip.open(path) if is_compressed else path.open("rb") as file:
        data = file.read() if size is None else file.read(size)
    if size is not None and len(data) == size and b"\n" in data:
        data = data[: data.rindex(b"\n") + 1]
    text = data.decode("utf-8-sig", "replace" if size is not None else "strict")
    return io.StringIO(text, newline="")


def _text_layout(head: io.StringIO, encoding: str, name: str, wanted: FileFormat) -> Layout:
    text = head.getvalue()
    separator = re.match(r"sep=(.)\r?\n", text)
    delimiter, quote = _delimiter(text, wanted, separator[1] if separator else None)
    records = _head_records(text, delimiter, quote)
    if separator:
        records = records[1:]
    header_line = _header_line(records, wanted)
    if header_line > text.count("\n") + 1:
        raise FileError(f"{name} has no line {header_line}, where its header should be.")
    return Layout(CSV, encoding, delimiter, quote, header_line)


def _head_records(text: str, delimiter: str, quote: str) -> list[tuple[int, list[str]]]:
    return [
        (line, fields)
        for line, fields, _ in itertools.islice(_split(io.StringIO(text, newline=""), delimiter, quote), 300)
    ]


def _delimiter(text: str, wanted: FileFormat, separator: str | None) -> tuple[str, str]:
    """Delimiter and quotation mark with which most lines have the same number of fields, the more fields the better."""
    delimiters: Sequence[str] = (wanted.delimiter or separator,) if wanted.delimiter or separator else _DELIMITERS
    quotes = ('"', "") if wanted.quote is None else (wanted.quote,)
    best, best_score = (delimiters[0], quotes[0]), (0.0, 0)
    # Fields in quotation marks hold delimiters: without the marks lines are as even and have more fields.
    for quote, delimiter in itertools.product(quotes, delimiters):
        if quote != quotes[0] and best_score[0] >= _EVEN:
            break
        counts = [len(_without_empty_end(fields)) for _, fields in _head_records(text, delimiter, quote) if any(fields)]
        if not counts:
            continue
        width = _width(counts)
        share = sum(count == width for count in counts) / len(counts)
        if width > 1 and (round(share, 1), width) > best_score:
            best, best_score = (delimiter, quote), (round(share, 1), width)
    if len(delimiters) > 1 and best_score[0] < _EVEN:
        counts = [len(line.split()) for line in text.splitlines()[:300] if line.strip()]
        width = _width(counts)
        if width > 1 and sum(count == width for count in counts) / len(counts) > max(0.9, best_score[0]):
            return BLANKS, ""
    return best


def _width(counts: Sequence[int]) -> int:
    """The most frequent number of fields; the larger one of equally frequent ones."""
    frequencies = Counter(counts)
    return max(frequencies, key=lambda count: (frequencies[count], count))


def _without_empty_end(fields: Sequence[str]) -> Sequence[str]:
    end = len(fields)
    while end and not fields[end - 1].strip():
        end -= 1
    return fields[:end]


def is_value(text: str) -> bool:
    """Whether a text looks like a number, a day or a time: like data, not like the name of a column."""
    text = text.strip()
    return bool(_NUMBER_LIKE.fullmatch(text) or _DAY_LIKE.fullmatch(text))


def _header_line(records: Sequence[tuple[int, list[str]]], wanted: FileFormat) -> int:
    """Line of the first row that is as wide as the table and has words only; 0 if there is none."""
    if wanted.header_line is not None:
        return wanted.header_line
    filled = [(line, _without_empty_end(fields)) for line, fields in records if any(field.strip() for field in fields)]
    if not filled:
        return 1
    width = _width([len(fields) for _, fields in filled])
    for line, fields in filled[:_HEADER_SEARCH]:
        words = [text for text in fields if text.strip()]
        if len(words) >= max(0.6 * width, min(2, width)) and len(fields) >= 0.6 * width:
            return 0 if any(is_value(text) for text in words) and len(filled) > 1 else line
    return filled[0][0]


def column_names(fields: Sequence[str], width: int) -> tuple[str, ...]:
    """Names for all columns of a table: blanks around them cut, missing ones numbered, second ones marked."""
    names: list[str] = []
    for position in range(width):
        name = fields[position].strip().strip("\ufeff") if position < len(fields) else ""
        name = re.sub(r"\s+", " ", name) or f"column {position + 1}"
        unique, count = name, 1
        while unique.casefold() in {known.casefold() for known in names}:
            count += 1
            unique = f"{name} ({count})"
        names.append(unique)
    return tuple(names)


def _read_directly(
    path: Path, is_compressed: bool, name: str, layout: Layout, scan: _Scan, head: io.StringIO
) -> RawTable | None:
    """DuckDB's own reader, if it splits every line into as many fields as the header has; else None."""
    records = _head_records(head.getvalue(), layout.delimiter, layout.quote)
    fields = next((fields for line, fields in records if line == layout.header_line), [])
    width = len(fields) if layout.header_line else _width([len(found) for _, found in records])
    header = column_names(fields, width)
    if not header or _has_odd_bottom(scan, layout, header):
        return None
    source = _read_csv_sql(sql_text(glob_literal(path)), is_compressed, layout, header)
    counts = ", ".join(f"count({sql_name(column)})" for column in header)
    rejects = "store_rejects = true, rejects_table = 'odd_lines', rejects_scan = 'odd_scans'"
    with _database().cursor() as connection:
        try:
            query = f"select count(*), {counts} from {source.removesuffix(')')}, {rejects})"
            rows, *filled = connection.execute(query).fetchall()[0]
            odd_lines = connection.execute("select count(*) from odd_lines").fetchall()[0][0]
        except duckdb.Error:
            return None
    lines = scan.line_feeds + 1 - _blank_end_lines(scan)
    if odd_lines or rows != lines - layout.header_line:
        return None
    kept = tuple(
        column for column, count, text in zip(header, filled, fields or header, strict=True) if count or text.strip()
    )
    texts = ", ".join(sql_name(column) for column in kept)
    is_row = " or ".join(f"trim({sql_name(column)}) <> ''" for column in kept)
    sql = (
        f"select {texts}, raw_line, cast(null as varchar) as raw_problem, cast(null as varchar) as raw_text"
        f" from (select *, row_number() over () + {layout.header_line} as raw_line from {source}) where {is_row}"
    )
    many = f"{_read_csv_sql(_FILES, is_compressed, layout, header).removesuffix(')')}, filename = '_raw_path')"
    many_sql = (
        f"select {texts}, _raw_path, _raw_number"
        f" from (select *, row_number() over () + {layout.header_line} as _raw_number from {many}) where {is_row}"
    )
    notices = _header_notices(name, fields)
    return RawTable(name, layout, kept, sql, scan.digest, notices=notices, place=Place(path, rows, many_sql))


def _blank_end_lines(scan: _Scan) -> int:
    """Lines after the last one that is not blank."""
    return scan.tail[len(scan.tail.rstrip()) :].count(b"\n")


def _has_odd_bottom(scan: _Scan, layout: Layout, header: Sequence[str]) -> bool:
    lines = scan.tail.decode("utf-8", "replace").rstrip().splitlines()[-_BOTTOM_ROWS:]
    rows = [fields for _, fields, _ in _split(io.StringIO("\n".join(lines)), layout.delimiter, layout.quote)]
    return any(
        _bottom_problem(fields, len(header), before) is not None
        for before, fields in zip([None, *rows], rows, strict=False)
    )


def _read_csv_sql(files: str, is_compressed: bool, layout: Layout, header: Sequence[str]) -> str:
    columns = ", ".join(f"{sql_text(column)}: 'varchar'" for column in header)
    return (
        f"read_csv({files}, columns = {{{columns}}}, auto_detect = false,"
        f" header = {str(layout.header_line > 0).lower()}, skip = {max(layout.header_line - 1, 0)},"
        f" delim = {sql_text(layout.delimiter)}, quote = {sql_text(layout.quote)}, escape = {sql_text(layout.quote)},"
        f" nullstr = '', allow_quoted_nulls = true, compression = '{'gzip' if is_compressed else 'none'}')"
    )


def glob_literal(path: Path) -> str:
    """A path in which DuckDB sees no pattern."""
    return literal_pattern(str(path))


def _header_notices(name: str, fields: Sequence[str]) -> tuple[str, ...]:
    counts = Counter(text.strip().casefold() for text in fields if text.strip())
    twice = [text.strip() for text in fields if counts[text.strip().casefold()] > 1]
    return tuple(
        f"{name} has the column {text} {counts[text.casefold()]} times; the second one is called `{text} (2)`."
        for text in dict.fromkeys(twice)
    )


# Rows that Python splits


def _split(text: io.StringIO, delimiter: str, quote: str) -> Iterator[tuple[int, list[str], int]]:
    """First line, fields and last line of every record."""
    if delimiter == BLANKS:
        for number, line in enumerate(text, start=1):
            yield number, line.split(), number
        return
    if quote:
        reader = csv.reader(text, delimiter=delimiter, quotechar=quote)
    else:
        reader = csv.reader(text, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    last = 0
    for fields in reader:
        yield last + 1, fields, reader.line_num
        last = reader.line_num


def _records(text: io.StringIO, layout: Layout, name: str) -> tuple[list[tuple[int, list[str]]], Layout]:
    """All records, split without quotation marks if that is the only way to split them."""
    try:
        split = list(_split(text, layout.delimiter, layout.quote))
    except csv.Error as error:
        raise FileError(f"{name} can't be split into fields: {error}.") from error
    width = _width([len(_without_empty_end(fields)) for _, fields, _ in split if any(fields)])
    torn = [first for first, fields, last in split if last > first and len(fields) != width]
    if torn and layout.quote:
        text.seek(0)
        plain = list(_split(text, layout.delimiter, ""))
        if sum(len(fields) != width for _, fields, _ in plain if any(fields)) > len(torn):
            cure = "close it, or set quote: none if the file uses no quotation marks"
            raise FileError(f"{name} has in line {torn[0]} a quotation mark that is never closed: {cure}.")
        split, layout = plain, replace(layout, quote="")
    return [(first, fields) for first, fields, _ in split], layout


def _bottom_problem(fields: Sequence[str], width: int, before: Sequence[str] | None) -> str | None:
    """Why a row at the bottom of a table is none: a total or a note."""
    filled = [text for text in fields if text.strip()]
    if not filled:
        return None
    words = [position for position, text in enumerate(fields) if _TOTAL.fullmatch(text.strip())]
    if words and width > 1:
        is_sparse = len(filled) <= width * 2 / 3
        stands_for_value = before is not None and any(
            position < len(before) and is_value(before[position]) for position in words
        )
        if is_sparse or stands_for_value:
            return TOTAL_PROBLEM
    if width >= 4 and len(filled) <= width * 0.4 and all(_NUMBER_LIKE.fullmatch(text.strip()) for text in filled):
        return TOTAL_PROBLEM
    if width >= 3 and len(filled) == 1 and not is_value(filled[0]) and fields[0].strip():
        return NOTE_PROBLEM
    return None


@dataclass
class _Rows:
    """Rows of a table in the making."""

    lines: list[int] = field(default_factory=list)
    fields: list[list[str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def _prepared_table(
    records: Iterable[tuple[int, list[str]]],
    name: str,
    layout: Layout,
    digest: str,
    prepared: Path,
    check: Callable[[], None],
) -> RawTable:
    """A copy with commas, with the line of every row and what is wrong with it."""
    below = [(line, fields) for line, fields in records if line >= layout.header_line]
    fields = below.pop(0)[1] if below and layout.header_line else []
    filled = [(line, list(_without_empty_end(row))) for line, row in below]
    filled = [(line, row) for line, row in filled if row]
    named = len(_without_empty_end(fields))
    if not named and layout.header_line:
        raise FileError(f"{name} has no column names in line {layout.header_line}: set header_line.")
    width = named or _width([len(row) for _, row in filled] or [1])
    if layout.header_line:
        # Columns that have values and no name count if most rows have them.
        longest = _width([len(row) for _, row in filled] or [width])
        width = max(width, min(longest, len(fields)))
    header = column_names(fields, width)
    rows = _judged_rows(filled, width)
    key = hashlib.sha256(f"{digest}{layout}{_PREPARED_VERSION}".encode()).hexdigest()[:32]
    copy = prepared / f"{key}.csv"
    if not copy.exists():
        _write_rows(rows, header, layout, copy, check)
    columns = ", ".join(f"{sql_text(column)}: 'varchar'" for column in (*header, *_ADDED))
    texts = ", ".join(sql_name(column) for column in header)
    sql = (
        f"select {texts}, cast({_ADDED[0]} as bigint) as raw_line, {_ADDED[1]} as raw_problem, {_ADDED[2]} as raw_text"
        f" from read_csv({sql_text(glob_literal(copy))}, columns = {{{columns}}}, auto_detect = false, header = true,"
        " delim = ',', quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = true)"
    )
    odd = sum(problem != "" for problem in rows.problems)
    notices = [*_header_notices(name, fields)]
    if odd:
        first = next(index for index, problem in enumerate(rows.problems) if problem)
        notices.append(
            f"{name} has {odd} line{'s' if odd > 1 else ''} that {'are' if odd > 1 else 'is'} no row,"
            f" first line {rows.lines[first]}, which {rows.problems[first]}."
        )
    return RawTable(name, layout, header, sql, digest, notices=tuple(notices))


_ADDED = ("_raw_line", "_raw_problem", "_raw_text")
_PREPARED_VERSION = 1
"""Changes when prepared files of an older version must not be read any more."""


def _judged_rows(filled: Sequence[tuple[int, list[str]]], width: int) -> _Rows:
    rows = _Rows()
    bottom = len(filled) - _BOTTOM_ROWS
    before: Sequence[str] | None = None
    for index, (line, fields) in enumerate(filled):
        problem = _bottom_problem(fields, width, before) if index >= bottom else None
        least = 1 if width < 3 else 2
        if problem is None and len(fields) > width:
            problem = f"has {len(fields)} fields, the header has {width}"
        elif problem is None and len(fields) < least:
            problem = f"has {len(fields)} field, the header has {width}"
        rows.lines.append(line)
        rows.fields.append(list(fields))
        rows.problems.append(problem or "")
        before = fields if problem is None else before
    return rows


def _write_rows(rows: _Rows, header: Sequence[str], layout: Layout, copy: Path, check: Callable[[], None]) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(copy)
    mark = " " if layout.delimiter == BLANKS else layout.delimiter
    with draft.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow([*header, *_ADDED])
        for line, fields, problem in zip(rows.lines, rows.fields, rows.problems, strict=True):
            kept = (fields + [""] * len(header))[: len(header)]
            writer.writerow([*kept, line, problem, mark.join(fields) if problem else ""])
    _keep(draft, copy, check)


def _draft(copy: Path) -> Path:
    """Where a copy is written first; every thread of every process has one of its own."""
    return copy.with_name(f"{copy.name}.{os.getpid()}.{threading.get_ident()}")


def _keep(draft: Path, copy: Path, check: Callable[[], None]) -> None:
    """Give a copy its name, which stands for the content of the file that was hashed."""
    try:
        check()
        draft.replace(copy)
    finally:
        draft.unlink(missing_ok=True)


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def default_prepared_folder() -> Path:
    """Where copies go if nobody says so: beside the working database."""
    return working_database().absolute().parent / "prepared"
