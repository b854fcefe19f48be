"""Twenty-odd ways in which a file of lines and fields goes wrong."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

NASTY_VALUES = (
    "",
    " ",
    "\u00a0",
    "0",
    "-0",
    "-1",
    "+5",
    "1e400",
    "1E2",
    "NaN",
    "inf",
    "-Infinity",
    "0x1F",
    "1_000",
    "1,5",
    "1.5",
    "1.234,56",
    "1,234.56",
    "12.",
    ".5",
    "9" * 34,
    "99999999999999.99",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551616",
    "0." + "0" * 40 + "1",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "31.02.2024 10:15",
    "29.02.2024 25:00",
    "43646",
    "2958466",
    "true",
    "null",
    "None",
    "N/A",
    "#REF!",
    "x" * 100_000,
    "\u202eabc",
    "a\u200bb",
    "e\u0301",
    "\U0001f36a",
    "\ufeff1",
    '"',
    '""',
    "'",
    "a\nb",
    "a\r\nb",
    "a|b",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "<script>alert(1)</script>",
    "{{ 1 / 0 }}",
    "{% endset %}",
    "'; drop table raw.raw_files; --",
    "\\",
    "\\N",
    "%s",
)
"""What people, spreadsheets and attackers put where a value belongs."""


@dataclass(frozen=True)
class Table:
    """A file as lines of fields, before it is damaged.

    Attributes:
        above: Lines above the header.
        header: Names of the columns.
        rows: At least two.
        delimiter: Stands between fields.
        encoding: That of the file.
    """

    above: list[str]
    header: list[str]
    rows: list[list[str]]
    delimiter: str
    encoding: str

    def text(self, end: str = "\n", quoted: bool = False) -> str:
        """The file, every line with its end."""
        written = (self.delimiter.join(map(self._field(quoted), row)) for row in [self.header, *self.rows])
        return "".join(line + end for line in [*self.above, *written])

    def data(self, text: str | None = None) -> bytes:
        """Bytes of a text, or of the file; what the encoding has no character for becomes a question mark."""
        return (self.text() if text is None else text).encode(self.encoding, "replace")

    def with_rows(self, rows: list[list[str]], header: list[str] | None = None) -> Table:
        """The same file with other rows."""
        return Table(self.above, header or self.header, rows, self.delimiter, self.encoding)

    def _field(self, quoted: bool) -> Callable[[str], str]:
        def written(value: str) -> str:
            needs = quoted or any(character in value for character in (self.delimiter, '"', "\n", "\r"))
            return '"' + value.replace('"', '""') + '"' if needs else value

        return written


HOSTILE_SHARE = 0.04
"""Of the rows; where more than max_rejected_share are refused, nothing else is looked at."""


def hostile_files(table: Table) -> Iterator[tuple[str, bytes]]:
    """Every nasty value in every column, each in a row of its own, with a word on what was done."""
    at_once = max(1, int(HOSTILE_SHARE * len(table.rows)))
    for column, name in enumerate(table.header):
        for values in batched(NASTY_VALUES, at_once):
            rows = [list(row) for row in table.rows]
            for row, value in zip(rows, values, strict=False):
                row[column] = value
            yield (
                f"{name.strip()} = {', '.join(value[:20] for value in values)}",
                table.data(table.with_rows(rows).text()),
            )


def batched(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """The values in lists of a size, the last of which may be shorter."""
    return (values[start : start + size] for start in range(0, len(values), size))


Mutation = Callable[[Table, Random], bytes]


def _nasty_value(table: Table, random: Random) -> bytes:
    rows = [list(row) for row in table.rows]
    random.choice(rows)[random.randrange(len(table.header))] = random.choice(NASTY_VALUES)
    return table.data(table.with_rows(rows).text())


def _nasty_column(table: Table, random: Random) -> bytes:
    column, value = random.randrange(len(table.header)), random.choice(NASTY_VALUES)
    rows = [[value if at == column else field for at, field in enumerate(row)] for row in table.rows]
    return table.data(table.with_rows(rows).text())


def _nasty_unquoted(table: Table, random: Random) -> bytes:
    lines = table.text().splitlines()
    at = random.randrange(len(table.above) + 1, len(lines))
    fields = lines[at].split(table.delimiter)
    fields[random.randrange(len(fields))] = random.choice(NASTY_VALUES)
    lines[at] = table.delimiter.join(fields)
    return table.data("\n".join(lines) + "\n")


def _nasty_header(table: Table, random: Random) -> bytes:
    header = list(table.header)
    header[random.randrange(len(header))] = random.choice(NASTY_VALUES)
    return table.data(table.with_rows(table.rows, header).text())


def _flipped_bit(table: Table, random: Random) -> bytes:
    data = bytearray(table.data())
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(data)


def _byte_gone(table: Table, random: Random) -> bytes:
    data = table.data()
    at = random.randrange(len(data))
    return data[:at] + data[at + 1 :]


def _byte_more(table: Table, random: Random) -> bytes:
    data = table.data()
    at = random.randrange(len(data))
    return data[:at] + bytes([random.randrange(256)]) + data[at:]


def _special_byte(table: Table, random: Random) -> bytes:
    data = table.data()
    at = random.randrange(len(data))
    return data[:at] + random.choice([b"\x00", b'"', b"\r", b"\n", b"\r\n", b"\x1a", b"\xff", b"\\"]) + data[at:]


def _cut_short(table: Table, random: Random) -> bytes:
    data = table.data()
    return data[: random.randrange(len(data))]


def _piece_twice(table: Table, random: Random) -> bytes:
    data = table.data()
    start, end = sorted(random.randrange(len(data)) for _ in range(2))
    return data[:end] + data[start:]


def _line_gone(table: Table, random: Random) -> bytes:
    rows = list(table.rows)
    rows.pop(random.randrange(len(rows)))
    return table.data(table.with_rows(rows).text())


def _line_twice(table: Table, random: Random) -> bytes:
    rows = list(table.rows)
    rows.insert(random.randrange(len(rows)), random.choice(rows))
    return table.data(table.with_rows(rows).text())


def _header_again(table: Table, random: Random) -> bytes:
    rows = list(table.rows)
    rows.insert(random.randrange(len(rows)), table.header)
    return table.data(table.with_rows(rows).text())


def _line_between(table: Table, random: Random) -> bytes:
    lines = table.text().splitlines()
    line = random.choice(["", " ", table.delimiter * (len(table.header) - 1), "# comment", "total", "sep=;"])
    lines.insert(random.randrange(len(lines) + 1), line)
    return table.data("\n".join(lines) + "\n")


def _field_count(table: Table, random: Random) -> bytes:
    rows = [list(row) for row in table.rows]
    row = random.choice(rows)
    if random.random() < 0.5:
        row.pop()
    else:
        row.append(random.choice(["", "7"]))
    return table.data(table.with_rows(rows).text())


def _column_gone(table: Table, random: Random) -> bytes:
    at = random.randrange(len(table.header))
    rows = [row[:at] + row[at + 1 :] for row in table.rows]
    return table.data(table.with_rows(rows, table.header[:at] + table.header[at + 1 :]).text())


def _column_more(table: Table, random: Random) -> bytes:
    first = table.header[0]
    name = random.choice(["extra", "_raw_file", "", " ", first, first.lower(), "dataset", "column 9"])
    rows = [[*row, str(number)] for number, row in enumerate(table.rows)]
    return table.data(table.with_rows(rows, [*table.header, name]).text())


def _columns_moved(table: Table, random: Random) -> bytes:
    order = random.sample(range(len(table.header)), len(table.header))
    rows = [[row[at] for at in order] for row in table.rows]
    return table.data(table.with_rows(rows, [table.header[at] for at in order]).text())


def _rows_moved(table: Table, random: Random) -> bytes:
    return table.data(table.with_rows(random.sample(table.rows, len(table.rows))).text())


def _line_ends(table: Table, random: Random) -> bytes:
    kind = random.choice(["\r\n", "\r", "mixed", "none at the end"])
    if kind == "none at the end":
        return table.data(table.text().rstrip("\n"))
    if kind != "mixed":
        return table.data(table.text(kind))
    lines = table.text().splitlines()
    return table.data("".join(line + random.choice(["\n", "\r\n"]) for line in lines))


def _other_encoding(table: Table, random: Random) -> bytes:
    encoding = random.choice(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252", "cp437", "utf-32"])
    return table.text().encode(encoding, "replace")


def _other_delimiter(table: Table, random: Random) -> bytes:
    delimiter = random.choice([",", ";", "\t", "|", ":"])
    return table.data(Table(table.above, table.header, table.rows, delimiter, table.encoding).text())


def _all_quoted(table: Table, random: Random) -> bytes:
    return table.data(table.text(quoted=True))


def _other_format(table: Table, random: Random) -> bytes:
    return random.choice([gzip.compress(table.data()), b"PAR1" + table.data(), b"PK\x03\x04" + table.data(), b""])


MUTATIONS: dict[str, Mutation] = {
    "a nasty value": _nasty_value,
    "a nasty column": _nasty_column,
    "a nasty value without quotes": _nasty_unquoted,
    "a nasty header": _nasty_header,
    "a flipped bit": _flipped_bit,
    "a byte gone": _byte_gone,
    "a byte more": _byte_more,
    "a special byte": _special_byte,
    "cut short": _cut_short,
    "a piece twice": _piece_twice,
    "a line gone": _line_gone,
    "a line twice": _line_twice,
    "the header again": _header_again,
    "a line between": _line_between,
    "another number of fields": _field_count,
    "a column gone": _column_gone,
    "a column more": _column_more,
    "columns moved": _columns_moved,
    "rows moved": _rows_moved,
    "other line ends": _line_ends,
    "another encoding": _other_encoding,
    "another delimiter": _other_delimiter,
    "all quoted": _all_quoted,
    "another format": _other_format,
}
"""Name -> what damages a file."""
