"""The settings of segmentations, two lists that analysts edit: checked before anything is fitted, then with types."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

ANALYSES_FILE = "seeds/reference/analyses.csv"
MEASURES_FILE = "seeds/reference/analysis_measures.csv"

SCALER_NAMES = ("standard", "robust", "minmax", "none")
ROLES = ("feature", "derived", "measure", "category", "input")
IMPUTATION_ROLES = ("target", "predictor")

UNIT_KINDS = ("customer", "buyer")
"""Units that are single customers: those of the customer file, and those with purchases."""

OTHER_DATASETS = "*"
"""As the dataset of an analysis: each dataset that no other row names and that has all of the analysis' measures."""

MOST_UNIT_ATTRIBUTES = 3
"""A unit that is a group of customers has so many attributes in common."""

LARGEST_SEED = 2**32 - 1
"""NumPy takes no larger one."""

Limits = tuple[type, float, float]

REQUIRED_NUMBERS: dict[str, Limits] = {
    "n_clusters": (int, 1, 100),
    "max_clusters": (int, 1, 100),
    "n_init": (int, 1, 1_000),
    "n_bootstraps": (int, 0, 1_000),
    "fit_sample_rows": (int, 1, 1_000_000),
    "seed": (int, 0, LARGEST_SEED),
}
"""Column that every analysis fills in -> its type, its least and its largest value."""

SPECIALIST_NUMBERS: dict[str, Limits] = {
    "n_ward_clusters": (int, 2, 100),
    "max_share": (float, 0, 1),
    "min_z_score": (float, 0, 1_000),
}
"""Columns of an analysis in two stages: all of them are filled in, or none."""

IMPUTATION_NUMBERS: dict[str, Limits] = {
    "n_neighbors": (int, 1, 1_000),
    "donor_rows": (int, 1, 1_000_000),
    "imputation_seed": (int, 0, LARGEST_SEED),
}
"""Columns that an analysis with imputed measures fills in, and no other."""

OPTIONAL_NUMBERS: dict[str, Limits] = {"outlier_z_score": (float, 0, 1_000)}

NUMBERS = REQUIRED_NUMBERS | OPTIONAL_NUMBERS | SPECIALIST_NUMBERS | IMPUTATION_NUMBERS

SETTINGS_TYPES = {
    **dict.fromkeys(("dataset", "analysis", "settings_name", "unit", "scaler"), "string"),
    **{name: "Int64" if kind is int else "Float64" for name, (kind, _, _) in NUMBERS.items()},
}
"""Column of the settings' table -> type."""


class SettingsError(ValueError):
    """Settings that can't be used. The message has a sentence for each, with the file, the place and the cure."""


def settings_table(analyses: pd.DataFrame, measures: pd.DataFrame, available: pd.DataFrame) -> pd.DataFrame:
    """Check the settings of all analyses whose dataset has customers, and give them types.

    Args:
        analyses: The rows of ANALYSES_FILE, all columns text.
        measures: The rows of MEASURES_FILE, all columns text.
        available: What datasets with customers have: ``dataset``, ``unit_kind`` (one of UNIT_KINDS, or ``group``),
            ``measure`` and ``measure_type`` (``number``, ``text``, ``day`` or ``key``).

    Returns:
        One row per analysis of such a dataset, with the columns of SETTINGS_TYPES. An analysis of OTHER_DATASETS has a
        row for each of these, and is called after the dataset and itself.

    Raises:
        SettingsError: Entries are missing, unknown, out of range, or contradict each other.
    """
    datasets = set(available["dataset"])
    rows, measure_rows = _records(analyses), _records(measures)
    built = [row for row in rows if row["dataset"] in datasets or row["dataset"] == OTHER_DATASETS]
    problems = list(_problems_of_names(rows, built, measure_rows))
    typed = []
    for row in built:
        own = [measure for measure in measure_rows if measure["analysis"] == row["analysis"]]
        problems += _problems_of_analysis(row, any(measure["imputation"] == "target" for measure in own))
        numbers = {name: _number(row[name], NUMBERS[name]) for name in NUMBERS}
        for analysis in _of_datasets(row, own, {row["dataset"] for row in rows}, available):
            problems += _problems_of_measures(
                {**analysis, "analysis": row["analysis"]}, own, available[available["dataset"] == analysis["dataset"]]
            )
            typed.append({**analysis, "settings_name": row["analysis"], **numbers})
    if problems:
        raise SettingsError("\n".join(problems))
    table = pd.DataFrame(typed, columns=list(SETTINGS_TYPES)).astype(SETTINGS_TYPES)
    return table.sort_values(["dataset", "analysis"], ignore_index=True)


