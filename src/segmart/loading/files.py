"""Which files a raw table consists of.

A raw table is one file, or a directory with any number of files in any folders. Paths are texts as the user wrote them:
they are shown in errors, compared with what DuckDB returns, and may be addresses in an object store.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from segmart.loading.errors import raw_file_error

EXTENSIONS = (".csv", ".csv.gz", ".parquet")

OWN_LISTS = "reference"
"""Folder of a data directory whose lists take the place of those of the project."""


@dataclass(frozen=True)
class RawTable:
    """A raw table and its files.

    Attributes:
        path: The file, or the directory with a slash at its end.
        files: All files with rows, in the order of their names.
        expected: Columns of the table.
        is_raw: Whether the files are sales data, and not a list that belongs to the project.
    """

    path: str
    files: tuple[str, ...]
    expected: tuple[str, ...]
    is_raw: bool = True

    @property
    def is_directory(self) -> bool:
        """Whether the table may consist of several files."""
        return self.path.endswith("/")

    @property
    def name(self) -> str:
        """Folder and name of the file, such as chips/transaction_data.csv; with a slash at its end for a directory."""
        return "/".join(self.path.rstrip("/").split("/")[-2:]) + ("/" if self.is_directory else "")

    def inside(self, file: str) -> str:
        """What the column raw_file says: the path inside the directory, or the name of the only file."""
        return file[len(self.path) :] if self.is_directory else file.rsplit("/", 1)[-1]


def is_remote(path: str) -> bool:
    """Whether a path is an address that only DuckDB can open."""
    return "://" in path


def file_format(file: str) -> str:
    """``csv``, ``csv.gz``, ``parquet``, or nothing for other files."""
    found = re.search(r"\.(csv|csv\.gz|parquet)$", file.lower())
    return found[1] if found else ""


def literal_pattern(path: str) -> str:
    """A pattern that matches this path alone: DuckDB takes every path for a pattern.

    It takes a backslash in a pattern for a slash, so that such a pattern matches nothing, and then the path as it is.
    """
    return path if "\\" in path else re.sub(r"[*?\[]", r"[\g<0>]", path)


def partition_names(table: RawTable, file: str) -> list[str]:
    """Names in folders such as DATE=2018-07-01, which stand for a column that the file may lack."""
    folders = table.inside(file).split("/")[:-1]
    return [folder.split("=", 1)[0] for folder in folders if "=" in folder]


def find_raw_table(
    directory: str, dataset: str, name: str, expected: Sequence[str], connection: DuckDBPyConnection
) -> RawTable:
    """Find a raw table in a data directory.

    Of two forms either may be the old one, so having both is an error.

    Args:
        directory: The data directory.
        dataset: Folder in the data directory.
        name: Name of the table: the file or directory without its extension.
        expected: Columns of the table.
        connection: Lists object stores; not used for local directories.

    Raises:
        RawFileError: If there is no such table, or more than one form of it, or something in its directory is no data.
    """
    folder = f"{directory.rstrip('/')}/{dataset}/"
    stem = folder + name
    files = {name + extension: (stem + extension,) for extension in EXTENSIONS}
    forms = {form: paths for form, paths in files.items() if is_there(paths[0], connection)}
    listed = _list_remote(stem, connection) if is_remote(stem) else _list_local(stem, expected)
    if listed is not None:
        forms[f"{name}/"] = tuple(listed)
    path = folder + next(iter(forms), f"{name}.csv")
    if not forms:
        there = _meant_instead(folder, name)
        raise raw_file_error(
            path,
            f"does not exist{there} (nor does {name}.csv.gz, {name}.parquet or a directory {name} beside it);"
            f" to build without this dataset, leave {dataset} out of SEGMART_DATASETS; `segmart datasets {directory}`"
            " names what lies there",
            expected,
        )
    if len(forms) > 1:
        others = " and ".join(list(forms)[1:])
        raise raw_file_error(path, f"exists twice, also as {others}: keep one of them", expected)
    if not path.endswith("/"):
        return RawTable(path, files[path[len(folder) :]], tuple(expected))
    listed = forms[f"{name}/"]
    if is_remote(path) and listed and not listed[-1].startswith(path):
        # Object stores may write the address in another way than it was asked for: file:/// for file://.
        tail = f"/{dataset}/{name}/"
        path = listed[-1].partition(tail)[0] + tail
    return RawTable(path, _data_files(path, listed, expected), tuple(expected))


def _meant_instead(folder: str, name: str) -> str:
    """Words about a local file that is probably meant, such as one in capitals, or a workbook."""
    if is_remote(folder) or not os.path.isdir(folder):
        return ""
    meant = [file for file in sorted(os.listdir(folder)) if name.casefold() in file.casefold() and not _is_hidden(file)]
    return f", but `{meant[0]}` lies there" if meant else ""


def is_there(path: str, connection: DuckDBPyConnection) -> bool:
    """Whether there is a file at a path or an address."""
    if is_remote(path):
        return bool(_glob(path, connection))
    return os.path.isfile(path)


def _glob(pattern: str, connection: DuckDBPyConnection) -> list[str]:
    return [file for (file,) in connection.execute("select file from glob(?)", [pattern]).fetchall()]


def _list_remote(stem: str, connection: DuckDBPyConnection) -> list[str] | None:
    files = _glob(f"{literal_pattern(stem)}/**", connection)
    # Object stores list folders, too.
    folders = {file.rpartition("/")[0] for file in files}
    return [file for file in files if file not in folders] or None


def _list_local(directory: str, expected: Sequence[str]) -> list[str] | None:
    """All files below a directory, also behind links; None if there is no such directory."""
    if not os.path.isdir(directory):
        return None

    def stop(error: OSError) -> None:
        cure = "allow this user to read it"
        raise raw_file_error(str(error.filename), f"can not be listed ({error.strerror}): {cure}", expected) from error

    files: list[str] = []
    visited: set[str] = set()
    for folder, folders, names in os.walk(directory, onerror=stop, followlinks=True):
        if os.path.realpath(folder) in visited:
            folders.clear()
            continue
        visited.add(os.path.realpath(folder))
        # In the order of their names, because of a folder and a link to it only the first is read.
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        for name in sorted(names):
            file = f"{folder}/{name}"
            if not _is_hidden(name) and not os.path.isfile(file):
                inside = file[len(directory) + 1 :]
                what = "no regular file" if os.path.exists(file) else "a link to nothing"
                raise raw_file_error(f"{directory}/", f"holds {inside}, {what}: remove it", expected)
            files.append(file)
    return files


def _is_hidden(name: str) -> bool:
    """Whether a name belongs to the programs that write directories."""
    return name.startswith((".", "_"))


def _data_files(directory: str, files: Sequence[str], expected: Sequence[str]) -> tuple[str, ...]:
    """The files of a directory that hold rows; any file that is neither data nor hidden may be data somebody misses."""
    chosen = []
    for file in sorted(files):
        inside = file[len(directory) :]
        if any(_is_hidden(name) for name in inside.split("/")):
            continue
        if not file_format(file):
            raise raw_file_error(directory, f"holds {inside}, which is neither CSV nor Parquet: remove it", expected)
        if not inside.isascii() and any("\ud800" <= letter <= "\udfff" for letter in inside):
            raise raw_file_error(directory, f"holds {inside!r}, whose name is not UTF-8: rename it", expected)
        chosen.append(file)
    if not chosen:
        raise raw_file_error(directory, "holds no CSV or Parquet files", expected)
    return tuple(chosen)
