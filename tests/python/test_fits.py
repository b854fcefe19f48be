"""Python models run from the command line give the tables that dbt's own runs give."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from dbt_runs import ROOT, DbtRun

from segmart.cli import main
from segmart.fits import FitError, Project

QUICK = ("centroids", "tests", "p_values")
"""What the names of fits end in that take little time."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two Python models with a view between them, as dbt parses them."""
    (tmp_path / "python_models").mkdir()
    (tmp_path / "python_models" / "sums.py").write_text(
        "def model(dbt, session):\n"
        "    rows = dbt.ref('numbers').filter('n > 0').df()\n"
        "    return rows.assign(n=rows['n'] * dbt.config.meta_get('factor'), kind=dbt.config.get('materialized'))\n"
    )
    (tmp_path / "python_models" / "after.py").write_text(
        "def model(dbt, session):\n    return dbt.ref('doubled').project('n + 1 as n')\n"
    )
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "manifest.json").write_text(
        json.dumps({"nodes": dict(map(node, ("numbers", "doubled", "sums", "after")))})
    )
    with duckdb.connect(str(tmp_path / "wh.duckdb")) as connection:
        connection.execute("create schema work; create table work.numbers as select unnest([2, -1, 3]) as n")
        connection.execute("create table work.sums_of_five as select 0 as n")
    return tmp_path


def node(name: str) -> tuple[str, dict[str, object]]:
    """A model as the manifest describes it."""
    parents = {"sums": ["numbers"], "doubled": ["sums"], "after": ["doubled"]}.get(name, [])
    if name == "numbers":
        seed = {"name": name, "alias": name, "schema": "work", "resource_type": "seed", "depends_on": {"macros": []}}
        return "seed.tiny.numbers", seed
    return f"model.tiny.{name}", {
        "name": name,
        "alias": "sums_of_five" if name == "sums" else name,
        "schema": "work",
        "resource_type": "model",
        "language": "python" if name in ("sums", "after") else "sql",
        "original_file_path": f"python_models/{name}.py",
        "config": {"materialized": "table", "meta": {"factor": 5}},
        "depends_on": {"nodes": [f"{'seed' if name == 'sums' else 'model'}.tiny.{parent}" for parent in parents]},
    }


def fit(project: Path, *names: str) -> int:
    return main(["fit", *names, "--project", str(project), "--database", str(project / "wh.duckdb")])


def test_a_fit_replaces_the_models_table(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit(project, "sums") == 0
    assert capsys.readouterr().out == "sums: 2 rows\n"
    with duckdb.connect(str(project / "wh.duckdb")) as connection:
        assert connection.execute("from work.sums_of_five order by n").fetchall() == [(10, "table"), (15, "table")]


def test_a_model_that_reads_what_is_not_built_says_what_to_build(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All are run in their order, so the one that lacks a table is the second."""
    assert fit(project) == 1
    captured = capsys.readouterr()
    assert captured.out == "sums: 2 rows\n"
    assert (
        "after reads doubled, which is not in the database: build it with `dbt build --select +doubled" in captured.err
    )
    with duckdb.connect(str(project / "wh.duckdb")) as connection:
        connection.execute("create view work.doubled as select 2 * n as n from work.sums_of_five")
    assert fit(project) == 0
    with duckdb.connect(str(project / "wh.duckdb")) as connection:
        assert connection.execute("from work.after order by n").fetchall() == [(21,), (31,)]


@pytest.mark.parametrize(
    ("change", "names", "message"),
    [
        (lambda folder: None, ["median"], "no Python model is called median; there are after, sums"),
        (lambda folder: None, ["numbers"], "no Python model is called numbers"),
        (lambda folder: (folder / "wh.duckdb").unlink(), [], "wh.duckdb is not there: build the SQL models first"),
        (lambda folder: shutil.rmtree(folder / "target"), [], "manifest.json is not there: run `dbt parse` first"),
        (
            lambda folder: (folder / "python_models" / "sums.py").write_text("def model(dbt, session): return 5"),
            ["sums"],
            "sums returned int, not a frame",
        ),
    ],
    ids=["unknown", "sql", "no database", "not parsed", "no frame"],
)
def test_what_can_not_be_fitted_is_said(
    change, names: list[str], message: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(project)
    assert fit(project, *names) == 1
    assert message in capsys.readouterr().err


def test_an_unknown_ref_is_an_error(project: Path) -> None:
    with pytest.raises(FitError, match="no model or seed is called median"):
        Project.read(project, project / "target" / "manifest.json").ref("median")


def test_fits_give_the_tables_of_dbts_runs(sample_build: DbtRun, tmp_path: Path) -> None:
    nodes = [node for node in sample_build.manifest["nodes"].values() if node.get("language") == "python"]
    quick = [node for node in nodes if node["name"].endswith(QUICK)]
    assert len(quick) >= 2
    database = tmp_path / "copy.duckdb"
    shutil.copy(sample_build.database, database)
    expected = {}
    with duckdb.connect(str(database)) as connection:
        for node in quick:
            table = f"{node['schema']}.{node['alias']}"
            expected[table] = (
                connection.execute(f"from {table} order by all").df(),
                connection.execute(f"describe {table}").fetchall(),
            )
            connection.execute(f"drop table {table}")
    manifest = sample_build.folder / "target" / "manifest.json"
    arguments = ["--project", str(ROOT), "--manifest", str(manifest), "--database", str(database)]
    assert main(["fit", *(node["name"] for node in quick), *arguments]) == 0
    with duckdb.connect(str(database), read_only=True) as connection:
        for table, (rows, columns) in expected.items():
            assert connection.execute(f"describe {table}").fetchall() == columns, table
            pd.testing.assert_frame_equal(connection.execute(f"from {table} order by all").df(), rows)