def fit_settings(settings: pd.DataFrame, measures: pd.DataFrame) -> dict[tuple[str, str], dict[str, Any]]:
    """The settings of each analysis, as the fits take them.

    Args:
        settings: See `settings_table`.
        measures: One row per measure of an analysis: ``dataset``, ``analysis``, ``measure``, ``position`` (the order),
            ``role`` and ``imputation``.

    Returns:
        By (dataset, analysis): every filled column of the settings' table; names in order as ``features``,
        ``derived_measures``, ``measures`` and ``categories``, and as ``targets`` and ``predictors`` of the imputation;
        ``specialists``, a dict of the columns of SPECIALIST_NUMBERS, for an analysis in two stages.
    """
    ordered = measures.sort_values("position")
    found = {}
    for row in settings.astype(object).to_dict("records"):
        own = ordered[(ordered["dataset"] == row["dataset"]) & (ordered["analysis"] == row["analysis"])]
        filled = {name: value for name, value in row.items() if not pd.isna(value)}
        names = {
            setting: tuple(own.loc[own[column] == word, "measure"])
            for setting, column, word in (
                ("features", "role", "feature"),
                ("derived_measures", "role", "derived"),
                ("measures", "role", "measure"),
                ("categories", "role", "category"),
                ("targets", "imputation", "target"),
                ("predictors", "imputation", "predictor"),
            )
        }
        specialists = {name: filled[name] for name in SPECIALIST_NUMBERS if name in filled}
        two_stages = {"specialists": specialists} if specialists else {}
        found[row["dataset"], row["analysis"]] = {**filled, **names, **two_stages}
    return found


def _of_datasets(
    row: dict[str, Any], measures: Sequence[dict[str, Any]], named: set[str], available: pd.DataFrame
) -> list[dict[str, Any]]:
    """The row itself, or in place of OTHER_DATASETS a row for each dataset that is not named and has the measures."""
    if row["dataset"] != OTHER_DATASETS:
        return [row]
    wanted = {measure["measure"] for measure in measures}
    others = sorted(set(available["dataset"]) - named)
    of_units = available[available["unit_kind"] == row["unit"]]
    return [
        {**row, "dataset": dataset, "analysis": f"{dataset}_{row['analysis']}"}
        for dataset in others
        if wanted <= set(of_units.loc[of_units["dataset"] == dataset, "measure"])
    ]


def _records(table: pd.DataFrame) -> list[dict[str, str | None]]:
    """Rows with all values as text without blanks around them; None where there is none."""
    return [
        {name: None if pd.isna(value) else str(value).strip() or None for name, value in row.items()}
        for row in table.astype(object).to_dict("records")
    ]


def _number(value: str | None, limits: Limits) -> Any:
    """The number that a text stands for; None if it is none of the type within the limits, or empty."""
    kind, low, high = limits
    try:
        number = kind(value) if value is not None else None
    except ValueError:
        return None
    return number if number is not None and math.isfinite(number) and low <= number <= high else None


def _kind(limits: Limits) -> str:
    kind, low, high = limits
    return f"a {'whole ' if kind is int else ''}number from {low} to {high}"


