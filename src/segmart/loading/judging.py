r"""SQL that reads texts as numbers, moments, ids and lists, by the format that a file is declared or judged to have.

Every function takes an SQL expression of type text and gives one that is null where the text is not clearly such a
value:
whoever uses it decides what a null means. The expressions are plain DuckDB SQL and may be copied into a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from segmart.sql import sql_text

NUMBER_TYPE = "decimal(18, 6)"
"""Six decimals hold prices finer than a cent; twelve digits before them hold any amount of a receipt."""

NULL_WORDS = ("null", "(null)", "<null>", "nan", "n/a", "#n/a", "<na>", r"\n")
"""What programs write for a missing value, in lower case. ``None`` and ``NA`` are left alone: they are words, too."""

NO_CUSTOMER_WORDS = ("none", "na", "-", "anonymous", "anonym", "guest", "unknown")
"""What stands for no customer besides `NULL_WORDS`; so does any id of zeros only."""

BLANK_CHARACTERS = " \t\r\n\u00a0\u202f\ufeff"
CURRENCIES = r"(?:R\$|[$€£¥₹₺₽]|US\$|zł|Kč|kr[.]?|Fr[.]?|CHF|EUR|USD|GBP|PLN|AUD|CAD|BRL)"

ISO_MOMENT = (
    r"^([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})(?:[T ]+([0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,9})?)?)\s*([AaPp][Mm])?)?"
    r"\s*(?:Z|UTC|[+-][0-9]{2}:?(?:[0-9]{2})?)?$"
)
"""Day, time and half of the day. The offset is read over: a receipt's time is the shop's own."""


def trimmed_sql(text: str) -> str:
    """Text without blanks around it; null if nothing is left, or a word for a missing value."""
    trimmed = f"trim({text}, {sql_text(BLANK_CHARACTERS)})"
    longest = max(len(word) for word in NULL_WORDS)
    # What most texts look like is recognised first, by comparisons that cost a fraction.
    return (
        f"case when length({text}) > {longest} and {text}[1] between '!' and '~' and {text}[-1] between '!' and '~'"
        f" then {text} when {trimmed} <> '' and not {_is_one_of_sql(trimmed, NULL_WORDS)} then {trimmed} end"
    )


def _is_one_of_sql(text: str, words: Sequence[str]) -> str:
    """Whether a text is one of some words, whatever the case; DuckDB makes a join of a longer ``in``."""
    return f"contains({sql_text('|' + '|'.join(words) + '|')}, concat('|', lower({text}), '|'))"


def id_sql(text: str, trim_ids: bool = False) -> str:
    """An id, which stays the text that it is: `0001000`, `CG-12520`.

    Numbers that a program has made of ids become ids again: `13085.0`, and `9e+05` as R writes it, which loses no
    digit.

    Args:
        text: SQL expression of type text.
        trim_ids: Whether blanks around an id are padding.
    """
    known = trimmed_sql(text)
    kept = f"trim({text}, {sql_text(BLANK_CHARACTERS)})" if trim_ids else text
    return (
        f"case when ({known}) is null then null"
        rf" when regexp_full_match({text}, '\s*[0-9]+[.,]0\s*') then regexp_extract({text}, '([0-9]+)[.,]', 1)"
        rf" when regexp_full_match({text}, '\s*[1-9]([.][0-9]+)?e[+][0-9]{{2}}\s*')"
        f" then coalesce(cast(try_cast(try_cast({text} as decimal(38, 6)) as bigint) as varchar), {text})"
        f" else {kept} end"
    )


def customer_sql(text: str, trim_ids: bool = False) -> str:
    """An id of a customer; null for a sale without one, which files write in many ways."""
    trimmed = f"trim({text}, {sql_text(BLANK_CHARACTERS)})"
    return (
        f"case when not {_is_one_of_sql(trimmed, NO_CUSTOMER_WORDS)}"
        rf" and not regexp_full_match({text}, '\s*0+([.]0*)?\s*') then {id_sql(text, trim_ids)} end"
    )


def number_pattern(decimal: str = ".", thousands: str = ",") -> str:
    """Regular expression of a number: the first group is the sign before it, the second one the number.

    Groups of digits have three digits each, so that `5,70` is never read as 570.

    Args:
        decimal: Mark before the decimals.
        thousands: Mark between groups of three digits; empty text if there is none.
    """
    mark, group = re.escape(decimal), _group_class(thousands)
    whole = "[0-9]+" if not thousands else f"(?:[0-9]+|[0-9]{{1,3}}(?:{group}[0-9]{{3}})+)"
    number = f"(?:{whole}(?:{mark}[0-9]*)?|{mark}[0-9]+)(?:[eE][+-]?[0-9]{{1,2}})?"
    return rf"^\s*{CURRENCIES}?\s*([-+−(]?)\s*{CURRENCIES}?\s*({number})\s*{CURRENCIES}?\s*([-)]?)\s*{CURRENCIES}?\s*$"


def number_sql(text: str, decimal: str = ".", thousands: str = ",") -> str:
    """A number of type `NUMBER_TYPE`: `1.234,50 €`, `-5`, `(5.00)` and `5.00-`, with the marks given.

    Args:
        text: SQL expression of type text.
        decimal: Mark before the decimals.
        thousands: Mark between groups of three digits; empty text if there is none.
    """
    pattern = sql_text(number_pattern(decimal, thousands))
    digits = f"regexp_extract({text}, {pattern}, 2)"
    if thousands:
        digits = f"regexp_replace({digits}, {sql_text(_group_class(thousands))}, '', 'g')"
    if decimal != ".":
        digits = f"replace({digits}, {sql_text(decimal)}, '.')"
    sign = (
        f"case when regexp_extract({text}, {pattern}, 1) in ('-', '−', '(')"
        f" or regexp_extract({text}, {pattern}, 3) = '-' then -1 else 1 end"
    )
    plain = "^-?[0-9]+$" if decimal != "." else "^-?[0-9]+([.][0-9]+)?$"
    return (
        f"case when regexp_matches({text}, {sql_text(plain)}) then try_cast({text} as {NUMBER_TYPE})"
        f" when regexp_matches({text}, {pattern}) then cast({sign} * try_cast({digits} as {NUMBER_TYPE}) as"
        f" {NUMBER_TYPE})"
        " end"
    )


def _group_class(thousands: str) -> str:
    """Characters that are one and the same mark: blanks of all widths, straight and curly apostrophes."""
    return {" ": "[ \u00a0\u202f]", "'": "['’]", "’": "['’]"}.get(thousands, re.escape(thousands))


def moment_sql(text: str, dates: Sequence[str]) -> str:
    """A moment of type timestamp, midnight where only a day is given.

    Args:
        text: SQL expression of type text.
        dates: Patterns of ``strptime`` or names in `segmart.loading.mapping.NAMED_DATES`, tried in this order. ISO 8601
            is tried last unless a pattern begins with the year, because it can't be mistaken for anything else.
    """
    tried = list(dates)
    if "iso" not in tried and not any(pattern.startswith("%Y-") for pattern in tried):
        tried.append("iso")
    alternatives = [_one_moment_sql(f"trim({text}, {sql_text(BLANK_CHARACTERS)})", pattern) for pattern in tried]
    return alternatives[0] if len(alternatives) == 1 else f"coalesce({', '.join(alternatives)})"


def _one_moment_sql(text: str, pattern: str) -> str:
    if pattern == "iso":
        parts = [f"nullif(regexp_extract({text}, {sql_text(ISO_MOMENT)}, {group}), '')" for group in (1, 2, 3)]
        moment = f"concat_ws(' ', {parts[0]}, {parts[1]})"
        halves = f"concat_ws(' ', {parts[0]}, {parts[1]}, {parts[2]})"
        formats = "['%Y-%m-%d %I:%M %p', '%Y-%m-%d %I:%M:%S %p']"
        has_length = f"(length({text}) = 10 or (length({text}) = 19 and {text}[17] = ':'))"
        is_plain = f"{has_length} and {text}[5] = '-' and {text}[8] = '-'"
        return (
            f"case when {is_plain} then try_cast({text} as timestamp) when {parts[2]} is null then"
            f" try_cast({moment} as timestamp)"
            f" else try_strptime({halves}, {formats}) end"
        )
    if pattern in ("excel", "excel1904"):
        first = "1899-12-30" if pattern == "excel" else "1904-01-01"
        days = f"try_cast(nullif(regexp_extract({text}, '^[0-9]{{1,5}}([.][0-9]+)?$', 0), '') as double)"
        return f"timestamp '{first} 00:00:00' + to_seconds(round({days} * 86400))"
    if pattern == "unix":
        return f"make_timestamp(try_cast(nullif(regexp_extract({text}, '^[0-9]{{9,10}}$', 0), '') as bigint) * 1000000)"
    moment = f"try_strptime({text}, {sql_text(pattern)})"
    if "%Y" in pattern:
        # `%Y` reads 18 as the year 18.
        return f"case when year({moment}) >= 1000 then {moment} end"
    return moment


_ELEMENT = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s,\[\]'"][^,\[\]]*"""


