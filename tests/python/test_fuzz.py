"""Damaged files are read rightly or refused with a plain error; `make fuzz` tries many more of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

import pytest
from dbt_runs import run_dbt

from tools.fuzz.compiled import SELECTION
from tools.fuzz.judging import LAYOUTS, MAPPED, Layout, Sandbox, judged_error
from tools.fuzz.mutations import MUTATIONS, NASTY_VALUES, Table, hostile_files

MUTANTS = 3
"""Of each layout."""

TABLE = Table([], ["id", "paid"], [[str(number), f"{number}.50"] for number in range(50)], ",", "utf-8")


@pytest.fixture(scope="module")
def sandbox_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Layout], Sandbox]:
    """What a layout is judged in: one for each project, made when it is first asked for."""

    def compile_project(datasets: str, data: Path) -> Path:
        # What is built if nothing is named has been parsed for other tests.
        named = [MAPPED] if datasets == MAPPED else None
        run = run_dbt(data.parent, "compile", *SELECTION, data=data, datasets=named).succeeded()
        return run.folder / "target" / "manifest.json"

    made = cache(lambda datasets: Sandbox(datasets, tmp_path_factory.mktemp("fuzz"), compile_project))
    return lambda layout: made(layout.datasets)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_damaged_file_is_read_rightly_or_refused_with_a_plain_error(
    sandbox_of: Callable[[Layout], Sandbox], name: str
) -> None:
    layout = LAYOUTS[name]
    sandbox = sandbox_of(layout)
    outcomes = [sandbox.mutant(layout, seed) for seed in range(MUTANTS)]
    sandbox.mend(layout)
    assert [outcome for outcome in outcomes if outcome.is_bad] == []


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("update marts.row_reconciliation set raw_rows = raw_rows - 1", "rows in the file"),
        ("delete from staging.base_shop__customers where customer_id % 7 = 0", "accepted and counted"),
        ("update staging.base_shop__customers set age = age + 1 where customer_id % 7 = 0", "not in the file"),
    ],
    ids=["a row is not counted", "rows are lost", "values are changed"],
)
def test_the_judge_sees_what_a_build_does_wrong(
    sandbox_of: Callable[[Layout], Sandbox], fault: str, expected: str
) -> None:
    layout = LAYOUTS["shop"]
    sandbox = sandbox_of(layout)
    assert sandbox.difference(layout, sandbox.good(layout)) == ""
    sandbox.project.connection.execute(fault)
    assert expected in sandbox.difference(layout, sandbox.good(layout))
    sandbox.mend(layout)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("data/shop/shop_customers.csv is empty", "plain error"),
        ("base_shop__customers: Invalid Input Error: every row of shop/shop_customers is refused (3)", "plain error"),
        ("the file is empty", "no file named"),
        ("shop_customers: Conversion Error: Could not convert string 'x' to INT32", "internal message"),
        ("assert_every_row_of_shop_customers: Got 1 results", "internal message"),
    ],
)
def test_the_judge_reads_messages(message: str, expected: str) -> None:
    assert judged_error(LAYOUTS["shop"], [message]) == expected


def test_mutants_are_those_of_their_seed_and_differ() -> None:
    first = {name: mutate(TABLE, Random(1)) for name, mutate in MUTATIONS.items()}
    assert len(MUTATIONS) >= 20
    assert {name: mutate(TABLE, Random(1)) for name, mutate in MUTATIONS.items()} == first
    assert sum(data != TABLE.data() for data in first.values()) >= len(MUTATIONS) - 1


def test_every_hostile_value_comes_into_every_column_once() -> None:
    text = b"".join(data for _, data in hostile_files(TABLE)).decode()
    for value in NASTY_VALUES:
        quoted = '"' + value.replace('"', '""') + '"'
        assert text.count(value) >= 2 or text.count(quoted) >= 2
    assert len(list(hostile_files(TABLE))) == 2 * -(-len(NASTY_VALUES) // 2)
