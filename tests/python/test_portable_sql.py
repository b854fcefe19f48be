"""SQL outside of `macros/portability` is what DuckDB and Spark both read, and read in the same way.

Much of what stands here is no error to Spark, which answers something else: a column in double quotes is a text, the
first item of an array has the number 0, a backslash goes missing. `test_portability.py` asks both engines about the
macros that hide such differences.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import duckdb
import pytest
from dbt_runs import NO_DIVISION_BY_ZERO, ROOT

DUCKDB_ALONE = ("loading", "materializations", "publishing")
"""Folders of macros that no other engine runs."""

NOT_SHARED = {
    "a column in double quotes is a text to Spark: adapter.quote": (r'"', 'select "Age" from people'),
    "a backslash begins an escape in Spark: sql_text, is_match, extract_regex": (r"\\", r"select replace(x, '\n', '')"),
    "a double slash divides whole numbers in DuckDB alone: floor": ("//", "select a // b"),
    "a double colon: cast": ("::", "select a::integer"),
    "Spark counts items of arrays from 0: array_item": (r"\w\[-?[0-9:]", "select items[1]"),
    "a list in brackets: array_of": (r"(?<!\w)\[", "select [1, 2]"),
    "columns by star but some: name them": (r"\*\s+(exclude|replace|rename)\b", "select * exclude (a)"),
    "keys of a group by all: name them": (r"\b(group|order) by all\b", "select a, sum(b) from t group by all"),
    "a lambda of DuckDB's: portability/lists.sql": (r"\blambda\b|:=", "select list_transform(a, lambda x: x + 1)"),
    "a catalogue of the database: graph.nodes": (
        r"\b(information_schema|duckdb_\w+)\b",
        "from information_schema.tables",
    ),
    "joins of DuckDB's": (r"\b(asof|positional) join\b", "from a asof join b on a.x >= b.x"),
    "samples differ from engine to engine: order by md5": (
        r"\b(using sample|tablesample|random\(\))",
        "from t using sample 10",
    ),
}
"""Why, and what to write instead -> pattern, a query that it finds. In SQL without Jinja."""

FUNCTIONS = {
    "arrays": r"unnest|list(_\w+)?|array_to_string|generate_(series|subscripts)|flatten|len",
    "texts": r"regexp_\w+|string_(agg|split\w*)|str(len|pos)|starts_with|format|printf|chr|unicode|levenshtein",
    "days": r"strftime|strptime|date_(diff|part|sub|add)|datediff|isodow|isoyear|dayofweek|weekday|epoch\w*|age",
    "numbers": r"quantile\w*|approx_\w+|hash|bit_count|bitstring_agg|trunc|isfinite|fdiv|fmod",
    "structs and maps": r"struct_\w+|row|map(_\w+)?|json_\w+|to_json|from_json",
    "errors": r"error|raise_error|try",
    "aggregates": r"arg_(min|max)|first|last|any_value|mode|histogram|product|corr|covar_\w+|regr_\w+",
}
"""Subject -> functions that only one engine has, or that answer otherwise; `macros/portability` stands in for them."""


def without_statements(sql: str) -> str:
    """SQL without comments and what Jinja does; what it says stays, because that may hold SQL as text."""
    return re.sub(r"\{#.*?#\}|--[^\n]*|\{%.*?%\}|\{\{-?\s*config\(.*?\)\s*-?\}\}(?!\")", "", sql, flags=re.DOTALL)


def without_jinja(sql: str) -> str:
    return re.sub(r"\{\{.*?\}\}", "x", without_statements(sql), flags=re.DOTALL)


def without_texts(sql: str) -> str:
    return re.sub(r"'(?:[^'\\]|'')*'", "''", sql)


@cache
def own_macros() -> set[str]:
    return {
        name
        for file in (ROOT / "macros").rglob("*.sql")
        for name in re.findall(r"macro (\w+)\(", file.read_text("utf-8"))
    }


def shared_files() -> list[Path]:
    """All SQL that both engines read."""
    folders = ["models", "analyses", "tests/generic", "tests/singular", "macros"]
    apart = {ROOT / "macros" / name for name in ("portability", *DUCKDB_ALONE)}
    files = [file for folder in folders for file in sorted((ROOT / folder).rglob("*.sql"))]
    return [file for file in files if file.parent not in apart]


def calls(functions: str, sql: str) -> set[str]:
    """Which of some functions are called, by a pattern of their names; methods in Jinja are none."""
    found = re.finditer(rf"(?<![\w.|])(?P<name>{functions})\(", without_statements(sql))
    return {call["name"] for call in found} - own_macros()


@pytest.mark.parametrize("reason", NOT_SHARED)
def test_sql_is_written_as_both_engines_read_it(reason: str) -> None:
    pattern, example = NOT_SHARED[reason]
    assert re.search(pattern, without_texts(without_jinja(example)))
    found = {
        str(file.relative_to(ROOT))
        for file in shared_files()
        if re.search(pattern, without_texts(without_jinja(file.read_text("utf-8"))))
    }
    assert found == set()


@pytest.mark.parametrize("subject", FUNCTIONS)
def test_functions_are_those_of_both_engines(subject: str) -> None:
    found = {str(file.relative_to(ROOT)): calls(FUNCTIONS[subject], file.read_text("utf-8")) for file in shared_files()}
    assert {file: names for file, names in found.items() if names} == {}


def test_functions_are_found_in_sql_and_in_what_is_given_to_macros() -> None:
    sql = "select unnest(x), {{ clean_text('split_part(list_sort(x))') }}, unnest_array(y) -- len(x)"
    assert calls(FUNCTIONS["arrays"], sql) == {"unnest", "list_sort"}


def test_runs_of_tests_divide_nothing_by_zero() -> None:
    quotient = "select dividend / divisor from (values ({}, {})) as numbers (dividend, divisor)"
    with duckdb.connect() as connection:
        connection.execute(NO_DIVISION_BY_ZERO)
        for dividend, divisor, expected in ((6, 4, 1.5), ("null", "0.0", None), (1, "null", None)):
            assert connection.execute(quotient.format(dividend, divisor)).fetchall() == [(expected,)]
        for zero in ("0", "0.00", "0e0"):
            with pytest.raises(duckdb.ConversionException, match="division of 3 by zero"):
                connection.execute(quotient.format(3, zero))
