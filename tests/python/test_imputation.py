"""Imputation by nearest neighbours: hand-made cases, and errors that are known beforehand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from segmart.statistics.imputation import MASKED_ROWS, imputation_quality_table, imputation_table, in_key_order

SETTINGS = {"targets": ["income"], "predictors": ["age", "spend"], "n_neighbors": 2, "seed": 1}


def donors(n: int, noise: float = 0.0) -> pd.DataFrame:
    random = np.random.default_rng(3)
    age, spend = random.uniform(20, 80, n), random.uniform(0, 1000, n)
    income = 20_000 + 40 * spend + 100 * age + noise * random.standard_normal(n)
    return pd.DataFrame({"unit_id": np.arange(n), "age": age, "spend": spend, "income": income})


def test_the_mean_of_the_nearest_donors_is_taken() -> None:
    known = pd.DataFrame(
        {"unit_id": [1, 2, 3, 4], "age": [30, 31, 60, 61], "spend": [10, 11, 90, 91], "income": [100, 200, 1000, 2000]}
    )
    unknown = pd.DataFrame({"unit_id": [9, 8], "age": [62, 29], "spend": [92, 9], "income": [np.nan, np.nan]})
    expected = pd.DataFrame({"unit_id": [8, 9], "measure": "income", "imputed": [150.0, 1500.0]})
    assert_frame_equal(imputation_table(known, unknown, SETTINGS), expected)


def test_a_predictor_in_large_units_does_not_outweigh_the_others() -> None:
    known = pd.DataFrame(
        {
            "unit_id": [1, 2, 3, 4],
            "age": [20, 20, 80, 80],
            "spend": [0, 2_000_000, 0, 2_000_000],
            "income": [1, 1, 9, 9],
        }
    )
    unknown = pd.DataFrame({"unit_id": [5], "age": [25], "spend": [1_000_000], "income": [np.nan]})
    assert imputation_table(known, unknown, SETTINGS)["imputed"].tolist() == [1.0]


def test_every_gap_of_a_row_is_filled_from_what_the_row_has() -> None:
    """Row 7 lacks both targets, row 8 one of them: the other one tells it apart from what its predictor says."""
    settings = {"targets": ["a", "b"], "predictors": ["x"], "n_neighbors": 1, "seed": 1}
    known = pd.DataFrame({"unit_id": [1, 2], "a": [10.0, 90.0], "b": [1.0, 9.0], "x": [0.0, 1.0]})
    unknown = pd.DataFrame(
        {"unit_id": [9, 8, 7], "a": [5.0, 99.0, np.nan], "b": [5.0, np.nan, np.nan], "x": [0.9, 0.4, 0.1]}
    )
    expected = pd.DataFrame({"unit_id": [7, 7, 8], "measure": ["a", "b", "b"], "imputed": [10.0, 1.0, 9.0]})
    assert_frame_equal(imputation_table(known, unknown, settings), expected, check_dtype=False)


def test_each_target_has_its_own_quality() -> None:
    known = donors(500).assign(noise=np.random.default_rng(5).uniform(0, 1, 500))
    table = imputation_quality_table(known, {**SETTINGS, "targets": ["income", "noise"]}).set_index("measure")
    assert table.loc["income", "correlation"] > 0.9 > table.loc["noise", "correlation"]
    assert (table["masked_rows"] == 100).all()


def test_order_of_rows_changes_nothing() -> None:
    known = donors(200)
    unknown = donors(50).assign(unit_id=lambda rows: rows["unit_id"] + 1000, income=np.nan)
    shuffled = known.sample(frac=1, random_state=5), unknown.sample(frac=1, random_state=6)
    assert_frame_equal(imputation_table(*shuffled, SETTINGS), imputation_table(known, unknown, SETTINGS))
    assert_frame_equal(imputation_quality_table(shuffled[0], SETTINGS), imputation_quality_table(known, SETTINGS))


def test_keys_are_texts_in_the_order_of_numbers() -> None:
    """Draws by position stay those of the numbers."""
    units = pd.DataFrame({"unit_id": ["10", "9", "A1", "100", "1"]})
    assert in_key_order(units)["unit_id"].tolist() == ["1", "9", "10", "A1", "100"]
    known = donors(200)
    as_text = known.assign(unit_id=known["unit_id"].astype(str))
    assert_frame_equal(imputation_quality_table(known, SETTINGS), imputation_quality_table(as_text, SETTINGS))


def test_nothing_missing_gives_no_rows() -> None:
    table = imputation_table(donors(10), donors(0), SETTINGS)
    assert list(table) == ["unit_id", "measure", "imputed"]
    assert table.empty
    assert table["imputed"].dtype == float


def test_nothing_known_is_an_error_that_names_the_column() -> None:
    with pytest.raises(ValueError, match="income: empty in every row, so that there is nothing to impute from; fill"):
        imputation_table(donors(0), donors(3).assign(income=np.nan), SETTINGS)


def test_rows_of_which_none_is_complete_are_an_error_that_names_the_columns_with_gaps() -> None:
    rows = donors(3)
    rows.loc[rows.index[:2], "income"] = np.nan
    with pytest.raises(ValueError, match="income: no row is complete, so there is nothing to impute from; fill it in"):
        imputation_table(donors(0), rows, SETTINGS)


def test_quality_tells_good_predictors_from_none() -> None:
    good = imputation_quality_table(donors(2_000), SETTINGS).iloc[0]
    assert good["masked_rows"] == 400
    assert good["mean_absolute_error"] < 0.1 * good["baseline_error"]
    assert good["correlation"] > 0.99
    noise = donors(2_000).assign(income=np.random.default_rng(4).uniform(0, 1, 2_000))
    useless = imputation_quality_table(noise, SETTINGS).iloc[0]
    assert useless["mean_absolute_error"] > useless["baseline_error"]
    assert abs(useless["correlation"]) < 0.15


def test_quality_measures_the_noise_that_it_cannot_predict() -> None:
    """The variance is the value's own and half of it for a mean of two; the mean of |x| is sqrt(2 / pi) deviations."""
    error = imputation_quality_table(donors(20_000, noise=5_000), SETTINGS)["mean_absolute_error"].iloc[0]
    assert error == pytest.approx(5_000 * np.sqrt(1.5 * 2 / np.pi), rel=0.1)


def test_a_masked_value_is_not_among_its_own_donors() -> None:
    """With each row unlike all others, imputing a row from itself would have no error."""
    known = donors(50).assign(income=lambda rows: 1000.0 * (-1) ** rows["unit_id"])
    assert imputation_quality_table(known, {**SETTINGS, "n_neighbors": 1})["mean_absolute_error"].iloc[0] > 0


@pytest.mark.parametrize("n", [0, 9])
def test_too_few_donors_have_no_quality(n: int) -> None:
    row = imputation_quality_table(donors(n), SETTINGS).iloc[0]
    assert (row["donor_rows"], row["masked_rows"]) == (n, 0)
    assert np.isnan(row["mean_absolute_error"])


def test_masked_rows_are_bounded() -> None:
    assert imputation_quality_table(donors(6_000), SETTINGS)["masked_rows"].tolist() == [MASKED_ROWS]
