"""Forecasts beat the naive ones or are not published; seasons, holidays and days without sales."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from dbt_runs import DbtRun
from statsmodels.tsa.forecasting.theta import ThetaModel
from statsmodels.tsa.holtwinters import SimpleExpSmoothing

from segmart.public_holidays import holiday_name
from segmart.report.sections import forecast as forecast_report
from segmart.report.sections import when as when_report
from segmart.statistics import forecast
from segmart.statistics.forecast import MONTHS, WEEKS, forecasts
from segmart.statistics.seasons import seasons

COVERAGE = 0.8

pytestmark = pytest.mark.usefixtures("one_thread")


def weeks_of(values: np.ndarray, member: str = "All", **columns: object) -> pd.DataFrame:
    """A weekly series of a dataset."""
    rows = {
        "dataset": "a",
        "level": "total",
        "member": member,
        "period_type": "week",
        "period_start": pd.date_range("2021-01-04", periods=len(values), freq="7D"),
        "sales": values,
        "usual_sales": values,
    }
    return pd.DataFrame({**rows, **columns})


def rounded(values: np.ndarray) -> np.ndarray:
    return np.round(np.maximum(values, 0), 2)


def test_smoothing_is_that_of_statsmodels() -> None:
    random = np.random.default_rng(3)
    values = 100 + np.cumsum(random.normal(0, 3, 80)) + random.normal(0, 5, 80)
    fit = forecast._smooth(values, 60, WEEKS, has_season=False)
    known = SimpleExpSmoothing(values[:60], initialization_method="heuristic").fit()
    assert fit.alpha == pytest.approx(known.params["smoothing_level"])
    np.testing.assert_allclose(fit.at(np.array([60]))[0], known.forecast(8), rtol=1e-9)
    # What comes later is smoothed with what was found before.
    level = known.params["initial_level"]
    all_levels = SimpleExpSmoothing(values, initialization_method="known", initial_level=level)
    np.testing.assert_allclose(
        fit.levels[-1], all_levels.fit(smoothing_level=fit.alpha, optimized=False).forecast(1)[0], rtol=1e-9
    )


def test_theta_is_that_of_statsmodels() -> None:
    random = np.random.default_rng(4)
    values = 200 + 1.5 * np.arange(90) + random.normal(0, 6, 90)
    ours = forecast._fit(forecast.THETA, {False: forecast._smooth(values, 90, WEEKS, has_season=False)})
    theirs = ThetaModel(values, deseasonalize=False).fit().forecast(8)
    np.testing.assert_allclose(ours.at(np.array([90]))[0], theirs, rtol=0.01)
    steps = np.diff(ours.at(np.array([90]))[0])
    np.testing.assert_allclose(steps, np.diff(theirs), rtol=1e-6)


def test_intervals_hold_what_comes() -> None:
    """Sales around a mean, for which smoothing beats the last week: what follows is known here."""
    random = np.random.default_rng(6)
    held = []
    for _ in range(30):
        values = 500 + random.normal(0, 60, 88)
        found = forecasts(weeks_of(rounded(values[:80])), COVERAGE)
        if found["is_published"].all():
            held += list((found["low"] <= values[80:]) & (values[80:] <= found["high"]))
    assert len(held) > 180
    assert 0.74 < np.mean(held) < 0.92


def test_a_walk_at_random_is_seldom_forecast() -> None:
    random = np.random.default_rng(7)
    published = [
        forecasts(weeks_of(5000 + np.cumsum(random.normal(0, 60, 104))), COVERAGE)["is_published"].iloc[0]
        for _ in range(20)
    ]
    assert np.mean(published) < 0.2


def test_what_comes_again_every_year_needs_no_model() -> None:
    year = 100 + 50 * np.random.default_rng(2).random(52)
    found = forecasts(weeks_of(np.tile(year, 2)), COVERAGE)
    assert len(found) == 1
    assert not found["is_published"].any()
    assert found["baseline"].tolist() == ["same week a year before"]
    assert found["baseline_error"].tolist() == [0]
    assert "was not clearly better than the same week a year before" in found["reason"].iloc[0]


def test_a_season_of_three_years_is_taken_out() -> None:
    random = np.random.default_rng(12)
    weeks = np.arange(170)
    values = (300 + 2 * weeks) * np.exp(0.5 * np.sin(2 * np.pi * weeks / 52) + random.normal(0, 0.04, 170))
    found = forecasts(weeks_of(rounded(values[:162])), COVERAGE)
    assert found["method"].iloc[0] == forecast.SEASONAL
    assert found["is_published"].all()
    assert np.abs(found["forecast"] / values[162:] - 1).mean() < 0.1


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (list(range(1, 45)), "44 whole weeks are known, 45 are needed."),
        ([*range(1, 80), *[0] * 8], "Nothing was sold in the last 8 weeks."),
        ([7] * 80, "Sales do not change, so that there is nothing to forecast."),
    ],
)
def test_what_can_not_be_judged_says_why(values: list[int], reason: str) -> None:
    found = forecasts(weeks_of(np.array(values, dtype=float)), COVERAGE)
    assert found["reason"].tolist() == [reason]
    assert found["period_start"].isna().all()
    assert found["method"].isna().all()


def test_without_sales_there_are_typed_columns_and_order_does_not_matter() -> None:
    random = np.random.default_rng(1)
    two = pd.concat([weeks_of(rounded(random.normal(90, 9, 60)), name, level="store") for name in ("1", "2")])
    rows = pd.concat([two, weeks_of(rounded(random.normal(90, 9, 60)))])
    first, second = (forecasts(rows.sample(frac=1, random_state=seed), COVERAGE) for seed in (1, 2))
    pd.testing.assert_frame_equal(first, second)
    assert set(first["member"]) == {"1", "2", "All"}
    empty = forecasts(rows[:0], COVERAGE)
    assert len(empty) == 0
    assert empty.dtypes.astype(str).tolist() == first.dtypes.astype(str).tolist()


def test_slow_shops_are_forecast_by_month() -> None:
    random = np.random.default_rng(13)
    weekly = np.where(random.random(160) < 0.5, 0.0, 10.0)
    months = rounded(random.normal(400, 30, 40))
    monthly = weeks_of(months, period_type="month", period_start=pd.date_range("2021-01-01", periods=40, freq="MS"))
    found = forecasts(pd.concat([weeks_of(weekly), monthly]), COVERAGE)
    assert set(found["period_type"]) == {"month"}
    assert found["periods"].iloc[0] == 40
    if found["is_published"].all():
        expected = pd.date_range("2024-05-01", periods=MONTHS.horizon, freq="MS")
        assert pd.to_datetime(found["period_start"]).tolist() == list(expected)


def test_unusual_periods_change_nothing() -> None:
    """A week that is unusual as a whole is not known; what was sold in it does not matter."""
    random = np.random.default_rng(14)
    values = rounded(random.normal(90, 9, 70))
    usual = values.copy()
    usual[[20, 60]] = np.nan
    wild = values.copy()
    wild[[20, 60]] = 9000
    first, second = (forecasts(weeks_of(sold, usual_sales=usual), COVERAGE) for sold in (values, wild))
    pd.testing.assert_frame_equal(first, second)


# Seasons


def months_of(values: np.ndarray, start: str = "2022-01-01") -> pd.DataFrame:
    starts = pd.date_range(start, periods=len(values), freq="MS")
    columns = {
        "dataset": "a",
        "level": "category",
        "member": "Ice",
        "period_start": starts,
        "days": starts.days_in_month,
    }
    return pd.DataFrame(columns).assign(usual_sales=values * starts.days_in_month)


def test_season_and_trend_are_told_apart() -> None:
    effects = np.log([0.5, 0.6, 0.8, 1.0, 1.2, 1.6, 1.9, 1.7, 1.1, 0.9, 0.7, 0.6])
    effects -= effects.mean()
    random = np.random.default_rng(15)
    daily = np.exp(3 + 0.02 * np.arange(48) + np.tile(effects, 4) + random.normal(0, 0.05, 48))
    found = seasons(months_of(daily).sample(frac=1, random_state=1))
    assert found["month_of_year"].tolist() == list(range(1, 13))
    held = (found["index_low"] <= np.exp(effects)) & (np.exp(effects) <= found["index_high"])
    assert held.sum() >= 10
    assert np.log(found["seasonal_index"]).sum() == pytest.approx(0, abs=1e-6)
    # The same by least squares with a column for each month.
    month = np.tile(np.eye(12), (4, 1))
    solved = np.linalg.lstsq(np.column_stack([month, np.arange(48)]), np.log(daily), rcond=None)[0][:12]
    np.testing.assert_allclose(np.log(found["seasonal_index"]), solved - solved.mean(), atol=1e-6)
    assert (found["q_value"] < 0.05).sum() >= 8


def test_without_a_season_few_months_are_significant() -> None:
    random = np.random.default_rng(16)
    false = [(seasons(months_of(np.exp(random.normal(3, 0.2, 36))))["q_value"] < 0.05).any() for _ in range(30)]
    assert np.mean(false) < 0.15


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (list(range(1, 6)), "A season needs 2 whole years, and 0 are known."),
        (list(range(1, 24)), "A season needs 2 whole years, and 1 is known."),
        ([*range(1, 24), 0], "There are months without sales, so that no ratio can be taken."),
    ],
)
def test_no_season_is_made_up(values: list[int], reason: str) -> None:
    found = seasons(months_of(np.array(values, dtype=float)))
    assert set(found["reason"]) == {reason}
    assert found[["seasonal_index", "index_low", "p_value", "q_value"]].isna().all(axis=None)
    assert (found["sales_per_day"] >= 0).all()
    assert len(seasons(months_of(np.array(values, dtype=float))[:0])) == 0


# Holidays


def test_holidays_are_those_of_the_place() -> None:
    assert holiday_name("DE", date(2024, 10, 3)) == "German Unity Day"
    assert holiday_name("DE", date(2024, 1, 6)) is None
    assert holiday_name("DE-BY", date(2024, 1, 6)) == "Epiphany"
    assert holiday_name("US", date(2024, 7, 4)) == "Independence Day"


@pytest.mark.parametrize("place", ["XX", "DE-XX", "Gernamy"])
def test_an_unknown_place_is_an_error_that_names_the_setting(place: str) -> None:
    with pytest.raises(ValueError, match="holiday_country"):
        holiday_name(place, date(2024, 1, 1))


# Built


def test_the_sample_has_forecasts_that_won_and_no_season(sample_build: DbtRun) -> None:
    judged = sample_build.mart("sales_forecast_diagnostics")
    published = sample_build.mart("sales_forecast")
    assert set(judged["level"]) == {"total", "store"}
    won = judged[judged["is_published"]]
    assert (won["error"] < won["baseline_error"]).all()
    assert set(won["member"]) == set(published["member"])
    to_come = published[published["is_forecast"]]
    assert (to_come.groupby(["level", "member"]).size() == WEEKS.horizon).all()
    # One year of sales: the week after the last whole one is forecast first, and there is no season.
    assert str(to_come["period_start_date"].min())[:10] == "2019-07-01"
    past = published[~published["is_forecast"] & (published["level"] == "total")].sort_values("period_start_date")
    daily = sample_build.mart("daily_sales").groupby("week_start_date")["sales_amount"].sum()
    weeks = daily[daily.index.isin(past["period_start_date"])]
    assert len(past) == 26
    assert list(past["sales_amount"]) == list(weeks)
    months = sample_build.mart("seasonal_indices")
    assert len(months) == 12
    assert months["seasonal_index"].isna().all()
    days = sample_build.mart("daily_sales")
    without = sample_build.mart("days_without_sales")
    assert list(without["closed_date"]) == list(days.loc[~days["is_trading_day"], "sales_date"])
    assert list(without["no_sales_reason"]) == ["gap"]
    assert not sample_build.query("select * from core.calendar_days")["is_holiday"].any()


# The report


def test_titles_say_what_is_known() -> None:
    months = pd.DataFrame(
        {
            "name": ["All", "Ice", "Ice"],
            "month_name": ["May", "January", "July"],
            "seasonal_index": [1.1, 0.25, 2.0],
            "seasonal_index_low": [0.9, 0.1, 1.5],
            "seasonal_index_high": [1.3, 0.5, 2.6],
            "is_significant": [False, True, True],
        }
    )
    # At most half as much is more than at least 1.5 times as much.
    assert when_report.season_title(months).startswith("January sells 0.25 times as much of Ice")
    assert when_report.season_title(months[:1]) == "No month sells more or less than others beyond chance"
    assert when_report.season_title(months.assign(seasonal_index=np.nan)).startswith("Less than two whole years")
    assert when_report.season_title(months[:0]) == "No month is known whole"
    days = pd.DataFrame({"no_sales_reason": ["gap", "holiday"]})
    assert when_report.closed_title(days) == "2 days have no sales; data may be missing on 1 of them"
    assert when_report.closed_title(days[1:]) == "1 day has no sales, for a reason that is known"
    assert when_report.closed_title(days[:0]) == "Every day has sales"
    judged = pd.DataFrame({"is_published": [True, False], "error": [0.5, None], "reason": ["Won.", "Too short."]})
    assert forecast_report.backtest_title(judged) == "1 of 1 series that could be judged can be forecast"
    assert forecast_report.backtest_title(judged[1:]) == "No forecast: Too short"
    assert forecast_report.backtest_title(judged[:0]) == "Nothing was sold that could be forecast"
