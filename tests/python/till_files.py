"""Files of a till as other people's programs write them, for tests."""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from collections.abc import Callable, Sequence
from decimal import Decimal

HEADER = ("DATE", "STORE_NBR", "CARD_NBR", "TXN_ID", "PROD_NBR", "PROD_NAME", "PROD_QTY", "TOT_SALES")
NAMES = ("Meadow crisps 150g", "Harbour crisps 90g", "Orchard rings 200g", "Valley sticks 110g")
FIRST_DAY = datetime.date(2018, 7, 1)
ROWS = 40
TOTAL = Decimal("264.00")

Row = list[str]


def rows(**texts: Callable[[int], str]) -> list[Row]:
    """Lines of 40 receipts on 40 days, with some columns written in another way."""
    made = []
    for number in range(ROWS):
        price = Decimal(number % 4 + 1) * Decimal("1.65")
        units = number % 2 + 1
        values = {
            "DATE": (FIRST_DAY + datetime.timedelta(number)).isoformat(),
            "STORE_NBR": str(number % 3 + 1),
            "CARD_NBR": str(1000 + number % 7),
            "TXN_ID": str(number + 1),
            "PROD_NBR": str(number % 4 + 1),
            "PROD_NAME": NAMES[number % 4],
            "PROD_QTY": str(units),
            "TOT_SALES": str(price * units) if "." in str(price * units) else f"{price * units}.00",
        }
        values |= {name: text(number) for name, text in texts.items()}
        made.append([values[name] for name in HEADER])
    return made


def day(pattern: str) -> Callable[[int], str]:
    return lambda number: (FIRST_DAY + datetime.timedelta(number)).strftime(pattern)


def as_csv(lines: Sequence[Row], header: Sequence[str] = HEADER, delimiter: str = ",", end: str = "\n") -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerows([header, *lines])
    return text.getvalue()


def amount(number: int) -> Decimal:
    return Decimal(rows()[number][-1])


def with_comma(number: int) -> str:
    return str(amount(number)).replace(".", ",")


def workbook(lines: Sequence[Row]) -> bytes:
    """The smallest workbook: every cell is a text or a number."""
    cells = []
    for line in [list(HEADER), *lines]:
        made = "".join(
            f"<c><v>{text}</v></c>"
            if text.replace(".", "").isdigit()
            else f'<c t="inlineStr"><is><t>{text}</t></is></c>'
            for text in line
        )
        cells.append(f"<row>{made}</row>")
    name = "http://schemas.openxmlformats.org/"
    relations, document = f"{name}package/2006/relationships", f"{name}officeDocument/2006/relationships"
    main_name = f"{name}spreadsheetml/2006/main"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{name}package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" Target="xl/workbook.xml"'
        f' Type="{document}/officeDocument"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main_name}" xmlns:r="{document}">'
        '<sheets><sheet name="Sales" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1"'
        f' Target="worksheets/sheet1.xml" Type="{document}/worksheet"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main_name}"><sheetData>{"".join(cells)}</sheetData>'
        "</worksheet>",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part, text in parts.items():
            archive.writestr(part, text)
    return packed.getvalue()
