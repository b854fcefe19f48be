"""What a section of the report consists of; the page's template knows how each kind of block looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

import altair as alt
import pandas as pd

from segmart.report import words

TABLE_ROWS = 300
"""A table shows at most this many rows and names the mart that holds the others."""


DAYS = (words.day, words.month)

NAME_CHARACTERS, SENTENCE_CHARACTERS = 16, 60
"""A column with longer texts gets room for a few words of a name, or for a line of a sentence."""


@dataclass(frozen=True)
class Column:
    """A column of a table: the frame's column, its heading and how a value is written."""

    name: str
    heading: str
    write: Callable[[Any], str] = words.text

    @property
    def is_number(self) -> bool:
        """Whether it is aligned as a number."""
        return self.write not in (words.text, words.label, words.yes_no, *DAYS)

    @property
    def is_day(self) -> bool:
        """Whether it is written on one line."""
        return self.write in DAYS


@dataclass(frozen=True)
class Cell:
    """A value as it is written and as it is sorted."""

    shown: str
    value: str


@dataclass(frozen=True)
class Table:
    """Rows for reading.

    Attributes:
        frame: One row per row of the table.
        columns: What is shown of it, in order.
        mart: Where all of the rows are.
        is_searchable: Whether it has a search field.
    """

    frame: pd.DataFrame
    columns: Sequence[Column]
    mart: str
    is_searchable: bool = False

    @cached_property
    def told_columns(self) -> list[Column]:
        """The columns with a value in some row."""
        return [column for column in self.columns if not len(self.frame) or self.frame[column.name].notna().any()]

    @property
    def hidden_rows(self) -> int:
        """Rows that are not shown."""
        return max(0, len(self.frame) - TABLE_ROWS)

    @cached_property
    def rows(self) -> list[list[Cell]]:
        """The cells of the rows that are shown."""
        shown = self.frame.head(TABLE_ROWS)
        written = [[_cell(column, value) for value in shown[column.name]] for column in self.told_columns]
        return [list(cells) for cells in zip(*written, strict=True)]

    @property
    def looks(self) -> list[str]:
        """How each column is set: `number`, `day`, `sentence`, `name`, or nothing in particular."""
        return [
            _look(column, [row[place].shown for row in self.rows]) for place, column in enumerate(self.told_columns)
        ]


def _look(column: Column, texts: Sequence[str]) -> str:
    if column.is_number or column.is_day:
        return "number" if column.is_number else "day"
    longest = max(map(len, texts), default=0)
    return "sentence" if longest > SENTENCE_CHARACTERS else "name" if longest > NAME_CHARACTERS else ""


def _cell(column: Column, value: Any) -> Cell:
    shown = column.write(value)
    if words.is_missing(value):
        return Cell(shown, "")
    return Cell(shown, str(float(value)) if column.is_number else str(value))


@dataclass(frozen=True)
class Figure:
    """A chart with its finding, its description and the numbers behind it.

    Attributes:
        key: Name that no other figure has; names the files of the chart.
        title: What the chart shows, as a sentence from the data.
        chart: The drawing, on the data set ``rows``.
        data: The rows that are drawn.
        alt: What is drawn, for somebody who can't see it.
        table: The numbers.
        note: How to read it, and how far to trust it.
        is_wide: Whether it takes the whole width of the page.
        has_legend: Whether the chart draws its own legend in the page, too; else the section's selector is the legend.
        needs_room: Whether a small screen shows its numbers only.
        options: Label and choices of a list below the title that sets the chart's parameter ``shown``.
        for_analysts: Whether it stands in the folded part of its section.
    """

    kind: ClassVar[str] = "figure"

    key: str
    title: str
    chart: alt.TopLevelMixin
    data: pd.DataFrame
    alt: str
    table: Table
    note: str = ""
    is_wide: bool = False
    has_legend: bool = True
    needs_room: bool = False
    options: tuple[str, tuple[tuple[str, str], ...]] | None = None
    for_analysts: bool = False

    @property
    def is_drawn(self) -> bool:
        """Whether there is anything to draw."""
        return len(self.data) > 0

    @property
    def description(self) -> str:
        """What somebody hears who can't see the chart."""
        return f"{self.alt}. {self.title}."


