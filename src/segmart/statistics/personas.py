"""Give clusters the names that analysts describe by what stands out in them."""

from __future__ import annotations

import pandas as pd
from scipy.optimize import linear_sum_assignment

NAME_TYPES = {"cluster_id": "int64", "segment_name": "object", "score": "float64"}


def ranked_names(profiles: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Hand out names in the order of their priority.

    Each goes to the cluster without a name that has the highest weighted sum of z-scores, of equal ones to the lowest
    cluster id. A name without measures goes to all clusters that are left.

    Args:
        profiles: One row per cluster and measure: ``cluster_id``, ``measure``, ``z_score`` (missing counts as 0).
        names: One row per name and measure: ``priority``, ``segment_name``, ``measure`` and ``weight``; both empty in
            the row of a name without measures.

    Returns:
        One row per cluster that got a name: cluster_id, segment_name, score (0 without measures).

    Raises:
        ValueError: A name's measure is none of the profiles', or a priority or weight is no number.
    """
    z_scores = _z_scores(profiles)
    _check_measures("names", names["measure"].dropna(), z_scores)
    names = names.assign(priority=pd.to_numeric(names["priority"]), weight=pd.to_numeric(names["weight"]))
    rows = []
    for (_, name), own in names.groupby(["priority", "segment_name"], sort=True):
        left = z_scores.drop(index=[row["cluster_id"] for row in rows]).sort_index()
        own = own.dropna(subset=["measure"])
        scores = (left[own["measure"]] * own["weight"].to_numpy()).sum(axis=1)
        chosen = left.index if own.empty else [scores.idxmax()] if len(left) else []
        rows += [{"cluster_id": c, "segment_name": name, "score": round(float(scores[c]), 9)} for c in chosen]
    return pd.DataFrame(rows, columns=list(NAME_TYPES)).astype(NAME_TYPES)


def persona_names(profiles: pd.DataFrame, traits: pd.DataFrame, min_score: float) -> pd.DataFrame:
    """Find the one-to-one match of clusters and personas whose scores add up to most.

    The score of a cluster for a persona is the mean of the cluster's z-scores in the persona's traits, weighted: each
    z-score counts in the direction of its weight, and in proportion to the weight's size. Pairs below min_score are no
    match; so a cluster may stay without a persona and a persona without a cluster.

    Args:
        profiles: One row per cluster and measure: ``cluster_id``, ``measure``, ``z_score`` (missing counts as 0).
        traits: One row per persona and measure: ``persona``, ``measure``, ``weight`` (signed, not 0).
        min_score: Least score of a match, in standard deviations.

    Returns:
        One row per cluster that has a persona: cluster_id, segment_name, score.

    Raises:
        ValueError: A trait's measure is none of the profiles', or its weight is 0 or no number.
    """
    if profiles.empty or traits.empty:
        return pd.DataFrame(columns=list(NAME_TYPES)).astype(NAME_TYPES)
    z_scores = _z_scores(profiles)
    _check_measures("personas", traits["measure"], z_scores)
    weights = traits.pivot(index="persona", columns="measure", values="weight").astype(float).fillna(0.0)
    if ((weights == 0).all(axis=1)).any() or (pd.to_numeric(traits["weight"]) == 0).any():
        raise ValueError("a trait's weight must not be 0")
    totals = weights.abs().sum(axis=1)
    scores = z_scores[weights.columns] @ weights.div(totals, axis=0).T
    eligible = scores.where(scores >= min_score, 0.0)
    clusters, personas = linear_sum_assignment(eligible.to_numpy(), maximize=True)
    matches = pd.DataFrame(
        {
            "cluster_id": scores.index[clusters],
            "segment_name": scores.columns[personas],
            "score": scores.to_numpy()[clusters, personas].round(9),
        }
    )
    return matches[matches["score"] >= min_score].reset_index(drop=True)


def _z_scores(profiles: pd.DataFrame) -> pd.DataFrame:
    """A row per cluster, a column per measure."""
    return profiles.pivot(index="cluster_id", columns="measure", values="z_score").astype(float).fillna(0.0)


def _check_measures(what: str, measures: pd.Series, z_scores: pd.DataFrame) -> None:
    unknown = sorted(set(measures) - set(z_scores.columns))
    if unknown:
        raise ValueError(f"{what} have traits that no segment is described by: {', '.join(unknown)}")
