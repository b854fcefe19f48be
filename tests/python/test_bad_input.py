"""Files and values that are wrong: a file gives one clear error, a value is listed with the reason."""

from __future__ import annotations

import gzip
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from dbt_runs import DbtRun
from small_files import CHECK, CUSTOMERS, HEADER, LINE, Case, lines, load_case, run_cases

TRANSACTIONS = "transaction_data.csv"
LISTING = f"Expected: a comma-separated UTF-8 file with the columns {HEADER.replace(',', ', ')}."
CUSTOMER_LISTING = (
    "Expected: a comma-separated UTF-8 file with the columns LYLTY_CARD_NBR, LIFESTAGE, PREMIUM_CUSTOMER."
)

Message = tuple[str, ...]

BROKEN_FILES: dict[str, tuple[Case, str, Message]] = {
    "missing": (Case(None), TRANSACTIONS, ("does not exist", LISTING)),
    "missing customers": (Case(customers=None), "purchase_behaviour.csv", ("does not exist", CUSTOMER_LISTING)),
    "plain and compressed": (
        Case(others={"transaction_data.csv.gz": gzip.compress(lines(LINE).encode())}),
        TRANSACTIONS,
        ("exists twice, also as transaction_data.csv.gz",),
    ),
    "not compressed": (
        Case(None, others={"transaction_data.csv.gz": lines(LINE).encode()}),
        "transaction_data.csv.gz",
        ("is not a GZIP stream",),
    ),
    "empty": (Case(""), TRANSACTIONS, ("is empty", LISTING)),
    "header only": (Case(lines()), TRANSACTIONS, ("has a header but no rows", LISTING)),
    "missing column": (
        Case(lines(LINE.rsplit(",", 1)[0], header=HEADER.rsplit(",", 1)[0])),
        TRANSACTIONS,
        ("lacks the column TOT_SALES.", LISTING),
    ),
    "renamed columns": (
        Case(lines(LINE, header=HEADER.replace("PROD_QTY", "QUANTITY").replace("DATE", "DAY"))),
        TRANSACTIONS,
        ("lacks the columns DATE, PROD_QTY and has in its place DAY, QUANTITY", LISTING),
    ),
    "column twice": (
        Case(lines(LINE, header=HEADER.replace("STORE_NBR", " date"))),
        TRANSACTIONS,
        ("has the column date twice", LISTING),
    ),
    "semicolons": (
        Case(lines(LINE).replace(",", ";")),
        TRANSACTIONS,
        ("is separated by semicolons, not by commas", LISTING),
    ),
    "tabs": (Case(lines(LINE).replace(",", "\t")), TRANSACTIONS, ("is separated by tabs, not by commas", LISTING)),
    "UTF-16": (Case(lines(LINE).encode("utf-16")), TRANSACTIONS, ("is encoded as UTF-16: save it as UTF-8", LISTING)),
    "Latin-1": (
        Case(lines(LINE, LINE.replace("Salt", "Sält")).encode("latin-1")),
        TRANSACTIONS,
        ("can not be read: line 3 is not encoded as UTF-8", LISTING),
    ),
    "Windows-1252": (
        Case(lines(LINE, LINE.replace("Salt", "Salt’s")).encode("cp1252")),
        TRANSACTIONS,
        ("line 3 is not encoded as UTF-8", LISTING),
    ),
    "Latin-1 in the header": (
        Case(lines(LINE + ",x", header=HEADER + ",Größe").encode("latin-1")),
        TRANSACTIONS,
        ("is not encoded as UTF-8: save it as UTF-8", LISTING),
    ),
    "line for a spreadsheet": (Case("sep=,\n" + lines(LINE)), TRANSACTIONS, ("starts with the line sep=,", LISTING)),
    "line of three megabytes": (
        Case(lines(LINE, LINE.replace("Salt", 3_000_000 * "x"))),
        TRANSACTIONS,
        ("can not be read: line 3 is longer than 2 MB", LISTING),
    ),
    "field too many": (
        Case(lines(LINE, f"{LINE},7")),
        TRANSACTIONS,
        ("can not be read: line 3 has too many fields (the header has 8 fields; 1 such", LISTING),
    ),
    "field too few": (
        Case(lines(LINE, LINE.rsplit(",", 1)[0])),
        TRANSACTIONS,
        ("can not be read: line 3 has too few fields (the header has 8 fields; 1 such", LISTING),
    ),
    "two kinds of line ends": (
        Case(lines(LINE) + lines(LINE, end="\r\n")),
        TRANSACTIONS,
        ("has different line ends: line 3 ends with CRLF, the lines before it with LF", LISTING),
    ),
    "open quote": (
        Case(lines(LINE, LINE.replace("Larkmoor", '"Larkmoor'), LINE)),
        TRANSACTIONS,
        ("can not be read: line 3 has a quotation mark that is never closed", LISTING),
    ),
}
"""What is wrong -> files, name of the wrong one, what the error says."""

