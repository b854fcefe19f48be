"""The fits of all analyses at once: each takes what dbt has, fits every analysis by itself, and stacks what comes out.

Every function returns the same columns with the same types, also without any analysis or unit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from segmart.statistics import two_stage
from segmart.statistics.components import components_table
from segmart.statistics.differences import differences_table
from segmart.statistics.imputation import imputation_quality_table, imputation_table
from segmart.statistics.personas import persona_names, ranked_names
from segmart.statistics.segmentation import LastFit, Published, centroid_table, diagnostics_table
from segmart.statistics.settings import MEASURES_FILE, fit_settings
from segmart.statistics.stability import stability_table

KEYS = ("dataset", "analysis")

CENTROID_TYPES = {
    "cluster_id": "int64", "position": "int64", "feature": "string", "centre": "float64", "centre_scaled": "float64",
    "scaler_offset": "float64", "scaler_scale": "float64", "inertia": "float64", "fitted_rows": "int64",
    "is_specialist": "bool",
}  # fmt: skip
DIAGNOSTIC_TYPES = {
    "stage": "string", "n_clusters": "int64", "fitted_rows": "int64", "inertia": "float64", "silhouette": "float64",
    "calinski_harabasz": "float64", "davies_bouldin": "float64", "stability": "float64",
    "reference_silhouette": "float64", "is_above_reference": "boolean", "structure": "float64", "kept_share": "float64",
    "is_chosen": "bool", "is_final": "bool", "suggested_by": "string", "verdict": "string",
}  # fmt: skip
STABILITY_TYPES = {
    "cluster_id": "int64", "jaccard": "float64", "stability": "float64", "kept_share": "float64",
    "judged_rows": "int64",
}  # fmt: skip
DIFFERENCE_TYPES = {
    "attribute": "string", "is_fit_feature": "bool", "is_derived": "bool", "test": "string", "statistic": "float64",
    "p_value": "float64", "effect_name": "string", "effect_size": "float64", "q_value": "float64", "rows": "int64",
}  # fmt: skip
COMPONENT_TYPES = {
    "component": "int64", "feature": "string", "centre": "float64", "scale": "float64", "loading": "float64",
    "explained_share": "float64",
}  # fmt: skip
IMPUTATION_TYPES = {"unit_id": "string", "measure": "string", "imputed": "float64"}
QUALITY_TYPES = {
    "measure": "string", "donor_rows": "int64", "n_neighbors": "int64", "masked_rows": "int64",
    "mean_absolute_error": "float64", "median_absolute_error": "float64", "baseline_error": "float64",
    "mean_error": "float64", "correlation": "float64",
}  # fmt: skip
PERSONA_TYPES = {"cluster_id": "int64", "segment_name": "string", "score": "float64"}

Fit = Callable[[pd.DataFrame, dict[str, Any]], pd.DataFrame]


def centroids(
    vectors: pd.DataFrame, settings: pd.DataFrame, measures: pd.DataFrame, last: pd.DataFrame
) -> pd.DataFrame:
    """Centres of the clusters of every analysis; see `segmart.statistics.segmentation.centroid_table`.

    Args:
        vectors: One row per fitted unit: ``dataset``, ``analysis``, ``unit_id`` and ``feature_values``, an array in the
            order of the features' positions.
        settings: See `segmart.statistics.settings.settings_table`.
        measures: See `segmart.statistics.settings.fit_settings`.
        last: The segments of the last build: ``dataset``, ``analysis`` and the columns that
            `segmart.statistics.segmentation.LastFit` reads, with ``measure`` for ``feature``; no rows without one.

    Returns:
        KEYS and CENTROID_TYPES; ``position`` numbers the features from 1, ``is_specialist`` is false in one stage.
    """
    features = last[last["centre"].notna()].rename(columns={"measure": "feature"})

    def fit(own: pd.DataFrame, chosen: dict[str, Any]) -> pd.DataFrame:
        known = _rows_of(features, (chosen["dataset"], chosen["analysis"]))
        fitted = two_stage.centroid_table if "specialists" in chosen else centroid_table
        table = fitted(own, chosen, known if len(known) else None)
        n_features = len(chosen["features"])
        position = np.tile(np.arange(1, n_features + 1), len(table) // n_features)
        return table.assign(position=position, is_specialist=table.get("is_specialist", False))

    return _stacked(_fits_on_features(fit, vectors, settings, measures), CENTROID_TYPES)


def stability(
    vectors: pd.DataFrame, settings: pd.DataFrame, measures: pd.DataFrame, centres: pd.DataFrame
) -> pd.DataFrame:
    """How sure each cluster is; see `stability_table`. The arguments are those of `centroids`, and what it returns."""

    def fit(own: pd.DataFrame, chosen: dict[str, Any]) -> pd.DataFrame:
        return stability_table(own, chosen, _rows_of(centres, (chosen["dataset"], chosen["analysis"])))

    return _stacked(_fits_on_features(fit, vectors, settings, measures), STABILITY_TYPES)


def diagnostics(
    vectors: pd.DataFrame,
    settings: pd.DataFrame,
    measures: pd.DataFrame,
    centres: pd.DataFrame,
    stabilities: pd.DataFrame,
) -> pd.DataFrame:
    """How good every number of clusters is; see `segmart.statistics.segmentation.diagnostics_table`.

    The arguments are those of `centroids`, what it returns and what `stability` returns. An analysis without units has
    no rows.
    """

    def fit(own: pd.DataFrame, chosen: dict[str, Any]) -> pd.DataFrame:
        key = chosen["dataset"], chosen["analysis"]
        judged = _rows_of(stabilities, key)
        known = LastFit.from_table(_rows_of(centres, key), chosen["features"])
        published = None
        if known is not None and len(judged):
            weights = judged["judged_rows"].where(judged["kept_share"].notna(), 0)
            kept = float((judged["kept_share"].fillna(0) * weights).sum() / weights.sum()) if weights.sum() else np.nan
            published = Published(known.centres, float(judged["stability"].iloc[0]), kept)
        judge = two_stage.diagnostics_table if "specialists" in chosen else diagnostics_table
        return judge(own, chosen, published)

    return _stacked(_fits_on_features(fit, vectors, settings, measures), DIAGNOSTIC_TYPES)


def components(vectors: pd.DataFrame, settings: pd.DataFrame, measures: pd.DataFrame) -> pd.DataFrame:
    """Two directions of every analysis; see `components_table`. The arguments are those of `centroids`."""
    return _stacked(_fits_on_features(components_table, vectors, settings, measures), COMPONENT_TYPES)


def merges(
    vectors: pd.DataFrame, settings: pd.DataFrame, measures: pd.DataFrame, centres: pd.DataFrame
) -> pd.DataFrame:
    """Ward's trees of the analyses in two stages; see `two_stage.merges_table`.

    The arguments are those of `centroids`, and what it returns.
    """

    def fit(own: pd.DataFrame, chosen: dict[str, Any]) -> pd.DataFrame:
        return two_stage.merges_table(own, chosen, _rows_of(centres, (chosen["dataset"], chosen["analysis"])))

    in_two_stages = settings[settings["n_ward_clusters"].notna()]
    return _stacked(_fits_on_features(fit, vectors, in_two_stages, measures), two_stage.MERGE_TYPES)


def differences(units: pd.DataFrame, settings: pd.DataFrame, measures: pd.DataFrame) -> pd.DataFrame:
    """How the clusters of every analysis differ; see `differences_table`.

    Args:
        units: ``vectors`` of `centroids` with ``cluster_id``, ``measure_values`` (derived measures and measures) and
            ``category_values``, arrays in the order of positions.
        settings: As for `centroids`.
        measures: As for `centroids`.
    """
    found = {}
    for key, chosen in fit_settings(settings, measures).items():
        own = _rows_of(units, key)
        if own.empty:
            continue
        described = measures[(measures["dataset"] == key[0]) & (measures["analysis"] == key[1])].sort_values("position")
        numbers = described.loc[described["role"].isin(["derived", "measure"]), "measure"]
        wide = pd.concat(
            [
                own[["unit_id", "cluster_id"]],
                _wide(own["feature_values"], chosen["features"], key),
                _wide(own["measure_values"], tuple(numbers), key),
                _wide(own["category_values"], chosen["categories"], key, kind=object),
            ],
            axis=1,
        )
        found[key] = differences_table(wide, chosen)
    return _stacked(found, DIFFERENCE_TYPES)


def imputations(rows: pd.DataFrame, settings: pd.DataFrame, measures: pd.DataFrame) -> pd.DataFrame:
    """Values for what is missing; see `imputation_table`.

    Args:
        rows: One row per unit that gives or receives values: ``dataset``, ``analysis``, ``unit_id``, ``is_donor``,
            ``is_receiver``, ``target_values`` and ``predictor_values``, arrays in the order of positions.
        settings: As for `centroids`.
        measures: As for `centroids`.
    """

    def fit(own: pd.DataFrame, chosen: dict[str, Any]) -> pd.DataFrame:
        return imputation_table(own[own["is_donor"].astype(bool)], own[own["is_receiver"].astype(bool)], chosen)

    return _stacked(_fits_on_gaps(fit, rows, settings, measures), IMPUTATION_TYPES)


def imputation_quality(rows: pd.DataFrame, settings: pd.DataFrame, measures: pd.DataFrame) -> pd.DataFrame:
    """How well known values are found again; see `imputation_quality_table`.

    The arguments are those of `imputations`.
    """

    def fit(own: pd.DataFrame, chosen: dict[str, Any]) -> pd.DataFrame:
        return imputation_quality_table(own[own["is_donor"].astype(bool)], chosen)

    return _stacked(_fits_on_gaps(fit, rows, settings, measures), QUALITY_TYPES)


def personas(
    strengths: pd.DataFrame, settings: pd.DataFrame, ranked: pd.DataFrame, described: pd.DataFrame, min_score: float
) -> pd.DataFrame:
    """Names that marketing knows: those handed out by rank, and those of personas.

    Args:
        strengths: One row per cluster and measure: ``dataset``, ``analysis``, ``cluster_id``, ``measure``, ``strength``
            and ``last_persona`` (the cluster's persona in the last build, or null).
        settings: As for `centroids`.
        ranked: Names handed out in order, see `ranked_names`, with ``analysis``, the name of the settings.
        described: Personas, see `persona_names`, in the same form.
        min_score: Least strength of each of a persona's traits, in standard deviations.

    Returns:
        KEYS and PERSONA_TYPES; clusters without such a name have no row.
    """
    found = {}
    for row in settings.to_dict("records"):
        key = row["dataset"], row["analysis"]
        own = _rows_of(strengths, key)
        names = ranked[ranked["analysis"] == row["settings_name"]]
        traits = described[described["analysis"] == row["settings_name"]]
        if len(own):
            found[key] = ranked_names(own, names) if len(names) else persona_names(own, traits, min_score)
    return _stacked(found, PERSONA_TYPES)


def _fits_on_features(
    fit: Fit, vectors: pd.DataFrame, settings: pd.DataFrame, measures: pd.DataFrame
) -> dict[tuple[str, str], pd.DataFrame]:
    """The result of a fit for every analysis that has units."""
    found = {}
    for key, chosen in fit_settings(settings, measures).items():
        own = _rows_of(vectors, key)
        if not own.empty:
            features = _wide(own["feature_values"], chosen["features"], key)
            _check_that_all_are_known(features, key)
            found[key] = fit(pd.concat([own[["unit_id"]], features], axis=1), chosen)
    return found


def _fits_on_gaps(
    fit: Fit, rows: pd.DataFrame, settings: pd.DataFrame, measures: pd.DataFrame
) -> dict[tuple[str, str], pd.DataFrame]:
    """The result of an imputation for every analysis that has targets."""
    found = {}
    for key, chosen in fit_settings(settings, measures).items():
        if chosen["targets"]:
            own = _rows_of(rows, key)
            wide = pd.concat(
                [
                    own[["unit_id", "is_donor", "is_receiver"]],
                    _wide(own["target_values"], chosen["targets"], key),
                    _wide(own["predictor_values"], chosen["predictors"], key),
                ],
                axis=1,
            )
            found[key] = fit(wide, {**chosen, "seed": chosen["imputation_seed"]})
    return found


def _rows_of(table: pd.DataFrame, key: tuple[str, str]) -> pd.DataFrame:
    return table[(table["dataset"] == key[0]) & (table["analysis"] == key[1])].reset_index(drop=True)


def _wide(vectors: pd.Series, names: Sequence[str], key: tuple[str, str], kind: type = float) -> pd.DataFrame:
    """A column per name of arrays that have a value per name, masked where it is unknown; such a number is NaN."""
    empty, gap = np.empty(0, dtype=kind), np.nan if kind is float else None
    rows = [
        np.ma.filled(np.ma.asarray(vector).astype(kind), gap) if isinstance(vector, np.ndarray) else empty
        for vector in vectors
    ]
    if any(len(row) != len(names) for row in rows):
        raise ValueError(f"analysis {key[1]} of {key[0]}: there are units that don't have all of {', '.join(names)}")
    values = np.array(rows, dtype=kind).reshape(len(rows), len(names))
    return pd.DataFrame(values, columns=list(names))


def _check_that_all_are_known(features: pd.DataFrame, key: tuple[str, str]) -> None:
    unknown = features.isna().sum()
    for name, units in unknown[unknown > 0].items():
        raise ValueError(
            f"{MEASURES_FILE}: analysis {key[1]}, measure {name}: {units} of {len(features)} units have no value; "
            "write target into the column imputation, so that it is imputed, or leave the measure out."
        )


def _stacked(tables: Mapping[tuple[str, str], pd.DataFrame], types: Mapping[str, str]) -> pd.DataFrame:
    """One table below the other, with KEYS in front and the columns in these types."""
    stacked = pd.concat(
        [
            pd.DataFrame(columns=[*KEYS, *types]),
            *(table.assign(dataset=key[0], analysis=key[1]) for key, table in tables.items()),
        ],
        ignore_index=True,
    )
    return stacked[[*KEYS, *types]].astype({**dict.fromkeys(KEYS, "string"), **types})
