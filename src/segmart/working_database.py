"""Where the working database lies, which dbt builds in."""

from __future__ import annotations

import os
from pathlib import Path


def working_database(project: Path = Path()) -> Path:
    """The file that SEGMART_DATABASE names, or the one of a project.

    Args:
        project: Where dbt_project.yml lies.
    """
    named = os.environ.get("SEGMART_DATABASE")
    return Path(named) if named else project / "warehouse" / "segmart.duckdb"
