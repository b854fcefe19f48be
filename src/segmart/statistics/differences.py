"""How clusters differ in each attribute: effect sizes for all, tests for those that the fit knew nothing of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency, f_oneway, kruskal

from segmart.statistics.inference import q_values

COMPARED = {"features": "number", "derived_measures": "number", "measures": "number", "categories": "category"}
"""Setting of an analysis -> kind of the attributes it lists."""

TESTED = ("measures", "categories")
"""The settings whose attributes the fit knew nothing of."""

UNTESTED = {"test": None, "statistic": np.nan, "p_value": np.nan}

# Welch's test compares means and needs groups large enough for them to be about normal; below, ranks are compared.
MIN_WELCH_ROWS = 30


def differences_table(sample: pd.DataFrame, settings: dict[str, Any]) -> pd.DataFrame:
    """Compare an analysis' clusters attribute by attribute.

    Clusters differ in what they were fitted on because the fit looked for it, and in what follows from that: a p-value
    would be meaningless there, so features and derived measures get an effect size alone.

    Args:
        sample: One row per unit of the fit sample: ``unit_id``, ``cluster_id``, and the analysis' features, derived
            measures, measures and categories.
        settings: The analysis' settings, see `segmart.statistics.settings.fit_settings`; a list that is not there
            is empty.

    Returns:
        One row per attribute: attribute, is_fit_feature, is_derived, test (Welch's ANOVA, Kruskal-Wallis, chi-squared,
        or None), statistic, p_value, q_value (Benjamini-Hochberg over the tested attributes), effect_name (eta squared,
        epsilon squared or Cramer's V), effect_size (0 to 1), rows. Fewer than two clusters in the sample give no effect
        size.
    """
    sample = sample.sort_values("unit_id")
    clusters = sample["cluster_id"].to_numpy()
    compare = {"number": numeric_difference, "category": category_difference}
    table = pd.DataFrame(
        [
            {
                "attribute": name,
                "is_fit_feature": setting == "features",
                "is_derived": setting == "derived_measures",
                **compare[kind](sample[name], clusters),
                **({} if setting in TESTED else UNTESTED),
            }
            for setting, kind in COMPARED.items()
            for name in settings.get(setting, [])
        ]
    )
    return table.assign(q_value=q_values(table["p_value"]), rows=len(sample))


def numeric_difference(values: pd.Series, clusters: np.ndarray) -> dict[str, Any]:
    """Welch's ANOVA with eta squared, or Kruskal-Wallis with epsilon squared where a cluster is small.

    Args:
        values: Numbers, shape (n_rows,).
        clusters: Cluster of each row, same length.

    Returns:
        test, statistic, p_value, effect_name, effect_size. Constant values have no test and effect size 0. Epsilon
        squared is H (n + 1) / (n^2 - 1) (Tomczak & Tomczak, Trends in Sport Sciences 21, 2014).
    """
    groups = [values[clusters == cluster].to_numpy(dtype=float) for cluster in np.unique(clusters)]
    smallest = min((len(group) for group in groups), default=0)
    is_welch = smallest >= MIN_WELCH_ROWS and all(np.var(group) > 0 for group in groups)
    effect_name = "eta squared" if is_welch else "epsilon squared"
    if len(groups) < 2 or values.nunique() < 2:
        return {**UNTESTED, "effect_name": effect_name, "effect_size": 0.0}
    if is_welch:
        result = f_oneway(*groups, equal_var=False)
        mean = values.mean()
        between = sum(len(group) * (group.mean() - mean) ** 2 for group in groups)
        effect_size = between / float(((values - mean) ** 2).sum())
        name = "Welch's ANOVA"
    else:
        result = kruskal(*groups)
        effect_size = result.statistic * (len(values) + 1) / (len(values) ** 2 - 1)
        name = "Kruskal-Wallis"
    return {
        "test": name,
        "statistic": float(result.statistic),
        "p_value": float(result.pvalue),
        "effect_name": effect_name,
        "effect_size": float(effect_size),
    }


def category_difference(values: pd.Series, clusters: np.ndarray) -> dict[str, Any]:
    """Chi-squared test of independence with Cramer's V.

    Args:
        values: Categories, shape (n_rows,).
        clusters: Cluster of each row, same length.

    Returns:
        test, statistic, p_value, effect_name, effect_size. One category or one cluster has no test and effect size 0.
    """
    counts = pd.crosstab(values.to_numpy(), clusters)
    if min(counts.shape) < 2:
        return {**UNTESTED, "effect_name": "Cramer's V", "effect_size": 0.0}
    result = chi2_contingency(counts, correction=False)
    effect_size = np.sqrt(result.statistic / (counts.to_numpy().sum() * (min(counts.shape) - 1)))
    return {
        "test": "chi-squared",
        "statistic": float(result.statistic),
        "p_value": float(result.pvalue),
        "effect_name": "Cramer's V",
        "effect_size": float(effect_size),
    }
