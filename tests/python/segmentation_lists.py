"""The settings of segmentations as tests read and change them."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from dbt_runs import ROOT, DbtRun

from segmart.statistics.settings import NUMBERS, fit_settings

ANALYSES = Path("seeds") / "reference" / "analyses.csv"
MEASURES = Path("seeds") / "reference" / "analysis_measures.csv"

PROJECT_PARTS = (
    ".dbtignore",
    "dbt_project.yml",
    "analyses",
    "macros",
    "models",
    "python_models",
    "seeds",
    "selectors.yml",
    "tests/generic",
)
"""What dbt reads; tests of the whole project are left out of a copy."""


def settings_of(analysis: str) -> dict[str, Any]:
    """What the fits of an analysis are told."""
    analyses = pd.read_csv(ROOT / ANALYSES).query("analysis == @analysis")
    typed = analyses.astype({name: "Int64" for name, (kind, _, _) in NUMBERS.items() if kind is int})
    measures = pd.read_csv(ROOT / MEASURES).query("analysis == @analysis")
    ((_, settings),) = fit_settings(typed, measures.assign(dataset=analyses["dataset"].item())).items()
    return settings


def project_with(folder: Path, changes: Mapping[str, Mapping[str, object]]) -> Path:
    """A copy of the project in which analyses have other settings; returns its folder."""
    project = copy_project(folder)
    rows = read_rows(project / ANALYSES)
    for row in rows:
        row |= {name: "" if value is None else str(value) for name, value in changes.get(row["analysis"], {}).items()}
    write_rows(project / ANALYSES, rows)
    return project


def copy_project(folder: Path) -> Path:
    """A copy of what dbt reads of the project, to be changed."""
    project = folder / "project"
    for part in PROJECT_PARTS:
        source, target = ROOT / part, project / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    return project


def read_rows(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file with a header."""
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_rows(file: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows as a CSV file with a header."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def segments_of(build: DbtRun, analysis: str) -> pd.DataFrame:
    """An analysis' rows of customer_segments by customer; its customers' ids are numbers."""
    table = build.mart("customer_segments").query("analysis == @analysis")
    return table.astype({"customer_id": int}).set_index("customer_id")


def units_of(build: DbtRun, analysis: str) -> pd.DataFrame:
    """The measures of an analysis' customers side by side, with ``is_fitted`` and ``is_<measure>_imputed``."""

    def table(name: str) -> pd.DataFrame:
        return build.query(f"select * from intermediate.int_segmentation__{name} where analysis = '{analysis}'")

    features, categories = table("features"), table("unit_categories")
    flags = features.pivot(index="unit_id", columns="measure", values="is_imputed")
    wide = [
        features.pivot(index="unit_id", columns="measure", values="measure_value"),
        flags.rename(columns=lambda name: f"is_{name}_imputed"),
        categories.pivot(index="unit_id", columns="category", values="category_value"),
        table("units").set_index("unit_id")[["is_fitted", "is_outlier"]],
    ]
    return pd.concat(wide, axis=1).rename(index=int).rename_axis("customer_id")
