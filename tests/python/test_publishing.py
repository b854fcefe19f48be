"""Publishing two marts: what is published and when, with readers at work, and with builds that are killed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dbt_runs import ROOT, DbtRun, run_dbt
from published_reader import read

from segmart import publishing

LINES = 300_000
"""Enough for a publication to take a while."""

VARIABLES = json.dumps(yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"], default=str)
"""Those of the project itself, which its macros ask for."""

PROJECT = f"""
name: segmart
profile: segmart
macro-paths: [{ROOT}/macros, {ROOT}/tests/generic]
flags: {{send_anonymous_usage_stats: false, log_level_file: info}}
on-run-start: ["{{{{ create_raw_files() }}}}", "{{{{ check_published_file() }}}}"]
on-run-end: "{{{{ publish_marts(results) }}}}"
vars: {VARIABLES}
seeds: {{segmart: {{sample: {{+schema: raw}}}}}}
models: {{segmart: {{+materialized: table, +schema: marts}}}}
"""

QUERIES = {
    "tables": "select table_schema, table_name from information_schema.tables order by all",
    "columns": """
        select column_name, data_type, is_nullable, comment from duckdb_columns()
        where table_name = 'lines' order by column_index
    """,
    "comment": "select comment from duckdb_tables() where table_name = 'lines'",
    "numbers": "select line_number from lines",
    "files": "from publication_files",
    "row_counts": "select table_name, row_count from publication",
    "facts": "select distinct git_commit, data_fingerprint, warnings, data_source from publication",
    "when": "select distinct invocation_id, build_started_at, published_at from publication",
}

FILES = {
    "dbt_project.yml": PROJECT,
    "seeds/sample/tiny/settings.csv": "build_number,line_count\n0,10\n",
    "seeds/sample/tiny/settings.yml": """
seeds:
  - name: settings
    columns: [{name: build_number}, {name: line_count}]
""",
    "models/sources.yml": (ROOT / "models" / "staging" / "sources.yml").read_text(encoding="utf-8"),
    "models/steps.sql": """
select cast(build_number as integer) as build_number, cast(line_count as bigint) as line_count
from {{ ref('settings') }}
""",
    "models/lines.sql": """
select unnest(range(line_count)) as line_number, build_number, cast(null as string) as line_text
from {{ ref('steps') }}
order by hash(line_number)
""",
    "models/lines.yml": """
