"""Four ways from sales lines to marts agree, and what is measured is told as it is; nothing here looks at the time."""

from __future__ import annotations

import json
import xml.etree.ElementTree
from pathlib import Path

import duckdb
import pytest

from tools.benchmarks import chips_marts, harness
from tools.benchmarks.chips_marts import MARTS, NODES, SIDES, STAGE, STAGES, Comparison
from tools.benchmarks.harness import Measurement
from tools.synthesize import write_chips

LINES = 20_000
# More products than usual, so that more names are taken apart.
PRODUCTS = 300
QUICK_SIDES = ("dbt", "SQL script", "Polars", "pandas")

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chips_marts")


@pytest.fixture(scope="module")
def compared(folder: Path) -> Comparison:
    write_chips(folder, lines=LINES, products=PRODUCTS)
    return chips_marts.compare_in(folder, LINES, 1, QUICK_SIDES)


def fake(lines: int, factor: float = 1.0, unfinished: dict[str, str] | None = None) -> Comparison:
    """A comparison in which intermediate models take `factor` seconds per thousand lines, and the others one second."""
    figures = {STAGE + stage: 1.0 for stage in STAGES} | {STAGE + "intermediate": factor * lines / 1000}
    figures |= {"node int_chips__slow": factor * lines / 1000, "node brand_sales": 1.0}
    figures[NODES] = sum(figures[STAGE + stage] for stage in STAGES)
    sides = {side: Measurement(side, 10.0, 100.0, {}, figures if side.startswith("dbt") else {}) for side in SIDES}
    for side in unfinished or {}:
        del sides[side]
    return Comparison(lines, 3, sides, lines // 4, unfinished or {})


def table_rows(text: str, columns: int) -> list[list[str]]:
    """The cells of the rows of all tables with so many columns, headers left out."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    return [row for row in rows if len(row) == columns and any(character.isdigit() for character in row[2])]


# The marts


def test_all_sides_give_the_same_marts(compared: Comparison, folder: Path) -> None:
    assert list(compared.sides) == list(QUICK_SIDES)
    for side in compared.sides.values():
        assert side.results == compared.sides["dbt"].results
        assert list(side.results) == list(MARTS)
    for side in QUICK_SIDES[1:]:
        assert chips_marts.differing_rows(folder, side) == dict.fromkeys(MARTS, 0)


def test_there_is_something_to_agree_on(compared: Comparison, folder: Path) -> None:
    """Products of every kind, promotions, and customers in every score."""
    assert compared.sides["dbt"].results["product_sales"]["rows"] == str(PRODUCTS)
    with duckdb.connect(str(folder / "script.duckdb"), read_only=True) as connection:

        def value(sql: str) -> int:
            return connection.execute(sql).fetchall()[0][0]

        assert value("select count(*) from daily_sales where is_promotion_day") > 0
        assert value("select count(*) from loyalty_customers where promotion_share > 0") > 0
        assert value("select count(distinct rfm_segment) from loyalty_customers") > 5
        assert value("select count(*) from loyalty_customers where not is_repeat_buyer") > 0
        assert value("select count(*) from loyalty_customers where transactions > months_active") > 0
        assert value("select count(distinct flavour_family) from product_sales") > 10


@pytest.mark.parametrize(
    ("change", "mart"),
    [
        ("update loyalty_customers set favourite_brand = 'None' where customer_id = {customer}", "loyalty_customers"),
        ("update loyalty_customers set m_score = 6 - m_score where m_score <> 3", "loyalty_customers"),
        ("update daily_sales set sales_amount_7_day_average = 0 where iso_weekday = 3", "daily_sales"),
        ("delete from brand_sales where sales_rank = 1", "brand_sales"),
        ("insert into pack_size_sales select * from pack_size_sales where sales_rank = 1", "pack_size_sales"),
    ],
)
def test_rows_that_differ_are_noticed(
    compared: Comparison, folder: Path, tmp_path: Path, change: str, mart: str
) -> None:
    for name in ("segmart.duckdb", "script.duckdb"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with duckdb.connect(str(tmp_path / "script.duckdb")) as connection:
        customer = connection.execute("select min(customer_id) from loyalty_customers").fetchall()[0][0]
        connection.execute(change.format(customer=customer))
    found = chips_marts.differing_rows(tmp_path, "SQL script")
    assert found[mart] > 0
    assert sum(found.values()) == found[mart]


def test_sums_that_differ_are_an_error(folder: Path, compared: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(module: str, sides: list[str], arguments: object, runs: int) -> list[Measurement]:
        other = json.loads(json.dumps(compared.sides["dbt"].results))
        other["brand_sales"]["units"] = "1"
        return [Measurement("dbt", 1, 1, compared.sides["dbt"].results), Measurement("SQL script", 1, 1, other)]

    monkeypatch.setattr(chips_marts, "measure", measure)
    monkeypatch.setattr(chips_marts, "run_dbt", lambda *_, **__: None)
    with pytest.raises(RuntimeError, match=r"SQL script has different marts.*brand_sales.units"):
        chips_marts.compare_in(folder, LINES, 1)


def test_rows_that_differ_are_an_error(folder: Path, compared: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chips_marts, "measure", lambda *_: list(compared.sides.values()))
    monkeypatch.setattr(chips_marts, "run_dbt", lambda *_, **__: None)
    monkeypatch.setattr(chips_marts, "differing_rows", lambda *_: {"brand_sales": 2})
    with pytest.raises(RuntimeError, match="different rows"):
        chips_marts.compare_in(folder, LINES, 1)
    # Of more lines only sums are compared.
    assert chips_marts.compare_in(folder, chips_marts.ROWS_ARE_COMPARED + 1, 1).unfinished == {}


# The measurement


def test_stages_and_models_add_up_to_all_nodes(compared: Comparison) -> None:
    figures = compared.sides["dbt"].figures
    nodes = {name: seconds for name, seconds in figures.items() if name.startswith(chips_marts.NODE)}
    assert {f"{chips_marts.NODE}{mart}" for mart in MARTS} <= set(nodes)
    assert {"node transaction_data", "node base_chips__transactions"} <= set(nodes)
    assert sum(nodes.values()) == pytest.approx(figures[NODES])
    stages = [figures[name] for name in chips_marts.stages_of([compared])]
    assert sum(stages) == pytest.approx(figures[NODES])
    assert len(stages) >= 4
    assert all(seconds > 0 for seconds in stages)
    assert figures[NODES] < compared.sides["dbt"].seconds
    assert not compared.sides["pandas"].figures


@pytest.mark.parametrize(("said", "last_words"), [("Traceback\nMemoryError", "MemoryError"), ("", "killed")])
@pytest.mark.parametrize("failing", [("pandas",), ("Polars",), ("Polars", "pandas")])
def test_sides_in_memory_may_fail(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, failing: tuple[str, ...], said: str, last_words: str
) -> None:
    asked = []

    def measure(module: str, sides: list[str], arguments: object, runs: int) -> list[Measurement]:
        asked.append(list(sides))
        for side in failing:
            if side in sides:
                raise RuntimeError(f"{side} failed:\n{said}")
        return [Measurement(side, 1, 1, {}) for side in sides]

    monkeypatch.setattr(chips_marts, "measure", measure)
    measured, unfinished = chips_marts.measure_sides(tmp_path, 1, SIDES)
    assert unfinished == dict.fromkeys(failing, last_words)
    assert [side.side for side in measured] == asked[-1] == [side for side in SIDES if side not in failing]


def test_another_checkout_is_run_in_turn_and_may_differ(
    folder: Path, compared: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other checkout is this one under another name, with its own profile, target and database."""
    checkout = tmp_path / "checkout"
    checkout.symlink_to(harness.ROOT)
    ran = []
    monkeypatch.setattr(chips_marts, "run_dbt", lambda _, *arguments, **named: ran.append((arguments, named)))
    monkeypatch.setattr(chips_marts, "node_seconds", lambda _: {NODES: 1.0})
    chips_marts.work_of(chips_marts.OTHER, tmp_path, checkout)()
    ((arguments, named),) = ran
    assert arguments[arguments.index("--project-dir") + 1] == str(checkout)
    assert arguments[arguments.index("--target-path") + 1] == str(tmp_path / "target-other")
    assert named["project"] == checkout
    assert named["database"] == str(tmp_path / "other.duckdb")

    figures = {NODES: 3.0}
    ours = Measurement("dbt", 6.0, 400, compared.sides["dbt"].results, figures)
    theirs = Measurement(chips_marts.OTHER, 5.0, 500, compared.sides["dbt"].results, {NODES: 2.0})
    monkeypatch.setattr(chips_marts, "measure", lambda *_: [ours, theirs])
    (folder / "other.duckdb").write_bytes((folder / "segmart.duckdb").read_bytes())
    found = chips_marts.compare_in(folder, LINES, 2, ("dbt", chips_marts.OTHER), checkout)
    table = table_rows(chips_marts.against_table([found]), 5)
    assert [row[1:] for row in table] == [
        ["nodes, seconds", "3.00", "2.00", "1.50"],
        ["whole process, seconds", "6.00", "5.00", "1.20"],
        ["peak memory in MB", "400", "500", "0.80"],
    ]
    with duckdb.connect(str(folder / "other.duckdb")) as connection:
        connection.execute("create table kept as from marts.brand_sales where sales_rank > 1")
        connection.execute("drop table marts.brand_sales; create table marts.brand_sales as from kept")
    found = chips_marts.compare_in(folder, LINES, 2, ("dbt", chips_marts.OTHER), checkout)
    assert "\n1 rows of `brand_sales` differ at 20,000 lines.\n" in chips_marts.against_table([found])


def test_no_other_side_may_fail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def measure(*_: object) -> list[Measurement]:
        raise RuntimeError("dbt failed:\n")

    monkeypatch.setattr(chips_marts, "measure", measure)
    with pytest.raises(RuntimeError, match="dbt failed"):
        chips_marts.measure_sides(tmp_path, 1, SIDES)


@pytest.mark.parametrize("power", [0.0, 1.0, 1.1, 2.0])
def test_the_exponent_is_that_of_the_power(power: float) -> None:
    sizes = [300_000, 3_000_000, 30_000_000, 100_000_000]
    assert chips_marts.exponent(sizes, [5 * size**power for size in sizes]) == pytest.approx(power)


# The page


def test_the_page_has_a_row_per_size_and_side(compared: Comparison) -> None:
    rows = table_rows(chips_marts.page([compared]), 5)
    assert [row[1] for row in rows] == ["dbt, nodes", "dbt, whole process", "SQL script", "Polars", "pandas"]
    assert {row[0] for row in rows} == {f"{LINES:,}"}
    assert rows[2][3] == "1.00"


def test_the_page_says_which_side_did_not_finish() -> None:
    text = chips_marts.page([fake(1000), fake(2000, unfinished={"pandas": "MemoryError"})])
    assert "`pandas` did not finish at 2,000 lines: MemoryError" in text
    assert [row[0] for row in table_rows(text, 5) if row[1] == "pandas"] == ["1,000"]


def test_growth_is_told_by_stage_and_model_and_the_steepest_by_name() -> None:
    text = chips_marts.page([fake(10_000), fake(100_000, 1.25)])
    rows = {row[0]: row[-2:] for row in table_rows(text, 5) if row[0] in ("intermediate", "marts", "int_chips__slow")}
    # Ten times the lines take 12.5 times as long: log10(12.5) = 1.0969.
    assert rows == {"intermediate": ["1.10"] * 2, "marts": ["0.00"] * 2, "int_chips__slow": ["1.10"] * 2}
    assert "Steepest in the last step: intermediate, 1.10." in text


def test_one_size_has_no_growth(compared: Comparison) -> None:
    assert "Growth" not in chips_marts.page([compared])


def test_the_charts_name_sides_stages_and_models(tmp_path: Path) -> None:
    comparisons = [fake(10_000), fake(100_000, unfinished={"pandas": "killed"})]
    for panels, names in (
        (chips_marts.panels(comparisons), {"Seconds", "dbt, nodes", "SQL script", "pandas"}),
        (chips_marts.growth_panels(comparisons), {"Seconds by stage", *STAGES, "int_chips__slow"}),
    ):
        harness.draw_lines(tmp_path / "chart.svg", panels, "lines")
        root = xml.etree.ElementTree.parse(tmp_path / "chart.svg").getroot()
        assert names <= {text.strip() for text in root.itertext()}
