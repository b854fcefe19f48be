"""P-values and their correction for many comparisons; the statistics they judge are computed in SQL."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, norm


def add_p_and_q_values(comparisons: pd.DataFrame, families: Sequence[str]) -> pd.DataFrame:
    """Add the two-sided p-value of each z-score and its Benjamini-Hochberg q-value.

    The correction is over all comparisons of a family, also the dull ones: correcting only those that passed a filter
    would promise too much (Benjamini & Hochberg, JRSS B 57, 1995).

    Args:
        comparisons: One row per comparison, with ``z_score`` (standard normal if nothing is different) and the family
            columns. A row without a z-score gets neither value and does not count.
        families: Columns whose equal values make a family.

    Returns:
        The same rows in the same order with ``p_value`` and ``q_value``, both from 0 to 1.
    """
    judged = comparisons.assign(p_value=2 * norm.sf(np.abs(comparisons["z_score"].to_numpy(dtype=float))))
    known = judged["p_value"].notna()
    q_values = (
        judged[known]
        .groupby(list(families), sort=False)["p_value"]
        .transform(lambda p_values: false_discovery_control(p_values.to_numpy()))
    )
    return judged.assign(q_value=q_values)
