"""The macros of macros/portability give DuckDB and Spark the same answers to the same rows.

Each case is a query in Jinja that dbt compiles for both engines. It runs with `make test-spark`, and is skipped where
pyspark or Java is missing.
"""

from __future__ import annotations

import datetime
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_runs import ROOT

BETWEEN = "-- the next case"


def of_texts(expression: str, *texts: str | None) -> str:
    """A query of an expression over a column `x` of texts."""
    return _of(
        expression, ["cast(null as string)" if text is None else f"{{{{ sql_text({text!r}) }}}}" for text in texts]
    )


def of_days(expression: str, *days: str) -> str:
    """A query of an expression over a column `x` of days."""
    return _of(expression, [f"cast('{day}' as date)" for day in days])


def of_numbers(expression: str, *numbers: str) -> str:
    """A query of an expression over a column `x` of numbers, as SQL writes them."""
    return _of(expression, list(numbers))


def _of(expression: str, values: list[str]) -> str:
    rows = " union all ".join(f"select {place} as place, {value} as x" for place, value in enumerate(values))
    return f"select {expression} as result from ({rows}) as given order by place"


NEW_YEARS = ("2018-12-31", "2019-01-01", "2020-12-31", "2021-01-03", "2021-01-04", "2024-02-29")
LISTS = (
    "['rice', \"baker's yeast\"]",
    '["jam \\"plum\\"", "b"]',
    "['a\\'b']",
    "[]",
    "[' ']",
    "rice",
    "['\\u00e9t\\u00e9']",
    "['a',]",
    None,
)
GROUPS = "(select 1 as g, 2 as place, 'b' as x union all select 1, 1, 'a' union all select 2, 1, 'c') as given"

