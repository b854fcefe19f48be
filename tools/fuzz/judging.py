"""What a build makes of a damaged file, against an independent reading of its bytes."""

from __future__ import annotations

import csv
import gzip
import io
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from random import Random
from typing import ClassVar

from tools.fuzz.compiled import CompiledProject
from tools.fuzz.mutations import MUTATIONS, Table, hostile_files

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "seeds" / "sample"
FIRST_QUARTER = "Umsatz_2023_Q1.csv"
ROWS = 200
"""Of the damaged file, so that judging it takes a moment."""

OTHER_ROWS = 250
"""Of each other file."""

INTERNAL = re.compile(
    r"Traceback|INTERNAL|exception occurred|_duckdb\.|Got \d+ result|state machine"
    r"|(Key|Value|Type|Index|Attribute|Assertion|Unicode\w+)Error"
    r"|(Binder|Conversion|Out of Range|Parser|Catalog|Constraint|Fatal) Error|[a-z] at 0x[0-9a-f]{6}"
)
"""What no message may say: it is about the program, not about the file."""

Values = tuple[object, ...]
"""What is compared of an accepted row."""


@dataclass(frozen=True)
class Layout:
    """A file that is damaged, and how its accepted rows are compared with it.

    Attributes:
        name: What `python -m tools.fuzz` calls it.
        datasets: As in SEGMART_DATASETS, one of `PROJECTS`.
        folder: Of the file, in the sample and in a data directory; empty for what a segmart.yml maps.
        file: Its name.
        source_file: What row_reconciliation calls it.
        accepted: SQL of the accepted rows.
        values: Reads a row as plainly as possible, as what that SQL gives; raises if there is nothing plain to read.
        delimiter: Between its fields.
        encoding: Of the file.
        above: Lines above the header.
    """

    name: str
    datasets: str
    folder: str
    file: str
    source_file: str
    accepted: str
    values: Callable[[dict[str, str]], Values]
    delimiter: str = ","
    encoding: str = "utf-8"
    above: int = 0

    @property
    def seed(self) -> str:
        """What dbt calls the file; nothing that is known if a segmart.yml maps it."""
        return self.source_file if self.folder else self.file

    def file_in(self, data: Path) -> Path:
        """Its path in a data directory."""
        return data / self.folder / self.file


MISSING = ("", "null", "(null)", "<null>", "nan", "n/a", "#n/a", "<na>", r"\n")
"""What stands for no value, in lower case."""


def _us(text: str) -> Decimal:
    return Decimal(re.sub(r"[$,\s]", "", text))


def _german(text: str) -> Decimal:
    return Decimal(text.strip().replace(".", "").replace(",", ".") or "0")


def _chips_line(row: dict[str, str]) -> Values:
    return str(int(_us(row["TXN_ID"]))), _us(row["PROD_QTY"]), _us(row["TOT_SALES"])


def _general_line(row: dict[str, str]) -> Values:
    paid = _german(row["Menge"]) * _german(row["Preis"]) - _german(row["Rabatt"])
    # A line without a receipt is one of its moment.
    is_missing = row["Bon"].strip().lower() in MISSING
    receipt = str(datetime.strptime(row["Datum"].strip(), "%d.%m.%Y %H:%M")) if is_missing else row["Bon"]
    return receipt, _german(row["Menge"]), paid.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _numbers(*columns: str) -> Callable[[dict[str, str]], Values]:
    return lambda row: tuple(_us(row[column]) for column in columns)


def _ids(column: str) -> Callable[[dict[str, str]], Values]:
    """Texts as they are."""
    return lambda row: (row[column],)


def _product(row: dict[str, str]) -> Values:
    """A product without a number is known by its name."""
    return (row["Bezeichnung" if row["Nummer"].strip().lower() in MISSING else "Nummer"],)


def _texts(*columns: str) -> Callable[[dict[str, str]], Values]:
    """Texts, whatever blanks stand around or between their words."""
    return lambda row: tuple(" ".join(row[column].split()) for column in columns)


PUBLIC, MAPPED = PROJECTS = ("chips shop campaign grocery", "mapped")
"""SEGMART_DATASETS of what is compiled."""

_LINES = "select receipt_id, units, sales_amount from core.sales_lines where dataset = "
_GERMAN = {"delimiter": ";", "encoding": "cp1252"}

LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout("chips", PUBLIC, "chips", "transaction_data.csv", "transaction_data", f"{_LINES} 'chips'", _chips_line),
        Layout(
            "chips_customers",
            PUBLIC,
            "chips",
            "purchase_behaviour.csv",
            "purchase_behaviour",
            "select customer_id from staging.stg_chips__customers",
            _numbers("LYLTY_CARD_NBR"),
        ),
        Layout(
            "shop",
            PUBLIC,
            "shop",
            "shop_customers.csv",
            "shop_customers",
            "select customer_id, age, annual_income from staging.stg_shop__customers",
            _numbers("CustomerID", "Age", "Annual Income ($)"),
        ),
        Layout(
            "campaign",
            PUBLIC,
            "campaign",
            "marketing_data.csv",
            "marketing_data",
            "select customer_id, wine_amount, meat_amount, web_purchases from staging.stg_campaign__customers",
            _numbers("ID", "MntWines", "MntMeatProducts", "NumWebPurchases"),
        ),
        Layout(
            "campaign_dictionary",
            PUBLIC,
            "campaign",
            "marketing_data_dictionary.csv",
            "marketing_data_dictionary",
            "select column_name from staging.base_campaign__data_dictionary where rejection_reason is null",
            _texts("Field"),
        ),
        Layout(
            "grocery",
            PUBLIC,
            "grocery",
            "customer_basket.csv",
            "customer_basket",
            "select basket_id, customer_id from staging.stg_grocery__baskets",
            _numbers("invoice_id", "customer_id"),
        ),
        Layout(
            "grocery_customers",
            PUBLIC,
            "grocery",
            "customer_info.csv",
            "customer_info",
            "select customer_id from staging.stg_grocery__customers",
            _numbers("customer_id"),
        ),
        Layout(
            "grocery_products",
            PUBLIC,
            "grocery",
            "product_mapping.csv",
            "product_mapping",
            "select product_name from staging.stg_grocery__product_categories",
            _texts("product_name"),
        ),
        Layout("general", MAPPED, "", FIRST_QUARTER, "sales", f"{_LINES} 'general'", _general_line, above=1, **_GERMAN),
        Layout(
            "general_products",
            MAPPED,
            "",
            "Artikel.csv",
            "products",
            "select product_id from staging.base_mapped__products where rejection_reason is null",
            _product,
            **_GERMAN,
        ),
        Layout(
            "general_customers",
            MAPPED,
            "",
            "Kunden.csv",
            "customers",
            "select customer_id from staging.base_mapped__customers where rejection_reason is null",
            _ids("Kundennr."),
            **_GERMAN,
        ),
    )
}
"""Every kind of file by its name."""


@dataclass(frozen=True)
class Outcome:
    """What came of a damaged file.

    Attributes:
        kind: `right rows`, `plain error`, or what was wrong.
        layout: What was damaged.
        damage: What was done to the file.
        detail: The message, or the difference.
        data: The damaged file.
    """

    GOOD: ClassVar = ("right rows", "plain error")

    kind: str
    layout: Layout
    damage: str
    detail: str
    data: bytes

    @property
    def is_bad(self) -> bool:
        """Whether it is neither a plain error nor right rows."""
        return self.kind not in self.GOOD


Compile = Callable[[str, Path], Path]
"""From SEGMART_DATASETS and SEGMART_DATA to the manifest of `dbt compile`."""


