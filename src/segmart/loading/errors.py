"""What is wrong with a raw file, in one sentence that names it."""

from __future__ import annotations

from collections.abc import Sequence


class RawFileError(ValueError):
    """A raw file that can't be loaded; the message is meant for the person who delivered the file."""


def raw_file_error(path: str, problem: str, expected: Sequence[str]) -> RawFileError:
    """The error for a file or a directory of files.

    Args:
        path: The file, or the directory with a slash at its end.
        problem: What is wrong, to be read after the path.
        expected: Columns that the file should have.
    """
    kind = "Parquet" if path.lower().endswith(".parquet") else "comma-separated UTF-8"
    return RawFileError(f"{path} {problem}. Expected: a {kind} file with the columns {', '.join(expected)}.")