def list_sql(text: str, separator: str = ",") -> str:
    """A list of texts, such as Python and JSON write it, or simply with a mark between its elements.

    Args:
        text: SQL expression of type text.
        separator: Between elements that are not in brackets. A comma is none before a blank, so that `jam, plum` is one
            element of `bread,jam, plum`; where every comma has a blank after it, the separator is `, `.

    Returns:
        SQL expression: empty elements are left out; null if brackets hold something else than a list.
    """
    pattern = sql_text(rf"^\s*\[\s*(?:(?:{_ELEMENT})\s*(?:,\s*(?:{_ELEMENT})\s*)*,?)?\s*\]\s*$")
    quoted = f"regexp_extract_all({text}, {sql_text(_ELEMENT)})"
    unquoted = (
        "lambda element: case when element[1] in ('''', '\"')"
        r" then regexp_replace(element[2:-2], '\\(.)', '\1', 'g') else element end"
    )
    plain = f"string_split({text}, {sql_text(separator)})"
    if separator == ",":
        plain = (
            f"list_transform(string_split(replace({text}, ', ', chr(1)), ','),"
            " lambda part: replace(part, chr(1), ', '))"
        )
    blanks = sql_text(BLANK_CHARACTERS)
    elements = (
        f"case when not starts_with(ltrim({text}), '[') then {plain}"
        f" when regexp_matches({text}, {pattern}) then list_transform({quoted}, {unquoted}) end"
    )
    return f"list_filter(list_transform({elements}, lambda item: trim(item, {blanks})), lambda item: item <> '')"