CASES = {
    "iso_weekday": of_days("{{ iso_weekday('x') }}", *NEW_YEARS),
    "iso_year": of_days("{{ iso_year('x') }}", *NEW_YEARS),
    "days_between": of_days("{{ days_between('x', \"cast('2020-03-01' as date)\") }}", *NEW_YEARS),
    "calendar_days": "with days as "
    "(select cast('2024-02-27' as date) as x union all select cast('2024-03-02' as date)) "
    "select calendar_date from ({{ calendar_days('days', 'x', 'x') }}) as given order by calendar_date",
    "count_months": "select {{ count_months('x') }} from (select cast('2019-01-31' as date) as x union all "
    "select cast('2019-01-01' as date) union all select cast('2018-01-01' as date)) as given",
    "holiday_name": of_days("{{ holiday_name('x') }}", "2024-12-25"),
    "format_count": of_numbers("{{ format_count('x') }}", "0", "999", "1000", "1234567", "-1234"),
    "format_share": of_numbers("{{ format_share('x') }}", "0.1234", "1.0", "12.5", "0.00049"),
    "format_deviation": of_numbers("{{ format_deviation('x') }}", "-0.2", "0.304", "1.0", "13.06"),
    "format_ratio": of_numbers("{{ format_ratio('x') }}", "1.005", "2.675", "1234.5", "0.125"),
    "fill_placeholders": of_texts(
        "{{ fill_placeholders('x', {'name': \"'it'\", 'n': \"'5'\"}) }}", "{n} of {name}", "{other}"
    ),
    "is_text_list": of_texts("{{ is_text_list('x') }}", *LISTS),
    "list_literals": of_texts("{{ list_literals('x') }}", *LISTS),
    "unquote_literal": of_texts(
        "{{ unquote_literal('x') }}", "'rice'", '"jam \\"plum\\""', "'a\\'b'", "'\\u00e9'", "'\\x41'", "'\\\\'"
    ),
    "array_of": "select {{ array_of([1, 2, 3]) }}",
    "unnest_array": "with given as (select 1 as g, {{ array_of([3, 4]) }} as items) "
    "select g, item from ({{ unnest_array('given', ['g'], 'items', 'item') }}) as given order by item",
    "unnest_with_rest": "with given as (select 1 as g, {{ array_of([3, 4, 5]) }} as items) "
    "select g, item, items from ({{ unnest_with_rest('given', ['g'], 'items', 'item') }}) as given order by item",
    "array_in_order": "select g, {{ array_in_order('x', 'place') }} from " + GROUPS + " group by g order by g",
    "array_item": "select {{ array_item(array_of([3, 4]), 2) }}, {{ array_item(array_of([3, 4]), 3) }}",
    "quantiles": "select {{ quantiles('x', [0.125, 0.5]) }} from "
    "(select 1e0 as x union all select 2e0 union all select 3e0 union all select 5e0 union all select 9e0) as given",
    "correlation": "select round({{ correlation('x', 'y') }}, 9), {{ correlation('x', 'z') }} from "
    "(select 1e0 as x, 1e0 as y, 5e0 as z union all select 2e0, 2e0, 5e0 union all select 3e0, 4e0, 5e0) as given",
    "number_as_text": "select {{ number_as_text('x') }} from "
    "(select 6.691234567890123e-4 as x union all select 12345678e0 union all select 0.25e0 union all select -2e-3 "
    "union all select 0e0) as given order by x",
    "decimal_quotient": "select {{ decimal_quotient('amount', 'nullif(units, 0)', 2) }} from "
    "(select 1 as place, cast(79.46 as decimal(18, 2)) as amount, cast(4 as decimal(18, 3)) as units "
    "union all select 2, 39.3, 4 union all select 3, -39.3, 4 union all select 4, 10, 3 union all select 5, 1, 0) "
    "as given order by place",
    "double_as_decimal": "select x, {{ double_as_decimal('x', 9) }} from (select 544.4824547635e0 as x "
    "union all select 198.53971431349999e0 union all select -269.6902968445e0 union all select 1e-10) "
    "as given order by x",
    "scaled_vector": "select {{ scaled_vector(array_of(['1.0', '2.0']), array_of(['0.5', '1.0']), "
    "array_of(['2.0', '4.0'])) }}",
    "centres_by_distance": "select {{ centres_by_distance(array_of(['0e0', '1e0']), 'centres') }} from "
    "(select {{ array_of([array_of(['3e0', '5e0']), array_of(['0e0', '2e0']), array_of(['1e0', '1e0'])]) }} "
    "as centres) as given",
    "maps": "select {{ map_as_text(text_map(['a', 'b']), 3) }} "
    "from (select 'long' as a, cast(null as string) as b) as given",
    "text_map_type": "select {{ map_as_text('cast(' ~ text_map(['a']) ~ ' as ' ~ text_map_type() ~ ')', 9) }} "
    "from (select 'x' as a) as given",
    "json_as_map": of_texts("{{ map_as_text(json_as_map('x'), 9) }}", '{"a": "1", "b": "x"}', "no", None),
    "map_with_place": "select {{ map_as_text(map_with_place(text_map(['a']), \"'row'\", \"'f.csv'\", '7'), 9) }} "
    "from (select 'v' as a) as given",
    "longest_key_before_blank": "select {{ longest_key_before_blank(text_map(['Old', 'Old El']), \"'Old El Paso'\") }} "
    "from (select 'x' as `Old`, 'y' as `Old El`) as given",
    "wide_integer": of_numbers(
        "cast(cast(x as {{ wide_integer() }}) * 1000000007 as string)", "9223372036854775807", "-1"
    ),
    "replace_regex": of_texts("{{ replace_regex('x', '\\\\s+', '_') }}", "a  b", "Dunmarsh", "s\tt"),
    "replace_regex with groups": of_texts(
        "{{ replace_regex('x', '([a-z])([A-Z])', '\\\\1 \\\\2') }}", "SourCream", "a"
    ),
    "is_match": of_texts("{{ is_match('x', '[0-9]{1,3}[.][0-9]{3}') }}", "12.345", "12.34", "x12.345", None),
    "is_match before a line break": of_texts("{{ is_match('x', '[0-9]+') }}", "12", "12\n"),
    "extract_regex": of_texts("{{ extract_regex('x', '^([a-z]*)([0-9]+)$', 2) }}", "a12", "12\n", "7", "a", None),
    "is_match of one of two": of_texts("{{ is_match('x', 'a|b') }}", "a", "b", "ab"),
    "trim_characters": of_texts("{{ trim_characters('x', [' ', '\\t', '\\u00a0']) }}", " \ta b\u00a0", "ab"),
    "clean_text": of_texts("{{ clean_text('x') }}", "  Castrel \u00a0 white ", "", None, "so\tso"),
    "is_longer_than": of_texts(
        "{{ is_longer_than('x', 3) }}", "abc", "abcd", "\u00e9\u00e9\u00e9", "\u00e9\u00e9\u00e9\u00e9"
    ),
    "last_character": of_texts("{{ last_character('x') }}", "abc", "\u00e9", ""),
    "capitalize": of_texts("{{ capitalize('x') }}", "PREMIUM", "\u00e9t\u00e9", ""),
    "split_to_rows": "with given as (select 1 as g, 'a b  c' as x) "
    "select g, position, piece from ({{ split_to_rows('given', ['g'], 'x', ' ') }}) as given order by position",
    "join_in_order": "select g, {{ join_in_order('x', 'place', ', ') }} from " + GROUPS + " group by g order by g",
    "sql_text": 'select {{ sql_text("it\'s \\\\ {a}") }}',
    "to_amount": of_texts("{{ to_amount('x') }}", "12.50", "$1,234.5", "1.2.3", "", "\u20ac5"),
    "to_integer": of_texts("{{ to_integer('x') }}", "12", "12.0", " 7 ", "12\n", "1e3", "x", "99999999999999999999"),
    "to_number": of_texts("{{ to_number('x') }}", "12", "1e-05", ".5", "1d", "NaN", "1e13", None),
    "rough_amount": of_texts("{{ rough_amount('x') }}", "12.345678", "-$1,234.5", "1e3", "", "x", "1234567890123"),
    "to_date_us": of_texts(
        "{{ to_date_us('x') }}", "6/16/14", "06/16/2014", "08/22/1948 05:06 AM", "16-06-2014", "2/30/14", "1/1/2014\n"
    ),
    "round": of_numbers("cast(round(x, 2) as double)", "1.005", "-1.005", "2.675", "0.125"),
    "division": "select 7 / 2, 7 % 3, -7 % 3",
    "to_date": of_texts("{{ to_date('x') }}", "2019-05-20", "43605", "20.05.2019", "x"),
}