models:
  - name: lines
    description: Lines of a build, it's "one" number each.
    config: {access: public, contract: {enforced: true}}
    data_tests: [{primary_key: {arguments: {columns: [line_number]}}}]
    columns:
      - {name: line_number, data_type: bigint, description: "Number; from 0", constraints: [{type: not_null}]}
      - {name: build_number, data_type: integer, description: The build's number., constraints: [{type: not_null}]}
      - {name: line_text, data_type: string, description: Never known.}
""",
    "models/totals.sql": "select build_number, line_count from {{ ref('steps') }}",
    "models/totals.yml": """
models:
  - name: totals
    description: One row.
    config: {access: public, contract: {enforced: true}}
    columns:
      - {name: build_number, data_type: integer, description: Number.}
      - {name: line_count, data_type: bigint, description: Rows of lines.}
""",
    "tests/assert_build_is_not_13.sql": "select * from {{ ref('totals') }} where build_number = 13",
    "tests/assert_build_is_not_7.sql": """
{{ config(severity='warn') }}
select * from {{ ref('totals') }} where build_number = 7
""",
}
"""A project of two public marts and one model that is not public, all of one build number."""


@dataclass(frozen=True)
class Published:
    """A build and what its published file said in answer to QUERIES."""

    tiny: Tiny
    run: DbtRun
    rows: dict[str, list[tuple[Any, ...]]]


class Tiny:
    """The project in a folder, with its database and its published file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "run" / "output.txt"
        self.settings = folder / "data" / "tiny" / "settings.csv"
        self.published = folder / "bi" / "marts.duckdb"
        self.settings.parent.mkdir(parents=True)
        for name, text in FILES.items():
            (folder / "project" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "project" / name).write_text(text, encoding="utf-8")

    def run(
        self,
        *arguments: str,
        build: int | str,
        n_lines: int = LINES,
        with_parquet: bool = False,
        kill_when: Callable[[], bool] | None = None,
    ) -> DbtRun:
        """Run dbt, a whole build without arguments, on a file that holds this build's number."""
        self.settings.write_text(f"build_number,line_count\n{build},{n_lines}\n", encoding="utf-8")
        return run_dbt(
            self.folder / "run",
            *(arguments or ("build",)),
            data=self.folder / "data",
            project=self.folder / "project",
            published=self.published,
            with_parquet=with_parquet,
            kill_when=kill_when,
        )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Result of a query on the published file."""
        with duckdb.connect(str(self.published), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def build_number(self) -> int:
        """Which build the published file is of; an error if it is not whole."""
        with duckdb.connect(str(self.published), read_only=True) as connection:
            return read(connection)

    def leftovers(self) -> list[str]:
        """What lies beside the published file, but for its lock."""
        return sorted(set(os.listdir(self.published.parent)) - {"marts.duckdb", ".marts.duckdb.lock"})


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """The project that all tests here share, one after the other: dbt parses it once."""
    return Tiny(tmp_path_factory.mktemp("publishing"))


@pytest.fixture(scope="module")
def first_build(tiny: Tiny) -> Published:
    """What a build of a thousand lines has published, kept as it was."""
    run = tiny.run(build=1, n_lines=1000).succeeded()
    shutil.copy(tiny.folder / "run" / "target" / "run_results.json", tiny.folder / "first_results.json")
    rows = {name: tiny.rows(sql) for name, sql in QUERIES.items()}
    return Published(tiny, run, rows)


# What is published


def test_a_build_publishes_the_public_marts(first_build: Published) -> None:
    assert "Publishing 2 marts" in first_build.run.output
    about = ("build_changes", "build_history", "catalog_columns", "catalog_metrics", "catalog_tables")
    tables = (*about, "lines", "publication", "publication_files", "totals")
    assert first_build.rows["tables"] == [("main", name) for name in tables]


def test_tables_are_as_their_contracts_say(first_build: Published) -> None:
    assert first_build.rows["columns"] == [
        ("line_number", "BIGINT", False, "Number; from 0"),
        ("build_number", "INTEGER", False, "The build's number."),
        ("line_text", "VARCHAR", True, "Never known."),
    ]
    assert first_build.rows["comment"] == [("""Lines of a build, it's "one" number each.""",)]


def test_rows_lie_in_the_order_of_the_key(first_build: Published) -> None:
    """The model itself writes them in another one."""
    assert first_build.rows["numbers"] == [(number,) for number in range(1000)]
    assert "order by hash" in FILES["models/lines.sql"]


def test_a_publication_says_what_it_is_made_from(first_build: Published) -> None:
    content = b"build_number,line_count\n1,1000\n"
    digest = hashlib.sha256(content).hexdigest()
    assert first_build.rows["files"] == [("tiny/settings.csv", len(content), digest)]
    assert first_build.rows["row_counts"] == [("lines", 1000), ("totals", 1)]
    fingerprint = hashlib.sha256(f"tiny/settings.csv {len(content)} {digest}".encode()).hexdigest()
    # The small project is in no git repository.
    assert first_build.rows["facts"] == [(None, fingerprint, 0, "data")]
    ((invocation, started, published),) = first_build.rows["when"]
    logged = json.loads((first_build.tiny.folder / "first_results.json").read_text(encoding="utf-8"))
    assert invocation == logged["metadata"]["invocation_id"]
    now = datetime.now(UTC).replace(tzinfo=None)
    assert now - timedelta(hours=1) < started <= published <= now


def test_other_data_have_another_fingerprint_and_warnings_are_counted(first_build: Published, tiny: Tiny) -> None:
    tiny.run(build=7, n_lines=1000).succeeded()
    ((_, fingerprint, warnings, _),) = tiny.rows(QUERIES["facts"])
    assert fingerprint != first_build.rows["facts"][0][1]
    assert warnings == 1
    tiny.run(build=1, n_lines=1000).succeeded()
    assert tiny.rows(QUERIES["facts"]) == first_build.rows["facts"]


def test_parquet_copies_are_made_on_request(first_build: Published, tiny: Tiny) -> None:
    assert tiny.leftovers() == []
    tiny.run(build=2, n_lines=20, with_parquet=True).succeeded()
    folder = tiny.published.parent / "marts_parquet"
    found = duckdb.execute(f"select count(*), max(build_number) from '{folder}/lines.parquet'").fetchall()
    assert found == [(20, 2)]
    tables = ("lines", "totals", "publication", "publication_files")
    assert sorted(os.listdir(folder)) == sorted(f"{name}.parquet" for name in tables)
    assert tiny.build_number() == 2
    shutil.rmtree(folder.resolve())
    folder.unlink()


# When nothing is published


SKIPPED_RUNS = {
    "marts on old tables": (("build", "--select", "lines", "totals"), 2, "Left out: steps, settings"),
    "a missing test": (
        ("build", "--exclude", "primary_key_lines_line_number"),
        2,
        "this run left out 1 of the 3 tests",
    ),
    "models only": (("run",), 2, "this run left out 1 of the 4 models and seeds"),
    "tests only": (("test",), 2, "this run left out 4 of the 4 models and seeds"),
    "no rows": (("build", "--empty"), 2, "this run read a part of the rows only"),
    "a failed test": (("build",), 13, "1 of 7 steps failed: assert_build_is_not_13"),
    "a failed model": (("build",), "many", "1 of 7 steps failed: steps"),
}
"""What is wrong -> arguments of dbt, number in the file, and what the log says."""


@pytest.mark.parametrize("case", SKIPPED_RUNS)
def test_anything_but_a_whole_and_good_build_changes_nothing(first_build: Published, tiny: Tiny, case: str) -> None:
    arguments, build, reason = SKIPPED_RUNS[case]
    before = tiny.published.read_bytes()
    run = tiny.run(*arguments, build=build, n_lines=1000)
    assert run.exit_code == (1 if "failed" in case else 0)
    assert run.output.count("Not published: ") == 1
    assert reason in run.output.split("Not published: ")[1].splitlines()[0]
    assert tiny.published.read_bytes() == before
    assert (publishing.last_failure(tiny.published) is not None) == ("failed" in case)
    (tiny.published.parent / ".marts.duckdb.failed.json").unlink(missing_ok=True)
    assert tiny.leftovers() == []


def test_a_failed_build_leaves_word_until_the_next_good_one(tmp_path: Path) -> None:
    published = tmp_path / "marts.duckdb"
    publishing.note_failure(published, "")
    assert os.listdir(tmp_path) == []
    published.write_text("raw rows")
    publishing.note_failure(published, "")
    assert os.listdir(tmp_path) == ["marts.duckdb"]
    published.unlink()
    duckdb.connect(str(published)).execute("create table publication (table_name text)").close()
    publishing.note_failure(published, "/somewhere/my_shop/")
    failure = publishing.last_failure(published)
    assert failure.data_source == "my_shop"
    assert timedelta(0) <= datetime.now(UTC) - failure.failed_at < timedelta(minutes=1)
    publishing.open_publication(published, "next", False).write_text("newer")
    publishing.close_publication(published, "next", False)
    assert publishing.last_failure(published) is None


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("", "synthetic sample"),
        ("/project/seeds/sample/general", "synthetic sample"),
        ("seeds/sample/general/", "synthetic sample"),
        ("/seeds/sample_of_march", "sample_of_march"),
        ("../data/", "data"),
        ("s3://bucket/shops", "shops"),
    ],
)
def test_data_are_called_by_their_folder_or_synthetic(folder: str, expected: str) -> None:
    assert publishing.data_source(folder) == expected


