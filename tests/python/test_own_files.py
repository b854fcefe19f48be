"""Files as other people's programs write them: each gives the right values, or one clear message."""

from __future__ import annotations

import codecs
import datetime
import gzip
import os
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from dbt_runs import REAL_DATA, ROOT
from till_files import FIRST_DAY, HEADER, NAMES, ROWS, TOTAL, amount, as_csv, day, rows, with_comma, workbook

from segmart.cli import main
from segmart.loading import formats, judging
from segmart.loading.inspect import InspectionError, Proposal, inspect_folder
from segmart.loading.mapping import FileFormat, MappingError, read_mapping
from segmart.loading.reading import ReadingError, Relation, read_mapped_files
from segmart.sql import sql_text


def inspected(folder: Path) -> Proposal:
    proposal = inspect_folder(folder, folder.parent / "prepared")
    (folder / "segmart.yml").write_text(proposal.text, encoding="utf-8")
    return proposal


def read(folder: Path) -> dict[str, Relation]:
    return read_mapped_files(read_mapping(folder), folder.parent / "prepared")


def ask(relation: Relation, select: str, where: str = "raw_problem is null"):
    with duckdb.connect() as connection:
        return connection.execute(f"select {select} from ({relation.sql}) where {where}").fetchall()


def one(relation: Relation, select: str, where: str = "raw_problem is null"):
    return ask(relation, select, where)[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    return tmp_path / "files"


def check_all_right(relation: Relation, total: Decimal = TOTAL) -> None:
    found = one(
        relation,
        "count(*), sum(sales_amount_value), min(sold_at_value::date), max(sold_at_value::date), count(distinct"
        " receipt_id),"
        " count(distinct product_id), sum(units_value), count(raw_line), count(distinct raw_line)",
    )
    last = FIRST_DAY + datetime.timedelta(ROWS - 1)
    assert found == (ROWS, total, FIRST_DAY, last, ROWS, 4, 60, ROWS, ROWS)


serial = rows(DATE=lambda number: str(43282 + number))
jalapeno = rows(PROD_NAME=lambda number: ("Jalapeño crisps", *NAMES[1:])[number % 4])

READABLE: dict[str, bytes] = {
    "semicolons, decimal comma, cp1252": as_csv(
        [[*line[:-1], with_comma(number)] for number, line in enumerate(jalapeno)], delimiter=";"
    ).encode("cp1252"),
    "cp1252 far down": as_csv(jalapeno).encode("cp1252"),
    "thousands": as_csv(
        rows(TOT_SALES=lambda number: with_comma(number) if number else "1.001,65"), delimiter=";"
    ).encode(),
    "ids with decimals": as_csv(rows(CARD_NBR=lambda number: f"{1000 + number % 7}.0")).encode(),
    "day first, slashes": as_csv(rows(DATE=day("%d/%m/%Y"))).encode(),
    "day first, dashes": as_csv(rows(DATE=day("%d-%m-%Y"))).encode(),
    "month first": as_csv(rows(DATE=day("%m/%d/%Y"))).encode(),
    "points": as_csv(rows(DATE=day("%d.%m.%Y"))).encode(),
    "compact days": as_csv(rows(DATE=day("%Y%m%d"))).encode(),
    "names of months": as_csv(rows(DATE=day("%d-%b-%y"))).encode(),
    "moments in four ways": as_csv(
        rows(
            DATE=lambda number: (
                day("%Y-%m-%d")(number) + (" 14:05:00", "T14:05:00Z", " 2:05 PM", "T14:05:00+10:00")[number % 4]
            )
        )
    ).encode(),
    "days of a spreadsheet": as_csv(serial).encode(),
    "a text among days of a spreadsheet": as_csv([["01/07/2018", *serial[0][1:]], *serial[1:]]).encode(),
    "title rows": ("Sales report July 2018,,,,,,,\n,,,,,,,\n" + as_csv(rows())).encode(),
    "blank first line": ("\n" + as_csv(rows())).encode(),
    "workbook named csv": workbook(serial),
    "tabs": as_csv(rows(), delimiter="\t").encode(),
    "empty columns and rows at the end": as_csv(
        [[*line, "", ""] for line in [*rows(), *[[""] * len(HEADER)] * 5]], [*HEADER, "", ""]
    ).encode(),
    "commas at the end of rows only": as_csv([[*line, ""] for line in rows()]).encode(),
    "blank lines at the end": (as_csv(rows()) + "\n\n\n").encode(),
    "mark of the end": (as_csv(rows()) + "\x1a").encode(),
    "a column twice": as_csv([[*line, line[5]] for line in rows()], [*HEADER, "PROD_NAME"]).encode(),
    "note below": (as_csv(rows()) + "\nExported by the till on 2018-08-20\n").encode(),
    "total below": (as_csv(rows()) + f"Total,,,,,,60,{TOTAL}\n").encode(),
    "line end in quotes": as_csv(rows(PROD_NAME=lambda number: NAMES[number % 4].replace(" ", "\n", 1))).encode(),
    "inch": as_csv(rows()).replace("Harbour crisps", 'Harbour 5" crisps').encode(),
    "zero bytes": as_csv(rows()).replace("Harbour", "Harb\0our").encode(),
    "names with blanks": as_csv(rows(), [name.replace("_", " ").title() for name in HEADER]).encode(),
    "utf-16": as_csv(rows()).encode("utf-16"),
    "utf-8 with a mark": codecs.BOM_UTF8 + as_csv(rows()).encode(),
    "line that names the delimiter": ("sep=;\n" + as_csv(rows(), delimiter=";")).encode(),
    "ids of letters": as_csv(
        rows(
            CARD_NBR=lambda number: f"CS{number % 7}",
            TXN_ID=lambda number: f"INV-{number}",
            PROD_NBR=lambda n: f"S-{n % 4}",
        )
    ).encode(),
    "line ends of Windows": as_csv(rows(), end="\r\n").encode(),
    "mixed line ends": (as_csv(rows()[:20], end="\r\n") + as_csv(rows()[20:]).partition("\n")[2]).encode(),
    "line ends of old Macs": as_csv(rows(), end="\r").encode(),
    "gzip": gzip.compress(as_csv(rows()).encode()),
    "currency signs": as_csv(rows(TOT_SALES=lambda number: f"${amount(number)} ")).encode(),
}


@pytest.mark.parametrize("case", READABLE)
def test_a_file_is_understood_and_read_as_it_is_meant(folder, case):
    ending = ".csv.gz" if case == "gzip" else ".csv"
    (folder / f"sales{ending}").write_bytes(READABLE[case])
    inspected(folder)
    relation = read(folder)["sales"]
    check_all_right(relation, TOTAL + Decimal("1000") if case == "thousands" else TOTAL)


def test_a_total_and_a_note_are_no_rows_and_say_why(folder):
    (folder / "sales.csv").write_bytes(READABLE["total below"])
    inspected(folder)
    assert ask(read(folder)["sales"], "raw_problem, raw_line, raw_fields", "raw_problem is not null") == [
        ("is a total of other rows", 42, f"Total,,,,,,60,{TOTAL}")
    ]
    (folder / "sales.csv").write_bytes(READABLE["note below"])
    assert ask(read(folder)["sales"], "raw_problem, raw_line", "raw_problem is not null") == [
        ("is a note below the table", 43)
    ]


def test_letters_ids_and_names_stay_what_they_are(folder):
    texts = rows(
        PROD_NBR=lambda number: f"000{number % 4}", PROD_NAME=lambda number: ("Jalapeño", *NAMES[1:])[number % 4]
    )
    (folder / "sales.csv").write_text(as_csv(texts), encoding="cp1252")
    proposal = inspected(folder)
    assert "encoding: cp1252  # check: are the letters right in `Jalapeño`?" in proposal.text
    assert ask(read(folder)["sales"], "distinct product_id, product_name", "product_id = '0000'") == [
        ("0000", "Jalapeño")
    ]


def test_a_price_becomes_an_amount_with_the_units(folder):
    header = [*HEADER[:-1], "UNIT_PRICE"]
    prices = [[*line[:-1], str(Decimal(line[-1]) / int(line[-2]))] for line in rows()]
    (folder / "sales.csv").write_text(as_csv(prices, header), encoding="utf-8")
    assert 'sales_amount: "= PROD_QTY * UNIT_PRICE"' in inspected(folder).text
    check_all_right(read(folder)["sales"])


def test_a_unit_price_that_grows_with_the_units_is_marked(folder):
    units = rows(
        PROD_QTY=lambda number: str(number // 4 % 2 + 1), TOT_SALES=lambda number: f"{(number // 4 % 2 + 1) * 1.5}"
    )
    (folder / "sales.csv").write_text(as_csv(units, [*HEADER[:-1], "UNIT_PRICE"]), encoding="utf-8")
    assert "# check: UNIT_PRICE grows with PROD_QTY like the price of a line" in inspected(folder).text


def test_letters_that_were_encoded_twice_are_marked(folder):
    lines = rows(PROD_NAME=lambda number: "JalapeÃ±o crisps" if number == 8 else NAMES[number % 4])
    (folder / "sales.csv").write_text(as_csv(lines), encoding="utf-8")
    assert "# check: `JalapeÃ±o crisps` was encoded twice" in inspected(folder).text


def test_amounts_finer_than_a_cent_are_kept_exactly(folder):
    lines = rows(TOT_SALES=lambda number: "0.334")
    (folder / "sales.csv").write_text(as_csv(lines), encoding="utf-8")
    inspected(folder)
    assert one(read(folder)["sales"], "sum(sales_amount_value)") == (Decimal("13.360000"),)


def test_sales_without_a_customer_are_anonymous(folder):
    empty = ("", "NULL", "nan", "0")
    lines = rows(CARD_NBR=lambda number: empty[number] if number < 4 else f"{1000 + number % 7}")
    (folder / "sales.csv").write_text(as_csv(lines), encoding="utf-8")
    inspected(folder)
    assert one(read(folder)["sales"], "count(*), count(customer_id), count(distinct customer_id)") == (40, 36, 7)


def test_days_that_prove_no_order_are_marked_and_refused_until_somebody_says(folder):
    (folder / "sales.csv").write_text(as_csv(rows(DATE=lambda number: f"0{number % 9 + 1}/07/2018")), encoding="utf-8")
    proposal = inspected(folder)
    assert "# check: all days such as `01/07/2018` can be read with the day or the month first" in proposal.text
    text = "\n".join(line for line in proposal.text.splitlines() if "dates:" not in line and "format:" not in line)
    (folder / "segmart.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ReadingError, match=r'set format: \{dates: "%d/%m/%Y" or "%m/%d/%Y"\}'):
        read(folder)


def test_numbers_that_prove_no_mark_are_asked_for(folder):
    (folder / "sales.csv").write_text(as_csv(rows(TOT_SALES=lambda number: f"12.{number + 100}")), encoding="utf-8")
    questions = []
    inspect_folder(folder, folder.parent / "prepared", lambda question: questions.append(question))
    assert "may have decimals or thousands" in questions[0].text
    assert list(questions[0].answers) == [",", "."]
    assert 'decimal: ","  # check: numbers of TOT_SALES' in inspected(folder).text
    assert one(read(folder)["sales"], "min(sales_amount_value)") == (12100,)
    text = inspect_folder(folder, folder.parent / "prepared", lambda question: ".").text
    (folder / "segmart.yml").write_text(text, encoding="utf-8")
    assert one(read(folder)["sales"], "min(sales_amount_value)") == (Decimal("12.1"),)


def test_numbers_with_two_marks_are_a_clear_message(folder):
    mixed = rows(TOT_SALES=lambda number: "1.234,50" if number % 8 == 0 else str(amount(number)))
    (folder / "sales.csv").write_text(as_csv(mixed), encoding="utf-8")
    text = inspected(folder).text
    assert "shows the decimal mark, but `1.234,50` shows another one" in text
    (folder / "segmart.yml").write_text(
        "\n".join(line for line in text.splitlines() if "decimal:" not in line and "thousands:" not in line),
        encoding="utf-8",
    )
    (folder / "segmart.yml").write_text(
        (folder / "segmart.yml").read_text().replace("  format:\n", ""), encoding="utf-8"
    )
    with pytest.raises(ReadingError, match="shows another one"):
        read(folder)


def test_a_declared_format_that_reads_nothing_says_what_the_values_look_like(folder):
    (folder / "sales.csv").write_text(as_csv(rows(DATE=day("%d.%m.%Y"), TOT_SALES=with_comma), delimiter=";"))
    inspected(folder)
    text = (folder / "segmart.yml").read_text().replace("%d.%m.%Y", "%Y-%d-%m").replace('decimal: ","', 'decimal: "."')
    (folder / "segmart.yml").write_text(text.replace('thousands: "."', 'thousands: ","'))
    with pytest.raises(ReadingError) as caught:
        read(folder)
    assert [problem.partition(": set")[2] for problem in caught.value.problems] == [
        ' format: {dates: "%d.%m.%Y"}.',
        ' format: {decimal: ",", thousands: "."}.',
    ]


def test_the_same_content_twice_names_both_files(folder):
    (folder / "july.csv").write_text(as_csv(rows()), encoding="utf-8")
    (folder / "july (1).csv").write_text(as_csv(rows(), end="\r\n"), encoding="utf-8", newline="")
    proposal = inspected(folder)
    assert "july (1).csv has the same content as july.csv: remove one of both." in proposal.notices
    (folder / "segmart.yml").write_text(proposal.text.replace("files: july.csv", 'files: "*.csv"'), encoding="utf-8")
    with pytest.raises(ReadingError, match=r"july.csv has the same content as july \(1\).csv"):
        read(folder)


def test_the_same_rows_in_another_order_are_noticed(folder):
    (folder / "a.csv").write_text(as_csv(rows()), encoding="utf-8")
    (folder / "b.csv").write_text(as_csv(rows()[::-1], delimiter=";"), encoding="utf-8")
    inspected(folder)
    with pytest.raises(ReadingError, match=r"b\.csv has the same rows as a\.csv"):
        read(folder)


def test_files_of_several_months_are_one_part_whatever_the_order_of_their_columns(folder):
    (folder / "sales_1.csv").write_text(as_csv(rows()[:20]), encoding="utf-8")
    turned = [line[::-1] for line in rows()[20:]]
    (folder / "sales_2.csv").write_text(as_csv(turned, HEADER[::-1], delimiter=";"), encoding="utf-8")
    assert 'files: "sales_*.csv"' in inspected(folder).text
    relation = read(folder)["sales"]
    assert one(relation, "count(*), sum(sales_amount_value), count(distinct raw_file)") == (ROWS, TOTAL, 2)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_files_that_are_written_alike_are_read_at_once_and_keep_their_names_and_lines(folder, form, monkeypatch):
    monkeypatch.setattr(formats, "_CALLS", 2)
    names = [f"{name}.{form}" for name in ("a", "b[1]", "c'd", "e", "f")]
    for number, name in enumerate(names):
        text = as_csv(rows()[4 * number : 4 * number + 4])
        # A row without values counts as a line of its file.
        text = text.replace("\n", "\n,,,,,,,\n", 2) if number == 1 else text
        # The last one has another delimiter, and is read by itself.
        (folder / "written.csv").write_text(text.replace(",", ";") if number == 4 else text, encoding="utf-8")
        if form == "csv":
            (folder / "written.csv").rename(folder / name)
        else:
            duckdb.read_csv(str(folder / "written.csv"), all_varchar=True).write_parquet(str(folder / name))
    (folder / "written.csv").unlink(missing_ok=True)
    tables = [table for name in names for table in formats.read_file(folder / name, name, FileFormat(), folder)]
    together = formats.tables_sql(tables)
    assert together.count(f"read_{form}(") == (3 if form == "csv" else 2)
    alone = " union all ".join(
        f"select *, {sql_text(name)} as raw_file from ({table.sql})" for name, table in zip(names, tables, strict=True)
    )
    with duckdb.connect() as connection:
        found, expected = (sorted(connection.execute(sql).fetchall(), key=str) for sql in (together, alone))
    assert found == expected
    assert len(found) == (20 if form == "csv" else 22)


@pytest.mark.parametrize("name", ["sales[1].csv", "sales*.csv", "a'b.csv"])
def test_signs_in_names_of_files_are_no_patterns(folder, name):
    (folder / "sales1.csv").write_text(as_csv(rows()[:10]), encoding="utf-8")
    (folder / name).write_text(as_csv(rows()), encoding="utf-8")
    inspected(folder)
    text = (folder / "segmart.yml").read_text()
    files = next(line for line in text.splitlines() if line.startswith("  files:"))
    (folder / "segmart.yml").write_text(text.replace(files, f'  files: "{name}"'), encoding="utf-8")
    check_all_right(read(folder)["sales"])


def test_a_damaged_gzip_file_is_refused(folder):
    packed = bytearray(gzip.compress(as_csv(rows()).encode(), mtime=0))
    packed[-6] ^= 1
    (folder / "sales.csv.gz").write_bytes(packed)
    with pytest.raises(InspectionError, match="is a damaged gzip file"):
        inspect_folder(folder, folder.parent / "prepared")


@pytest.mark.parametrize("form", ["utf-8 with a total", "cp1252", "workbook"])
def test_a_file_that_changes_while_it_is_copied_leaves_no_copy_behind(folder, monkeypatch, form):
    name = "sales.xlsx" if form == "workbook" else "sales.csv"
    content = workbook(rows()) if form == "workbook" else (as_csv(rows()) + "Total,,,,,,,9\n").encode()
    content = as_csv(rows()).replace("a", "ä").encode("cp1252") if form == "cp1252" else content
    (folder / name).write_bytes(content)
    inspected(folder)
    for copy in (prepared := folder.parent / "prepared").iterdir():
        copy.unlink()
    keep = formats._keep

    def keep_after_a_change(draft: Path, copy: Path, check) -> None:
        (folder / name).write_bytes(content)
        keep(draft, copy, check)

    with monkeypatch.context() as patch:
        patch.setattr(formats, "_keep", keep_after_a_change)
        with pytest.raises(ReadingError, match=rf"{name} has changed while it was read: build again"):
            read(folder)
    assert list(prepared.iterdir()) == []
    assert read(folder)["sales"].tables


def test_what_is_no_file_and_what_can_not_be_listed_is_said(folder, monkeypatch):
    (folder / "sales.csv").write_text(as_csv(rows()), encoding="utf-8")
    os.mkfifo(folder / "more.csv")
    assert "more.csv is no regular file: remove it." in inspected(folder).notices
    (folder / "2019").mkdir()
    list_folder = os.scandir

    def without_right(path):
        if str(path).endswith("2019"):
            raise PermissionError(13, "Permission denied", str(path))
        return list_folder(path)

    monkeypatch.setattr(os, "scandir", without_right)
    with pytest.raises(InspectionError, match=r"2019 can't be listed \(Permission denied\): allow this user"):
        inspect_folder(folder, folder.parent / "prepared")


def test_a_file_of_another_spelling_is_named(folder):
    (folder / "Sales.CSV").write_text(as_csv(rows()), encoding="utf-8")
    text = inspected(folder).text
    (folder / "segmart.yml").write_text(text.replace("Sales.CSV", "sales.csv"), encoding="utf-8")
    with pytest.raises(ReadingError, match=r"`Sales.CSV` lies in .*; expected `sales.csv`"):
        read(folder)


def test_missing_columns_of_all_files_are_said_at_once(folder):
    (folder / "sales.csv").write_text(as_csv(rows()), encoding="utf-8")
    inspected(folder)
    text = (folder / "segmart.yml").read_text().replace(": PROD_QTY", ": PROD_QTTY").replace(": TXN_ID", ": TICKET")
    (folder / "segmart.yml").write_text(text)
    with pytest.raises(ReadingError) as caught:
        read(folder)
    assert len(caught.value.problems) == 2
    assert any("no column `PROD_QTTY`; did you mean `PROD_QTY`?" in problem for problem in caught.value.problems)
    assert any("no column `TICKET`; it has DATE, STORE_NBR" in problem for problem in caught.value.problems)


def test_a_column_twice_with_other_values_is_an_error_only_if_it_is_used(folder):
    (folder / "sales.csv").write_bytes(as_csv([[*line, "x"] for line in rows()], [*HEADER, "PROD_NAME"]).encode())
    inspected(folder)
    with pytest.raises(ReadingError, match=r"PROD_NAME twice, with different values"):
        read(folder)
    text = (folder / "segmart.yml").read_text().replace(": PROD_NAME", ': "PROD_NAME (2)"')
    (folder / "segmart.yml").write_text(text)
    assert ask(read(folder)["sales"], "distinct product_name") == [("x",)]


def test_a_row_with_too_many_fields_is_a_problem_of_that_row_only(folder):
    lines = as_csv(rows()).splitlines()
    lines[5] = lines[5].replace("Meadow crisps", "Meadow, crisps")
    (folder / "sales.csv").write_text("\n".join(lines), encoding="utf-8")
    inspected(folder)
    relation = read(folder)["sales"]
    assert one(relation, "count(*)") == (ROWS - 1,)
    assert ask(relation, "raw_line, raw_problem", "raw_problem is not null") == [(6, "has 9 fields, the header has 8")]


BASKETS = {
    "python": ("['bread', \"baker's jam\", 'jam, plum', 'bread', ' Milk ']", 5),
    "json": ('["bread", "jam, plum"]', 2),
    "commas": ("bread,jam, plum,milk", 3),
}


@pytest.mark.parametrize("case", BASKETS)
def test_baskets_as_lists_become_lines(folder, case):
    text, items = BASKETS[case]
    baskets = [[str(number), text, f"{100 + number % 5}.0"] for number in range(30)]
    (folder / "baskets.csv").write_text(
        as_csv(baskets, ["invoice_id", "list_of_goods", "customer_id"]), encoding="utf-8"
    )
    assert "product_list: list_of_goods" in inspected(folder).text
    relation = read(folder)["sales"]
    found = one(relation, "count(*), count(distinct receipt_id), count(*) filter (where list_position = 1)")
    assert found == (30 * items, 30, 30)
    assert ("jam, plum",) in ask(relation, "distinct product_name")
    assert one(relation, "min(customer_id), max(customer_id)") == ("100", "104")


def test_products_and_customers_are_found_by_what_joins(folder):
    (folder / "verkauf.csv").write_text(as_csv(rows(), delimiter=";"), encoding="utf-8")
    products = [[str(number + 1), "salty" if number % 2 else "sweet", "Acme"] for number in range(4)]
    (folder / "artikel.csv").write_text(as_csv(products, ["Nr", "Warengruppe", "Marke"], ";"), encoding="utf-8")
    people = [[str(1000 + number), str(30 + number), "north"] for number in range(7)]
    (folder / "kunden.csv").write_text(as_csv(people, ["Kundennummer", "Alter", "Gebiet"], ";"), encoding="utf-8")
    text = inspected(folder).text
    assert "    category: Warengruppe\n" in text
    assert "    brand: Marke\n" in text
    assert "    age: {column: Alter, type: number}\n" in text
    relations = read(folder)
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select attribute_type, count(*), sum(number_value) from ({relations['customers'].attributes_sql})"
            " where attribute = 'age' group by all"
        ).fetchall()
    assert found == [("number", 7, 231.0)]


def test_what_lines_say_about_customers_is_taken_by_majority(folder):
    lines = [[*line, "north" if number != 7 else "south"] for number, line in enumerate(rows())]
    (folder / "sales.csv").write_text(as_csv(lines, [*HEADER, "Region"]), encoding="utf-8")
    (folder / "segmart.yml").write_text(
        "name: a\nsales: {files: sales.csv, columns: {sold_at: DATE, product_id: PROD_NBR}}\n"
        "customers: {files: sales.csv, columns: {customer_id: CARD_NBR}, attributes: {region: Region}}\n"
    )
    relation = read(folder)["customers"]
    assert ask(
        relation, "count(*), count(distinct customer_id), count(*) filter (where attributes['region'] = 'north')"
    ) == [(7, 7, 7)]


HEADERS = {
    "German": ("Datum", "Filiale", "Kundennr", "Bonnummer", "Artikelnummer", "Bezeichnung", "Menge", "Umsatz"),
    "French": ("Date de vente", "Magasin", "N° client", "N° ticket", "Code article", "Libellé", "Quantité", "Montant"),
    "Spanish": ("Fecha", "Tienda", "Código cliente", "Ticket", "Código producto", "Descripción", "Cantidad", "Importe"),
    "Italian": (
        "Data",
        "Negozio",
        "Codice cliente",
        "Scontrino",
        "Codice articolo",
        "Descrizione",
        "Quantità",
        "Importo",
    ),
    "Dutch": ("Datum", "Winkel", "Klantnummer", "Bonnummer", "Artikelnummer", "Omschrijving", "Aantal", "Bedrag"),
    "Polish": ("Data", "Sklep", "Numer klienta", "Numer paragonu", "Kod towaru", "Nazwa", "Ilość", "Wartość"),
    "Portuguese": (
        "Data",
        "Loja",
        "Código do cliente",
        "Cupom",
        "Código do produto",
        "Descrição",
        "Quantidade",
        "Valor total",
    ),
    "English": ("Order Date", "Store", "Customer ID", "Order ID", "Product ID", "Product Name", "Quantity", "Sales"),
}


@pytest.mark.parametrize("language", HEADERS)
def test_roles_are_found_by_names_in_several_languages(folder, language):
    header = HEADERS[language]
    (folder / "file.csv").write_text(as_csv(rows(), header, ";"), encoding="utf-8")
    inspected(folder)
    columns = {role: source.text for role, source in read_mapping(folder).sales.columns.items()}
    roles = ("sold_at", "store_id", "customer_id", "receipt_id", "product_id", "product_name", "units", "sales_amount")
    assert columns == dict(zip(roles, header, strict=True))
    check_all_right(read(folder)["sales"])


def test_what_multiplies_to_what_tells_the_amount_without_names(folder):
    lines = [
        [line[0], line[4], line[6], f"1.{number % 4}5", str(Decimal(line[6]) * Decimal(f"1.{number % 4}5"))]
        for number, line in enumerate(rows())
    ]
    (folder / "file.csv").write_text(as_csv(lines, ["date", "item", "F1", "F2", "F3"]), encoding="utf-8")
    text = inspected(folder).text
    assert "units: F1\n" in text
    assert "sales_amount: F3\n" in text


def test_the_command_writes_once_and_never_again(folder, capsys, monkeypatch):
    monkeypatch.setenv("SEGMART_DATABASE", str(folder.parent / "wh.duckdb"))
    (folder / "sales.csv").write_text(as_csv(rows()), encoding="utf-8")
    assert main(["inspect", str(folder)]) == 0
    assert "sales: sold_at" in capsys.readouterr().out
    (folder / "segmart.yml").write_text("mine")
    assert main(["inspect", str(folder)]) == 0
    assert "is there already and stays as it is" in capsys.readouterr().out
    assert (folder / "segmart.yml").read_text() == "mine"


def test_a_folder_without_sales_or_customers_says_what_lies_there(folder, capsys):
    (folder / "weather.csv").write_text("place,rain\nhere,1\nthere,2\n", encoding="utf-8")
    assert main(["inspect", str(folder)]) == 1
    assert "none of the files looks like sales or customers: weather.csv (place, rain)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "value"),
    [
        ("5.70", ".", ",", "5.7"),
        ("5,70", ".", ",", None),
        ("1,234.50", ".", ",", "1234.5"),
        ("(5.00)", ".", ",", "-5"),
        ("5.00-", ".", ",", "-5"),
        ("-$3", ".", ",", "-3"),
        ("1e-05", ".", ",", "0.00001"),
        ("9999999999999", ".", ",", None),
        ("1.234,50 €", ",", ".", "1234.5"),
        ("5.70", ",", ".", None),
        ("1 234,50", ",", " ", "1234.5"),
        ("1'234.50", ".", "'", "1234.5"),
        ("abc", ".", ",", None),
    ],
)
def test_numbers_are_read_by_the_marks_of_their_file(text, decimal, thousands, value):
    with duckdb.connect() as connection:
        sql = f"select {judging.number_sql('x', decimal, thousands)} from (select {judging.sql_text(text)} as x)"
        assert connection.execute(sql).fetchall()[0][0] == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0001000", "0001000"),
        ("13085.0", "13085"),
        ("9e+05", "900000"),
        ("1.23457E+11", "1.23457E+11"),
        ("nan", None),
        ("1e5", "1e5"),
    ],
)
def test_ids_stay_text_and_only_numbers_that_a_program_made_of_them_change(text, value):
    with duckdb.connect() as connection:
        sql = f"select {judging.id_sql('x')} from (select {judging.sql_text(text)} as x)"
        assert connection.execute(sql).fetchall()[0][0] == value


