"""Writing the raw files, as CSV or as Parquet."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pandas as pd

SAMPLE = Path(__file__).parents[2] / "seeds" / "sample"
"""The committed sample, the only place where files are replaced."""

CHUNK_ROWS = 500_000
"""Rows that are turned into text at a time, and the fewest in a Parquet file of several."""


@contextmanager
def open_table(
    path: Path,
    line_end: str,
    encoding: str = "utf-8",
    float_format: str | None = "%.10g",
    parquet: bool = False,
) -> Iterator[Callable[[pd.DataFrame], None]]:
    """A function that adds rows to a new table. The table appears when all of it is written.

    A file that is there may be somebody's raw file: only those of the committed sample are replaced.

    Parquet keeps the columns' types. It is one file, or, of several pieces, a folder with a file for each.

    Args:
        path: Where the CSV file lies; a Parquet table lies beside it, as ``name.parquet`` or the folder ``name``.
        line_end: What ends a line of a CSV file.
        encoding: ``utf-8``, or ``utf-8-sig`` for a byte order mark.
        float_format: How amounts are written into a CSV file; whole ones without decimals, or as 2.0 if None.
        parquet: Whether to write Parquet.

    Raises:
        FileExistsError: If the table is there, or is there in the other format, of which a build would not know which
            to read.
        OSError: If the table can't be written; an older one of the name is left as it was.
    """
    single, folder = path.with_suffix(".parquet"), path.with_suffix("")
    replaced = [] if parquet or not path.resolve().is_relative_to(SAMPLE) else [path]
    for other in (path, single, folder):
        if other.exists() and other not in replaced:
            raise FileExistsError(f"{other} holds the same table: remove it, or write elsewhere")
    part = path.with_name(path.name + ".part")
    try:
        if parquet:
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            with _parquet_writer(part) as write:
                yield write
            _move_parquet(part, single, folder)
        else:
            with part.open("w", encoding=encoding, newline="") as file:
                yield _csv_writer(file, line_end, float_format)
            os.replace(part, path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        part.unlink(missing_ok=True)


def write_table(frames: pd.DataFrame | Iterable[pd.DataFrame], path: Path, **layout: object) -> None:
    """Write frames of the same columns one below the other.

    Args:
        frames: The rows, or some of them at a time; missing values become empty fields or nulls.
        path: As in ``open_table``.
        layout: The other arguments of ``open_table``.

    Raises:
        OSError: As in ``open_table``.
    """
    with open_table(path, **layout) as write:
        for frame in [frames] if isinstance(frames, pd.DataFrame) else frames:
            write(frame)


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files as they are. Each appears when all of it is written.

    Args:
        files: Name -> bytes.
        folder: Where they lie.

    Raises:
        FileExistsError: If one of them is there and not of the committed sample; then none is written.
        OSError: If one can't be written.
    """
    paths = {folder / name: content for name, content in files.items()}
    for path in paths:
        if path.exists() and not path.resolve().is_relative_to(SAMPLE):
            raise FileExistsError(f"{path} is there: remove it, or write elsewhere")
    for path, content in paths.items():
        part = path.with_name(path.name + ".part")
        try:
            part.write_bytes(content)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)


def _csv_writer(file: TextIO, line_end: str, float_format: str | None) -> Callable[[pd.DataFrame], None]:
    def write(frame: pd.DataFrame) -> None:
        for start in range(0, len(frame), CHUNK_ROWS):
            frame.iloc[start : start + CHUNK_ROWS].to_csv(
                file, header=file.tell() == 0, index=False, lineterminator=line_end, float_format=float_format
            )

    return write


@contextmanager
def _parquet_writer(folder: Path) -> Iterator[Callable[[pd.DataFrame], None]]:
    """A function that collects frames and writes them as files of the folder."""
    import duckdb

    waiting: list[pd.DataFrame] = []

    def flush(connection: duckdb.DuckDBPyConnection) -> None:
        path = folder / f"part-{sum(1 for _ in folder.iterdir()):05}.parquet"
        connection.register("piece", pd.concat(waiting) if len(waiting) > 1 else waiting[0])
        waiting.clear()
        connection.execute(f"copy piece to {_sql_text(path)} (format parquet)")
        connection.unregister("piece")

    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '1GB'")

        def write(frame: pd.DataFrame) -> None:
            waiting.append(frame)
            if sum(len(rows) for rows in waiting) >= CHUNK_ROWS:
                flush(connection)

        yield write
        if waiting:
            flush(connection)


def _sql_text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _move_parquet(part: Path, single: Path, folder: Path) -> None:
    """Give what was written its name: one file, or a folder of several."""
    pieces = sorted(part.iterdir())
    if len(pieces) == 1:
        os.replace(pieces[0], single)
    else:
        os.replace(part, folder)