def test_a_build_of_another_database_publishes_only_where_told(
    first_build: Published, tiny: Tiny, tmp_path: Path
) -> None:
    run = run_dbt(tiny.folder / "run", "build", project=tiny.folder / "project", cwd=tmp_path).succeeded()
    assert "Not published: SEGMART_DATABASE names another database" in run.output
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "case", ["folder", "raw file", "raw file in Parquet", "working database", "link to a raw file"]
)
def test_what_no_build_has_published_is_not_replaced(
    first_build: Published, tiny: Tiny, tmp_path: Path, case: str
) -> None:
    published = tmp_path / "sales"
    if case == "folder":
        published.mkdir()
    elif case == "raw file in Parquet":
        duckdb.sql(f"copy (select 1 as a) to '{published}' (format parquet)")
    elif case == "working database":
        published = tiny.folder / "run" / "segmart.duckdb"
    else:
        published.write_text("day,paid\n2024-01-01,1\n", encoding="utf-8")
    before = None if case == "folder" else published.read_bytes()
    if case == "link to a raw file":
        (tmp_path / "marts.duckdb").symlink_to(published)
        published = tmp_path / "marts.duckdb"
    run = run_dbt(tiny.folder / "run", "build", project=tiny.folder / "project", published=published)
    assert run.exit_code != 0
    cause = "is a folder" if case == "folder" else "no build has published it"
    assert f"{published} {'is a folder' if case == 'folder' else 'is there'}" in run.output
    assert cause in run.output
    assert "exception" not in run.output.lower()
    # It stops before anything is built.
    assert "OK created" not in run.output
    if before is not None and case != "working database":
        assert published.read_bytes() == before