BY_DBT = ["missing customers", "field too few"]

VALUES: dict[str, tuple[str, str, str | None]] = {
    "plain": ("TOT_SALES", "6", None),
    "thousands": ("TOT_SALES", '"1,234.50"', None),
    "dollars": ("TOT_SALES", "$7.40", None),
    "nothing paid": ("TOT_SALES", "0", None),
    "cents only": ("TOT_SALES", ".5", None),
    "no amount": ("TOT_SALES", "", "is not an amount"),
    "amount in words": ("TOT_SALES", "six", "is not an amount"),
    # A cast in SQL would take these for numbers.
    "decimal comma": ("TOT_SALES", '"7,40"', "is not an amount"),
    "exponent": ("TOT_SALES", "1e1", "is not an amount"),
    "blank after the sign": ("TOT_SALES", "- 3", "is not an amount"),
    "underscore": ("TOT_SALES", "1_000", "is not an amount"),
    "amount beyond all sense": ("TOT_SALES", "99999999999999999", "is not an amount"),
    "negative amount": ("TOT_SALES", "-6", "is negative"),
    "fraction of a cent": ("TOT_SALES", "6.005", "is finer than a cent"),
    "serial": ("DATE", "43390", None),
    "ISO date": ("DATE", "2018-10-17", None),
    "day first": ("DATE", "17/10/2018", "is not a date"),
    "no such day": ("DATE", "2018-02-30", "is not a date"),
    "long ago": ("DATE", "1066-10-14", "is outside the plausible years"),
    "no date": ("DATE", "", "is not a date"),
    "quantity in words": ("PROD_QTY", "two", "is not a whole number"),
    "half a packet": ("PROD_QTY", "1.5", "is not a whole number"),
    "whole number with decimals": ("PROD_QTY", "2.0", None),
    "no packet": ("PROD_QTY", "0", "is zero or negative"),
    "bulk": ("PROD_QTY", "51", "is a bulk purchase"),
    "card with letters": ("LYLTY_CARD_NBR", "A1000", "is not a number"),
    "card beyond all numbers": ("LYLTY_CARD_NBR", "9" * 30, "is not a number"),
    "card missing from the customer file": ("LYLTY_CARD_NBR", "5555", None),
    "no card": ("LYLTY_CARD_NBR", "", None),
    "no transaction": ("TXN_ID", "", "is not a number"),
    "no product": ("PROD_NBR", "-", "is not a number"),
    "no store": ("STORE_NBR", " ", "is not a number"),
    "no name": ("PROD_NAME", '"  "', "is empty"),
    "name of a megabyte": ("PROD_NAME", "x" * 1_000_000, "is longer than 200 characters"),
    "name with quotes": ("PROD_NAME", '"O\'Larkmoor ""Salt"" 175g"', None),
    "name that ends a statement": ("PROD_NAME", "'; drop table raw.transaction_data; --", None),
    "name with markup": ("PROD_NAME", "<script>alert(1)</script>", None),
    "name with a formula": ("PROD_NAME", "=1+1", None),
    "name with Jinja": ("PROD_NAME", "{{ 1 / 0 }} {% raw %}", None),
}
"""What is special -> column, value as in the file, reason for refusing the row or None."""

NULL_AND_EMPTY = (",1,1000,900,900,Larkmoor Salt 175g,2,6", '"",1,1000,900,900,Larkmoor Salt 175g,2,6')
"""Rows that differ only in how nothing is written."""


def with_value(column: str, value: str, transaction: int) -> str:
    """A row of a product and a transaction of its own with one value changed."""
    fields = dict(zip(HEADER.split(","), LINE.split(","), strict=True))
    fields.update({"TXN_ID": str(transaction), "PROD_NBR": str(transaction), column: value})
    return ",".join(fields.values())


