"""What is published in place of ids and small groups: the SQL of `hidden_customers.sql`, without dbt."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import pytest
from dbt_runs import ROOT

from segmart import duckdb_functions, pseudonyms
from segmart.sql import sql_text

pytestmark = pytest.mark.library

SECRET = "not to be found by trying"
SMALLEST_GROUP = 5


def hash_of(kind: str, text: str, dataset: str = "a") -> str:
    return hmac.new(SECRET.encode(), f"{kind}\0{dataset}\0{text}".encode(), hashlib.sha256).hexdigest()[:32]


def macros() -> Any:
    path = ROOT / "macros" / "publishing" / "hidden_customers.sql"
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    environment.globals |= {
        "duckdb_text": sql_text,
        "quoted_name": lambda name: f'"{name}"',
        "var": {"smallest_group": SMALLEST_GROUP}.__getitem__,
    }
    return environment.from_string(path.read_text(encoding="utf-8")).module


def mart(name: str, columns: Mapping[str, str], folder: str = "customers") -> SimpleNamespace:
    """A mart as dbt describes it, with the types of its columns."""
    described = {column: SimpleNamespace(name=column, data_type=kind) for column, kind in columns.items()}
    return SimpleNamespace(name=name, relation_name=name, columns=described, fqn=["segmart", "marts", folder, name])


def published(
    columns: Mapping[str, str], rows: list[tuple[Any, ...]], folder: str = "customers", name: str = "made"
) -> list[tuple[Any, ...]]:
    """The rows of a mart as they are published."""
    customers = mart("customers", {"customer_key": "integer", "dataset": "string", "customer_id": "string"})
    made = mart(name, columns, folder)
    with duckdb.connect() as connection:
        functions = ["varchar", "varchar", "varchar"]
        connection.create_function(
            "pseudonym", duckdb_functions.pseudonym, functions, "varchar", null_handling="special", side_effects=True
        )
        connection.execute("create table customers (customer_key integer, dataset varchar, customer_id varchar)")
        ids = [(number, "a", f"C{number:02d}") for number in range(1, 41)]
        connection.executemany("insert into customers values (?, ?, ?)", ids)
        if name != "customers":
            types = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            connection.execute(f"create table {name} ({types})")
            connection.executemany(f"insert into {name} values ({', '.join('?' * len(columns))})", rows)
        connection.execute(macros().hidden_keys_sql({"marts": [customers]}))
        return connection.execute(f"select * from ({macros().hidden_rows_sql(made)}) order by all").fetchall()


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(pseudonyms.VARIABLE, SECRET)


def test_a_pseudonym_is_an_hmac_of_kind_dataset_and_id() -> None:
    assert duckdb_functions.pseudonym("customer", "a", "0017") == hash_of("customer", "0017")
    assert hash_of("customer", "0017") != hash_of("receipt", "0017")
    assert hash_of("customer", "0017") != hash_of("customer", "0017", "b")
    assert duckdb_functions.pseudonym("customer", "a", None) is None


def test_ids_are_hashed_and_raw_values_are_gone() -> None:
    columns = ("customer_id", "example_customer_id", "unit_id", "receipt_id", "raw_row", "rejected_value", "item")
    row = ("C1", "C1", "C1", "7", "card=C1, paid=x", "C1", "Tea")
    found = published({"dataset": "string", **dict.fromkeys(columns, "string")}, [("a", *row)])
    known = hash_of("customer", "C1")
    expected = (known, known, known, hash_of("receipt", "7"), hash_of("row", "card=C1, paid=x"), None, "Tea")
    assert found == [("a", *expected)]


def test_numbers_of_customers_are_drawn_anew_and_still_join() -> None:
    customers = published(
        {"customer_key": "integer", "dataset": "string", "customer_id": "string"}, [], name="customers"
    )
    assert [number for number, _, _ in customers] == list(range(1, 41))
    # In the order of the pseudonyms, which is not that of the ids.
    assert [name for _, _, name in customers] == sorted(
        hash_of("customer", f"C{number:02d}") for number in range(1, 41)
    )
    number = next(number for number, _, name in customers if name == hash_of("customer", "C17"))
    assert published({"dataset": "string", "customer_key": "integer"}, [("a", 17), ("a", None)]) == [
        ("a", number),
        ("a", None),
    ]


@pytest.mark.parametrize(
    ("column", "kind", "extra", "folder", "is_counted"),
    [
        ("customers", "bigint", {}, "customers", True),
        ("left_customers", "integer", {}, "customers", True),
        ("buyers", "bigint", {}, "promotions", True),
        ("responses", "bigint", {}, "campaigns", True),
        ("pair_baskets", "bigint", {}, "baskets", True),
        ("units", "bigint", {"analysis": "string"}, "segments", True),
        ("units", "bigint", {}, "customers", False),
        ("expected_customers", "double", {}, "customers", False),
        ("customers", "bigint", {}, "products", False),
        ("customers", "bigint", {}, "stores", False),
    ],
)
def test_rows_about_few_customers_are_left_out(
    column: str, kind: str, extra: Mapping[str, str], folder: str, is_counted: bool
) -> None:
    counts = [0, 1, SMALLEST_GROUP - 1, SMALLEST_GROUP, 1000]
    given = [*counts, None] if kind != "double" else counts
    rows = [(count, *["x"] * len(extra)) for count in given]
    found = {row[0] for row in published({column: kind, **extra}, rows, folder)}
    assert found == ({0, SMALLEST_GROUP, 1000, None} if is_counted else set(given))


def test_attributes_that_few_share_are_left_out() -> None:
    columns = {
        **{"dataset": "string", "customer_key": "integer", "attribute": "string", "attribute_value": "string"},
        "number_value": "double",
    }
    rows = [("a", number, "region", "north" if number > 4 else "an island", None) for number in range(1, 10)]
    rows += [("a", number, "income", str(20_000 + number), 20_000.0 + number) for number in range(1, 10)]
    found = published(columns, rows)
    assert {row[3] for row in found} == {"north"}
    assert len(found) == SMALLEST_GROUP


def test_a_short_secret_is_refused_and_an_empty_one_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(pseudonyms.VARIABLE, "short")
    with pytest.raises(ValueError, match="has 5 characters"):
        pseudonyms.customer_secret()
    assert '"error"' in duckdb_functions.hides_customers()
    monkeypatch.setenv(pseudonyms.VARIABLE, "  ")
    assert pseudonyms.customer_secret() is None
    assert duckdb_functions.hides_customers() == '{"value": "False"}'