def test_a_link_to_the_published_file_stays_a_link(first_build: Published, tiny: Tiny, tmp_path: Path) -> None:
    link = tmp_path / "marts.duckdb"
    (tmp_path / "bi").mkdir()
    link.symlink_to(tmp_path / "bi" / "all.duckdb")
    for _ in range(2):
        run_dbt(tiny.folder / "run", "build", project=tiny.folder / "project", published=link).succeeded()
    assert link.is_symlink()
    assert sorted(os.listdir(tmp_path / "bi")) == [".all.duckdb.lock", "all.duckdb"]
    assert sorted(os.listdir(tmp_path)) == ["bi", "marts.duckdb"]


def test_what_a_client_has_locked_is_a_publication_if_a_build_left_its_lock_there(tmp_path: Path) -> None:
    published = tmp_path / "marts.duckdb"
    script = f"import duckdb; c = duckdb.connect({str(published)!r}); print('open', flush=True); input()"
    client = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert client.stdout
    assert client.stdout.readline() == "open\n"
    with pytest.raises(ValueError, match="no build has published it"):
        publishing.publication_target(published)
    (tmp_path / ".marts.duckdb.lock").touch()
    assert publishing.publication_target(published) == published
    client.communicate("\n")


def test_a_publication_that_fails_fails_the_build_with_a_sentence(tiny: Tiny, tmp_path: Path) -> None:
    (tmp_path / "marts_parquet").mkdir()
    run = run_dbt(
        tiny.folder / "run",
        "build",
        project=tiny.folder / "project",
        published=tmp_path / "marts.duckdb",
        with_parquet=True,
    )
    assert run.exit_code == 1
    assert f"{tmp_path / 'marts_parquet'} is not a link that a build has made" in run.output
    assert "exception" not in run.output.lower()


# Readers


class Reader:
    """A process that reads the published file until it is stopped."""

    def __init__(self, python: str | Path, project: Tiny, mode: str) -> None:
        self.stop_file = project.folder / "stop"
        script = Path(__file__).with_name("published_reader.py")
        command = [str(python), str(script), str(project.published), str(self.stop_file), mode]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout
        assert self.process.stdout.readline() == "reading\n"

    def stop(self) -> dict:
        self.stop_file.touch()
        output, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, errors
        return json.loads(output)


@pytest.mark.long
def test_readers_neither_wait_nor_see_a_half_written_file(tiny: Tiny, old_clients: Path) -> None:
    """Builds with readers at work, among them one that never reconnects and one with an old client."""
    tiny.run(build=1).succeeded()
    readers = {
        "keeps": Reader(sys.executable, tiny, "keep"),
        "reconnects": Reader(sys.executable, tiny, "reconnect"),
        "old": Reader(old_clients, tiny, "reconnect"),
    }
    for build in (2, 3, 4):
        tiny.run(build=build).succeeded()
        assert tiny.build_number() == build
    time.sleep(0.5)
    seen = {name: reader.stop() for name, reader in readers.items()}
    assert {name: reader["errors"] for name, reader in seen.items() if reader["errors"]} == {}
    assert seen["keeps"]["builds"] == [1]
    assert seen["reconnects"]["builds"] == [1, 2, 3, 4]
    assert seen["old"]["builds"] == [1, 2, 3, 4]
    assert seen["old"]["version"].startswith("1.1.")
    assert min(reader["reads"] for reader in seen.values()) > 20
    assert tiny.leftovers() == []


