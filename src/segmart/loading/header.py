"""Column names of a CSV file, and what its first line says about how it is written."""

from __future__ import annotations

import csv
import io
import re
import zlib
from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from segmart.loading.errors import raw_file_error
from segmart.loading.files import file_format, is_remote, literal_pattern

MAX_LINE_BYTES = 2_000_000
"""DuckDB reads no longer lines."""

_HEAD_BYTES = 1 << 16
_HEADER_SEARCH = 50
"""So many lines are searched for the header."""

_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_OTHER_FORMATS = {b"PAR1": "a Parquet file", b"\x1f\x8b": "a gzip file", b"PK\x03\x04": "a ZIP archive or a workbook"}
"""First bytes -> what the file is."""

csv.field_size_limit(MAX_LINE_BYTES)


def read_header(file: str, expected: Sequence[str], connection: DuckDBPyConnection) -> list[str]:
    """Column names of a CSV file as they are written, with blanks around them; empty where a column has none.

    Args:
        file: A CSV file, may be compressed.
        expected: Columns that the file should have.
        connection: Reads object stores; not used for local files.

    Raises:
        RawFileError: If the file is empty, or written in another way than expected.
    """
    if is_remote(file):
        return parse_header(_remote_head(file, connection), file, expected)
    return parse_header(_local_head(file), file, expected)


def parse_header(head: bytes, file: str, expected: Sequence[str]) -> list[str]:
    """Column names in the first bytes of a file; see ``read_header``."""
    for signature, kind in _OTHER_FORMATS.items():
        if head.startswith(signature):
            raise raw_file_error(file, f"is {kind}, not CSV: give it the name it should have", expected)
    line = re.split(rb"[\r\n]", head, maxsplit=1)[0]
    if not line.removeprefix(b"\xef\xbb\xbf"):
        raise raw_file_error(file, "is empty, or starts with an empty line", expected)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or line.count(b"\0") * 3 > len(line):
        raise raw_file_error(file, "is encoded as UTF-16: save it as UTF-8", expected)
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start <= len(line):
            raise raw_file_error(file, "is not encoded as UTF-8: save it as UTF-8", expected) from error
        text = head[: error.start].decode("utf-8-sig")
    if "\0" in text[: len(line)]:
        raise raw_file_error(file, "has a NUL character in its first line: remove it", expected)
    if text.startswith("sep="):
        first = re.split(r"[\r\n]", text, maxsplit=1)[0]
        raise raw_file_error(file, f"starts with the line {first.strip()}: remove it", expected)
    names = next(csv.reader(io.StringIO(text, newline="")))
    header_line = _line_of_header(text, expected)
    if header_line > 1:
        problem = f"seems to have its header in line {header_line}: remove the lines above it"
        raise raw_file_error(file, problem, expected)
    if len(names) == 1 and len(expected) > 1:
        for delimiter, name in _DELIMITERS.items():
            if delimiter in names[0]:
                raise raw_file_error(file, f"is separated by {name}, not by commas", expected)
    return names


def _line_of_header(text: str, expected: Sequence[str]) -> int:
    """The first line with most of the expected names, if there are several and the first line has none; else 1."""
    wanted = {name.strip().lower() for name in expected}
    for number, line in enumerate(text.splitlines()[:_HEADER_SEARCH], start=1):
        found = wanted & {name.strip().strip('"').lower() for name in line.split(",")}
        if number == 1 and found:
            return 1
        if 2 * len(found) > len(wanted) > 1:
            return number
    return 1


def _local_head(file: str) -> bytes:
    """The first bytes of a local file, decompressed, with its first line in full."""
    with open(file, "rb") as source:
        head = source.read(_HEAD_BYTES)
        if file_format(file) != "csv.gz":
            if not re.search(rb"[\r\n]", head):
                head += source.read(MAX_LINE_BYTES)
            return head
        unpack = zlib.decompressobj(wbits=31)
        plain = unpack.decompress(head)
        while not re.search(rb"[\r\n]", plain) and len(plain) < MAX_LINE_BYTES and (head := source.read(_HEAD_BYTES)):
            plain += unpack.decompress(head)
        return plain


def _remote_head(file: str, connection: DuckDBPyConnection) -> bytes:
    """The first line of a file in an object store, without fetching the rest."""
    compression = "gzip" if file_format(file) == "csv.gz" else "none"
    sql = (
        "select line from read_csv(?, columns = {'line': 'varchar'}, header = false, auto_detect = false,"
        f" delim = chr(1), quote = '', escape = '', strict_mode = false, compression = '{compression}') limit 1"
    )
    row = connection.execute(sql, [literal_pattern(file)]).fetchone()
    return f"{row[0]}\n".encode() if row and row[0] else b""