def _sentence(file: str, analysis: str | None, place: str, problem: str, cure: str) -> str:
    return f"{file}: analysis {analysis}, {place}: {problem}; {cure}."


def _one_of(words: Sequence[str]) -> str:
    return f"write one of {', '.join(words)}"


def _problems_of_names(
    analyses: Sequence[dict[str, Any]], built: Sequence[dict[str, Any]], measures: Sequence[dict[str, Any]]
) -> Iterator[str]:
    """Analyses that stand twice, and measures of analyses that stand nowhere."""
    names = [row["analysis"] for row in analyses]
    for name in dict.fromkeys(row["analysis"] for row in built):
        if names.count(name) > 1:
            yield _sentence(ANALYSES_FILE, name, "column analysis", "the name has several rows", "keep one of them")
    for name in dict.fromkeys(row["analysis"] for row in measures):
        if name not in names:
            cure = f"add a row to {ANALYSES_FILE}, or correct the name"
            yield _sentence(MEASURES_FILE, name, "column analysis", f"{ANALYSES_FILE} has no such analysis", cure)


def _problems_of_analysis(row: dict[str, Any], is_imputed: bool) -> Iterator[str]:
    """What is wrong with a row of ANALYSES_FILE."""
    name = row["analysis"]
    if row["scaler"] not in SCALER_NAMES:
        yield _sentence(
            ANALYSES_FILE, name, "column scaler", f"{row['scaler'] or 'empty'} is no scaler", _one_of(SCALER_NAMES)
        )
    for column, limits in NUMBERS.items():
        is_wrong = row[column] is not None and _number(row[column], limits) is None
        if is_wrong or (row[column] is None and column in REQUIRED_NUMBERS):
            problem = f"{row[column] if is_wrong else 'empty'} is not {_kind(limits)}"
            yield _sentence(ANALYSES_FILE, name, f"column {column}", problem, "correct it")
    filled = [column for column in SPECIALIST_NUMBERS if row[column] is not None]
    for column in SPECIALIST_NUMBERS:
        if filled and column not in filled:
            cure = f"fill in all of {', '.join(SPECIALIST_NUMBERS)} for two stages, or none of them"
            yield _sentence(ANALYSES_FILE, name, f"column {column}", f"empty, but {filled[0]} is filled in", cure)
    for column, limits in IMPUTATION_NUMBERS.items():
        if is_imputed and row[column] is None:
            cure = f"write {_kind(limits)}, because {MEASURES_FILE} has targets of the imputation"
            yield _sentence(ANALYSES_FILE, name, f"column {column}", "empty", cure)
        if not is_imputed and row[column] is not None:
            cure = f"name a target in the column imputation of {MEASURES_FILE}, or leave this empty"
            yield _sentence(ANALYSES_FILE, name, f"column {column}", f"{row[column]}, but nothing is imputed", cure)


def _names(available: pd.DataFrame, unit_kind: str, measure_type: str) -> list[str]:
    """What there is of a type, in the order of the alphabet."""
    is_wanted = (available["unit_kind"] == unit_kind) & (available["measure_type"] == measure_type)
    return sorted(available.loc[is_wanted, "measure"])


