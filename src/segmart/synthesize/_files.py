"""Writing the raw files."""

import os
from pathlib import Path

import pandas as pd


def write_csv(
    frame: pd.DataFrame, path: Path, line_end: str, encoding: str = "utf-8", chunk_rows: int = 500_000
) -> None:
    """Write a frame, in pieces; whole amounts without decimals. The file appears when it is complete.

    Args:
        frame: The rows; missing values become empty fields.
        path: The file, in a folder that exists.
        line_end: What ends a line.
        encoding: ``utf-8``, or ``utf-8-sig`` for a byte order mark.
        chunk_rows: Rows that are turned into text at a time.

    Raises:
        OSError: If the file can't be written; an older one of the name is left as it was.
    """
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding=encoding, newline="") as file:
            for start in range(0, len(frame), chunk_rows):
                rows = frame.iloc[start : start + chunk_rows]
                rows.to_csv(file, header=start == 0, index=False, lineterminator=line_end, float_format="%.10g")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
