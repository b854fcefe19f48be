"""P- and q-values of z-scores, also of nasty ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control, norm

from segmart.statistics.inference import add_p_and_q_values


def judged(z_scores: list[float], families: list[str] | None = None) -> pd.DataFrame:
    """P- and q-values of comparisons, all of one family if none are given."""
    table = pd.DataFrame({"z_score": np.array(z_scores, dtype=float), "family": families or ["all"] * len(z_scores)})
    return add_p_and_q_values(table, families=["family"])


def test_p_values_are_two_sided() -> None:
    table = judged([0.0, 1.959963984540054, -1.959963984540054, 3.0])
    np.testing.assert_allclose(table["p_value"], [1, 0.05, 0.05, 2 * norm.sf(3)], rtol=1e-12)


def test_far_tails_keep_their_order() -> None:
    """1 - cdf would be zero from about 8 on."""
    p_values = judged([8.0, 20.0, 37.0])["p_value"]
    assert (p_values > 0).all()
    assert p_values.is_monotonic_decreasing


def test_q_values_are_those_of_benjamini_and_hochberg() -> None:
    """Worked example of their paper (1995), section 3.2: fifteen p-values, of which four pass at 0.05."""
    p_values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    p_values += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000]
    table = judged(list(norm.isf(np.array(p_values) / 2)))
    np.testing.assert_allclose(table["p_value"], p_values, rtol=1e-9)
    np.testing.assert_allclose(table["q_value"], false_discovery_control(p_values), rtol=1e-9)
    assert (table["q_value"] < 0.05).sum() == 4


def test_equal_p_values_have_equal_q_values() -> None:
    table = judged([2.5, -2.5, 2.5, 0.1])
    assert table["q_value"].iloc[:3].nunique() == 1
    np.testing.assert_allclose(table["q_value"].iloc[0], table["p_value"].iloc[0] * 4 / 3)


def test_one_comparison_needs_no_correction() -> None:
    table = judged([2.2])
    assert table["q_value"].tolist() == table["p_value"].tolist()


def test_families_are_corrected_one_by_one() -> None:
    z_scores = [2.0, 0.3, 2.5, 1.0, 3.0]
    table = judged(z_scores, ["a", "b", "a", "b", "a"])
    for family in ("a", "b"):
        rows = table[table["family"] == family]
        np.testing.assert_allclose(rows["q_value"], false_discovery_control(rows["p_value"]))


def test_comparisons_without_a_z_score_do_not_count() -> None:
    table = judged([np.nan, 2.0, np.nan, 2.5])
    assert table["p_value"].isna().tolist() == table["q_value"].isna().tolist() == [True, False, True, False]
    np.testing.assert_allclose(table["q_value"].dropna(), judged([2.0, 2.5])["q_value"])


@pytest.mark.parametrize("z_scores", [[], [np.nan], [np.nan, np.nan]])
def test_nothing_to_judge_is_no_error(z_scores: list[float]) -> None:
    table = judged(z_scores)
    assert len(table) == len(z_scores)
    assert table[["p_value", "q_value"]].isna().all(axis=None)


def test_infinite_z_scores_are_certain() -> None:
    table = judged([np.inf, -np.inf, 0.0])
    assert table["p_value"].tolist() == table["q_value"].tolist() == [0, 0, 1]


def test_rows_keep_their_order_and_their_other_columns() -> None:
    table = pd.DataFrame({"key": ["c", "a", "b"], "z_score": [0.1, 3.0, 2.0], "family": 1}, index=[7, 5, 9])
    before = table.copy()
    result = add_p_and_q_values(table, families=["family"])
    pd.testing.assert_frame_equal(table, before)
    pd.testing.assert_frame_equal(result[list(table.columns)], before)
    assert list(result.columns) == [*before.columns, "p_value", "q_value"]


def test_q_values_are_never_below_p_values_nor_above_one() -> None:
    z_scores = list(np.random.default_rng(3).normal(scale=2, size=500))
    table = judged(z_scores)
    assert (table["q_value"] >= table["p_value"]).all()
    assert table["q_value"].max() <= 1
    assert table.sort_values("p_value")["q_value"].is_monotonic_increasing