ROWS = [with_value(column, value, number) for number, (column, value, _) in enumerate(VALUES.values(), start=1)]
ODD_CUSTOMERS = CUSTOMERS + "".join(
    f"{row}\r\n"
    for row in (
        "2000,RETIREES,Budget",
        "2000,RETIREES,Budget",
        "3000,RETIREES,Budget",
        "3000,NEW FAMILIES,Budget",
        "3000,RETIREES,Budget",
        "4000,,",
        "none,RETIREES,Budget",
        '"","O\'Higgins ""&"" <b>",=1+1',
    )
)


SPELLINGS = ("2000,RETIREES,Budget", "2000,Retirees,budget")
"""Two ways to write the same row of a card."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DbtRun]:
    """All cases of this file."""
    cases = {name: BROKEN_FILES[name][0] for name in BY_DBT}
    cases["no such directory"] = Case(setting="{}/nowhere")
    cases["values"] = Case(lines(*ROWS, *NULL_AND_EMPTY), ODD_CUSTOMERS, arguments=CHECK)
    for name, rows in (("one order", SPELLINGS), ("other order", SPELLINGS[::-1])):
        customers = CUSTOMERS + "".join(f"{row}\r\n" for row in rows)
        cases[name] = Case(customers=customers, arguments=("build", "--select", "+base_chips__customers"))
    return run_cases(cases, tmp_path_factory.mktemp("bad input"))


def descendants(run: DbtRun, node: str) -> set[str]:
    """Models that read a node, at once or through others."""
    found: set[str] = set()
    open_nodes = [node]
    while open_nodes:
        children = {child for child in run.manifest["child_map"][open_nodes.pop()] if child.startswith("model.")}
        open_nodes += children - found
        found |= children
    return found


@pytest.mark.parametrize("case", BROKEN_FILES)
def test_a_broken_file_is_one_clear_sentence(case: str, tmp_path: Path) -> None:
    files, file, messages = BROKEN_FILES[case]
    errors = {name: table.error for name, table in load_case(files, tmp_path).items() if table.error}
    assert list(errors) == [file.split(".")[0]]
    (error,) = errors.values()
    assert f"/chips/{file}" in error
    assert "\n" not in error
    for message in messages:
        assert message in error


@pytest.mark.parametrize("case", BY_DBT)
def test_a_broken_file_is_one_clear_error(runs: dict[str, DbtRun], case: str) -> None:
    run, (_, file, messages) = runs[case], BROKEN_FILES[case]
    seed = f"seed.segmart.{file.split('.')[0]}"
    assert run.exit_code == 1
    assert run.failures == [seed]
    assert "Completed with 1 error, 0 partial successes, and 0 warnings" in run.output
    error = run.output[run.output.index("Completed with 1 error") :]
    assert f"/chips/{file}" in error
    for message in messages:
        assert message in error


@pytest.mark.parametrize("case", BY_DBT)
def test_no_model_is_built_on_a_broken_file(runs: dict[str, DbtRun], case: str) -> None:
    run, (_, file, _) = runs[case], BROKEN_FILES[case]
    readers = descendants(run, f"seed.segmart.{file.split('.')[0]}")
    assert len(readers) > 10
    assert {run.statuses.get(model, "skipped") for model in readers} == {"skipped"}
    names = {model.split(".")[-1] for model in readers}
    built = set().union(*(run.tables(schema) for schema in ("staging", "intermediate", "marts")))
    assert names & built == set()


def test_a_directory_that_is_not_there_is_an_error_for_each_file(runs: dict[str, DbtRun]) -> None:
    run = runs["no such directory"]
    assert run.failures == ["seed.segmart.purchase_behaviour", "seed.segmart.transaction_data"]
    for file in ("transaction_data.csv", "purchase_behaviour.csv"):
        assert f"/data/nowhere/chips/{file} does not exist" in run.output
    for seed in run.failures:
        assert {run.statuses.get(model, "skipped") for model in descendants(run, seed)} == {"skipped"}


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_accepted_or_listed_with_its_reason(runs: dict[str, DbtRun], value: str) -> None:
    run, (column, written, reason) = runs["values"].succeeded(), VALUES[value]
    number = list(VALUES).index(value) + 1
    rows = run.rows(
        "select rejection_reason, rejected_column, rejected_value from marts.rejected_rows"
        f" where source_file = 'transaction_data' and raw_row like '%PROD_NAME=%' and raw_row like '%| %{number} |%'"
    )
    plain = written.removeprefix('"').removesuffix('"').replace('""', '"')
    refused = [row for row in rows if row[2] == (plain[:200] or None) and row[1] == column]
    accepted = run.rows(f"select 1 from staging.stg_chips__sales_lines where product_id = '{number}'")
    if reason is None:
        assert accepted == [(1,)]
        assert refused == []
    else:
        assert accepted == []
        assert [row[0] for row in refused] == [f"{column} {reason}"]


def test_accepted_values_are_what_they_mean(runs: dict[str, DbtRun]) -> None:
    sql = "select product_id, sales_amount, receipt_date, units, product_name from staging.stg_chips__sales_lines"
    found = {int(number): values for number, *values in runs["values"].rows(sql)}
    by_name = {name: found.get(number) for number, name in enumerate(VALUES, start=1)}
    assert by_name["thousands"][0] == Decimal("1234.50")
    assert by_name["dollars"][0] == Decimal("7.40")
    assert by_name["serial"][1] == by_name["ISO date"][1] == date(2018, 10, 17)
    assert by_name["whole number with decimals"][2] == 2
    assert by_name["name with quotes"][3] == """O'Larkmoor "Salt" 175g"""
    for name in ("name that ends a statement", "name with markup", "name with a formula", "name with Jinja"):
        assert by_name[name][3] == VALUES[name][1]


