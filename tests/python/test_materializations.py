"""The project's own table and view materializations, on a project of one model and one reader."""

from __future__ import annotations

from pathlib import Path

import pytest
from dbt_runs import ROOT, run_dbt

PROJECT = f"""
name: tiny
profile: segmart
macro-paths: [{ROOT}/macros/materializations]
flags: {{send_anonymous_usage_stats: false}}
"""

CONTRACT = """
models:
  - name: numbers
    config:
      contract: {enforced: true}
      materialized: "{{ var('materialized') }}"
    columns:
      - {name: n, data_type: integer, constraints: [{type: not_null}]}
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    project = tmp_path / "tiny"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text(PROJECT, encoding="utf-8")
    (project / "models" / "numbers.sql").write_text("select {{ var('n') }} as n", encoding="utf-8")
    (project / "models" / "numbers.yml").write_text(CONTRACT, encoding="utf-8")
    (project / "models" / "plus_one.py").write_text(
        'def model(dbt, session):\n    return dbt.ref("numbers").project("n + 1 as n")\n', encoding="utf-8"
    )
    return project


def run(project: Path, n: str, materialized: str = "table"):
    return run_dbt(
        project.parent / "run", "run", project=project, variables={"n": n, "materialized": materialized}, cwd=project
    )


def numbers(result) -> list[int | None]:
    return [n for (n,) in result.rows("from main.numbers union all from main.plus_one order by n")]


def test_a_second_run_replaces_tables(tiny):
    assert numbers(run(tiny, "1").succeeded()) == [1, 2]
    again = run(tiny, "5").succeeded()
    assert numbers(again) == [5, 6]
    assert again.tables("main") == {"numbers", "plus_one"}


def test_a_model_that_fails_leaves_the_old_table(tiny):
    run(tiny, "1").succeeded()
    failed = run(tiny, "nullif(1, 1)")
    assert failed.exit_code == 1
    assert "NOT NULL constraint failed" in failed.output
    assert numbers(failed) == [1, 2]


def test_a_table_becomes_a_view_and_back(tiny):
    run(tiny, "1").succeeded()
    for materialized, kind in (("view", "VIEW"), ("table", "BASE TABLE")):
        result = run(tiny, "3", materialized).succeeded()
        assert numbers(result) == [3, 4]
        sql = "select table_type from information_schema.tables where table_name = 'numbers'"
        assert result.rows(sql) == [(kind,)]
