"""What all values of a column together prove about how they are written; one value alone proves little.

One ``31/12`` proves that the day comes first, one ``5,70`` that the comma is the decimal mark. A file in which every
number looks like ``12.345`` proves nothing: then there is a best guess, and it says that it is one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from segmart.loading.judging import CURRENCIES, moment_sql, trimmed_sql
from segmart.sql import sql_text

MIN_SHARE = 0.9
"""So many of a column's values must be numbers (or days) for it to be a column of numbers (or days)."""

_SIGNS = re.compile(rf"\s*{CURRENCIES}?\s*[-+−(]?\s*{CURRENCIES}?\s*(.*?)\s*{CURRENCIES}?\s*[-)]?\s*{CURRENCIES}?\s*")
_ONE_MARK = re.compile(r"(9*)([.,])(9*)")
_GROUPED = re.compile(r"9{1,3}(?:([.,'’ \u00a0\u202f])999)(?:(?:\1)999)*(?:([.,])(9*))?")
_GROUP_MARKS = {"\u00a0": " ", "\u202f": " ", "’": "'"}

_SEPARATORS = ("/", "-", ".", " ")
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S", " %H:%M:%S.%f", ", %H:%M", ", %H:%M:%S")
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 60_000
"""Spreadsheet days from 1954 to 2064; sales that are counted in days are from there."""


@dataclass(frozen=True)
class Shape:
    """How some values of a column look: 9 for every digit, Z for a zero that stands alone before a mark.

    Attributes:
        text: The look.
        rows: Values that look so.
        example: One of them.
    """

    text: str
    rows: int
    example: str


@dataclass(frozen=True)
class NumberStyle:
    """Marks of the numbers in a file.

    Attributes:
        decimal: Mark before the decimals.
        thousands: Mark between groups of digits.
        is_proven: Whether some number shows which mark is which, or there is no mark at all.
        reason: What shows it, or why nothing does.
    """

    decimal: str = "."
    thousands: str = ","
    is_proven: bool = True
    reason: str = ""


@dataclass(frozen=True)
class DateStyle:
    """How the days or moments of a column are written.

    Attributes:
        dates: Patterns for ``dates``; empty if the values are no days.
        is_proven: Whether no other order of day and month reads as many.
        share: Share of the values that these patterns read.
        reason: What shows it, or why nothing does.
        other: The patterns that read as many, if nothing is proven.
    """

    dates: tuple[str, ...] = ()
    is_proven: bool = True
    share: float = 0.0
    reason: str = ""
    other: tuple[str, ...] = ()


def value_counts_sql(relation: str, text: str) -> str:
    """The distinct values of a column, ``value``, and how often each is there, ``value_rows``; no empty ones.

    Args:
        relation: What stands after ``from``.
        text: SQL expression of the column.
    """
    return (
        f"(select {trimmed_sql('raw_value')} as value, sum(value_rows) as value_rows from (select {text} as raw_value,"
        f" count(*) as value_rows from {relation} group by all) group by all having value is not null)"
    )


def number_shapes(connection: duckdb.DuckDBPyConnection, counts: str) -> list[Shape]:
    """The shapes of a column's values, the most frequent ones first, at most 500.

    Args:
        connection: Where the query runs.
        counts: The column's values, as `value_counts_sql` gives them.
    """
    shape = r"regexp_replace(regexp_replace(value, '^([^0-9]*)0([.,][0-9])', '\1Z\2'), '[0-9]', '9', 'g')"
    query = (
        f"select {shape} as shape, cast(sum(value_rows) as bigint), min(value) from {counts}"
        " group by shape order by 2 desc, 1 limit 500"
    )
    return [Shape(*row) for row in connection.execute(query).fetchall()]


def number_share(shapes: Sequence[Shape]) -> float:
    """Share of a column's values that may be numbers, whatever their marks."""
    rows = sum(shape.rows for shape in shapes)
    return sum(shape.rows for shape in shapes if _evidence(shape.text) is not None) / rows if rows else 0.0


@dataclass(frozen=True)
class _Evidence:
    decimal: str = ""
    thousands: str = ""
    unclear: str = ""
    is_long: bool = False


def _evidence(shape: str) -> _Evidence | None:
    """What a shape shows; None if it is no number."""
    match = _SIGNS.fullmatch(shape)
    core = match[1] if match else shape
    core, exponent = re.subn(r"[eE][+-]?9{1,2}$", "", core)
    if re.fullmatch("9+", core):
        return _Evidence(is_long=len(core) > 3 and not exponent)
    if re.fullmatch(r"Z[.,]9+", core):
        return _Evidence(decimal=core[1])
    one = _ONE_MARK.fullmatch(core)
    if one and (one[1] or one[3]):
        before, mark, after = one.groups()
        if len(after) == 3 and 1 <= len(before) <= 3 and not exponent:
            return _Evidence(unclear=mark)
        return _Evidence(decimal=mark)
    grouped = _GROUPED.fullmatch(core)
    if grouped and grouped[1] != grouped[2]:
        mark = _GROUP_MARKS.get(grouped[1], grouped[1])
        decimal = grouped[2] or ("," if mark == "." else "." if mark == "," else "")
        return _Evidence(decimal=decimal, thousands=mark)
    return None


