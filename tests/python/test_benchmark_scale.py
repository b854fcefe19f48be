"""What the scale benchmark reads from logs, and how it fits what grows; nothing here builds."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tools.benchmarks.scale import Build, Task, Work, exponent, fast_growing, page, tables, tasks, work_by_node

pytestmark = pytest.mark.library


def event(kind: str, **fields: Any) -> str:
    return json.dumps({"Event": f"SparkListener{kind}", **fields}, separators=(",", ":"))


def task_end(milliseconds: int, nanoseconds: int, shuffled: int) -> str:
    metrics = {
        "Executor CPU Time": nanoseconds,
        "Peak Execution Memory": 4096,
        "Disk Bytes Spilled": 7,
        "Shuffle Write Metrics": {"Shuffle Bytes Written": shuffled},
    }
    return event("TaskEnd", **{"Task Info": {"Launch Time": milliseconds}, "Task Metrics": metrics})


def test_tasks_are_read_from_an_event_log_that_is_still_written(tmp_path: Path) -> None:
    log = tmp_path / "events"
    lost = event("TaskEnd", **{"Task Info": {"Launch Time": 3000}, "Task Metrics": None})
    torn = task_end(4000, 1, 1)[:40]
    log.write_text("\n".join([event("LogStart"), task_end(2000, 1_500_000_000, 30), event("JobEnd"), lost, torn]))
    assert list(tasks(log)) == [Task(2.0, 1.5, 30, 7, 4096), Task(3.0, 0.0, 0, 0, 0)]


def test_a_task_belongs_to_the_node_in_whose_time_it_began(tmp_path: Path) -> None:
    def node(name: str, began: str, ended: str) -> dict[str, Any]:
        moments = {"started_at": f"1970-01-01T00:00:{began}Z", "completed_at": f"1970-01-01T00:00:{ended}Z"}
        return {"unique_id": f"model.segmart.{name}", "execution_time": 9.5, "timing": [moments]}

    skipped = {"unique_id": "model.segmart.skipped", "execution_time": 0.0, "timing": []}
    results = tmp_path / "run_results.json"
    nodes = [node("second", "20.0005", "30"), skipped, node("first", "10", "20")]
    results.write_text(json.dumps({"results": nodes}))
    done = [Task(20.0, 1.0, 5, 0, 3), Task(9.0, 8.0, 8, 8, 8), Task(12.0, 4.0, 6, 1, 9), Task(31.0, 8.0, 8, 8, 8)]
    assert work_by_node(results, [*done, Task(25.0, 2.0, 0, 0, 0)]) == {
        "first": Work(9.5, cpu=5.0, longest=4.0, shuffled=11, spilled=1, memory=9),
        "second": Work(9.5, cpu=2.0, longest=2.0),
    }


@pytest.mark.parametrize(("power", "factor"), [(0.0, 4.0), (1.0, 0.5), (2.0, 3.0)])
def test_an_exponent_says_how_a_figure_grows(power: float, factor: float) -> None:
    assert exponent({size: factor * size**power for size in (1_000, 3_000, 10_000)}) == pytest.approx(power)


def test_what_is_nothing_does_not_grow() -> None:
    assert math.isnan(exponent({1_000: 0, 3_000: 5}))
    assert math.isnan(exponent({1_000: 5}))


def test_only_what_grows_faster_than_the_lines_is_listed() -> None:
    sizes = (1_000_000, 4_000_000)
    slow, fast, small = ([Work(9.0, shuffled=round(bytes_ * 4**power)) for power in (0, 1)] for bytes_ in (9e6, 9e6, 9))
    fast[1] = Work(9.0, shuffled=int(9e6 * 16))
    nodes = {size: {"slow": slow[at], "fast": fast[at], "small": small[at]} for at, size in enumerate(sizes)}
    (row,) = fast_growing(nodes)
    assert row[0] == "fast"
    assert row[6] == pytest.approx(2)


def test_tables_are_counted_where_spark_and_its_driver_wrote_them(tmp_path: Path) -> None:
    for folder, rows in {
        "tables/core.db/one": 3,
        "driver/core/two": 4,
        "driver/read": 5,
        "driver/raw/three": 6,
    }.items():
        (tmp_path / folder).mkdir(parents=True)
        duckdb.sql(f"select 1 from range({rows})").write_parquet(f"{tmp_path / folder}/part.parquet")
    found = tables(tmp_path)
    assert {name: rows for name, (rows, _) in found.items()} == {"core.one": 3, "core.two": 4, "raw.three": 6}
    assert all(size > 0 for _, size in found.values())


def test_the_page_has_a_row_for_each_build_and_each_model() -> None:
    def took(shuffled: int) -> Build:
        nodes = {"sales": Work(1.0, cpu=3.0, longest=2.0, shuffled=shuffled)}
        return Build(5.0, 8.0, 100.0, 900.0, nodes, {"core.lines": (10, 2_000_000), "core.days": (5, 0)})

    small, large = took(2_000_000), took(8_000_000)
    text = page({1_000: {"duckdb": small, "spark": small}, 2_000: {"spark": large}})
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    assert [row[:2] for row in rows if row[0] in ("1,000", "2,000") and row[1] in ("duckdb", "spark")] == [
        ["1,000", "duckdb"],
        ["1,000", "spark"],
        ["2,000", "spark"],
    ]
    # By shuffle, by time, and as one that grows fast.
    assert [row[6] for row in rows if row[0] == "sales"] == ["2.00"] * 3
    assert ["2,000", "core", "15", "2.00"] in rows
    assert ["core.lines", "10", "2.00", "0.00"] in rows
