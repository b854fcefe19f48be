"""A new segmentation: rows in three reference lists."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd

from segmart.scaffolding import ScaffoldingError, check_name, read_text, write_texts
from segmart.statistics.settings import ANALYSES_FILE, MEASURES_FILE, SettingsError, settings_table

TRAITS_FILE = "seeds/reference/segment_traits.csv"

SETTINGS = {
    "scaler": "robust",
    "n_clusters": "3",
    "max_clusters": "6",
    "n_init": "20",
    "n_bootstraps": "10",
    "fit_sample_rows": "200000",
    "seed": "1",
    "outlier_z_score": "6",
}
"""What a new segmentation begins with; other columns stay empty."""


@dataclass(frozen=True)
class Segmentation:
    """What somebody wants to segment.

    Attributes:
        name: Name of the analysis.
        dataset: Whose customers; nothing for the only dataset with numbers of its customers.
        unit: ``customer`` or ``buyer``.
        features: Numbers that are clustered on; none for all that every customer has.
        measures: Numbers that describe the segments.
        categories: Texts that describe the segments.
    """

    name: str
    dataset: str = ""
    unit: str = "customer"
    features: Sequence[str] = field(default_factory=tuple)
    measures: Sequence[str] = field(default_factory=tuple)
    categories: Sequence[str] = field(default_factory=tuple)


def new_segmentation(project: Path, database: Path, wanted: Segmentation) -> list[str]:
    """Add the rows of a segmentation to the reference lists.

    Args:
        project: Folder of the project.
        database: Working database of an earlier build, which knows what can be measured; it need not be there if
            dataset and features are named, and then the next build checks them.
        wanted: The segmentation.

    Returns:
        The lists that changed, as paths inside the project.

    Raises:
        ScaffoldingError: The name is not fit or taken, what is wanted can't be measured, or nothing says what can be.
    """
    texts = {file: read_text(project, file) for file in (ANALYSES_FILE, MEASURES_FILE, TRAITS_FILE)}
    check_name(wanted.name, "a segmentation")
    for file, text in texts.items():
        if wanted.name in {row["analysis"] for row in _rows(text)}:
            raise ScaffoldingError(f"{file} has rows of {wanted.name} already: choose another name, or edit them")
    complete, available = _measured(database)
    dataset, features = _chosen(wanted, complete)
    roles = [("feature", features), ("measure", wanted.measures), ("category", wanted.categories)]
    measured = [(measure, role) for role, measures in roles for measure in measures]
    added = {
        ANALYSES_FILE: [{"analysis": wanted.name, "dataset": dataset, "unit": wanted.unit, **SETTINGS}],
        MEASURES_FILE: [
            {"analysis": wanted.name, "position": str(position), "measure": measure, "role": role}
            for position, (measure, role) in enumerate(measured, start=1)
        ],
        TRAITS_FILE: [
            {"analysis": wanted.name, "measure": name, "high": f"high {words}", "low": f"low {words}"}
            for name, words in ((feature, feature.replace("_", " ")) for feature in features)
        ],
    }
    changed = {file: _with_rows(text, added[file]) for file, text in texts.items()}
    if available is not None:
        _check(changed, wanted.name, available)
    write_texts(project, changed)
    return list(changed)


def _measured(database: Path) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Numbers that all customers or buyers of a dataset have and in which they differ, and all that can be measured.

    Returns:
        Two frames, the first with ``dataset``, ``unit_kind`` and ``measure``, the second as `settings_table` takes it;
        None each if no build has left them.
    """
    if not database.is_file():
        return None, None
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            complete = connection.sql(
                """
                select dataset, 'customer' as unit_kind, attribute as measure
                from core.customer_attributes
                group by dataset, attribute
                having min(number_value) < max(number_value) and count(number_value) = (
                    select count(distinct customer_key) from core.customer_attributes as listed
                    where listed.dataset = customer_attributes.dataset
                )
                union all
                select dataset, unit_kind, measure from intermediate.int_segmentation__available_measures
                where unit_kind = 'buyer'
                order by all
                """
            ).df()
            return complete, connection.sql("from intermediate.int_segmentation__available_measures").df()
    except duckdb.IOException as error:
        raise ScaffoldingError(f"{database} can't be read, is a build running? {error}") from None
    except duckdb.CatalogException:
        return None, None


def _chosen(wanted: Segmentation, complete: pd.DataFrame | None) -> tuple[str, Sequence[str]]:
    """The dataset and the features that are named, or those that the last build suggests."""
    if wanted.dataset and wanted.features:
        return wanted.dataset, wanted.features
    if complete is None:
        raise ScaffoldingError(
            "no build says yet what can be measured: run `segmart build` first, or name --dataset and --features"
        )
    of_unit = complete[complete["unit_kind"] == wanted.unit]
    datasets = [wanted.dataset] if wanted.dataset else sorted(set(of_unit["dataset"]))
    if len(datasets) > 1:
        raise ScaffoldingError(f"several datasets can be segmented, name one with --dataset: {', '.join(datasets)}")
    features = wanted.features or of_unit.loc[of_unit["dataset"].isin(datasets), "measure"].tolist()
    if not datasets or not features:
        raise ScaffoldingError(
            f"the last build has no number that every {wanted.unit} of {wanted.dataset or 'a dataset'} has: name some"
            " with --features, or try another --unit"
        )
    others = {*wanted.measures, *wanted.categories}
    return datasets[0], [feature for feature in features if feature not in others]


def _check(changed: Mapping[str, str], name: str, available: pd.DataFrame) -> None:
    """Refuse settings that the next build would refuse, with its sentences."""
    analyses, measures = (pd.DataFrame(_rows(changed[file])) for file in (ANALYSES_FILE, MEASURES_FILE))
    of_name = (frame[frame["analysis"] == name].replace("", None) for frame in (analyses, measures))
    try:
        settings_table(*of_name, available)
    except SettingsError as error:
        raise ScaffoldingError(str(error)) from None


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _with_rows(text: str, rows: Sequence[Mapping[str, str]]) -> str:
    """A CSV file with more rows at its end, in its own columns; other columns of the rows are empty."""
    header = next(csv.reader(io.StringIO(text)))
    stream = io.StringIO()
    line_end = "\r\n" if "\r\n" in text else "\n"
    csv.DictWriter(stream, header, restval="", lineterminator=line_end).writerows(rows)
    return text.rstrip("\r\n") + line_end + stream.getvalue()
