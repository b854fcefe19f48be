"""Writes files that people go on with: a whole project, a segmentation, a dataset."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

NAME_LENGTH = 40


class ScaffoldingError(Exception):
    """What was asked for can't be written; nothing was. The message is a sentence with the cure."""


def check_name(name: str, kind: str) -> None:
    """Refuse a name that can't be part of the names of models.

    Args:
        name: What somebody wants to call it.
        kind: What it is called so, such as ``a dataset``.

    Raises:
        ScaffoldingError: The name has other characters, begins or ends with an underline, has two in a row, or is too
            long.
    """
    if len(name) > NAME_LENGTH or not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise ScaffoldingError(
            f"{name!r} can't be the name of {kind}: use up to {NAME_LENGTH} small letters, digits and single"
            " underlines, a letter first, such as crm"
        )


def write_texts(project: Path, texts: Mapping[str, str]) -> None:
    """Write files of a project, new ones and changed ones, line ends as they are.

    Args:
        project: Folder of the project.
        texts: Path inside the project -> content.
    """
    for name, text in texts.items():
        target = project / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())


def read_text(project: Path, name: str) -> str:
    """A file of a project, line ends as they are.

    Raises:
        ScaffoldingError: It is not there.
    """
    try:
        return (project / name).read_bytes().decode()
    except FileNotFoundError:
        raise ScaffoldingError(
            f"there is no {name} in {project.resolve()}: name the folder of a project with --project, or write one with"
            " `segmart init`"
        ) from None
