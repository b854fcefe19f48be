"""segmart.yml: what it may say, and the sentence that each wrong entry gets."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from segmart.loading.expressions import ExpressionError, parse_expression
from segmart.loading.mapping import MappingError, Source, read_mapping

WHOLE = """
name: my_shop
sales:
  files: "Umsatz_*.csv"
  format: {delimiter: ";", decimal: ",", thousands: ".", encoding: cp1252, dates: "%d.%m.%Y %H:%M", header_line: 1}
  columns:
    sold_at: Datum
    product_id: Artikel
    sales_amount: "= Menge * Preis"
    receipt_id: Bon
    customer_id: No
    units: Menge
    cost_amount: null
  not_goods: {product_id: [POST, DOT]}
  is_goods: "= Artikel not like 'X%'"
products:   {files: artikel.csv, columns: {product_id: Nr}, attributes: {category: Warengruppe}}
customers:  {files: [a.csv, b.csv], columns: {customer_id: Nr}, attributes: {age: {column: Alter, type: number}}}
settings: {max_quantity: 200, max_rejected_share: 0.1, as_of_date: 2018-12-31}
"""


def read(folder: Path, text: str):
    (folder / "segmart.yml").write_text(text, encoding="utf-8")
    return read_mapping(folder)


def problems(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(MappingError) as caught:
        read(folder, text)
    return caught.value.problems


def test_every_entry_is_read(tmp_path):
    mapping = read(tmp_path, WHOLE)
    assert mapping.name == "my_shop"
    assert mapping.sales.files == ("Umsatz_*.csv",)
    assert mapping.sales.format.dates == ("%d.%m.%Y %H:%M",)
    assert mapping.sales.columns["sales_amount"] == Source("Menge * Preis", True, 9)
    assert mapping.sales.columns["customer_id"].text == "No"
    assert "cost_amount" not in mapping.sales.columns
    assert mapping.sales.not_goods == {"product_id": ("POST", "DOT")}
    assert mapping.customers.files == ("a.csv", "b.csv")
    assert mapping.customers.attributes["age"].type == "number"
    assert mapping.settings.max_quantity == 200
    assert mapping.settings.as_of_date == datetime.date(2018, 12, 31)


def test_quantities_have_no_limit_unless_one_is_set(tmp_path):
    mapping = read(tmp_path, "name: a\ncustomers: {files: a.csv, columns: {customer_id: Nr}}\n")
    assert mapping.settings.max_quantity is None
    assert mapping.settings.max_rejected_share == 0.05


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("name: my_shop", "name: My Shop", "line 2: `My Shop` can't be the name of a dataset"),
        ("name: my_shop", "name: shop", "line 2: `shop` can't be the name of this dataset"),
        ("name: my_shop\n", "", "line 2: `name` is missing"),
        ("sold_at: Datum", "sold: Datum", "line 7: `sales.columns.sold` is not known; did you mean `sold_at`?"),
        ("sold_at: Datum\n", "\n", "lacks sold_at"),
        ("product_id: Artikel", "units: Artikel", "has neither product_id nor product_name"),
        ('decimal: ","', 'decimal: ";"', 'line 5: `sales.format.decimal` is `;`: use "." or ","'),
        ('thousands: "."', 'thousands: ","', "they are the same mark"),
        ("encoding: cp1252", "encoding: cp12520", "`cp12520`, which is not known"),
        ('dates: "%d.%m.%Y %H:%M"', "dates: dd.mm.yyyy", 'use a pattern such as "%d.%m.%Y"'),
        ("header_line: 1", "header_line: first", "use a whole number"),
        ('delimiter: ";"', "delimiter: ;;", "use one character"),
        ("files: artikel.csv, ", "", "`products.files` is missing"),
        ("customer_id: Nr}", "kunde: Nr}", "`customers.columns.kunde` is not known"),
        ("type: number", "type: zahl", "`zahl` is no type"),
        ("max_rejected_share: 0.1", "max_rejected_share: 10", "is a share: 0.05 for 5 %"),
        ("as_of_date: 2018-12-31", "as_of_date: 31.12.2018", "write the day as 2018-12-31"),
        ("is_goods: \"= Artikel not like 'X%'\"", "is_goods: Artikel", "`sales.is_goods` is no expression"),
        ('files: "Umsatz_*.csv"', "files: *.csv", "put texts with * % "),
        ("receipt_id: Bon", "sold_at: Bon", "line 10: `sales.columns.sold_at` stands in line 7 already"),
        ("units: Menge", "product_list: Menge", "product_list beside product_id"),
    ],
)
def test_a_wrong_entry_gets_a_sentence_with_its_line(tmp_path, old, new, sentence):
    assert old in WHOLE
    found = problems(tmp_path, WHOLE.replace(old, new, 1))
    assert any(sentence in problem for problem in found), found
    assert all(problem.startswith("segmart.yml, line ") for problem in found)


def test_all_problems_are_said_at_once(tmp_path):
    text = WHOLE.replace("sold_at: Datum", "sold: Datum").replace("type: number", "type: zahl").replace('"."', '"x"')
    found = problems(tmp_path, text)
    assert len(found) == 4
    assert [problem.split(":")[0] for problem in found] == [f"segmart.yml, line {line}" for line in (5, 6, 7, 17)]


def test_a_mapping_that_is_not_there_names_the_command_that_writes_one(tmp_path):
    with pytest.raises(MappingError, match="segmart inspect"):
        read_mapping(tmp_path)


NAMES = {name.casefold(): name for name in ("Menge", "Unit Price", "Typ", "Tag")}


@pytest.mark.parametrize(
    ("text", "is_number", "numbers"),
    [
        ('menge * "unit price"', True, ("Menge", "Unit Price")),
        ("case when Typ = 'R' then -Menge else Menge end", True, ("Menge",)),
        ("Tag || ' ' || Typ", False, ()),
        ("Menge > 0 and Typ in ('a', 'b')", False, ("Menge",)),
        ("nullif(Menge, 0)", True, ("Menge",)),
        ("'all products'", False, ()),
    ],
)
def test_columns_are_numbers_only_where_an_expression_counts_with_them(text, is_number, numbers):
    assert parse_expression(text, NAMES, is_number).number_columns == numbers


@pytest.mark.parametrize("text", ["Menge *", "sum(Menge)", "(select 1)", "Foo + 1", "Menge, Typ", "1; drop table x"])
def test_what_is_no_expression_over_one_row_is_refused(text):
    with pytest.raises(ExpressionError):
        parse_expression(text, NAMES, True)
