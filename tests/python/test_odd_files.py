"""Files of the public layouts as people have them: the layout takes them, or says what is wrong in one sentence.

Whatever it says, `segmart inspect` on the same files gives the right values, or a line to check.
"""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml
from dbt_runs import SAMPLE_DATA
from till_files import NAMES, ROWS, TOTAL, amount, as_csv, day, rows, with_comma, workbook

from segmart.loading.formats import RawTable, read_file
from segmart.loading.inspect import inspect_folder
from segmart.loading.mapping import FileFormat, read_mapping
from segmart.loading.raw_tables import raw_table
from segmart.loading.reading import read_mapped_files

pytestmark = pytest.mark.library

TILL = ("DATE", "STORE_NBR", "LYLTY_CARD_NBR", "TXN_ID", "PROD_NBR", "PROD_NAME", "PROD_QTY", "TOT_SALES")
CARDS = "LYLTY_CARD_NBR,LIFESTAGE,PREMIUM_CUSTOMER\n" + "".join(f"{1000 + n},RETIREES,Budget\n" for n in range(7))
SERIAL: Callable[[int], str] = lambda number: str(43282 + number)  # noqa: E731
JALAPENO = rows(DATE=SERIAL, PROD_NAME=lambda number: ("Jalapeño crisps", *NAMES[1:])[number % 4])
PLAIN = rows(DATE=SERIAL)


def till(lines: Sequence[list[str]] = PLAIN, header: Sequence[str] = TILL, delimiter: str = ",") -> str:
    return as_csv(lines, header, delimiter)


def sample(dataset: str, name: str, count: int = 60) -> list[list[str]]:
    """The header and the first rows of a file of the project's own sample."""
    text = (SAMPLE_DATA / dataset / f"{name}.csv").read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text)))[: count + 1]


def written(table: Sequence[list[str]], delimiter: str = ",") -> str:
    return as_csv(table[1:], table[0], delimiter)


def with_column(table: Sequence[list[str]], name: str, change: Callable[[str, int], str]) -> list[list[str]]:
    """A table with one column written in another way; the number of the row is from 0."""
    place = [heading.strip() for heading in table[0]].index(name)
    changed = [[*row[:place], change(row[place], n), *row[place + 1 :]] for n, row in enumerate(table[1:])]
    return [table[0], *changed]


def day_first(mark: str) -> Callable[[str, int], str]:
    return lambda _, number: f"{1 + number % 28:02d}{mark}{1 + number % 12:02d}{mark}2012"


CAMPAIGN = sample("campaign", "marketing_data")
DICTIONARY = written(sample("campaign", "marketing_data_dictionary"))
SHOP = sample("shop", "shop_customers")
BASKETS = [["invoice_id", "list_of_goods", "customer_id"]]
BASKETS += [[str(100 + n), f"['bread', '{('jam', 'milk')[n % 2]}']", str(n % 9)] for n in range(30)]
GROCERY = {
    "product_mapping.csv": "product_name,category\nbread,bakery\njam,spreads\nmilk,dairy\n",
    "customer_info.csv": written(sample("grocery", "customer_info")),
}


@dataclass(frozen=True)
class Odd:
    """Files of a layout, and what is to come of them.

    Attributes:
        files: Content by name.
        sentence: What the layout says of them; empty if it reads them.
        layout: Folder of the layout.
        check: What the proposal asks to check.
        rows: Rows of sales, or of customers, that are read with the proposal.
        total: Their amount; None if there is none.
    """

    files: Mapping[str, str | bytes]
    sentence: str = ""
    layout: str = "chips"
    check: str = ""
    rows: int = ROWS
    total: Decimal | None = TOTAL


def chips(transactions: str | bytes, sentence: str = "", name: str = "transaction_data.csv", **rest: object) -> Odd:
    return Odd({name: transactions, "purchase_behaviour.csv": CARDS}, sentence, **rest)  # type: ignore[arg-type]


def people(layout: str, files: Mapping[str, str], sentence: str = "", check: str = "") -> Odd:
    return Odd(files, sentence, layout, check, 60, None)


def baskets(table: Sequence[list[str]], sentence: str = "", alone: bool = False) -> Odd:
    files = {"customer_basket.csv": written(table), **({} if alone else GROCERY)}
    return Odd(files, sentence, "grocery", rows=60, total=None)


def kaggle() -> str:
    """The layout without Country, and with two columns of constants."""
    place = CAMPAIGN[0].index("Country")
    return written(
        [[*CAMPAIGN[0][:place], "Z_CostContact", "Z_Revenue"], *([*r[:place], "3", "11"] for r in CAMPAIGN[1:])]
    )