OWN_FILES = {
    "online_retail": {
        "count(*)": 525461,
        "round(sum(sales_amount_value), 2)": Decimal("9539484.63"),
        "count(distinct receipt_id)": 28816,
        "count(distinct customer_id)": 4383,
        "count(distinct product_id)": 4632,
        "count(*) filter (where units_value < 0)": 12326,
    },
    "complete_journey": {
        "sum(sales_amount_value)": Decimal("233935.24"),
        "sum(discount_amount_value)": Decimal("41779.72"),
        "count(distinct receipt_id)": 47243,
        "count(distinct store_id)": 293,
        "count(distinct product_id)": 20902,
    },
    "cdnow": {
        "count(*)": 69659,
        "sum(sales_amount_value)": Decimal("2500315.63"),
        "count(distinct customer_id)": 23570,
        "min(customer_id)": "00001",
    },
    "bakery": {
        "count(*)": 21293,
        "count(distinct receipt_id)": 9531,
        "count(distinct product_name) filter (where is_goods)": 94,
        "count(*) filter (where not is_goods)": 786,
    },
}


CORRECTED = {
    "complete_journey": {"units": "case when quantity > 1000 then quantity / 1000 else quantity end"},
}
"""What only a person knows: fuel is counted in thousandths of a gallon."""


