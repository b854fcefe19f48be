"""dbt's own materializations work in the project: keys over repeated runs, contracts, tables that become views."""

from __future__ import annotations

from pathlib import Path

import pytest
from dbt_runs import ROOT, DbtRun, run_dbt

PROJECT = f"""
name: tiny
profile: segmart
macro-paths: [{ROOT}/macros]
flags: {{send_anonymous_usage_stats: false}}
"""

FILES = {
    "dbt_project.yml": PROJECT,
    "models/numbers.sql": "select {{ var('n') }} as n",
    "models/numbers.yml": """
models:
  - name: numbers
    config:
      contract: {enforced: true}
      materialized: "{{ var('materialized') }}"
    columns:
      - {name: n, data_type: integer, constraints: [{type: not_null}]}
""",
    "models/plus_one.py": 'def model(dbt, session):\n    return dbt.ref("numbers").project("n + 1 as n")\n',
    "models/shops.sql": "select {{ var('n') }} as shop_key, cast(7.5 as decimal(9, 2)) as rent",
    "models/visits.sql": "select shop_key, 1 as visits from {{ ref('shops') }}",
    "models/keys.yml": """
models:
  - name: shops
    config: {materialized: table, contract: {enforced: true}}
    columns:
      - {name: shop_key, data_type: integer, constraints: [{type: not_null}, {type: primary_key}]}
      - {name: rent, data_type: "decimal(9, 2)"}
  - name: visits
    config: {materialized: table, contract: {enforced: true}}
    columns:
      - name: shop_key
        data_type: integer
        constraints: [{type: foreign_key, to: ref('shops'), to_columns: [shop_key]}]
      - {name: visits, data_type: integer}
""",
}


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    project = tmp_path / "tiny"
    for name, content in FILES.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(content, encoding="utf-8")
    return project


def run(project: Path, n: str, materialized: str = "table", select: str = "numbers+") -> DbtRun:
    variables = {"n": n, "materialized": materialized}
    return run_dbt(project.parent / "run", "run", "--select", select, project=project, variables=variables, cwd=project)


def numbers(result: DbtRun) -> list[int | None]:
    return [n for (n,) in result.rows("from main.numbers union all from main.plus_one order by n")]


def test_foreign_keys_work_over_repeated_runs(tiny: Path) -> None:
    for n in ("1", "2"):
        again = run(tiny, n, select="shops visits").succeeded()
        assert again.rows("select shop_key, rent from main.visits inner join main.shops using (shop_key)") != []
    constraints = "select table_name, constraint_type from duckdb_constraints() where constraint_type like '%KEY'"
    assert set(again.rows(constraints)) == {("shops", "PRIMARY KEY"), ("visits", "FOREIGN KEY")}
    assert again.rows("select shop_key from main.visits") == [(2,)]


def test_a_second_run_replaces_tables(tiny: Path) -> None:
    assert numbers(run(tiny, "1").succeeded()) == [1, 2]
    again = run(tiny, "5").succeeded()
    assert numbers(again) == [5, 6]
    assert again.tables("main") == {"numbers", "plus_one"}


def test_a_model_that_fails_leaves_the_old_table(tiny: Path) -> None:
    run(tiny, "1").succeeded()
    failed = run(tiny, "nullif(1, 1)")
    assert failed.exit_code == 1
    assert "NOT NULL constraint failed" in failed.output
    assert numbers(failed) == [1, 2]


def test_a_table_becomes_a_view_and_back(tiny: Path) -> None:
    run(tiny, "1").succeeded()
    for materialized, kind in (("view", "VIEW"), ("table", "BASE TABLE")):
        result = run(tiny, "3", materialized).succeeded()
        assert numbers(result) == [3, 4]
        sql = "select table_type from information_schema.tables where table_name = 'numbers'"
        assert result.rows(sql) == [(kind,)]


def test_only_the_seed_materialization_is_the_projects_own() -> None:
    own = [
        file for file in (ROOT / "macros").rglob("*.sql") if "{% materialization" in file.read_text(encoding="utf-8")
    ]
    assert [file.name for file in own] == ["seed.sql"]