@dataclass(frozen=True)
class Fact:
    """A number that stands for itself."""

    value: str
    meaning: str
    is_caution: bool = False


@dataclass(frozen=True)
class Facts:
    """Numbers side by side."""

    kind: ClassVar[str] = "facts"

    facts: Sequence[Fact]


@dataclass(frozen=True)
class Finding:
    """A sentence with its number and what to do about it.

    Attributes:
        number: As it is written.
        meaning: What it is.
        sentence: What was found.
        action: What to do.
        evidence: The mart that shows it.
        evidence_key: Which rows of it: columns with their values, with commas between them.
        place: The key of the block that shows the evidence; empty if none does.
        is_caution: Whether it says what not to rely on.
    """

    number: str
    meaning: str
    sentence: str
    action: str
    evidence: str
    evidence_key: str = ""
    place: str = ""
    is_caution: bool = False


@dataclass(frozen=True)
class Findings:
    """Findings under a heading."""

    kind: ClassVar[str] = "findings"

    title: str
    findings: Sequence[Finding]


@dataclass(frozen=True)
class Listing:
    """A table that is worth reading by itself."""

    kind: ClassVar[str] = "listing"

    key: str
    title: str
    table: Table
    note: str = ""
    for_analysts: bool = False


@dataclass(frozen=True)
class Selector:
    """The segments of a section in the order of their colours: legend, and choice of the one brought forward."""

    kind: ClassVar[str] = "selector"

    key: str
    segments: Sequence[str]


@dataclass(frozen=True)
class Verdict:
    """How much the section's segments are worth."""

    kind: ClassVar[str] = "verdict"

    verdict: str
    sentence: str
    is_weak: bool


@dataclass(frozen=True)
class Card:
    """A segment: how large it is, what is known of it, and what to do about it.

    Attributes:
        name: Of the segment.
        size: Its customers.
        facts: What is known, each with its heading.
        actions: What to do, each with its reason or an empty text.
    """

    name: str
    size: str
    facts: Sequence[tuple[str, str]]
    actions: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Cards:
    """Segments side by side, in the order of their colours."""

    kind: ClassVar[str] = "cards"

    key: str
    title: str
    cards: Sequence[Card]


Block = Figure | Facts | Findings | Listing | Selector | Verdict | Cards


@dataclass(frozen=True)
class Section:
    """A chapter of the report.

    Attributes:
        key: Name that no other section has.
        title: Heading.
        lead: What it is about.
        blocks: What it shows.
        dataset: Whose it is; empty if the marts know no dataset.
        is_first_screen: Whether it opens its dataset, and is never folded.
    """

    key: str
    title: str
    lead: str
    blocks: Sequence[Block]
    dataset: str = ""
    is_first_screen: bool = False

    @property
    def figures(self) -> list[Figure]:
        """Its figures."""
        return [block for block in self.blocks if isinstance(block, Figure)]

    @property
    def drawn_figures(self) -> list[Figure]:
        """Its figures in which there is something to draw."""
        return [figure for figure in self.figures if figure.is_drawn]

    @property
    def open_blocks(self) -> list[Block]:
        """What everybody sees."""
        return [block for block in self.blocks if not _is_folded(block)]

    @property
    def folded_blocks(self) -> list[Block]:
        """What analysts unfold."""
        return [block for block in self.blocks if _is_folded(block)]

    @property
    def folded_content(self) -> str:
        """What there is to unfold: ``1 more table``, ``3 more charts and tables``."""
        number = len(self.folded_blocks)
        charts = sum(isinstance(block, Figure) and block.is_drawn for block in self.folded_blocks)
        if charts in (0, number):
            return words.plural(number, "more chart" if charts else "more table")
        return f"{words.count(number)} more charts and tables"


def _is_folded(block: Block) -> bool:
    return isinstance(block, Figure | Listing) and block.for_analysts


@dataclass(frozen=True)
class Cover:
    """What the page says of its data before it shows them.

    Attributes:
        source: Where the data are from; empty if the published file does not say.
        is_sample: Whether they are the project's synthetic sample.
        published_at: When the marts were published, UTC; None if that is not known.
        warning: What is wrong with the whole page; empty if nothing is.
    """

    source: str = ""
    is_sample: bool = False
    published_at: datetime | None = None
    warning: str = ""
