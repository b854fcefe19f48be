"""What dbt asks of loading: find a raw table, check its files, and say how to read it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from duckdb import DuckDBPyConnection, Error

from segmart.loading.contract import Layout, find_layouts, first_line, select_sql
from segmart.loading.errors import RawFileError, raw_file_error
from segmart.loading.files import OWN_LISTS, RawTable, find_raw_table, is_remote, is_there
from segmart.loading.fingerprints import changed_since, fingerprints, gzip_problems
from segmart.loading.readability import check_types, count_rows


@dataclass(frozen=True)
class Seed:
    """A seed of the project.

    Attributes:
        name: Name of the seed.
        path: Its file in the project.
        folders: Its folders in the project, such as ``seeds``, ``sample`` and the dataset, or ``seeds``, ``reference``.
        columns: Columns that its YAML lists.
        column_types: Types of columns that are not text.
        data_directory: SEGMART_DATA; replaces the project's sample if it is not empty; lists in its folder reference
            replace those of the project.
        view_bytes: Raw tables of this size or more are read through a view.
    """

    name: str
    path: str
    folders: Sequence[str]
    columns: Sequence[str]
    column_types: Mapping[str, str] = field(default_factory=dict)
    data_directory: str = ""
    view_bytes: int = 500_000_000

    @property
    def is_raw(self) -> bool:
        """Whether it stands for sales data; other lists belong to the project."""
        return self.folders[1] == "sample"


@dataclass(frozen=True)
class RawFile:
    """A row of the table raw_files: what a file of a raw table held when it was loaded."""

    seed: str
    table_name: str
    raw_file: str
    path: str
    bytes: int
    sha256: str
    modified: int
    row_count: int


def describe_raw_table(
    seed: Seed, known: Mapping[str, tuple[str, int]], connection: DuckDBPyConnection
) -> dict[str, Any]:
    """Find and check the files of a seed.

    Args:
        seed: The seed.
        known: Hash and number of rows of the files that an earlier build has checked, by the name in raw_file.
        connection: Reads Parquet and looks for lines that can't be read.

    Returns:
        ``type``: table or view; ``select``: SQL of all rows; ``files``: rows of raw_files, none for a project list.

    Raises:
        RawFileError: If the files can't be read as the seed's YAML describes them.
    """
    table = RawTable(seed.path, (seed.path,), tuple(seed.columns), seed.is_raw)
    if seed.is_raw and seed.data_directory:
        table = find_raw_table(seed.data_directory, seed.folders[2], seed.name, seed.columns, connection)
    elif seed.data_directory:
        table = own_list(seed, connection) or table
    states = dict(zip(table.files, fingerprints(table.files, connection), strict=True))
    checked = {file: known.get(table.inside(file), ("", 0)) for file in table.files}
    changed = {file for file in table.files if checked[file][0] != states[file].sha256}
    for file, problem in gzip_problems(sorted(changed)).items():
        raise raw_file_error(file, problem, table.expected)
    layouts = find_layouts(table, connection)
    counted = count_rows(table, _with_files(layouts, changed), connection)
    counts = {file: counted.get(file, 0) if file in changed else checked[file][1] for file in table.files}
    if not any(layout.is_partitioned for layout in layouts):
        _check_repeated_files(table, {file: states[file].sha256 for file in table.files if counts[file] > 1})
    if seed.is_raw and not any(counts.values()):
        raise raw_file_error(table.path, "has a header but no rows", table.expected)
    check_types(table, layouts, seed.column_types, connection)
    is_large = seed.is_raw and sum(state.bytes for state in states.values()) >= seed.view_bytes
    return {
        "type": "view" if is_large else "table",
        "select": select_sql(table, layouts, seed.column_types),
        "files": [
            asdict(
                RawFile(seed.name, table.name, table.inside(file), file, **asdict(states[file]), row_count=counts[file])
            )
            for file in table.files
            if seed.is_raw
        ],
    }


def own_list(seed: Seed, connection: DuckDBPyConnection) -> RawTable | None:
    """The list of the same name that lies in the folder reference of the data directory, if there is one."""
    path = f"{seed.data_directory.rstrip('/')}/{OWN_LISTS}/{seed.name}.csv"
    return RawTable(path, (path,), tuple(seed.columns), is_raw=False) if is_there(path, connection) else None


def _check_repeated_files(table: RawTable, digests: Mapping[str, str]) -> None:
    """Stop if two files of a directory have the same content: a copy doubles its sales.

    Raises:
        RawFileError: If there are such files, with the names of both.
    """
    first: dict[str, str] = {}
    for file, digest in digests.items():
        if digest in first:
            problem = f"has the same content as {table.inside(first[digest])}: remove one of both"
            raise raw_file_error(file, problem, table.expected)
        first[digest] = file


def _with_files(layouts: Sequence[Layout], files: Set[str]) -> list[Layout]:
    """The layouts with some of their files, without those that have none left."""
    chosen = [replace(layout, files=tuple(file for file in layout.files if file in files)) for layout in layouts]
    return [layout for layout in chosen if layout.files]


def raw_table(seed: str, known: str | None, connection: DuckDBPyConnection) -> str:
    """The same in JSON, with an ``error`` in place of the rest if the files can't be read."""
    checked = {row["raw_file"]: (row["sha256"], row["row_count"]) for row in json.loads(known or "[]")}
    try:
        return json.dumps(describe_raw_table(Seed(**json.loads(seed)), checked, connection))
    except (RawFileError, OSError) as error:
        return json.dumps({"error": str(error)})
    except Error as error:
        return json.dumps({"error": f"The files of {json.loads(seed)['name']} can not be read: {first_line(error)}"})


def changed_raw_file(files: str | None) -> str | None:
    """A sentence about the first of the files that has changed since it was hashed, or nothing.

    Args:
        files: Rows of raw_files as JSON.
    """
    for file in json.loads(files or "[]"):
        if not is_remote(file["path"]) and changed_since(file["path"], file["bytes"], file["modified"]):
            return f"{file['path']} has changed while it was read: build again once it is complete."
    return None
