"""The benchmarks run, their sides agree, and the harness notices sides that do not; nothing here looks at the time."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from dbt_runs import ROOT

from tools.benchmarks import harness, raw_load, scoring
from tools.benchmarks.harness import Measurement, Outcome

LINES, CARDS, CUSTOMERS = 5_000, 1_400, 3_000

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def loaded() -> list[Measurement]:
    return raw_load.compare(LINES, CARDS, runs=1, parse_before=False)


@pytest.fixture(scope="module")
def customers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("customers")
    scoring.write_customers(folder, CUSTOMERS)
    return folder


@pytest.fixture(scope="module")
def scored(customers: Path) -> list[Measurement]:
    return scoring.compare(customers, runs=1)


def texts(svg: Path) -> set[str]:
    """Whatever is written in a picture."""
    return {text.strip() for text in xml.etree.ElementTree.parse(svg).getroot().itertext() if text.strip()}


# Raw load


def test_all_ways_of_loading_give_the_same_rows(loaded: list[Measurement]) -> None:
    assert [side.side for side in loaded] == list(raw_load.SIDES)
    for side in loaded:
        assert side.results == loaded[0].results
        assert side.results["transaction_data"][0] == LINES
        assert side.figures.keys() == raw_load.COLUMNS.keys()


def test_only_segmarts_side_has_its_materialization() -> None:
    assert [bool(side.macros) for side in raw_load.SIDES.values()] == [True, False, False]


@pytest.mark.parametrize(
    "change",
    [
        "update purchase_behaviour set \"LIFESTAGE\" = 'RETIREES' where \"LYLTY_CARD_NBR\" = '2'",
        'update transaction_data set "TOT_SALES" = null where "TXN_ID" = \'1\'',
        "delete from transaction_data where \"TXN_ID\" = '1'",
        "insert into transaction_data select * from transaction_data where \"TXN_ID\" = '1'",
    ],
)
def test_a_fingerprint_of_raw_tables_tells_other_rows_apart(tmp_path: Path, change: str) -> None:
    with duckdb.connect(str(tmp_path / "raw.duckdb")) as connection:
        for seed, columns in raw_load.COLUMNS.items():
            ones, twos = (", ".join(f"'{value}' as \"{name}\"" for name in columns) for value in (1, 2))
            connection.execute(f"create table {seed} as select {ones} union all select {twos}")
    before = raw_load.fingerprints(tmp_path / "raw.duckdb")
    with duckdb.connect(str(tmp_path / "raw.duckdb")) as connection:
        connection.execute(change)
    assert raw_load.fingerprints(tmp_path / "raw.duckdb") != before


def test_the_page_of_loading_has_a_row_per_side_and_its_chart(loaded: list[Measurement], tmp_path: Path) -> None:
    text = raw_load.page(loaded, runs=1)
    assert f"{LINES:,} lines" in text
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")][2:]
    assert rows == list(raw_load.SIDES)
    harness.draw_bars(tmp_path / "raw_load.svg", raw_load.panels(loaded))
    assert texts(tmp_path / "raw_load.svg") >= {*raw_load.SIDES, *raw_load.panels(loaded)}


# Scoring


def test_sql_and_scikit_learn_choose_the_same_clusters(scored: list[Measurement]) -> None:
    assert [side.side for side in scored] == list(scoring.SIDES)
    for side in scored:
        assert side.results == scored[0].results
        assert sum(side.results["sizes"].values()) == CUSTOMERS
        assert len(side.results["sizes"]) > 1


def test_parts_are_measured_for_scikit_learn_alone(scored: list[Measurement]) -> None:
    for side in scored:
        assert list(side.figures) == (list(scoring.PARTS) if side.side.startswith("scikit-learn") else [])
        assert sum(side.figures.values()) <= side.seconds


def test_distances_and_runners_up_are_the_same_as_well(customers: Path) -> None:
    """Only the clusters are compared in each measurement, because sums differ in their last digits."""
    frames = []
    for side in ("segmart", "scikit-learn"):
        run, columns = scoring.SIDES[side]
        run(customers, columns)()
        with duckdb.connect(str(customers / "scores.duckdb"), read_only=True) as connection:
            frames.append(connection.execute("select * from scores order by unit_id").df())
    assert len(frames[0]) == CUSTOMERS
    pd.testing.assert_frame_equal(*frames, check_dtype=False, rtol=1e-9)


def test_one_other_cluster_changes_the_hash(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table scores as select cast(i as varchar) as unit_id, i % 3 as cluster_id from range(9) as t(i)"
        )
        before = scoring.assignments(connection)
        # Two customers change places, so the sizes stay.
        connection.execute("update scores set cluster_id = 1 - cluster_id where unit_id in ('0', '1')")
        after = scoring.assignments(connection)
    assert after["sizes"] == before["sizes"]
    assert after["hash"] != before["hash"]


def test_the_page_of_scoring_has_a_row_per_size_and_side_and_its_chart(
    scored: list[Measurement], tmp_path: Path
) -> None:
    measured = {CUSTOMERS: scored, 2 * CUSTOMERS: scored}
    text = scoring.page(measured, runs=1)
    rows = [tuple(cell.strip() for cell in line.split("|")[1:3]) for line in text.splitlines() if line.startswith("|")]
    for size in ("3,000", "6,000"):
        for side in scoring.SIDES:
            assert rows.count((size, side)) == (2 if side.startswith("scikit-learn") else 1)
    harness.draw_lines(tmp_path / "scoring.svg", scoring.panels(measured), "customers")
    assert texts(tmp_path / "scoring.svg") >= {*scoring.SIDES, *scoring.panels(measured), "customers"}


# The harness


@pytest.mark.parametrize(
    "compare",
    [
        lambda folder: raw_load.compare(LINES, CARDS, runs=1, parse_before=False),
        lambda folder: scoring.compare(folder, runs=1),
    ],
    ids=["raw_load", "scoring"],
)
def test_sides_that_differ_are_an_error(
    compare: Callable[[Path], list[Measurement]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def measure(module: str, sides: list[str], arguments: object, runs: int) -> list[Measurement]:
        return [Measurement(side, 1.0, 1.0, {"rows": number}) for number, side in enumerate(sides)]

    for benchmark in (raw_load, scoring):
        monkeypatch.setattr(benchmark, "measure", measure)
    with pytest.raises(RuntimeError, match="different"):
        compare(tmp_path)


def test_medians_are_taken_of_all_that_runs_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = iter([(3.0, 30.0, 0.3), (1.0, 10.0, 0.1), (2.0, 20.0, 0.9)])

    def run_in_process(module: str, side: str, arguments: object) -> dict[str, object]:
        seconds, megabytes, part = next(runs)
        return {"seconds": seconds, "megabytes": megabytes, "results": 5, "figures": {"part": part}}

    monkeypatch.setattr(harness, "run_in_process", run_in_process)
    assert harness.measure("module", ["side"], {}, runs=3) == [Measurement("side", 2.0, 20.0, 5, {"part": 0.3})]


def test_runs_of_a_side_that_differ_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    results = iter([1, 2])

    def run_in_process(module: str, side: str, arguments: object) -> dict[str, object]:
        return {"seconds": 1.0, "megabytes": 1.0, "results": next(results), "figures": {}}

    monkeypatch.setattr(harness, "run_in_process", run_in_process)
    with pytest.raises(RuntimeError, match="different results"):
        harness.measure("module", ["side"], {}, runs=2)


def test_results_are_read_after_the_clock_was_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    moments = []

    def results() -> int:
        moments.append("results")
        return 7

    def work() -> Outcome:
        moments.append("work")
        return Outcome(results, {"part": 0.5})

    harness.report(work)
    said = json.loads(capsys.readouterr().out)
    assert moments == ["work", "results"]
    assert (said["results"], said["figures"]) == (7, {"part": 0.5})
    assert 0 <= said["seconds"] < 60
    assert said["megabytes"] > 10


# What is committed


@pytest.mark.parametrize("page", sorted((ROOT / "tools" / "benchmarks").glob("*.md")), ids=lambda page: page.stem)
def test_every_chart_is_on_its_page(page: Path) -> None:
    """Pages of error rates have tables alone."""
    charts = {chart.name for chart in page.parent.glob(f"{page.stem}*.svg")}
    assert set(re.findall(r"\]\((\w+[.]svg)\)", page.read_text(encoding="utf-8"))) == charts
    assert all(texts(page.parent / chart) for chart in charts)
