"""Match clusters with the personas that analysts describe."""

from __future__ import annotations

import pandas as pd
from scipy.optimize import linear_sum_assignment


def personas_table(profiles: pd.DataFrame, traits: pd.DataFrame, min_score: float) -> pd.DataFrame:
    """Find the one-to-one match of clusters and personas whose scores add up to most.

    The score of a cluster for a persona is the mean of the cluster's z-scores in the persona's traits, weighted: each
    z-score counts in the direction of its weight, and in proportion to the weight's size. Pairs below min_score are no
    match; so a cluster may stay without a persona and a persona without a cluster.

    Args:
        profiles: One row per cluster and measure: ``cluster_id``, ``measure``, ``z_score`` (missing counts as 0).
        traits: One row per persona and measure: ``persona``, ``measure``, ``weight`` (signed, not 0).
        min_score: Least score of a match, in standard deviations.

    Returns:
        One row per cluster that has a persona: cluster_id, persona, score.

    Raises:
        ValueError: A trait's measure is none of the profiles', or its weight is 0 or no number.
    """
    if profiles.empty or traits.empty:
        return pd.DataFrame(
            {"cluster_id": pd.Series(dtype="int64"), "persona": [], "score": pd.Series(dtype="float64")}
        )
    unknown = sorted(set(traits["measure"]) - set(profiles["measure"]))
    if unknown:
        raise ValueError(f"personas have traits that no segment is described by: {', '.join(unknown)}")
    weights = traits.pivot(index="persona", columns="measure", values="weight").astype(float).fillna(0.0)
    if ((weights == 0).all(axis=1)).any() or (pd.to_numeric(traits["weight"]) == 0).any():
        raise ValueError("a trait's weight must not be 0")
    z_scores = profiles.pivot(index="cluster_id", columns="measure", values="z_score").astype(float).fillna(0.0)
    totals = weights.abs().sum(axis=1)
    scores = z_scores[weights.columns] @ weights.div(totals, axis=0).T
    eligible = scores.where(scores >= min_score, 0.0)
    clusters, personas = linear_sum_assignment(eligible.to_numpy(), maximize=True)
    matches = pd.DataFrame(
        {
            "cluster_id": scores.index[clusters],
            "persona": scores.columns[personas],
            "score": scores.to_numpy()[clusters, personas].round(9),
        }
    )
    return matches[matches["score"] >= min_score].reset_index(drop=True)
