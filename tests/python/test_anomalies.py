"""Anomalies in time: planted ones are found where they are, and seasons and noise are none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from dbt_runs import DbtRun

from segmart.statistics.anomalies import COLUMNS, anomalies
from tools.benchmarks.anomalies import FIRST_DAY, YEAR, Design, judge, simulate

WEEK = np.array([0.8, 0.8, 0.9, 1.0, 1.3, 1.5, 0.7])


def series(values: Sequence[float] | np.ndarray, level: str = "day", measure: str = "sales_amount") -> pd.DataFrame:
    days = {"day": 1}.get(level, 7)
    frame = pd.DataFrame(
        {"period_start": FIRST_DAY + days * np.arange(len(values)), "value": np.asarray(values, float)}
    )
    frame = frame.assign(dataset="a", level=level, store_key=None, measure=measure)
    return frame.astype({"store_key": "Int64"}).dropna(subset="value")


def sales(days: int = YEAR, seed: int = 1) -> np.ndarray:
    """Daily sales with a week, a year and noise of 4 %."""
    day = np.arange(days)
    season = 1 + 0.2 * np.sin(2 * np.pi * day / YEAR)
    return 1000 * WEEK[day % 7] * season * np.exp(0.04 * np.random.default_rng(seed).normal(size=days))


def found(values: np.ndarray, level: str = "day", measure: str = "sales_amount") -> pd.DataFrame:
    return anomalies(series(values, level, measure), 0.05, 0.05)


def dates(row: pd.Series) -> tuple[int, int | None]:
    """First and last day of an anomaly, counted from the first day of the series."""
    first = (row["first_date"] - pd.Timestamp(FIRST_DAY)).days
    return first, None if pd.isna(row["last_date"]) else (row["last_date"] - pd.Timestamp(FIRST_DAY)).days


def test_a_week_that_is_a_sixth_lower_is_a_shift_of_its_days() -> None:
    values = sales()
    values[200:207] *= 5 / 6
    table = found(values)
    assert table["kind"].tolist() == ["level shift"]
    assert dates(table.iloc[0]) == (200, 206)
    assert table.loc[0, "periods"] == 7
    assert table.loc[0, "observed"] == pytest.approx(values[200:207].mean())
    assert table.loc[0, "observed"] / table.loc[0, "expected"] == pytest.approx(5 / 6, abs=0.03)


def test_a_day_is_an_outlier() -> None:
    values = sales()
    values[120] *= 1.4
    table = found(values)
    assert table["kind"].tolist() == ["outlier"]
    assert dates(table.iloc[0]) == (120, 120)
    assert table.loc[0, "z_score"] > 0


@pytest.mark.parametrize("level", ["day", "week"])
def test_a_level_that_stays_has_no_last_day(level: str) -> None:
    days = {"day": 1, "week": 7}[level]
    values = sales() if level == "day" else sales().reshape(-1, 7).mean(axis=1)
    values[182 // days :] *= 0.8
    table = found(values, level)
    assert table["kind"].tolist() == ["level shift"]
    first, last = dates(table.iloc[0])
    assert abs(first - 182) <= 7
    assert last is None
    assert table.loc[0, "observed"] / table.loc[0, "expected"] == pytest.approx(0.8, abs=0.04)


def test_a_level_that_comes_back_ends_there() -> None:
    values = sales()
    values[126:224] *= 0.75
    table = found(values)
    table = table[table["kind"] == "level shift"]
    spans = [dates(row) for _, row in table.iterrows()]
    assert any(abs(first - 126) <= 7 and last is not None and abs(last - 223) <= 7 for first, last in spans)


def test_what_comes_every_year_is_a_season_once_there_are_two() -> None:
    values = sales(2 * YEAR)
    for year in (0, YEAR):
        values[year + 169 : year + 176] *= 1.4
    assert len(found(values)) == 0
    assert len(found(values[:YEAR])) > 0


def test_noise_with_its_seasons_is_no_anomaly() -> None:
    """At most one in twenty draws may have any; of ten, more than two would be more than chance."""
    assert sum(len(found(sales(seed=seed))) > 0 for seed in range(10)) <= 2


def test_watched_stores_and_measures_share_one_promise() -> None:
    designs = [Design(), Design(years=2)]
    assert sum(judge(design, seed)["false"] for design in designs for seed in (1, 2)) <= 1
    assert judge(Design(days=(200, 206), factor=0.75), 1) == {"found": True, "false": False}


def test_closed_days_are_no_anomalies_and_do_not_bend_the_week() -> None:
    values = sales()
    values[np.arange(YEAR) % 7 == 6] = np.nan
    values[[176, 177]] = np.nan
    values[250] *= 0.5
    table = found(values)
    assert [dates(row) for _, row in table.iterrows()] == [(250, 250)]


def test_a_store_whose_weeks_are_alike_may_have_an_odd_one() -> None:
    """Units per line of small stores are often exactly 2, so half of the deviations are 0."""
    values = np.full(52, 2.0)
    values[::5] = 1.95
    values[30] = 1.4
    table = found(values, "store week", "units_per_line")
    assert [dates(row) for _, row in table.iterrows()] == [(210, 216)]


def test_an_empty_week_of_a_store_counts() -> None:
    values = np.random.default_rng(1).poisson(40, 52).astype(float)
    values[20] = 0
    table = found(values, "store week", "receipts")
    assert [dates(row) for _, row in table.iterrows()] == [(140, 146)]


@pytest.mark.parametrize("values", [[], [5.0], [5.0] * 200, list(range(60)), [0.0] * 200])
def test_series_without_anything_to_find_give_typed_columns(values: list[float]) -> None:
    table = anomalies(series(values), 0.05, 0.05)
    assert len(table) == 0
    assert {name: str(kind) for name, kind in table.dtypes.items()} == {
        name: str(pd.Series(dtype=kind).dtype) for name, kind in COLUMNS.items()
    }


def test_rows_may_come_in_any_order() -> None:
    rows = simulate(Design(days=(200, 206), factor=0.7), 3)
    expected = anomalies(rows, 0.2, 0.05)
    assert len(expected) > 0
    pd.testing.assert_frame_equal(anomalies(rows.sample(frac=1, random_state=1), 0.2, 0.05), expected)


def test_public_sales_have_two_odd_weeks_and_the_days_before_christmas(real_build: DbtRun) -> None:
    """Lines of one packet jump from 8 % to 66 % for a week, twice, and sales fall by a sixth."""
    table = real_build.mart("sales_anomalies")
    days = table[table["level"] == "day"]
    spans = {(str(row.first_date.date()), str(row.last_date.date())) for row in days.itertuples()}
    assert {("2018-08-14", "2018-08-20"), ("2019-05-14", "2019-05-20")} <= spans
    others = [first for first, _ in spans if first not in ("2018-08-14", "2019-05-14")]
    assert all(first.startswith("2018-12-1") for first in others)
    odd = days[days["first_date"].isin(pd.to_datetime(["2018-08-14", "2019-05-14"]))]
    assert set(odd["measure"]) == {"sales_amount", "units_per_line"}
    assert odd["deviation_share"].between(-0.25, -0.1).all()
    stores = table[table["level"] == "store week"]
    weeks = pd.to_datetime(["2018-08-06", "2018-08-13", "2018-08-20", "2019-05-06", "2019-05-13", "2019-05-20"])
    assert stores["first_date"].isin(weeks).mean() > 0.9
