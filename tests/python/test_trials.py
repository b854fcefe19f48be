"""Trial stores against their controls, on months of stores with a planted truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import false_discovery_control

from segmart.statistics import trials
from segmart.statistics.settings import SettingsError
from segmart.statistics.trials import (
    COLUMNS,
    MEASURES,
    PARTS,
    SUMS,
    Months,
    check_trials,
    judge_store,
    likeness,
    trial_effects,
)

pytestmark = [pytest.mark.library, pytest.mark.filterwarnings("error"), pytest.mark.usefixtures("one_thread")]

BEFORE, TRIAL = 8, 3


def sums(random: np.random.Generator, stores: int, months: int = BEFORE + TRIAL, noise: float = 0.05) -> NDArray[Any]:
    """Sales, customers and receipts of stores with a season in common and chance of their own, shape (3, n, months)."""
    season = 1 + 0.15 * np.sin(np.arange(months) / 2)
    levels = random.uniform(50, 500, (stores, 1))
    customers = levels * season * np.exp(noise * random.standard_normal((stores, months)))
    receipts = customers * 1.2 * np.exp(noise / 2 * random.standard_normal((stores, months)))
    return np.stack([receipts * 8 * np.exp(noise / 2 * random.standard_normal((stores, months))), customers, receipts])


def table(values: NDArray[Any], dataset: str = "shop") -> pd.DataFrame:
    """The rows of the months, from January 2024 on; stores are called s00, s01 and so on."""
    _, stores, months = values.shape
    place, month = np.divmod(np.arange(stores * months), months)
    starts = pd.date_range("2024-01-01", periods=months, freq="MS").to_numpy()
    return pd.DataFrame(
        {
            "dataset": dataset,
            "store_id": [f"s{number:02}" for number in place],
            "month_start_date": starts[month],
            "is_complete_month": True,
            "sales_amount": values[0].ravel(),
            "customers": values[1].ravel(),
            "receipts": values[2].ravel(),
        }
    )


def listed(*stores: str, **changes: object) -> pd.DataFrame:
    """Rows of the list for a trial from September to November 2024."""
    days = {
        "pre_start_date": pd.Timestamp("2024-01-01"),
        "pre_end_date": pd.Timestamp("2024-08-31"),
        "trial_start_date": pd.Timestamp("2024-09-01"),
        "trial_end_date": pd.Timestamp("2024-11-30"),
    }
    rows = pd.DataFrame({"dataset": "shop", "trial": "layout", "store_id": list(stores)})
    return rows.assign(**(days | changes))


def row(found: pd.DataFrame, store: str, measure: str, period: str = "whole trial", month: int = 0) -> pd.Series:
    chosen = found[(found["store_id"] == store) & (found["measure"] == measure) & (found["period"] == period)]
    return chosen.iloc[month]


@pytest.fixture(scope="module")
def planted() -> pd.DataFrame:
    """Store s03 gains 30 % customers in the trial, s07 loses 25 % of its sales per receipt, s11 has no effect."""
    values = sums(np.random.default_rng(8), 30)
    values[:, 3, BEFORE:] *= 1.3
    values[0, 7, BEFORE:] *= 0.75
    return table(values)


@pytest.fixture(scope="module")
def effects(planted: pd.DataFrame) -> pd.DataFrame:
    return trial_effects(listed("s03", "s07", "s11"), planted)


def test_planted_effects_are_found_and_split(effects: pd.DataFrame) -> None:
    gain, loss, none = (row(effects, store, "sales_amount") for store in ("s03", "s07", "s11"))
    for found, truth in ((gain, 0.3), (loss, -0.25), (none, 0.0)):
        assert found["effect_share_low"] < truth < found["effect_share_high"]
        assert found["effect_share"] == pytest.approx(truth, abs=0.1)
    assert max(gain["q_value"], loss["q_value"]) < 0.05 < none["q_value"]
    assert row(effects, "s03", "customers")["effect_share"] == pytest.approx(0.3, abs=0.08)
    assert abs(row(effects, "s07", "customers")["effect_share"]) < 0.08
    parts = {store: [row(effects, store, part)["contribution"] for part in PARTS] for store in ("s03", "s07")}
    # More customers are what the first store's gain is due to, cheaper receipts are the second one's loss.
    assert parts["s03"][0] > 0.7 * gain["contribution"] > 0
    assert parts["s07"][2] < 0.7 * loss["contribution"] < 0


def test_contributions_add_up_and_measures_are_ratios_of_sums(effects: pd.DataFrame) -> None:
    keys = ["store_id", "period", "month_start_date"]
    wide = effects.pivot(index=keys, columns="measure", values=["observed", "expected", "contribution"])
    split = wide["contribution"][list(PARTS)].sum(axis=1)
    differences = wide["observed"]["sales_amount"] - wide["expected"]["sales_amount"]
    np.testing.assert_allclose(wide["contribution"]["sales_amount"], differences)
    np.testing.assert_allclose(split, differences, atol=1e-9)
    for side in ("observed", "expected"):
        of_side = wide[side]
        np.testing.assert_allclose(of_side["receipts_per_customer"], of_side["receipts"] / of_side["customers"])
        np.testing.assert_allclose(of_side["sales_per_receipt"], of_side["sales_amount"] / of_side["receipts"])
    whole = effects[effects["period"] == "whole trial"].set_index(["store_id", "measure"])["observed"]
    months = effects[effects["period"] == "trial"].groupby(["store_id", "measure"])["observed"].sum()
    for measure in ("sales_amount", "customers", "receipts"):
        np.testing.assert_allclose(whole.xs(measure, level=1), months.xs(measure, level=1))
    # A control is scaled to the level of the store before the trial.
    before = effects[(effects["period"] == "before") & (effects["measure"] == "sales_amount")]
    levels = before.groupby("store_id")[["observed", "expected"]].sum()
    np.testing.assert_allclose(levels["observed"], levels["expected"])
    assert before[["p_value", "q_value", "effect_share_low"]].isna().all(axis=None)


def test_q_values_correct_for_stores_and_months(effects: pd.DataFrame) -> None:
    for (_, period), family in effects[effects["period"] != "before"].groupby(["measure", "period"]):
        assert len(family) == (3 if period == "whole trial" else 3 * TRIAL)
        np.testing.assert_allclose(family["q_value"], false_discovery_control(family["p_value"].to_numpy()))
    assert (effects["placebo_stores"].dropna() == 27).all()
    assert effects["placebo_p_value"].min() == pytest.approx(1 / 28)


def test_shuffled_rows_and_rows_of_other_datasets_change_nothing(planted: pd.DataFrame, effects: pd.DataFrame) -> None:
    random = np.random.default_rng(1)
    other = table(sums(random, 3), "other")
    rows = pd.concat([planted, other]).sample(frac=1, random_state=2)
    again = trial_effects(listed("s11", "s07", "s03"), rows)
    pd.testing.assert_frame_equal(again, effects)
    with_other = pd.concat([listed("s11", "s07", "s03"), listed("s01", dataset="nobody")])
    pd.testing.assert_frame_equal(trial_effects(with_other, rows), effects)


def test_a_control_alone_is_judged_by_the_t_test_of_a_new_month() -> None:
    """Of a control that is always the same, held-out months give back the scatter of the months, exactly."""
    random = np.random.default_rng(4)
    values = sums(random, 2)
    # So many copies of one store that no other, and no mean of several, is to be had.
    months = Months(np.concatenate([values[:, :1], np.repeat(values[:, 1:], 3, axis=1)], axis=1), BEFORE)
    found = judge_store(months, 0, np.array([1, 2, 3]))
    own, control = values[0, 0], values[0, 1]
    scaled = control * own[:BEFORE].sum() / control[:BEFORE].sum()
    np.testing.assert_allclose(found.expected[0], scaled)
    ratios = own[:BEFORE] / scaled[:BEFORE]
    expected = ratios.std(ddof=1) * np.sqrt(1 + 1 / BEFORE)
    # Up to terms of the second order in the months' differences.
    assert found.standard_errors[0, 0] == pytest.approx(expected, rel=0.05)
    assert found.standard_errors[0, -1] == pytest.approx(
        found.standard_errors[0, 0] * np.sqrt((1 / TRIAL + 1 / BEFORE) / (1 + 1 / BEFORE))
    )


def test_false_positives_are_about_as_many_as_promised() -> None:
    """Noise alone: trials of five stores without an effect, judged among 21 others."""
    drawn = [
        trial_effects(listed(*(f"s{place:02}" for place in range(5))), table(sums(np.random.default_rng(draw), 26)))
        for draw in range(24)
    ]
    found = pd.concat(drawn)
    found = found[(found["period"] != "before") & found["measure"].isin(SUMS)]
    for period, rows in found.groupby("period"):
        for level in (0.05, 0.1, 0.2):
            assert 0.5 * level < (rows["p_value"] < level).mean() < 1.6 * level, (period, level)
            assert (rows["placebo_p_value"] <= level).mean() < 1.4 * level, (period, level)
        covered = (rows["effect_share_low"] < 0) & (rows["effect_share_high"] > 0)
        assert 0.84 < covered.mean() < 0.95
    # A finding is a false one in one of twenty trials.
    first = found[(found["measure"] == "sales_amount") & (found["period"] == "whole trial")]
    worst = first["q_value"].to_numpy().reshape(24, 5).min(axis=1)
    assert (worst < 0.05).sum() <= 4


def test_the_control_is_a_twin_or_a_mixture() -> None:
    random = np.random.default_rng(8)
    values = sums(random, 12, noise=0.2)
    values[:, 0] = 1.1 * values[:, 4] * np.exp(0.01 * random.standard_normal((3, BEFORE + TRIAL)))
    twin = judge_store(Months(values, BEFORE), 0, np.arange(1, 12))
    assert max(twin.weights, key=twin.weights.__getitem__) == 4
    assert twin.weights[4] > 0.85
    halves = [values[:, place] / values[:, place, :BEFORE].mean(axis=1, keepdims=True) for place in (3, 7)]
    values[:, 0] = (0.5 * halves[0] + 0.5 * halves[1]) * 300
    mixture = judge_store(Months(values, BEFORE), 0, np.arange(1, 12))
    assert sum(mixture.weights.values()) == pytest.approx(1)
    assert mixture.weights[3] == pytest.approx(0.5, abs=0.05)
    assert mixture.weights[7] == pytest.approx(0.5, abs=0.05)
    assert np.abs(mixture.effects[0]).max() < 0.05


def test_weights_are_those_of_a_general_solver() -> None:
    random = np.random.default_rng(3)
    values = sums(random, 6, noise=0.2)
    fitted = np.arange(BEFORE)
    own, theirs = values[:, 0], values[:, 1:]
    weights = trials._controls(own, theirs, fitted)[1]
    scaled = theirs[:, :, :BEFORE] / theirs[:, :, :BEFORE].mean(axis=2, keepdims=True)
    target = own[:, :BEFORE] / own[:, :BEFORE].mean(axis=1, keepdims=True)

    def misfit(guess: NDArray[Any]) -> float:
        return float(np.square(np.einsum("j,kjt->kt", guess, scaled) - target).sum())

    solved = minimize(
        misfit,
        np.full(5, 0.2),
        bounds=[(0, 1)] * 5,
        constraints={"type": "eq", "fun": lambda guess: guess.sum() - 1},
        options={"ftol": 1e-12},
    )
    assert misfit(weights) == pytest.approx(solved.fun, rel=1e-3)


def test_likeness_is_level_and_shape_by_hand() -> None:
    # Two months: the twin has the level and the shape of the store, the other goes the other way and is farthest.
    own = np.array([[10.0, 20.0], [5.0, 10.0], [5.0, 10.0]])
    twin, other = own, np.array([[30.0, 20.0], [15.0, 5.0], [30.0, 10.0]])
    found = likeness(own, np.stack([twin, other], axis=1))
    # Sales: distances 20 and 0 of at most 20 and 0; customers 10 and 5; receipts per customer 1 and 1.
    assert found == pytest.approx([1.0, (0.5 - 1 + 0 - 1 + 0) / 5])
    unknown = own.copy()
    unknown[1] = np.nan
    theirs = np.stack([unknown, np.array([[30.0, 20.0], [np.nan, np.nan], [30.0, 10.0]])], axis=1)
    assert likeness(unknown, theirs) == pytest.approx([1.0, (0.5 - 1) / 2])


# What can't be judged


@pytest.mark.parametrize(
    ("change", "remark"),
    [
        ({"store_id": "s99"}, "the files hold no such store"),
        ({"pre_start_date": pd.Timestamp("2024-06-01")}, "hold 3 whole months before the trial, and 4 are needed"),
        ({"trial_end_date": pd.Timestamp("2024-09-15")}, "no whole month of the trial"),
        ({"trial_start_date": pd.Timestamp("2025-03-01"), "trial_end_date": pd.Timestamp("2025-04-30")}, "no whole"),
        ({"pre_start_date": pd.Timestamp("2020-01-01"), "pre_end_date": pd.Timestamp("2020-12-31")}, "hold 0 whole"),
    ],
)
def test_a_store_that_can_not_be_judged_has_a_row_that_says_why(change: dict[str, object], remark: str) -> None:
    found = trial_effects(listed("s01", **change), table(sums(np.random.default_rng(0), 5)))
    assert len(found) == 1
    assert remark in found["remark"].iloc[0]
    assert found["effect_share"].isna().all()
    assert {name: str(kind) for name, kind in found.dtypes.items()} == {
        name: kind.replace("[us]", "[us]") for name, kind in COLUMNS.items()
    }


def test_stores_that_closed_are_no_controls_and_can_not_be_judged() -> None:
    values = sums(np.random.default_rng(0), 4)
    values[:, 1, 4] = 0
    rows = table(values)
    closed = trial_effects(listed("s01"), rows)
    assert list(closed["remark"]) == ["the store did not sell in every month, before and in the trial"]
    # Two of the others are left, which is enough; one is not.
    assert trial_effects(listed("s00"), rows)["remark"].isna().all()
    few = trial_effects(listed("s00"), rows[rows["store_id"] != "s03"])
    assert list(few["remark"]) == ["1 other stores sold in all months, and 2 are needed"]
    # Another trial at the time takes its store from the controls.
    two = pd.concat([listed("s00"), listed("s03", trial="prices")])
    assert list(trial_effects(two, rows)["remark"]) == ["1 other stores sold in all months, and 2 are needed"] * 2


def test_without_known_customers_sales_are_receipts_and_their_size() -> None:
    values = sums(np.random.default_rng(0), 6)
    values[1] = 0
    found = trial_effects(listed("s00"), table(values))
    assert list(found["measure"].unique()) == ["sales_amount", "receipts", "sales_per_receipt"]
    whole = found[found["period"] == "whole trial"].set_index("measure")["contribution"]
    assert whole["receipts"] + whole["sales_per_receipt"] == pytest.approx(whole["sales_amount"])
    # Five others are too few to stand out among.
    assert found["placebo_p_value"].isna().all()
    assert found["p_value"].notna().sum() == 3 * (TRIAL + 1)


def test_incomplete_months_are_left_out() -> None:
    rows = table(sums(np.random.default_rng(0), 6))
    cut = rows["month_start_date"].isin([pd.Timestamp("2024-01-01"), pd.Timestamp("2024-11-01")])
    rows["is_complete_month"] = ~cut
    found = trial_effects(listed("s00"), rows)
    months = found[(found["measure"] == "receipts") & (found["period"] != "whole trial")]
    assert list(months["month_start_date"].dt.month) == [2, 3, 4, 5, 6, 7, 8, 9, 10]


def test_stores_that_are_all_alike_leave_nothing_to_judge_by() -> None:
    found = trial_effects(listed("s00"), table(np.repeat(sums(np.random.default_rng(0), 1), 25, axis=1)))
    np.testing.assert_allclose(found["effect_share"], 0, atol=1e-9)
    assert found[["p_value", "q_value", "placebo_p_value"]].isna().all(axis=None)


def test_no_trials_and_no_months_give_no_rows_of_the_right_types() -> None:
    rows = table(sums(np.random.default_rng(0), 3))
    for found in (trial_effects(listed(), rows), trial_effects(listed("s00"), rows.head(0))):
        assert len(found) == 0
        assert list(found.columns) == list(COLUMNS)
        assert "object" not in {str(kind) for kind in found.dtypes}


def test_a_list_that_contradicts_itself_stops_the_build() -> None:
    wrong = pd.concat(
        [
            listed("s01", trial_start_date=pd.NaT),
            listed("s02", pre_end_date=pd.Timestamp("2024-10-01")),
            listed("s03"),
            listed("s03", trial_end_date=pd.Timestamp("2024-12-31")),
        ]
    )
    with pytest.raises(SettingsError) as error:
        check_trials(wrong)
    sentences = str(error.value).splitlines()
    assert len(sentences) == 3
    assert "store s01: trial_start_date must not be empty" in sentences[0]
    assert "store s02: pre_start_date, pre_end_date, trial_start_date, trial_end_date must follow" in sentences[1]
    assert sentences[2].endswith("trial layout of shop lists store s03 twice")
    assert all(sentence.startswith("seeds/reference/trial_stores.csv: trial layout of shop") for sentence in sentences)


def test_every_measure_has_every_month(effects: pd.DataFrame) -> None:
    counts = effects.groupby(["store_id", "measure", "period"]).size().unstack()
    assert set(counts.index.get_level_values("measure")) == set(MEASURES)
    assert (counts == pd.Series({"before": BEFORE, "trial": TRIAL, "whole trial": 1})).all(axis=None)