def test_every_macro_with_two_forms_has_a_case() -> None:
    macros = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "macros").rglob("*.sql"))
    called = set(re.findall(r"\b(\w+)\(", "\n".join(CASES.values())))
    # Said through format_count and its like; a query that stops has no rows to compare.
    by_another_name = {"format_number", "json_text_content", "raise_in_sql"}
    # Asks DuckDB on both engines; whole builds compare what comes of it.
    by_another_name |= {"duckdb_query", "duckdb_hook", "duckdb_rows", "show_marts"}
    assert set(re.findall(r"dispatch\('(\w+)'\)", macros)) - called - by_another_name == set()


@pytest.fixture(scope="module")
def compiled(needs_spark: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Engine -> case -> SQL."""
    targets = {"duckdb": "local", "spark": "spark"}
    return {engine: _compile(target, tmp_path_factory.mktemp(engine)) for engine, target in targets.items()}


def _compile(target: str, folder: Path) -> dict[str, str]:
    inline = f"\n{BETWEEN}\n".join(CASES.values())
    command = [
        str(Path(sys.executable).with_name("dbt")),
        "--quiet",
        "compile",
        "--inline",
        inline,
        "--project-dir",
        str(ROOT),
    ]
    command += ["--profiles-dir", str(ROOT), "--target", target]
    command += ["--target-path", str(folder), "--log-path", str(folder)]
    own = {"SEGMART_DATABASE": str(folder / "segmart.duckdb"), "SEGMART_SPARK_WAREHOUSE": str(folder / "spark")}
    run = subprocess.run(command, cwd=folder, env=os.environ | own, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    queries = [query.strip() for query in run.stdout.split(BETWEEN)]
    return dict(zip(CASES, queries, strict=True))


@pytest.fixture(scope="module")
def spark(compiled: dict[str, dict[str, str]]) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").appName("portability")
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        # As the adapter sets them.
        "spark.sql.ansi.enabled": "true",
        "spark.sql.ansi.doubleQuotedIdentifiers": "true",
        "spark.sql.shuffle.partitions": "1",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


def plain(value: Any) -> Any:
    """A value as plain Python, so that rows of both engines can be compared."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if hasattr(value, "asDict"):
        return {key: plain(item) for key, item in value.asDict().items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


@pytest.mark.parametrize("case", CASES)
def test_both_engines_give_the_same(case: str, compiled: dict[str, dict[str, str]], spark: Any) -> None:
    with duckdb.connect() as connection:
        query = re.sub(r"`([^`]*)`", r'"\1"', compiled["duckdb"][case])
        expected = [plain(list(row)) for row in connection.execute(query).fetchall()]
    assert expected != []
    found = [plain(list(row)) for row in spark.sql(compiled["spark"][case]).collect()]
    assert found == expected
