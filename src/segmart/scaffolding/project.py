"""The dbt project that comes with the package, copied into a folder where people change it."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import segmart
from segmart.scaffolding import ScaffoldingError

PROJECT_FILE = "dbt_project.yml"

_PACKAGE = Path(segmart.__file__).parent
_SHOWN = 3
"""Files that a message names."""


def project_files() -> dict[str, Path]:
    """The files of the project.

    An installed package holds a copy of them; a checkout holds the files themselves, and pyproject.toml says which
    they are.

    Returns:
        Path inside the project, with slashes -> file.

    Raises:
        ScaffoldingError: The package is neither installed whole nor part of a checkout.
    """
    packaged, checkout = _PACKAGE / "project", _PACKAGE.parents[1]
    if packaged.is_dir():
        root, files = packaged, packaged.rglob("*")
    elif (checkout / PROJECT_FILE).is_file():
        root, files = checkout, _packaged_files_of(checkout)
    else:
        raise ScaffoldingError(f"the project's files are not in {packaged}: install segmart again")
    found = {file.relative_to(root).as_posix(): file for file in sorted(files) if file.is_file()}
    # Python models are compiled when the package is installed.
    return {name: file for name, file in found.items() if "__pycache__" not in file.parts}


def _packaged_files_of(checkout: Path) -> Iterator[Path]:
    settings = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    for pattern in settings["tool"]["setuptools"]["package-data"]["segmart.project"]:
        yield from checkout.glob(pattern)


def write_project(folder: Path) -> int:
    """Copy the project's files.

    Args:
        folder: Where they go; it may be there, with other files in it.

    Returns:
        How many files were written.

    Raises:
        ScaffoldingError: Some of the files are there already.
        OSError: The folder can't be written.
    """
    files = project_files()
    taken = [name for name in files if (folder / name).exists()]
    if taken:
        more = f" and {len(taken) - _SHOWN} more" if len(taken) > _SHOWN else ""
        raise ScaffoldingError(
            f"{folder.resolve()} has {', '.join(taken[:_SHOWN])}{more} already, and nothing is overwritten:"
            " name another folder"
        )
    for name, file in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    return len(files)