def test_a_reader_notices_a_file_that_is_not_whole(first_build: Published, tiny: Tiny, tmp_path: Path) -> None:
    """The check of the readers themselves."""
    shutil.copy(tiny.published, tmp_path / "mixed.duckdb")
    with duckdb.connect(str(tmp_path / "mixed.duckdb")) as connection:
        build = read(connection)
        connection.execute("update lines set build_number = build_number + 1 where line_number = 5")
        with pytest.raises(ValueError, match=f"builds {build} to {build + 1}"):
            read(connection)


def test_what_a_client_writes_into_the_published_file_stays_out_of_the_next(first_build: Published, tiny: Tiny) -> None:
    """It should not write at all; one that does leaves a log, which DuckDB applies to whatever file lies there."""
    script = f"""
import duckdb, os, signal
connection = duckdb.connect({str(tiny.published)!r})
connection.execute("insert into totals select 99, 99 from range(1000)")
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", script]).returncode == -signal.SIGKILL
    assert tiny.leftovers() == ["marts.duckdb.wal"]
    tiny.run(build=5, n_lines=10).succeeded()
    assert tiny.build_number() == 5
    assert tiny.leftovers() == []


# Builds that are killed


def drafts(project: Tiny) -> Iterator[Path]:
    return project.published.parent.glob(".marts.duckdb.*.tmp")


KILL_POINTS: dict[str, Callable[[Tiny], bool]] = {
    "while building": lambda project: "START sql table model marts.lines" in project.output.read_text(encoding="utf-8"),
    "at the first sign of a draft": lambda project: any(drafts(project)),
    "in the middle of the draft": lambda project: any(draft.stat().st_size > 1_000_000 for draft in drafts(project)),
}


@pytest.mark.parametrize("point", KILL_POINTS)
def test_a_killed_build_leaves_the_published_file_and_nothing_to_clean_up(
    first_build: Published, tiny: Tiny, point: str
) -> None:
    before = tiny.published.read_bytes()
    tiny.output.write_text("", encoding="utf-8")
    killed = tiny.run(build=8, kill_when=lambda: KILL_POINTS[point](tiny))
    assert killed.exit_code == -signal.SIGKILL
    assert any(drafts(tiny)) == ("draft" in point)
    assert tiny.published.read_bytes() == before
    tiny.run(build=9).succeeded()
    assert tiny.build_number() == 9
    assert tiny.leftovers() == []


def killed_at(call: str, published: Path, run_id: str) -> None:
    """Publish a draft with Parquet copies in a process that dies when it reaches a call."""
    script = f"""
import os, signal
from pathlib import Path
from segmart import publishing
published = Path({str(published)!r})
publishing.open_publication(published, {run_id!r}, True).write_text({run_id!r})
(publishing.parquet_draft_folder(published, {run_id!r}) / "a.parquet").write_text({run_id!r})
calls = iter({call.split(":")[0]!r} for _ in range({int(call.split(":")[1])}))
original = getattr(os, {call.split(":")[0]!r})
def call(*arguments):
    next(calls, None) or os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments)
setattr(os, {call.split(":")[0]!r}, call)
publishing.close_publication(published, {run_id!r}, True)
"""
    assert subprocess.run([sys.executable, "-c", script]).returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("fsync:0", ("old", "old")),
        ("replace:0", ("old", "old")),
        ("fsync:1", ("new", "old")),
        ("replace:1", ("new", "old")),
    ],
    ids=["before syncing", "before the rename", "after the rename", "before the link to the copies"],
)
def test_a_publisher_that_dies_leaves_the_old_file_or_the_new(
    tmp_path: Path, call: str, expected: tuple[str, str]
) -> None:
    published = tmp_path / "marts.duckdb"
    publish(published, "old")
    killed_at(call, published, "new")
    assert (published.read_text(), (tmp_path / "marts_parquet" / "a.parquet").read_text()) == expected
    publish(published, "next")
    assert (published.read_text(), (tmp_path / "marts_parquet" / "a.parquet").read_text()) == ("next", "next")
    assert len(os.listdir(tmp_path)) == len({"the file", "its lock", "the link", "its copies", "the copies before"})


def publish(published: Path, run_id: str) -> None:
    """A file and a Parquet copy that hold the run's id."""
    publishing.open_publication(published, run_id, True).write_text(run_id)
    (publishing.parquet_draft_folder(published, run_id) / "a.parquet").write_text(run_id)
    publishing.close_publication(published, run_id, True)


