"""A working database that can't be opened is named in a sentence that says what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from dbt_common.exceptions import DbtRuntimeError

from segmart.duckdb_functions import check_database


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    check_database(tmp_path / "a" / "b" / "segmart.duckdb", {})
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize("content", [b"day,paid\n", b"", b"DUCK" * 5000], ids=["another file", "nothing", "damaged"])
def test_a_file_that_is_no_database_is_named_and_stays(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "segmart.duckdb"
    path.write_bytes(content)
    with pytest.raises(DbtRuntimeError, match=r"segmart\.duckdb can't be opened as a DuckDB database: .* remove it"):
        check_database(path, {})
    assert path.read_bytes() == content


def test_a_database_that_another_program_has_open_is_named(tmp_path: Path) -> None:
    path = tmp_path / "segmart.duckdb"
    script = f"import duckdb; c = duckdb.connect({str(path)!r}); print('open', flush=True); input()"
    client = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert client.stdout
    assert client.stdout.readline() == "open\n"
    with pytest.raises(DbtRuntimeError, match="is open in another program, perhaps another build: close it there"):
        check_database(path, {})
    client.communicate("\n")
    check_database(path, {})


def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DbtRuntimeError, match=r"can't be made .*: name another file in SEGMART_DATABASE"):
        check_database(tmp_path / "file" / "a" / "segmart.duckdb", {})


def test_a_good_database_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "segmart.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table a as select 1 as b")
    before = path.read_bytes()
    check_database(path, {"memory_limit": "1GB"})
    assert path.read_bytes() == before
