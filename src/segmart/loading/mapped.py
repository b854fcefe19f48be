"""What a ``segmart.yml`` means in SQL: the relations that dbt's models of mapped files read."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import duckdb

from segmart.loading.fingerprints import fingerprints
from segmart.loading.formats import FileError
from segmart.loading.judging import NUMBER_TYPE
from segmart.loading.mapping import FILE_NAME, MOMENT, NUMBER, ROLES, MappingError, read_mapping
from segmart.loading.mapping import Mapping as FileMapping
from segmart.loading.raw_tables import RawFile
from segmart.loading.reading import ReadingError, Relation, find_files, read_mapped_files

PARTS = ("sales", "products", "customers")

RAW_TABLE = "mapped"
"""What the table raw_files calls the files of a mapping, which are no seed's."""


_looking = threading.Lock()
"""Held while files are looked at: models that are built side by side wait for the first that asks."""


def mapped_tables(folder: str, run_id: str) -> str:
    """Everything that models need to know about a folder of mapped files.

    Args:
        folder: Folder with a ``segmart.yml``.
        run_id: The run that asks. All models of a run get the same answer, and files are looked at once.

    Returns:
        JSON: ``error``, or ``dataset``, ``settings``, ``columns`` (part, mapped role -> the user's name of the
        column; of an expression the role), ``rows`` and ``attributes`` (part -> a select; without rows if the mapping
        lacks the part) and ``files`` (rows of raw_files, the mapping itself included).
    """
    with _looking:
        return _mapped_tables(folder, run_id)


@lru_cache(maxsize=2)
def _mapped_tables(folder: str, _run_id: str) -> str:
    path = Path(folder) / FILE_NAME
    files: list[RawFile] = []
    try:
        mapping = read_mapping(path)
        # Before they are read, so that a change meanwhile is seen.
        with contextlib.suppress(ReadingError):
            files = _raw_files(mapping)
        relations = read_mapped_files(mapping)
    except (MappingError, ReadingError) as error:
        return json.dumps({"error": "\n".join(error.problems)})
    except (FileError, OSError) as error:
        return json.dumps({"error": str(error)})
    settings = mapping.settings
    return json.dumps(
        {
            "dataset": mapping.name,
            "settings": {
                "max_quantity": settings.max_quantity,
                "max_rejected_share": settings.max_rejected_share,
                "as_of_date": settings.as_of_date.isoformat() if settings.as_of_date else None,
            },
            "columns": {part: _columns(relations.get(part), part) for part in PARTS},
            "rows": {part: relations[part].sql if part in relations else _no_rows(part) for part in PARTS},
            "attributes": {
                part: relations[part].attributes_sql if part in relations else _no_attributes(part)
                for part in ("products", "customers")
            },
            "files": [asdict(file) for file in files],
        }
    )


def _raw_files(mapping: FileMapping) -> list[RawFile]:
    """The mapping and the files that it names, as they lie there now."""
    patterns = (pattern for part in mapping.parts.values() for pattern in part.files)
    paths = {str(path): None for path in [mapping.path, *find_files(mapping.folder, tuple(patterns))]}
    with duckdb.connect() as connection:
        states = fingerprints(list(paths), connection)
    return [
        RawFile(RAW_TABLE, f"{mapping.name}/{name}", name, path, **asdict(state), row_count=0)
        for path, state in zip(paths, states, strict=True)
        for name in [os.path.relpath(path, mapping.folder)]
    ]


def _columns(relation: Relation | None, part: str) -> dict[str, str]:
    """Role that is mapped -> the column's name in the file; an expression is called after its role."""
    columns = relation.part.columns if relation else {}
    return {
        role: role if source.is_expression else source.text for role, source in columns.items() if role in ROLES[part]
    }


def _no_rows(part: str) -> str:
    types = {NUMBER: NUMBER_TYPE, MOMENT: "timestamp"}
    roles = [f"cast(null as varchar) as {role}" for role in ROLES[part]]
    values = [f"cast(null as {types[kind]}) as {role}_value" for role, kind in ROLES[part].items() if kind in types]
    extra = (
        ["false as is_goods", "1 as list_position"]
        if part == "sales"
        else ["cast(null as map(varchar, varchar)) as attributes"]
    )
    raw = ["cast(null as varchar) as raw_file", "cast(null as bigint) as raw_line"]
    raw += ["cast(null as varchar) as raw_problem", "cast(null as varchar) as raw_fields"]
    return f"select {', '.join([*roles, *values, *extra, *raw])} where false"


def _no_attributes(part: str) -> str:
    names = [*ROLES[part], "attribute", "attribute_type", "attribute_value"]
    texts = ", ".join(f"cast(null as varchar) as {name}" for name in names)
    return f"select {texts}, cast(null as double) as number_value where false"
