"""What a build makes of a damaged file, against an independent reading of its bytes."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from tools.fuzz.mutations import MUTATIONS, Table

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "seeds" / "sample"
FIRST_QUARTER = "Umsatz_2023_Q1.csv"
ROWS = 200
"""Of the damaged file, so that a build takes a second."""

INTERNAL = re.compile(
    r"Traceback|INTERNAL|exception occurred|_duckdb\.|Got \d+ result|state machine"
    r"|(Key|Value|Type|Index|Attribute|Assertion|Unicode\w+)Error"
    r"|(Binder|Conversion|Out of Range|Parser|Catalog|Constraint|Fatal) Error|[a-z] at 0x[0-9a-f]{6}"
)
"""What no message may say: it is about the program, not about the file."""

Line = tuple[str, Decimal, Decimal | None]
"""Receipt, units, money."""


@dataclass(frozen=True)
class Layout:
    """Files that are built together, one of which is damaged.

    Attributes:
        name: What `python -m tools.fuzz` calls it.
        dataset: As in SEGMART_DATASETS.
        folder: Of the files, in the sample and in a data directory.
        file: The one that is damaged.
        source_file: What row_reconciliation calls it.
        delimiter: Between its fields.
        encoding: Of the file.
        above: Lines above the header.
        line: Reads a line of sales as plainly as possible; raises if there is nothing plain to read. None if the file
            has no sales lines.
    """

    name: str
    dataset: str
    folder: str
    file: str
    source_file: str
    delimiter: str = ","
    encoding: str = "utf-8"
    above: int = 0
    line: Callable[[dict[str, str]], Line] | None = None


def _us(text: str) -> Decimal:
    return Decimal(re.sub(r"[$,\s]", "", text))


def _german(text: str) -> Decimal:
    return Decimal(text.strip().replace(".", "").replace(",", ".") or "0")


def _chips_line(row: dict[str, str]) -> Line:
    return row["TXN_ID"].strip(), _us(row["PROD_QTY"]), _us(row["TOT_SALES"])


def _general_line(row: dict[str, str]) -> Line:
    paid = _german(row["Menge"]) * _german(row["Preis"]) - _german(row["Rabatt"])
    return row["Bon"].strip(), _german(row["Menge"]), paid.quantize(Decimal("0.01"), ROUND_HALF_UP)


LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout("chips", "chips", "chips", "transaction_data.csv", "transaction_data", line=_chips_line),
        Layout("chips_customers", "chips", "chips", "purchase_behaviour.csv", "purchase_behaviour"),
        Layout("shop", "shop", "shop", "shop_customers.csv", "shop_customers"),
        Layout("campaign", "campaign", "campaign", "marketing_data.csv", "marketing_data"),
        Layout("grocery", "grocery", "grocery", "customer_basket.csv", "customer_basket"),
        Layout("general", "mapped", "", FIRST_QUARTER, "sales", ";", "cp1252", 1, _general_line),
        Layout("general_products", "mapped", "", "Artikel.csv", "products", ";", "cp1252"),
    )
}


@dataclass(frozen=True)
class Outcome:
    """What came of a damaged file.

    Attributes:
        kind: `right rows`, `plain error`, or what was wrong.
        seed: That of the mutant.
        mutation: What was done to the file.
        detail: The message, or the difference.
        data: The damaged file.
    """

    GOOD: ClassVar = ("right rows", "plain error")

    kind: str
    seed: int
    mutation: str
    detail: str
    data: bytes

    @property
    def is_bad(self) -> bool:
        """Whether it is neither a plain error nor right rows."""
        return self.kind not in self.GOOD


class Sandbox:
    """A folder of raw files of one layout, its database, and dbt, which parses the project once."""

    def __init__(self, layout: Layout, folder: Path) -> None:
        self.layout = layout
        self.database = folder / "segmart.duckdb"
        data = folder / "data"
        source = SAMPLE / (layout.folder or "general")
        self.file = data / layout.folder / layout.file
        self.file.parent.mkdir(parents=True)
        for path in [*source.glob("*.csv"), *source.glob("segmart.yml")]:
            # Of the files of eight quarters, which are one table, the first is enough.
            if not path.name.startswith("Umsatz") or path.name == FIRST_QUARTER:
                shutil.copy(path, self.file.parent)
        self.table = _table(layout, self.file.read_bytes())
        os.environ.update(SEGMART_DATABASE=str(self.database), SEGMART_DATA=str(data), SEGMART_DATASETS=layout.dataset)
        os.environ.pop("SEGMART_PUBLISHED", None)
        self._options = ["--quiet", "--no-use-colors", "--log-level", "none", "--log-level-file", "none"]
        self._options += ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT)]
        self._options += ["--target-path", str(folder / "target")]
        self._dbt = dbtRunner(manifest=dbtRunner().invoke(["parse", *self._options]).result)

    def judge(self, seed: int) -> Outcome:
        """Damage the file and build from it."""
        random = Random(seed)
        mutation = random.choice(list(MUTATIONS))
        data = MUTATIONS[mutation](self.table, random)
        self.file.write_bytes(data)
        messages = self._build()
        if messages:
            kind, detail = self._judged_error(messages), " / ".join(messages)
        else:
            detail = self._difference(data)
            kind = "other rows" if detail else "right rows"
        return Outcome(kind, seed, mutation, detail, data)

    def _build(self) -> list[str]:
        """Messages of what failed; none if all went well."""
        selection = ["--select", "+row_reconciliation", "+rejected_rows", "+sales_lines"]
        selection += ["--indirect-selection", "cautious", "--exclude-resource-type", "unit_test"]
        run = self._dbt.invoke(["build", *selection, *self._options])
        DuckDBConnectionManager.close_all_connections()
        if run.exception is not None:
            return [f"{type(run.exception).__name__}: {run.exception}"]
        results: Sequence[Any] = run.result.results if run.result else []
        return [result.message or "" for result in results if str(result.status) in ("error", "fail", "runtime error")]

    def _judged_error(self, messages: list[str]) -> str:
        if any(INTERNAL.search(message) for message in messages):
            return "internal message"
        names = (self.layout.file, self.layout.source_file, "segmart.yml")
        return "plain error" if all(any(name in message for name in names) for message in messages) else "no file named"

    def _difference(self, data: bytes) -> str:
        """How what was built differs from the file; empty if it does not."""
        with duckdb.connect(str(self.database), read_only=True) as built:
            query = "select raw_rows, accepted_rows, rejected_rows, excluded_rows, is_reconciled"
            query += " from marts.row_reconciliation where source_file = ?"
            raw, accepted, rejected, excluded, is_reconciled = built.execute(
                query, [self.layout.source_file]
            ).fetchall()[0]
            lines = built.execute("select receipt_id, units, sales_amount from core.sales_lines").fetchall()
        try:
            rows = _rows(self.layout, data)
        except (UnicodeError, csv.Error) as error:
            return f"accepted, but can't be read: {error}"
        if raw != len(rows) or raw != accepted + rejected or not is_reconciled:
            return f"{len(rows)} rows in the file, {raw} in the build: {accepted} accepted, {rejected} rejected"
        if self.layout.line is None:
            return ""
        plain: Counter[Line] = Counter()
        for row in rows:
            try:
                plain[self.layout.line(row)] += 1
            except (InvalidOperation, KeyError, AttributeError):
                continue
        invented = Counter(lines) - plain
        if invented:
            return f"lines that are not in the file: {list(invented.items())[:3]}"
        counted = accepted - excluded
        return "" if len(lines) == counted else f"{counted} accepted and counted, {len(lines)} in core.sales_lines"


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
    csv.field_size_limit(len(data) + 1)
    records = [record for record in csv.reader(text, delimiter=layout.delimiter) if record]
    if layout.dataset == "mapped":
        # Spreadsheets leave rows without a value, which are none.
        records = [record for record in records if any(field.strip() for field in record)]
    header = [name.strip() for name in records[0]]
    return [dict(zip(header, record, strict=False)) for record in records[1:]]
