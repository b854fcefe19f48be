"""Numbers, dates and names as a report writes them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

MISSING = "–"
"""What stands for a value that is not there."""

SPACE = "\N{NO-BREAK SPACE}"

LARGE = 1e15
"""From here on a float has no tenths that could be rounded."""

NAMED_LEADERS = 3
"""As many names share a first place in a sentence; more are only counted."""


@dataclass(frozen=True)
class NumberFormat:
    """How readers write numbers and money.

    Attributes:
        thousands: What stands between groups of three digits; may be empty.
        decimal: What stands before the tenths.
        before: What stands before an amount, such as ``€``.
        after: What stands behind an amount, such as a blank and ``€``.
    """

    thousands: str = ","
    decimal: str = "."
    before: str = ""
    after: str = ""

    def number(self, text: str) -> str:
        """A number that Python has written with commas and a point."""
        return text.translate({ord(","): self.thousands, ord("."): self.decimal})

    def amount(self, text: str) -> str:
        """Money that Python has written with commas and a point; a minus comes first."""
        sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
        return f"{sign}{self.before}{self.number(digits)}{self.after}"


def number_format(example: str) -> NumberFormat:
    """The format in which somebody has written 1234.50, such as ``1.234,50 €``, ``$1,234.50`` or ``CHF 1'234.50``.

    Raises:
        ValueError: If the text is something else.
    """
    found = re.fullmatch(r"([^\d-]*)1([^\d\w]?)234([.,])50([^\d-]*)", example.strip())
    if not found or found[2] == found[3]:
        raise ValueError(
            f"{example!r} does not show how to write 1234.50: write for example '1.234,50 €' or '$1,234.50'"
        )
    before, thousands, decimal, after = (part.replace(" ", SPACE) for part in found.groups())
    return NumberFormat(thousands, decimal, before, after)


ENGLISH = NumberFormat()
"""``1,234.50``."""

_FORMAT: ContextVar[NumberFormat] = ContextVar("number format", default=ENGLISH)


def current_format() -> NumberFormat:
    """The format that numbers are written in now."""
    return _FORMAT.get()


@contextmanager
def written_in(numbers: NumberFormat) -> Iterator[None]:
    """Write all numbers in a format, inside of a ``with``."""
    token = _FORMAT.set(numbers)
    try:
        yield
    finally:
        _FORMAT.reset(token)


def _number(text: str) -> str:
    return _FORMAT.get().number(text)


def is_missing(value: Any) -> bool:
    """Whether a cell is None, NA, NaN or NaT; the last two do not equal themselves."""
    return value is None or value is pd.NA or bool(value != value)


def _rounded(value: float, digits: int) -> str:
    """A number with so many decimals; halves are rounded up as charts do, where Python would take the even one."""
    if abs(value) >= LARGE:
        # More digits than a decimal holds, or infinity.
        return f"{value:,.{digits}f}"
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{abs(rounded) if rounded == 0 else rounded:,f}"


def count(value: Any) -> str:
    """A whole number: ``1,933,115``."""
    return MISSING if is_missing(value) else _number(_rounded(float(value), 0))


def amount(value: Any) -> str:
    """Money: without cents from 1,000 on, ``39,052`` but ``24.71``."""
    if is_missing(value):
        return MISSING
    return _FORMAT.get().amount(_rounded(float(value), 0 if abs(float(value)) >= 999.995 else 2))


def share(value: Any) -> str:
    """A part of 1 as a percentage: ``28.1 %``."""
    if is_missing(value):
        return MISSING
    return _number(_rounded(float(value) * 100, 1)) + f"{SPACE}%"


def small_share(value: Any) -> str:
    """A part of 1 that may be so small that it would look like none: ``< 0.1 %``."""
    if is_missing(value) or not 0 < float(value) < 0.0005:
        return share(value)
    return f"< {_number('0.1')}{SPACE}%"


def decimal(value: Any) -> str:
    """A number with two decimals: ``0.46``."""
    if is_missing(value):
        return MISSING
    return _number(_rounded(float(value), 2))


def measured(value: Any) -> str:
    """A mean of unknown size: ``53,246``, ``12.4``, ``0.27``; about three digits are shown."""
    if is_missing(value):
        return MISSING
    size = abs(float(value))
    return _number(_rounded(float(value), 0 if size >= 100 else 1 if size >= 10 else 2))


def times(value: Any) -> str:
    """A ratio in a sentence: ``14.1 times``, ``2.53 times``."""
    return f"{measured(value)} times"


def against_expected(deviation: Any) -> str:
    """How far a value lay from what was to be expected; as a percentage only if it lay below twice of that.

    Args:
        deviation: Part of what was expected that came in addition, or, if negative, that was missing.
    """
    if float(deviation) >= 1:
        return f"at {times(1 + float(deviation))} what was to be expected"
    return f"{share(abs(float(deviation)))} {'below' if float(deviation) < 0 else 'above'} what was to be expected"


def p_value(value: Any) -> str:
    """A p- or q-value: ``0.031``, and ``< 0.001`` below."""
    if is_missing(value):
        return MISSING
    return f"< {_number('0.001')}" if float(value) < 0.001 else _number(f"{float(value):.3f}")


def day(value: Any) -> str:
    """A date: ``14 May 2019``."""
    if is_missing(value):
        return MISSING
    moment = value if isinstance(value, date) else datetime.fromisoformat(str(value))
    return f"{moment.day} {moment:%B %Y}"


def with_days(sentence: str) -> str:
    """A sentence from a mart with its days as `day` writes them: ``2019-05-14`` becomes ``14 May 2019``."""
    return re.sub(r"(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-])", _day_or_text, sentence)


def _day_or_text(found: re.Match[str]) -> str:
    try:
        return day(found[0])
    except ValueError:
        return found[0]


def month(value: Any) -> str:
    """The month of a date: ``May 2019``."""
    return MISSING if is_missing(value) else day(value).split(" ", 1)[1]


def yes_no(value: Any) -> str:
    """A truth value."""
    return MISSING if is_missing(value) else "yes" if value else "no"


def text(value: Any) -> str:
    """Anything else as it is."""
    return MISSING if is_missing(value) else str(value)


def label(name: Any) -> str:
    """A column's name for readers: ``avg_wine_amount`` becomes ``average wine amount``."""
    return re.sub(r"^avg ", "average ", text(name).replace("_", " "))


