"""Give clusters the names that analysts describe by what stands out in them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

# A cluster keeps its persona until a trait falls below this part of the limit, so that a name does not come and go.
KEPT_FROM = 0.8

NAME_TYPES = {"cluster_id": "int64", "segment_name": "object", "score": "float64"}


def ranked_names(strengths: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Hand out names in the order of their priority.

    Each goes to the cluster without a name that has the highest weighted sum of z-scores, of equal ones to the lowest
    cluster id. A name without measures goes to all clusters that are left.

    Args:
        strengths: One row per cluster and measure: ``cluster_id``, ``measure``, ``strength`` (missing counts as 0).
        names: One row per name and measure: ``priority``, ``segment_name``, ``measure`` and ``weight``; both empty in
            the row of a name without measures.

    Returns:
        One row per cluster that got a name: cluster_id, segment_name, score (0 without measures).

    Raises:
        ValueError: A name's measure is none of the strengths', or a priority or weight is no number.
    """
    found = _strengths(strengths)
    _check_measures("names", names["measure"].dropna(), found)
    names = names.assign(priority=pd.to_numeric(names["priority"]), weight=pd.to_numeric(names["weight"]))
    rows = []
    for (_, name), own in names.groupby(["priority", "segment_name"], sort=True):
        left = found.drop(index=[row["cluster_id"] for row in rows]).sort_index()
        own = own.dropna(subset=["measure"])
        scores = (left[own["measure"]] * own["weight"].to_numpy()).sum(axis=1)
        chosen = left.index if own.empty else [scores.idxmax()] if len(left) else []
        rows += [{"cluster_id": c, "segment_name": name, "score": round(float(scores[c]), 9)} for c in chosen]
    return pd.DataFrame(rows, columns=list(NAME_TYPES)).astype(NAME_TYPES)


def persona_names(strengths: pd.DataFrame, traits: pd.DataFrame, min_score: float) -> pd.DataFrame:
    """Find the one-to-one match of clusters and personas whose scores add up to most.

    A persona fits a cluster only if each of its traits holds: the cluster's strength in it, in the direction of the
    trait's weight, is at least min_score. The score is the mean of these strengths, weighted by the size of the
    weights. So a cluster may stay without a persona and a persona without a cluster. The cluster that had the persona
    in the last build keeps it down to KEPT_FROM of min_score, and wins ties against what is hardly better.

    Args:
        strengths: One row per cluster and measure: ``cluster_id``, ``measure``, ``strength`` (a z-score that is small
            where an amount and its share contradict each other; missing counts as 0) and, if there was a last build,
            ``last_persona``.
        traits: One row per persona and measure: ``persona``, ``measure``, ``weight`` (signed, not 0).
        min_score: Least strength of each trait, in standard deviations.

    Returns:
        One row per cluster that has a persona: cluster_id, segment_name, score.

    Raises:
        ValueError: A trait's measure is none of the strengths', or its weight is 0 or no number.
    """
    if strengths.empty or traits.empty:
        return pd.DataFrame(columns=list(NAME_TYPES)).astype(NAME_TYPES)
    found = _strengths(strengths)
    _check_measures("personas", traits["measure"], found)
    weights = traits.pivot(index="persona", columns="measure", values="weight").astype(float).fillna(0.0)
    if ((weights == 0).all(axis=1)).any() or (pd.to_numeric(traits["weight"]) == 0).any():
        raise ValueError("a trait's weight must not be 0")
    scores = found[weights.columns] @ weights.div(weights.abs().sum(axis=1), axis=0).T
    weakest = pd.DataFrame(
        {
            persona: (found[own.index[own != 0]] * np.sign(own[own != 0])).min(axis=1)
            for persona, own in weights.iterrows()
        }
    )
    had = pd.DataFrame(False, index=scores.index, columns=scores.columns)
    if "last_persona" in strengths:
        for cluster, persona in strengths.groupby("cluster_id")["last_persona"].first().dropna().items():
            if persona in had:
                had.loc[cluster, persona] = True
    is_eligible = weakest >= min_score * np.where(had, KEPT_FROM, 1.0)
    wanted = (scores + had * min_score * (1 - KEPT_FROM)).where(is_eligible, 0.0)
    clusters, personas = linear_sum_assignment(wanted.to_numpy(), maximize=True)
    matches = pd.DataFrame(
        {
            "cluster_id": scores.index[clusters],
            "segment_name": scores.columns[personas],
            "score": scores.to_numpy()[clusters, personas].round(9),
        }
    )
    return matches[is_eligible.to_numpy()[clusters, personas]].reset_index(drop=True)


def _strengths(strengths: pd.DataFrame) -> pd.DataFrame:
    """A row per cluster, a column per measure."""
    return strengths.pivot(index="cluster_id", columns="measure", values="strength").astype(float).fillna(0.0)


def _check_measures(what: str, measures: pd.Series, found: pd.DataFrame) -> None:
    unknown = sorted(set(measures) - set(found.columns))
    if unknown:
        raise ValueError(f"{what} have traits that no segment is described by: {', '.join(unknown)}")
