"""P- and q-values of z-scores, also of nasty ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control, hypergeom, norm

from segmart.statistics.inference import add_exact_p_and_q_values, add_p_and_q_values


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


COUNTS = ["responses", "customers", "other_responses", "other_customers"]


def exactly_judged(rows: list[tuple[int, int, int, int]], families: list[str] | None = None) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=COUNTS).assign(family=families or ["all"] * len(rows))
    return add_exact_p_and_q_values(table, counts=COUNTS, families=["family"])


def test_exact_p_values_are_those_of_the_tea_experiment() -> None:
    """Fisher (1935): 3 of 4 cups right against 1 of 4; as or less likely are 0, 1, 3 and 4: (1 + 16 + 16 + 1) / 70."""
    np.testing.assert_allclose(exactly_judged([(3, 4, 1, 4)])["p_value"], [34 / 70])


def test_exact_p_values_add_up_the_tables_that_are_not_more_likely() -> None:
    table = exactly_judged([(14, 302, 18, 1938), (0, 50, 30, 950), (400, 1000, 380, 1000)])
    for row in table.itertuples():
        successes, trials = row.responses + row.other_responses, row.customers + row.other_customers
        chances = hypergeom.pmf(np.arange(successes + 1), trials, row.customers, successes)
        expected = chances[chances <= chances[row.responses] * (1 + 1e-9)].sum()
        np.testing.assert_allclose(row.p_value, expected, rtol=1e-6)


def test_where_there_is_nothing_to_compare_there_is_no_p_value() -> None:
    table = exactly_judged([(0, 10, 0, 20), (10, 10, 20, 20), (4, 10, 0, 0), (9, 10, 1, 20)])
    assert table["p_value"].isna().tolist() == [True, True, True, False]
    assert table["q_value"].iloc[3] == table["p_value"].iloc[3]


def test_few_responses_are_called_different_no_more_often_than_promised() -> None:
    """Groups of 12 and 2,000 that answer alike, 1 %: a z-test calls one answer of the twelve a difference."""
    random = np.random.default_rng(7)
    groups = random.binomial(12, 0.01, 2000), random.binomial(2000, 0.01, 2000)
    p_values = exactly_judged([(int(a), 12, int(b), 2000) for a, b in zip(*groups, strict=True)])["p_value"].fillna(1)
    assert (p_values < 0.05).mean() < 0.05
    pooled = (groups[0] + groups[1]) / 2012
    errors = np.sqrt(pooled * (1 - pooled) * (1 / 12 + 1 / 2000))
    z_scores = (groups[0] / 12 - groups[1] / 2000) / np.where(errors > 0, errors, np.inf)
    assert (np.abs(z_scores) > norm.isf(0.025)).mean() > 0.1


def test_a_family_with_true_differences_lends_none_to_another() -> None:
    """Twenty true differences would let a p-value of 0.04 pass; in its own family of five it does not."""
    z_scores = [8.0] * 20 + [2.05, 0.1, 0.2, 0.3, 0.4]
    together = judged(z_scores)
    apart = judged(z_scores, ["true"] * 20 + ["null"] * 5)
    assert together["q_value"].iloc[20] < 0.05 < apart["q_value"].iloc[20]
