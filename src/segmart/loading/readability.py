"""Read every field of raw files once, before a model would stop in the middle of a line that can't be read."""

from __future__ import annotations

import codecs
import gzip
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain

from duckdb import DuckDBPyConnection, Error

from segmart.loading.contract import Layout, first_line, raw_file_sql, scan_sql, select_sql, text_sql
from segmart.loading.errors import RawFileError, raw_file_error
from segmart.loading.files import RawTable, is_remote
from segmart.sql import sql_name

_CHUNK_BYTES = 1 << 20
_PROBLEMS = {
    "MISSING COLUMNS": "has too few fields",
    "TOO MANY COLUMNS": "has too many fields",
    "INVALID ENCODING": "is not encoded as UTF-8",
    "UNQUOTED VALUE": "has a quotation mark that is never closed",
    "LINE SIZE OVER MAXIMUM": "is longer than 2 MB",
}
"""What DuckDB calls a problem -> how it reads after the line's number."""

_MARKS = re.compile(rb'"|\r\n|\r|\n')
_LINE_ENDS = {b"\r\n": "CRLF", b"\n": "LF", b"\r": "CR"}


def count_rows(table: RawTable, layouts: Sequence[Layout], connection: DuckDBPyConnection) -> dict[str, int]:
    """Rows of each file by its path; files without rows are left out.

    Raises:
        RawFileError: If a line can't be read. One is enough to distrust the file.
    """
    counts: dict[str, int] = {}
    for layout in layouts:
        if layout.format == "parquet":
            counts |= _count_parquet(table, layout, connection)
        else:
            counts |= _count_csv(table, layout, connection)
    return counts


def _count_parquet(table: RawTable, layout: Layout, connection: DuckDBPyConnection) -> dict[str, int]:
    # The number of rows stands in the file's footer; only a value that is asked for is unpacked.
    values = ", ".join(text_sql(table, layout, column) for column in layout.columns)
    sql = f"select {layout.file_column}, count(*), bit_xor(hash({values})) from {scan_sql(layout)} group by all"
    try:
        return {file: count for file, count, _ in connection.execute(sql).fetchall()}
    except Error as error:
        for file in layout.files if len(layout.files) > 1 else ():
            _count_parquet(table, replace(layout, files=(file,)), connection)
        problem = f"is damaged Parquet and can not be read ({first_line(error)}): fetch or write it again"
        raise raw_file_error(layout.files[0], problem, table.expected) from error


def _count_csv(table: RawTable, layout: Layout, connection: DuckDBPyConnection) -> dict[str, int]:
    connection.execute("drop table if exists unreadable_lines; drop table if exists unreadable_scans")
    # DuckDB looks only at the encoding of what is asked for. To count all fields takes twice as long as to count lines.
    fields = "" if _are_utf8(layout) else "".join(f", count({sql_name(field)})" for field in layout.fields)
    sql = f"select {layout.file_column}, count(*){fields} from {scan_sql(layout, True)} group by {layout.file_column}"
    try:
        counts = {file: count for file, count, *_ in connection.execute(sql).fetchall()}
    except Error as error:
        raise _explain(table, layout, error, connection) from error
    unreadable = connection.execute("""
        select file_path, line, error_type, error_message,
            (select count(distinct (scan_id, file_id, line)) from unreadable_lines)
        from unreadable_lines inner join unreadable_scans using (scan_id, file_id)
        order by file_path nulls last, line nulls last limit 1
    """).fetchone()
    if unreadable:
        file, line, kind, message, count = unreadable
        raise raw_file_error(
            file,
            f"can not be read: line {line} {_PROBLEMS.get(kind, message)}"
            f" (the header has {len(layout.fields)} fields; {count} such lines in all)",
            table.expected,
        )
    return counts


def _explain(table: RawTable, layout: Layout, error: Error, connection: DuckDBPyConnection) -> RawFileError:
    """The error of the file that DuckDB stopped at."""
    if len(layout.files) > 1:
        for file in layout.files:
            try:
                _count_csv(table, replace(layout, files=(file,)), connection)
            except RawFileError as of_file:
                return of_file
    file = layout.files[0]
    mixed = None if is_remote(file) else mixed_line_ends(_chunks(file, layout.format == "csv.gz"))
    return raw_file_error(file, mixed or f"can not be read ({first_line(error)})", table.expected)