@pytest.mark.parametrize("name", OWN_FILES)
def test_public_files_reach_their_figures_with_the_mapping_that_was_proposed(tmp_path, name):
    folder = REAL_DATA / "own" / name
    if not folder.is_dir():
        pytest.skip(f"no files in {folder}: SEGMART_REAL_DATA names the folder that holds own/")
    mapping = read_mapping(ROOT / "tests" / "fixtures" / "own" / f"{name}.yml", folder)
    figures = OWN_FILES[name]
    found = one(read_mapped_files(mapping, tmp_path)["sales"], ", ".join(figures))
    assert dict(zip(figures, found, strict=True)) == figures
    proposed = tmp_path / "segmart.yml"
    proposed.write_text(inspect_folder(folder, tmp_path).text, encoding="utf-8")
    again = read_mapping(proposed, folder)
    corrected = CORRECTED.get(name, {})
    assert {role: corrected.get(role, source.text) for role, source in again.sales.columns.items()} == {
        role: source.text for role, source in mapping.sales.columns.items()
    }
    assert set(again.parts) == set(mapping.parts)


def test_a_mapping_problem_is_no_stack_trace(folder):
    (folder / "segmart.yml").write_text("name: [a]\n")
    with pytest.raises(MappingError):
        read_mapping(folder)