CASES: dict[str, Odd] = {
    "01 semicolons, decimal comma, cp1252": chips(
        till([[*line[:-1], with_comma(n)] for n, line in enumerate(JALAPENO)], delimiter=";").encode("cp1252"),
        "is separated by semicolons, not by commas",
        check="are the letters right",
    ),
    "03 thousands beside decimals": chips(
        till(rows(DATE=SERIAL, TOT_SALES=lambda n: ("12.000", "1.234,50")[n] if n < 2 else str(amount(n)))),
        check="shows another one",
        total=None,
    ),
    "04 cp1252 far down": chips(till(JALAPENO).encode("cp1252"), "line 2 is not encoded as UTF-8", check="letters"),
    "06b ids with decimals": chips(till(rows(DATE=SERIAL, CARD_NBR=lambda n: f"{1000 + n % 7}.0"))),
    "07 day first": chips(till(rows(DATE=day("%d/%m/%Y")))),
    "07b moments": chips(till(rows(DATE=lambda n: day("%Y-%m-%d")(n) + (" 14:05:00", "T14:05:00Z")[n % 2]))),
    "07c compact days": chips(till(rows(DATE=day("%Y%m%d")))),
    "07e days of a spreadsheet among others": chips(
        till(rows(DATE=lambda n: day("%d/%m/%Y")(n) if n % 2 else SERIAL(n))), check="spreadsheet"
    ),
    "08 days of an old Mac": chips(
        till(rows(DATE=lambda n: str(41820 + n))), check="2018-07-01 if it was made on an old"
    ),
    "10 title rows": chips(
        "Sales report July 2018,,,,,,,\n,,,,,,,\n" + till(),
        "seems to have its header in line 3: remove the lines above it",
    ),
    "10b blank first line": chips("\n" + till(), "is empty, or starts with an empty line"),
    "11 workbook named csv": chips(workbook(PLAIN), "is a ZIP archive or a workbook, not CSV"),
    "11b workbook": chips(workbook(PLAIN), "but `transaction_data.xlsx` lies there", "transaction_data.xlsx"),
    "11c another name": chips(till(), "but `QVI_transaction_data.csv` lies there", "QVI_transaction_data.csv"),
    "11d a name in capitals": chips(till(), "but `Transaction_Data.CSV` lies there", "Transaction_Data.CSV"),
    "12 tabs": chips(till(delimiter="\t"), "is separated by tabs, not by commas"),
    "13 empty columns and rows": chips(till([[*line, "", ""] for line in [*PLAIN, *[[""] * 8] * 3]], [*TILL, "", ""])),
    "13b commas at the end of rows": chips(till([[*line, ""] for line in PLAIN])),
    "13c blank lines at the end": chips(till() + "\n\n\n"),
    "13d mark of the end": chips(till() + "\x1a", "line 42 has too few fields"),
    "14 a column twice": chips(
        till([[*line, line[5]] for line in PLAIN], [*TILL, "PROD_NAME"]), "has the column PROD_NAME twice"
    ),
    "15b a note below": chips(till() + "\nExported on 2018-08-20\n", "line 43 has too few fields"),
    "16b the same file twice": Odd(
        {"transaction_data/july.csv": till(), "transaction_data/july (1).csv": till(), "purchase_behaviour.csv": CARDS},
        "july.csv has the same content as july (1).csv: remove one of both",
    ),
    "17 line ends in quotes": chips(till(rows(DATE=SERIAL, PROD_NAME=lambda n: NAMES[n % 4].replace(" ", "\n", 1)))),
    "17b an inch": chips(till().replace("Harbour crisps", 'Harbour 5" crisps')),
    "18 sales without a card": chips(
        till(rows(DATE=SERIAL, CARD_NBR=lambda n: "" if n % 5 == 0 else str(1000 + n % 7)))
    ),
    "19 zero bytes": chips(till().replace("Harbour", "Harb\0our")),
    "20 letters encoded twice": chips(
        till(rows(DATE=SERIAL, PROD_NAME=lambda n: "JalapeÃ±o crisps" if n == 8 else NAMES[n % 4])),
        check="encoded twice",
    ),
    "23 names with blanks": chips(
        till(header=[name.replace("_", " ").title() for name in TILL]), "lacks the columns STORE_NBR, LYLTY_CARD_NBR"
    ),
    "24 utf-16": chips(till().encode("utf-16"), "is encoded as UTF-16: save it as UTF-8"),
    "24b a line that names the delimiter": chips(
        "sep=;\n" + till(delimiter=";"), "starts with the line sep=;: remove it"
    ),
    "27 ids of letters": chips(
        till(
            rows(
                DATE=SERIAL,
                CARD_NBR=lambda n: f"CS{n % 7}",
                TXN_ID=lambda n: f"INV-{n}",
                PROD_NBR=lambda n: f"S-{n % 4}",
            )
        )
    ),
    "28 days with points": chips(till(rows(DATE=day("%d.%m.%Y")))),
    "30 a price in place of an amount": chips(
        till([[*line[:-1], str(Decimal(line[-1]) / int(line[-2]))] for line in PLAIN], [*TILL[:-1], "UNIT_PRICE"]),
        "lacks the column TOT_SALES and has in its place UNIT_PRICE",
    ),
    "c01 no country": people(
        "campaign",
        {"marketing_data.csv": kaggle(), "marketing_data_dictionary.csv": DICTIONARY},
        "lacks the column Country and has in its place Z_CostContact, Z_Revenue",
    ),
    "c03 semicolons": people(
        "campaign",
        {"marketing_data.csv": written(CAMPAIGN, ";"), "marketing_data_dictionary.csv": DICTIONARY},
        "is separated by semicolons, not by commas",
    ),
    "c04 day first, dashes": people(
        "campaign",
        {
            "marketing_data.csv": written(with_column(CAMPAIGN, "Dt_Customer", day_first("-"))),
            "marketing_data_dictionary.csv": DICTIONARY,
        },
    ),
    "c05 no dictionary": people(
        "campaign", {"marketing_data.csv": written(CAMPAIGN)}, "marketing_data_dictionary.csv does not exist"
    ),
    "c07 day first, slashes": people(
        "campaign",
        {
            "marketing_data.csv": written(with_column(CAMPAIGN, "Dt_Customer", day_first("/"))),
            "marketing_data_dictionary.csv": DICTIONARY,
        },
    ),
    "g01 lists with commas": baskets(
        with_column(BASKETS, "list_of_goods", lambda _, n: f"bread,{('jam', 'milk')[n % 2]}")
    ),
    "g03 baskets alone": baskets(BASKETS, "customer_info.csv does not exist", alone=True),
    "g05 receipts of letters": baskets(with_column(BASKETS, "invoice_id", lambda text, _: f"C{text}")),
    "g06 items twice and in capitals": baskets(
        with_column(BASKETS, "list_of_goods", lambda _, n: f"['Bread', '{(' jam', 'MILK ')[n % 2]}']")
    ),
    "g07 ids with decimals": baskets(with_column(BASKETS, "customer_id", lambda text, _: f"{text}.0")),
    "s02 incomes that may have thousands": people(
        "shop",
        {"shop_customers.csv": written(with_column(SHOP, "Annual Income ($)", lambda _, n: f"{60 + n}.{791 - n}"))},
        check="annual_income",
    ),
    "s03 plain": people("shop", {"shop_customers.csv": written(SHOP)}),
    "s04 rows in another order": people("shop", {"shop_customers.csv": written([SHOP[0], *SHOP[:0:-1]])}),
}
"""What is odd -> the files and what is to come of them. What rules of base models say is in the unit tests there."""