def _are_utf8(layout: Layout) -> bool:
    """Whether all files of a layout are known to be UTF-8; DuckDB has to find out about compressed and remote ones."""
    if layout.format == "csv.gz" or is_remote(layout.files[0]):
        return False
    with ThreadPoolExecutor(os.cpu_count()) as readers:
        return all(readers.map(lambda file: is_utf8(_chunks(file, False)), layout.files))


def is_utf8(chunks: Iterable[bytes]) -> bool:
    """Whether a file is encoded as UTF-8.

    Args:
        chunks: The file in pieces.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in chunks:
            # Most files hold little else than ASCII, which is recognised faster than decoded.
            if decoder.getstate()[0] or not chunk.isascii():
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _chunks(file: str, is_compressed: bool) -> Iterable[bytes]:
    with gzip.open(file) if is_compressed else open(file, "rb") as source:
        while chunk := source.read(_CHUNK_BYTES):
            yield chunk


def mixed_line_ends(chunks: Iterable[bytes]) -> str | None:
    """Where the lines of a CSV file begin to end in another way, to be read after its path; None if they never do.

    Line ends inside of quotation marks are part of a value. A quotation mark opens a value only where the value starts;
    two of them inside a value stand for one.

    Args:
        chunks: The file in pieces.
    """
    first_end, line, is_quoted, closed = None, 1, False, -1
    text, offset = b",", 0
    for chunk in chain(chunks, [b""]):
        text += chunk
        # The end of a chunk may be half of a line end, or the first of two quotation marks.
        end = len(text) - (bool(chunk) and text[-1:] in (b"\r", b'"'))
        for token in _MARKS.finditer(text, 1, end):
            position = offset + token.start()
            if token[0] == b'"':
                if is_quoted:
                    is_quoted, closed = False, position
                else:
                    before = text[token.start() - 1 : token.start()]
                    is_quoted = before in (b",", b"\n", b"\r", b"\xbf") or closed == position - 1
            elif first_end in (None, token[0]) or is_quoted:
                first_end, line = first_end if is_quoted else token[0], line + 1
            else:
                return (
                    f"has different line ends: line {line} ends with {_LINE_ENDS[token[0]]}, the lines before it with"
                    f" {_LINE_ENDS[first_end]}; save it with one kind of line end"
                )
        offset += end - 1
        # One character is kept, because a quotation mark depends on what stands before it.
        text = text[end - 1 :]
    return None


def check_types(
    table: RawTable, layouts: Sequence[Layout], types: Mapping[str, str], connection: DuckDBPyConnection
) -> None:
    """Check that the columns with a type hold nothing else.

    Args:
        table: The table.
        layouts: Its files.
        types: Types by column.
        connection: Reads the files.

    Raises:
        RawFileError: If a type is unknown to the table or to DuckDB, or a value has another type.
    """
    for column, type_ in types.items():
        if column not in table.expected:
            raise raw_file_error(table.path, f"has no column {column}, which column_types names", table.expected)
        name = sql_name(column)
        file = f", {raw_file_sql(table, 'raw_file')}" if table.is_raw and table.is_directory else ""
        sql = (
            f"select {name}{file and ', raw_file'} from ({select_sql(table, layouts)}) as rows"
            f" where {name} is not null and try_cast({name} as {type_}) is null order by {name} nulls last limit 1"
        )
        try:
            wrong = connection.execute(sql).fetchone()
        except Error as error:
            problem = f"has the column {column}, which can not be of the type {type_} ({first_line(error)})"
            raise raw_file_error(table.path, problem, table.expected) from error
        if wrong:
            path = table.path + wrong[1] if file else table.path
            raise raw_file_error(
                path, f"has in the column {column} the value {wrong[0]!r}, not {type_}", table.expected
            )