def title_case(words: str) -> str:
    """The first letter as a capital, the rest as it is."""
    return words[:1].upper() + words[1:]


def sentence_case(name: Any) -> str:
    """A name in capitals as a sentence writes it: ``OLDER FAMILIES, Budget`` becomes ``Older families, Budget``."""
    return ", ".join(_softened(part) for part in text(name).split(", "))


def _softened(part: str) -> str:
    is_shouted = part == part.upper() and any(len(word) > 3 for word in re.findall(r"[^\W0-9_]+", part))
    return title_case(part.lower()) if is_shouted else part


def listing(names: Sequence[str]) -> str:
    """Names in a sentence: ``A``, ``A and B``, ``A, B and C``."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def plural(number: int, noun: str, nouns: str = "") -> str:
    """A number with its noun: ``1 product``, ``2 products``, ``no products``."""
    return f"{count(number) if number else 'no'} {noun if number == 1 else nouns or noun + 's'}"


def leaders(names: Sequence[Any], values: Sequence[Any]) -> tuple[list[str], float]:
    """All names that share the highest value, and that value; an empty list and NaN if no value is known."""
    known = [(text(name), float(value)) for name, value in zip(names, values, strict=True) if not is_missing(value)]
    highest = max((value for _, value in known), default=math.nan)
    return [name for name, value in known if value == highest], highest


def leading(names: Sequence[str], noun: str, nouns: str = "") -> str:
    """The names of those in front, as the subject of a sentence: ``A``, ``A and B``, ``5 brands`` if there are many."""
    return listing(names) if len(names) <= NAMED_LEADERS else plural(len(names), noun, nouns)