class Sandbox:
    """A folder of raw files of one project, of which one at a time is damaged."""

    def __init__(self, datasets: str, folder: Path, compile_project: Compile) -> None:
        """Copy the files, and compile the project.

        Args:
            datasets: As in SEGMART_DATASETS, one of `PROJECTS`.
            folder: Gets the files.
            compile_project: From SEGMART_DATASETS and SEGMART_DATA to the manifest that dbt writes.
        """
        self.layouts = [layout for layout in LAYOUTS.values() if layout.datasets == datasets]
        self._data = folder / "data"
        for layout in self.layouts:
            self._copy(layout)
        self.project = CompiledProject(compile_project(datasets, self._data), self._data, ROOT)
        messages = self.project.build()
        if messages:
            raise ValueError(f"the files were not good before they were damaged: {messages}")

    def _copy(self, layout: Layout) -> None:
        file = layout.file_in(self._data)
        file.parent.mkdir(parents=True, exist_ok=True)
        source = SAMPLE / (layout.folder or "general")
        lines = (source / layout.file).read_bytes().splitlines(keepends=True)
        file.write_bytes(b"".join(lines[: layout.above + 1 + OTHER_ROWS]))
        if not layout.folder:
            shutil.copy(source / "segmart.yml", self._data)

    def mutant(self, layout: Layout, seed: int) -> Outcome:
        """Damage a file in a way that a seed chooses, and build from it."""
        random = Random(seed)
        mutation = random.choice(list(MUTATIONS))
        return self._judge(layout, f"seed {seed}, {mutation}", MUTATIONS[mutation](self._table(layout), random))

    def hostile(self, layout: Layout) -> Iterator[Outcome]:
        """Put every nasty value into every column, a few at a time, and build from it."""
        for description, data in hostile_files(self._table(layout)):
            yield self._judge(layout, description, data)

    def good(self, layout: Layout) -> bytes:
        """The file while it is not damaged."""
        return layout.file_in(self._data).read_bytes()

    def _table(self, layout: Layout) -> Table:
        return _table(layout, self.good(layout))

    def _judge(self, layout: Layout, damage: str, data: bytes) -> Outcome:
        """Build from a damaged file; the file is good again afterwards."""
        file = layout.file_in(self._data)
        good = file.read_bytes()
        try:
            file.write_bytes(data)
            kind, detail = self._outcome(layout, data)
        finally:
            file.write_bytes(good)
        return Outcome(kind, layout, damage, detail, data)

    def mend(self, layout: Layout) -> None:
        """Build from the good file, before another one is damaged."""
        messages = self.project.build(layout.seed)
        if messages:
            raise ValueError(f"the files are not good any more: {messages}")

    def _outcome(self, layout: Layout, data: bytes) -> tuple[str, str]:
        try:
            messages = self.project.build(layout.seed)
        except Exception as error:
            return "trace", f"{type(error).__name__}: {error}"
        if messages:
            return judged_error(layout, messages), " / ".join(messages)
        detail = self.difference(layout, data)
        return ("other rows" if detail else "right rows"), detail

    def difference(self, layout: Layout, data: bytes) -> str:
        """How what was built differs from the file; empty if it does not."""
        query = "select raw_rows, accepted_rows, rejected_rows, excluded_rows, is_reconciled"
        query += " from marts.row_reconciliation where source_file = ?"
        built = self.project.connection
        raw, accepted, rejected, excluded, is_reconciled = built.execute(query, [layout.source_file]).fetchall()[0]
        try:
            rows = _rows(layout, data)
        except (UnicodeError, csv.Error) as error:
            return f"accepted, but can't be read: {error}"
        if raw != len(rows) or raw != accepted + rejected or not is_reconciled:
            return f"{len(rows)} rows in the file, {raw} in the build: {accepted} accepted, {rejected} rejected"
        found = built.execute(layout.accepted).fetchall()
        plain: Counter[Values] = Counter()
        for row in rows:
            try:
                plain[layout.values(row)] += 1
            except (InvalidOperation, KeyError, AttributeError, ValueError):
                continue
        invented = Counter(found) - plain
        if invented:
            return f"rows that are not in the file: {list(invented.items())[:3]}"
        counted = accepted - excluded
        return "" if len(found) == counted else f"{counted} accepted and counted, {len(found)} in the result"


def judged_error(layout: Layout, messages: list[str]) -> str:
    """`plain error`, or what is wrong with what failed steps say."""
    if any(INTERNAL.search(message) for message in messages):
        return "internal message"
    names = (layout.file, layout.source_file, "segmart.yml")
    return "plain error" if all(any(name in message for name in names) for message in messages) else "no file named"


def _table(layout: Layout, data: bytes) -> Table:
    lines = data.decode(layout.encoding).splitlines()
    records = list(csv.reader(lines[layout.above : layout.above + ROWS + 1], delimiter=layout.delimiter))
    return Table(lines[: layout.above], records[0], records[1:], layout.delimiter, layout.encoding)


def _rows(layout: Layout, data: bytes) -> list[dict[str, str]]:
    """The file as Python's csv module reads it, without blank lines."""
    if data.startswith(b"\x1f\x8b"):
        data = gzip.decompress(data)
    is_utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    encoding = "utf-16" if is_utf16 else layout.encoding.replace("utf-8", "utf-8-sig")
    text = io.StringIO(data.decode(encoding), newline="")
    for _ in range(layout.above):
        text.readline()
    limit = csv.field_size_limit(len(data) + 1)
    try:
        records = [record for record in csv.reader(text, delimiter=layout.delimiter) if record]
    finally:
        csv.field_size_limit(limit)
    if layout.datasets == MAPPED:
        # Spreadsheets leave rows without a value, which are none.
        records = [record for record in records if any(field.strip() for field in record)]
    header = [name.strip() for name in records[0]]
    return [dict(zip(header, record, strict=False)) for record in records[1:]]