# The parts


def test_the_parquet_copies_before_stay_for_their_readers(tmp_path: Path) -> None:
    """They may be in the middle of the files; older ones go."""
    for run_id in ("1", "2", "3", "4"):
        publish(tmp_path / "marts.duckdb", run_id)
    folders = {name for name in os.listdir(tmp_path) if name.startswith(".marts_parquet")}
    assert folders == {".marts_parquet.3", ".marts_parquet.4"}
    assert (tmp_path / "marts_parquet").readlink() == Path(".marts_parquet.4")


def test_the_draft_of_a_running_build_is_not_taken_for_a_leftover(tmp_path: Path) -> None:
    published = tmp_path / "new folder" / "marts.duckdb"
    script = f"""
import sys
from pathlib import Path
from segmart import publishing
publishing.open_publication(Path({str(published)!r}), "other", False).touch()
print("open", flush=True)
sys.stdin.readline()
publishing.close_publication(Path({str(published)!r}), "other", False)
"""
    other = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout
    assert other.stdout.readline() == "open\n"
    with pytest.raises(TimeoutError, match="another build"):
        publishing.open_publication(published, "mine", False, timeout=0.2)
    assert publishing.draft_path(published, "other").exists()
    other.communicate("go on\n", timeout=60)
    assert published.exists()
    publishing.open_publication(published, "mine", False, timeout=0.2).write_text("mine")
    publishing.close_publication(published, "mine", False)
    assert published.read_text() == "mine"


def test_only_own_leftovers_are_removed(tmp_path: Path) -> None:
    """Other files beside the published one are none of the publisher's business, whatever characters its name has."""
    others = {"marts.duckdb", ".m.duckdb.1.tmp", "[m]arts.duckdb.tmp", ".marts.duckdb.backup", ".marts_parquet.1"}
    for name in others:
        (tmp_path / name).touch()
    for name in (".[m]arts.duckdb.1.tmp", ".[m]arts.duckdb.2.tmp.wal"):
        (tmp_path / name).touch()
    publishing.open_publication(tmp_path / "[m]arts.duckdb", "3", False).write_text("new")
    publishing.close_publication(tmp_path / "[m]arts.duckdb", "3", False)
    assert set(os.listdir(tmp_path)) == others | {"[m]arts.duckdb", ".[m]arts.duckdb.lock"}


def test_an_attempt_that_failed_does_not_lock_out_the_next_one_of_the_same_process(tmp_path: Path) -> None:
    published = tmp_path / "marts.duckdb"
    publishing.open_publication(published, "1", False)
    with pytest.raises(FileNotFoundError):
        publishing.close_publication(published, "1", False)
    publishing.open_publication(published, "2", False)
    publishing.open_publication(published, "3", False, timeout=0.1).touch()
    publishing.close_publication(published, "3", False)
    assert published.exists()


def test_a_folder_in_place_of_the_copies_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "marts_parquet").mkdir()
    with pytest.raises(ValueError, match="not a link"):
        publishing.open_publication(tmp_path / "marts.duckdb", "1", True)


def test_a_commit_is_dirty_once_a_tracked_file_has_changed(tmp_path: Path) -> None:
    assert publishing.git_commit(tmp_path) is None

    def git(*arguments: str) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false", *arguments]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "--quiet")
    (tmp_path / "model.sql").write_text("select 1")
    git("add", ".")
    git("commit", "--quiet", "--message", "first")
    git("tag", "v1")
    commit = git("rev-parse", "HEAD")
    assert publishing.git_commit(tmp_path) == commit
    (tmp_path / "untracked.sql").touch()
    assert publishing.git_commit(tmp_path) == commit
    (tmp_path / "model.sql").write_text("select 2")
    assert publishing.git_commit(tmp_path) == f"{commit}-dirty"