def test_cards_that_stand_twice_are_refused_but_for_one_of_equal_rows(runs: dict[str, DbtRun]) -> None:
    run = runs["values"].succeeded()
    rejected = run.rows(
        "select rejection_reason, rejected_value, sum(row_count) from marts.rejected_rows"
        " where source_file = 'purchase_behaviour' group by all"
    )
    assert set(rejected) == {
        ("LYLTY_CARD_NBR repeats an earlier row", "2000", 1),
        ("LYLTY_CARD_NBR has rows that contradict each other", "3000", 3),
        ("LYLTY_CARD_NBR is not a number", "none", 1),
        ("LYLTY_CARD_NBR is not a number", "", 1),
    }
    accepted = run.rows("from staging.stg_chips__customers order by customer_id")
    assert accepted[2:] == [(2000, "RETIREES", "Budget"), (4000, "Unknown", "Unknown")]


def test_odd_values_are_reconciled(runs: dict[str, DbtRun]) -> None:
    table = runs["values"].succeeded().mart("row_reconciliation").set_index("source_file")
    assert table["is_reconciled"].all()
    rows, refused = len(VALUES) + 2, sum(reason is not None for _, _, reason in VALUES.values()) + 2
    transactions, customers = table.loc["transaction_data"], table.loc["purchase_behaviour"]
    assert transactions[["raw_rows", "rejected_rows", "unmatched_rows"]].tolist() == [rows, refused, 1]
    assert customers[["raw_rows", "rejected_rows", "accepted_rows"]].tolist() == [10, 6, 4]
    amounts = "select raw_amount - rejected_amount, accepted_amount from marts.row_reconciliation where raw_amount > 0"
    accepted = "select sum(sales_amount), sum(sales_amount) from staging.stg_chips__sales_lines"
    assert runs["values"].rows(amounts) == runs["values"].rows(accepted)


def test_null_and_empty_text_are_both_listed(runs: dict[str, DbtRun]) -> None:
    sql = "select rejection_reason, row_count from marts.rejected_rows where raw_row like '%PROD_NBR=900 %'"
    found = runs["values"].succeeded().rows(sql)
    assert {reason for reason, _ in found} == {"DATE is not a date"}
    assert sum(count for _, count in found) == 2


def test_which_of_two_equal_cards_is_refused_does_not_depend_on_their_order(runs: dict[str, DbtRun]) -> None:
    refused = "select raw_fields from staging.base_chips__customers where rejection_reason is not null"
    first, second = (runs[name].succeeded().rows(refused) for name in ("one order", "other order"))
    assert len(first) == 1
    assert first == second