def write(case: Odd, folder: Path) -> Path:
    for name, content in case.files.items():
        file = folder / case.layout / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def sentences(data: Path, layout: str) -> list[str]:
    """What the layout says of the files; nothing if they can be read."""
    errors = []
    for about in sorted((SAMPLE_DATA / layout).glob("*.yml")):
        columns = yaml.safe_load(about.read_text(encoding="utf-8"))["seeds"][0]["columns"]
        seed = {
            "name": about.stem,
            "path": str(about.with_suffix(".csv")),
            "folders": ["seeds", "sample", layout],
            "columns": [column["name"] for column in columns],
            "data_directory": str(data),
        }
        with duckdb.connect() as connection:
            found = json.loads(raw_table(json.dumps(seed), None, connection))
        errors += [found["error"]] if "error" in found else []
    return errors


@pytest.mark.parametrize("name", CASES)
def test_a_layout_reads_the_file_or_says_what_is_wrong(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    found = sentences(write(case, tmp_path), case.layout)
    if case.sentence:
        assert any(case.sentence in sentence for sentence in found), found
    else:
        assert found == []


@pytest.mark.parametrize("name", CASES)
def test_inspect_reads_the_same_file_or_asks(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    folder = write(case, tmp_path / "data") / case.layout
    proposal = inspect_folder(folder, tmp_path / "prepared")
    (folder / "segmart.yml").write_text(proposal.text, encoding="utf-8")
    assert case.check in " ".join(proposal.checks) + proposal.text
    relations = read_mapped_files(read_mapping(folder), tmp_path / "prepared")
    relation = relations.get("sales") or relations["customers"]
    amounts = "sum(sales_amount_value)" if relation.part.name == "sales" else "null"
    with duckdb.connect() as connection:
        query = f"select count(*), {amounts} from ({relation.sql}) where raw_problem is null"
        count, total = connection.execute(query).fetchall()[0]
    assert count == case.rows
    if case.total is not None:
        assert total == case.total


def test_threads_that_read_one_file_do_not_get_in_each_others_way(tmp_path: Path) -> None:
    """Models that dbt builds side by side ask for the same copy of a file that DuckDB can't read itself."""
    path = tmp_path / "till.csv"
    path.write_text("shop;paid\n" + "Münster;1,50\n" * 50_000, encoding="cp1252")
    start = threading.Barrier(4)

    def read(_: int) -> RawTable:
        start.wait()
        return read_file(path, path.name, FileFormat(), tmp_path / "prepared")[0]

    with ThreadPoolExecutor(4) as threads:
        tables = list(threads.map(read, range(4)))
    assert len({table.sql for table in tables}) == 1
    # No draft is left.
    assert {file.suffix for file in (tmp_path / "prepared").iterdir()} <= {".txt", ".csv"}