def _problems_of_measures(
    analysis: dict[str, Any], rows: Sequence[dict[str, Any]], available: pd.DataFrame
) -> Iterator[str]:
    """What is wrong with an analysis' unit and with its rows of MEASURES_FILE."""
    name, dataset = analysis["analysis"], analysis["dataset"]
    unit = (analysis["unit"] or "").split("+")
    is_customer = unit in ([kind] for kind in UNIT_KINDS)
    groups, texts = _names(available, "group", "text"), _names(available, "customer", "text")
    if not is_customer and (not set(unit) <= set(groups) or not len(set(unit)) == len(unit) <= MOST_UNIT_ATTRIBUTES):
        yield _sentence(
            ANALYSES_FILE,
            name,
            "column unit",
            f"{analysis['unit'] or 'empty'} is neither {' nor '.join(UNIT_KINDS)} nor one to {MOST_UNIT_ATTRIBUTES} "
            f"texts about customers of {dataset}, with + between them",
            f"write {', '.join(UNIT_KINDS)}, or some of {', '.join(groups) or '(it has none)'}",
        )
    kind_of_unit = unit[0] if is_customer else "group"
    numbers = _names(available, kind_of_unit, "number")
    names = [row["measure"] for row in rows]
    totals = {row["part_of"] for row in rows} - {None}
    with_part = {row["measure"] for row in rows if row["part_of"] is not None}

    if not any(row["role"] == "feature" for row in rows):
        cure = "give one measure or more the role feature"
        yield _sentence(MEASURES_FILE, name, "column role", "there is no feature to cluster on", cure)
    if any(row["imputation"] == "predictor" for row in rows) and not any(r["imputation"] == "target" for r in rows):
        cure = "name a target, or leave the column empty"
        yield _sentence(MEASURES_FILE, name, "column imputation", "predictors, but no target", cure)
    for total in sorted(totals - set(names)):
        cure = f"add a row for {total}"
        yield _sentence(MEASURES_FILE, name, "column part_of", f"{total} is no measure of the analysis", cure)

    positions: dict[Any, str] = {}
    for row in rows:
        measure = row["measure"]

        def problem(column: str, text: str, cure: str, measure: str | None = measure) -> str:
            return _sentence(MEASURES_FILE, name, f"measure {measure}, column {column}", text, cure)

        position = _number(row["position"], (int, 1, 10_000))
        if position is None or position in positions:
            text = f"{row['position'] or 'empty'} is no whole number from 1 to 10000 of its own"
            yield problem("position", text, "number the measures in the order in which they are listed")
        positions[position] = measure
        if names.count(measure) > 1:
            yield problem("measure", "it has several rows", "keep one of them")
        if row["role"] not in ROLES:
            yield problem("role", f"{row['role'] or 'empty'} is no role", _one_of(ROLES))
        if row["imputation"] not in (None, *IMPUTATION_ROLES):
            text = f"{row['imputation']} is no role in an imputation"
            yield problem("imputation", text, f"{_one_of(IMPUTATION_ROLES)}, or leave it empty")
        for column in ("min_value", "max_value"):
            if row[column] is not None and _number(row[column], (float, -math.inf, math.inf)) is None:
                yield problem(column, f"{row[column]} is no number", "correct it, or leave it empty")
        is_computed = measure in totals or row["share_of"] is not None
        if is_computed and (row["imputation"] is not None or row["part_of"] is not None):
            yield problem(
                "share_of" if row["share_of"] is not None else "part_of",
                "it follows from other measures, so it can be neither imputed nor part of a total",
                "leave imputation and part_of empty",
            )
        if row["share_of"] is not None and row["share_of"] not in with_part:
            text = f"{row['share_of']} is no measure of the analysis that is part of a total"
            yield problem("share_of", text, "name the total in the column part_of of that measure")
        if row["role"] == "category":
            if not is_customer or measure not in texts:
                text = f"it is no text about customers of {dataset}"
                choice = f"write one of {', '.join(texts) or '(it has none)'}" if is_customer else "leave it out"
                yield problem("measure", text, choice)
            for column in ("imputation", "part_of", "share_of", "min_value", "max_value"):
                if row[column] is not None:
                    yield problem(column, f"{row[column]}, but a category is a text", "leave it empty")
        elif not is_computed and measure not in numbers:
            text = f"{dataset} has no such number of a {kind_of_unit}"
            yield problem("measure", text, f"write one of {', '.join(numbers) or '(it has none)'}")
        if not is_customer and row["imputation"] is not None:
            yield problem("imputation", "only measures of customers are imputed", "leave it empty")