def judge_numbers(columns: Mapping[str, Sequence[Shape]]) -> NumberStyle:
    """The marks of a file's numbers.

    Args:
        columns: Name of each column of numbers -> its shapes.
    """
    decimals: Counter[str] = Counter()
    thousands: Counter[str] = Counter()
    unclear: dict[str, tuple[str, str]] = {}
    examples: dict[str, str] = {}
    for name, shapes in columns.items():
        found = [(shape, evidence) for shape in shapes if (evidence := _evidence(shape.text)) is not None]
        is_long = any(evidence.is_long for _, evidence in found)
        for shape, evidence in found:
            decimal = evidence.decimal
            if evidence.unclear and is_long:
                # A file that groups digits writes no 1250 without a mark.
                decimal = evidence.unclear
            elif evidence.unclear:
                unclear.setdefault(evidence.unclear, (name, shape.example))
            if decimal:
                decimals[decimal] += shape.rows
                examples.setdefault(decimal, shape.example)
            if evidence.thousands:
                thousands[evidence.thousands] += shape.rows
    if decimals:
        decimal = max(decimals, key=lambda mark: decimals[mark])
        other = next((mark for mark in thousands if mark != decimal), "," if decimal == "." else ".")
        reason = f"`{examples[decimal]}` shows the decimal mark"
        if len(decimals) > 1:
            rival = "," if decimal == "." else "."
            return NumberStyle(decimal, other, False, f"{reason}, but `{examples[rival]}` shows another one")
        return NumberStyle(decimal, other, True, reason)
    if thousands:
        return NumberStyle(".", max(thousands, key=lambda mark: thousands[mark]), True, "no number has decimals")
    if unclear:
        mark, (name, example) = next(iter(unclear.items()))
        marks = NumberStyle("," if mark == "." else ".", mark)
        reason = f"numbers of {name} such as `{example}` may have decimals or thousands"
        return NumberStyle(marks.decimal, marks.thousands, False, reason)
    return NumberStyle(reason="no number has a mark")


def _date_patterns() -> Iterable[str]:
    for time in _TIMES:
        for mark in _SEPARATORS:
            for order in (("%d", "%m", "%Y"), ("%m", "%d", "%Y"), ("%d", "%m", "%y"), ("%m", "%d", "%y")):
                yield mark.join(order) + time
            if mark != "-":
                yield mark.join(("%Y", "%m", "%d")) + time
            yield mark.join(("%Y", "%d", "%m")) + time
            for month in ("%b", "%B"):
                yield mark.join(("%d", month, "%Y")) + time
                yield mark.join(("%d", month, "%y")) + time
        for month in ("%b", "%B"):
            yield f"{month} %d, %Y{time}"
            yield f"{month} %d %Y{time}"
        yield "%Y%m%d" + time.replace(":", "") if time.startswith(" %H") else "%Y%m%d" + time
    yield "%d%m%Y"


_PIECES = {
    "%d": "[0-9]{1,2}",
    "%m": "[0-9]{1,2}",
    "%Y": "[0-9]{4}",
    "%y": "[0-9]{2}",
    "%H": "[0-9]{1,2}",
    "%I": "[0-9]{1,2}",
    "%M": "[0-9]{2}",
    "%S": "[0-9]{2}",
    "%f": "[0-9]{1,9}",
    "%p": "[AaPp][Mm]",
    "%b": r"[^\W\d]{3}",
    "%B": r"[^\W\d]{3,}",
}


def _look(pattern: str) -> re.Pattern[str]:
    """What texts look like that a pattern may read; spares trying hundreds of patterns on all of them."""
    if pattern == "iso":
        return re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*")
    if pattern in ("excel", "excel1904"):
        return re.compile(r"[0-9]{5}([.][0-9]+)?")
    if pattern == "unix":
        return re.compile("1[0-9]{8,9}")
    if pattern in ("%Y%m%d", "%d%m%Y"):
        return re.compile("[0-9]{8}")
    return re.compile("".join(_PIECES.get(piece, re.escape(piece)) for piece in re.findall("%[A-Za-z]|.", pattern)))


_LOOKS = {pattern: _look(pattern) for pattern in ("iso", "excel", "unix", *dict.fromkeys(_date_patterns()))}
"""Pattern that is tried -> what it reads looks like. Of patterns that read as much, the first one is taken."""


def _reads(value: str, pattern: str) -> str:
    """SQL: whether a pattern reads a value as a day that a shop may have seen."""
    if pattern in ("excel", "excel1904"):
        return f"try_cast({value} as double) between {_FIRST_SERIAL} and {_LAST_SERIAL}"
    moment = f"try_strptime({value}, {sql_text(pattern)})" if "%" in pattern else moment_sql(value, [pattern])
    width = f" and length({value}) = 8" if pattern in ("%Y%m%d", "%d%m%Y") else ""
    return f"year({moment}) between {_FIRST_YEAR} and {_LAST_YEAR}{width}"


def judge_dates(
    connection: duckdb.DuckDBPyConnection, relation: str, text: str, counts: str | None = None
) -> DateStyle:
    """How a column's days are written, judged from all of its values.

    Args:
        connection: Where the queries run.
        relation: What stands after ``from``.
        text: SQL expression of the column.
        counts: The column's values, as `value_counts_sql` gives them, if they are known already.

    Returns:
        The pattern that reads most values, and a second one if that alone reads the rest; no pattern if fewer than half
        of the values are days.
    """
    values = "value_counts"
    connection.execute(
        f"create or replace temp table value_counts as from {counts or value_counts_sql(relation, text)}"
    )
    sample = connection.execute(f"select value from {values} order by hash(value), value limit 300").fetchall()
    likely = [
        pattern
        for pattern, look in _LOOKS.items()
        if sum(look.fullmatch(value) is not None for (value,) in sample) > 0.02 * len(sample)
    ]
    if not likely:
        return DateStyle()
    shares = _shares(connection, values, likely)
    best = max(likely, key=lambda pattern: (shares[pattern], -likely.index(pattern)))
    if shares[best] < 0.5:
        return DateStyle()
    dates, share = (best,), shares[best]
    more: dict[str, float] = {}
    if share < 1:
        rest = f"(select * from {values} where ({_reads('value', best)}) is not true)"
        more = _shares(connection, rest, likely)
        second = max(likely, key=lambda pattern: (more[pattern], -likely.index(pattern)))
        if more[second] > 0 and second != _swapped(best):
            dates, share = (best, second), share + (1 - share) * more[second]
    swapped = _swapped(best)
    is_open = swapped is not None and shares.get(swapped, 0.0) >= shares[best]
    if is_open and "." not in best.split(" ")[0]:
        return _guessed_order(connection, relation, text, best, swapped or best, share)
    if best == "excel":
        return DateStyle(dates, False, share, _serial_reason(connection, values), ("excel1904",))
    reason = ""
    if swapped is not None and not is_open:
        proof = (
            f"select min(value) from {values} where ({_reads('value', best)})"
            f" and ({_reads('value', swapped)}) is not true"
        )
        example = connection.execute(proof).fetchall()[0][0]
        reason = f"`{example}` shows which is the day"
    second_is_open = len(dates) > 1 and more.get(_swapped(dates[1]) or "", 0) >= more[dates[1]]
    if second_is_open:
        return DateStyle(dates, False, share, "the days are written in two ways")
    return DateStyle(dates, True, share, reason)


def _shares(connection: duckdb.DuckDBPyConnection, values: str, patterns: Sequence[str]) -> dict[str, float]:
    counts = ", ".join(f"sum(case when {_reads('value', pattern)} then value_rows end)" for pattern in patterns)
    rows, *found = connection.execute(f"select sum(value_rows), {counts} from {values}").fetchall()[0]
    return {pattern: float(count or 0) / float(rows or 1) for pattern, count in zip(patterns, found, strict=True)}


def _swapped(pattern: str) -> str | None:
    """The same pattern with day and month in the other order; None if it has no numbers for both."""
    if "%d" not in pattern or "%m" not in pattern or pattern.startswith(("%Y%m", "%Y-%m", "%Y/%m", "%Y.%m", "%d%m")):
        return None
    return pattern.replace("%d", "%D").replace("%m", "%d").replace("%D", "%m")


def _serial_reason(connection: duckdb.DuckDBPyConnection, values: str) -> str:
    example = f"(select min(value) from {values} where {_reads('value', 'excel')})"
    days = [f"cast(cast({moment_sql(example, [name])} as date) as varchar)" for name in ("excel", "excel1904")]
    number, windows, mac = connection.execute(f"select {example}, {days[0]}, {days[1]}").fetchall()[0]
    return f"day {number} of a spreadsheet is {windows}, or {mac} if it was made on an old Mac (excel1904)"


def _guessed_order(
    connection: duckdb.DuckDBPyConnection, relation: str, text: str, first: str, second: str, share: float
) -> DateStyle:
    """Of two orders that read every value, the one with which the file's rows go back in time less often."""
    day_first = first if first.index("%d") < first.index("%m") else second
    month_first = second if day_first == first else first
    steps = []
    for pattern in (day_first, month_first):
        moment = moment_sql(trimmed_sql(text), [pattern])
        steps.append(
            f"(select count(*) filter (where moment < before) from (select moment, lag(moment) over () as before"
            f" from (select {moment} as moment from {relation})))"
        )
    back = connection.execute(f"select {', '.join(steps)}").fetchall()[0]
    best, other = (month_first, day_first) if back[1] < back[0] else (day_first, month_first)
    example = connection.execute(f"select min({trimmed_sql(text)}) from {relation}").fetchall()[0][0]
    reason = f"all days such as `{example}` can be read with the day or the month first"
    return DateStyle((best,), False, share, reason, (other,))
