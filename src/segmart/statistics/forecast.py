"""Forecasts of sales that have to beat what needs no model: the last period, or the same period of the year before.

A method is tried from several starts in the past, each with what was known then. Its parameters are fitted once, on
what was known at the first of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm
from statsmodels.tsa.holtwinters import SimpleExpSmoothing
from statsmodels.tsa.seasonal import STL

Reals = NDArray[np.float64]

SERIES = ["dataset", "level", "member"]
"""Columns that name a series."""

COLUMNS = {
    **dict.fromkeys((*SERIES, "period_type", "method", "baseline", "reason"), "string"),
    **dict.fromkeys(("periods", "starts", "starts_won"), "Int64"),
    **dict.fromkeys(("error", "baseline_error", "interval_coverage"), "float64"),
    "is_published": "bool",
    "period_start": "datetime64[us]",
    **dict.fromkeys(("forecast", "low", "high"), "float64"),
}
"""Name and type of what `forecasts` returns."""


@dataclass(frozen=True)
class Grid:
    """How periods of a length are forecast.

    Attributes:
        name: What a period is called.
        season: Periods of a year.
        horizon: Periods that are forecast.
        starts: Starts in the past from which a method is tried at least, one period apart.
        least: Periods that must be known at the first start.
    """

    name: str
    season: int
    horizon: int
    starts: int
    least: int

    @property
    def needed(self) -> int:
        """Periods of the shortest series that can be judged."""
        return self.least + self.starts - 1 + self.horizon

    def first(self, periods: int) -> int:
        """Periods that are known at the first start: half of them, and of three years two, so that a season can be."""
        half = max(self.least, periods // 2)
        return max(half, 2 * self.season) if periods >= 3 * self.season else half


WEEKS = Grid("week", 52, 8, 12, 26)
MONTHS = Grid("month", 12, 3, 6, 18)

SMOOTHING, THETA = "exponential smoothing", "Theta"
AVERAGED, SEASONAL = "smoothing and the year before", "Theta with season"
"""The methods."""

LEAST_SAVING = 0.1
"""A method that saves less of the error may be no better: of series that nobody can forecast it is seldom more."""

LEAST_BUSY_SHARE = 0.9
"""Where fewer weeks than this have sales, months are forecast."""

SHORTEST_STEP = 1e-9
"""Sales that change less than this from period to period do not change."""


def forecasts(series: pd.DataFrame, coverage: float) -> pd.DataFrame:
    """Forecast each series whose best method clearly beats the best naive forecast in the backtest.

    Candidates are exponential smoothing; Theta (Assimakopoulos & Nikolopoulos, International Journal of Forecasting 16,
    2000); where a year is known at the first start, the mean of smoothing and of the same period a year before; where
    two are, Theta of what STL leaves of the season. Errors are scaled
    by the mean step from one period to the next (Hyndman & Koehler, ibid. 22, 2006). Intervals are those of the
    method, widened to hold the backtest's errors.

    Args:
        series: One row per series (`SERIES`), ``period_type`` (week or month) and whole period: ``period_start``,
            ``sales`` and ``usual_sales``, the sales as they would be without unusual days, missing where there are
            no others. Periods without sales are rows of 0. All series of a dataset end alike.
        coverage: Part of the outcomes that the interval is to hold, 0 to 1.

    Returns:
        Rows with the columns of `COLUMNS`, sorted: one per series and future period, or one without a period where
        nothing is published. ``interval_coverage`` is the part of the later half of the backtest's outcomes in
        intervals that its earlier half was enough for.
    """
    rows: list[dict[str, object]] = []
    ordered = series.sort_values([*SERIES, "period_type", "period_start"])
    for _, of_dataset in ordered.groupby("dataset"):
        weeks = of_dataset[(of_dataset["level"] == "total") & (of_dataset["period_type"] == WEEKS.name)]
        is_busy = len(weeks) > 0 and float((weeks["sales"] != 0).mean()) >= LEAST_BUSY_SHARE
        grid = WEEKS if is_busy else MONTHS
        for key, periods in of_dataset.groupby(SERIES):
            of_grid = periods[periods["period_type"] == grid.name]
            rows += _rows(dict(zip(SERIES, key, strict=True)), of_grid, grid, coverage)
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
    return table.sort_values([*SERIES, "period_start"], ignore_index=True)


def _rows(key: Mapping[str, str], periods: pd.DataFrame, grid: Grid, coverage: float) -> list[dict[str, object]]:
    """The rows of one series."""
    about: dict[str, object] = {
        **key,
        "period_type": grid.name,
        "periods": len(periods),
        "is_published": False,
        "period_start": pd.NaT,
    }
    if len(periods) < grid.needed:
        return [about | {"reason": f"{len(periods)} whole {grid.name}s are known, {grid.needed} are needed."}]
    sales = periods["sales"].to_numpy(dtype=float)
    if not (sales[-grid.horizon :] > 0).any():
        return [about | {"reason": f"Nothing was sold in the last {grid.horizon} {grid.name}s."}]
    usual = periods["usual_sales"].to_numpy(dtype=float)
    known = ~np.isnan(usual)
    values = np.interp(np.arange(len(usual)), np.flatnonzero(known), usual[known]) if known.any() else sales
    first = grid.first(len(values))
    scale = float(np.abs(np.diff(values[:first])).mean())
    if scale < SHORTEST_STEP:
        return [about | {"reason": "Sales do not change, so that there is nothing to forecast."}]
    is_positive = bool((values > 0).all())
    starts = np.arange(first, len(values) - grid.horizon + 1)
    outcomes = np.lib.stride_tricks.sliding_window_view(values, grid.horizon)[starts]
    # Unusual periods say nothing about a method.
    outcomes = np.where(np.lib.stride_tricks.sliding_window_view(known, grid.horizon)[starts], outcomes, np.nan)
    baselines = {f"last {grid.name}": np.repeat(values[starts - 1][:, None], grid.horizon, axis=1)}
    if first >= grid.season:
        ahead = starts[:, None] + np.arange(grid.horizon)[None, :]
        baselines[f"same {grid.name} a year before"] = values[ahead - grid.season]
    smoothed = {
        has_season: _smooth(values, first, grid, has_season) for has_season in _seasons(first, is_positive, grid)
    }
    fits = {name: _fit(name, smoothed) for name in _methods(first, smoothed, grid)}
    tried = {name: fit.at(starts) for name, fit in fits.items()}
    errors = {name: _errors(found, outcomes) / scale for name, found in {**tried, **baselines}.items()}
    method = min(tried, key=lambda name: float(np.nanmean(errors[name])))
    baseline = min(baselines, key=lambda name: float(np.nanmean(errors[name])))
    error, other = (float(np.nanmean(errors[name])) for name in (method, baseline))
    won = int((errors[method] < errors[baseline]).sum())
    about |= {
        **{"method": method, "baseline": baseline, "starts": len(starts), "starts_won": won},
        **{"error": round(error, 9), "baseline_error": round(other, 9)},
    }
    # As wide as the method says, or as its errors were.
    z_score = float(norm.ppf((1 + coverage) / 2))
    spread = fits[method].spread(grid.horizon)
    ratios = np.abs(tried[method] - outcomes) / spread
    half = len(starts) // 2
    reach = max(z_score, _quantile(ratios[:half], coverage))
    later = ratios[half:]
    about["interval_coverage"] = round(float((later <= reach)[~np.isnan(later)].mean()), 9)
    closer = f"closer from {won} of {len(starts)} starts"
    if not (error <= (1 - LEAST_SAVING) * other and other > 0 and 2 * won >= len(starts)):
        return [about | {"reason": f"“{method}” was not clearly better than the {baseline}: it was {closer}."}]
    less = f"{100 * (1 - error / other):.0f} % less error"
    about |= {
        "reason": f"“{method}” had {less} than the {baseline}, and was {closer}.",
        "is_published": True,
    }
    has_season = method == SEASONAL
    final = _fit(method, {has_season: _smooth(values, len(values), grid, has_season)})
    ahead = final.at(np.array([len(values)]))[0]
    width = max(z_score, _quantile(ratios, coverage)) * final.spread(grid.horizon)
    floor = 0.0 if is_positive else -np.inf
    last = pd.Timestamp(periods["period_start"].iloc[-1])
    step = pd.DateOffset(weeks=1) if grid is WEEKS else pd.DateOffset(months=1)
    return [
        about
        | {
            "period_start": last + step * (number + 1),
            "forecast": round(max(float(ahead[number]), floor), 2),
            "low": round(max(float(ahead[number] - width[number]), floor), 2),
            "high": round(float(ahead[number] + width[number]), 2),
        }
        for number in range(grid.horizon)
    ]


def _seasons(first: int, is_positive: bool, grid: Grid) -> list[bool]:
    """Whether to smooth a series with its season, without, or both, if so many periods are known at the first start."""
    return [False, True] if first >= 2 * grid.season and is_positive else [False]


def _methods(first: int, smoothed: Mapping[bool, Fit], grid: Grid) -> list[str]:
    """Candidates for a series of which so many periods are known at the first start."""
    return [SMOOTHING, THETA, *([AVERAGED] if first >= grid.season else []), *([SEASONAL] if True in smoothed else [])]


def _errors(found: Reals, outcomes: Reals) -> Reals:
    """Mean absolute error of each start, NaN where no period of it is usual, shape (n_starts,)."""
    deviations = np.abs(found - outcomes)
    counts = (~np.isnan(deviations)).sum(axis=1)
    return np.where(counts > 0, np.nansum(deviations, axis=1) / np.maximum(counts, 1), np.nan)


def _quantile(ratios: Reals, coverage: float) -> float:
    """The value that holds this part of the known ones, and one more; 0 without any."""
    known = np.sort(ratios[~np.isnan(ratios)])
    if not len(known):
        return 0.0
    return float(known[min(len(known) - 1, int(np.ceil(coverage * (len(known) + 1))) - 1)])


@dataclass(frozen=True)
class Fit:
    """A method whose parameters are fixed: exponential smoothing, and what makes it another one.

    Attributes:
        values: The series without its season, shape (n,).
        season: Factor of each of them and of the periods ahead, shape (n + horizon,).
        levels: Its smoothed level after each period, shape (n,).
        alpha: Weight of the last period in the level, 0 to 1.
        has_drift: Whether half of the trend is added.
        has_year: Whether the forecast is averaged with the same period a year before.
        periods_of_year: How many periods that is.
        horizon: Periods that are forecast.
        deviation: Standard deviation of what one period ahead was off, with season.
    """

    values: Reals
    season: Reals
    levels: Reals
    alpha: float
    has_drift: bool
    has_year: bool
    periods_of_year: int
    horizon: int
    deviation: float

    def at(self, starts: NDArray[np.int64]) -> Reals:
        """Forecasts from what was known before each start, shape (n_starts, horizon)."""
        found = np.empty((len(starts), self.horizon))
        steps = np.arange(self.horizon)
        for row, start in enumerate(starts):
            ahead = np.full(self.horizon, self.levels[start - 1])
            if self.has_drift:
                # Hyndman & Billah, International Journal of Forecasting 19, 2003.
                slope = float(np.polyfit(np.arange(start), self.values[:start], 1)[0])
                ahead = ahead + slope / 2 * (steps + (1 - (1 - self.alpha) ** start) / self.alpha)
            if self.has_year:
                ahead = (ahead + self.values[start + steps - self.periods_of_year]) / 2
            found[row] = ahead * self.season[start + steps]
        return found

    def spread(self, horizon: int) -> Reals:
        """Standard deviation of what the forecast is off, shape (horizon,)."""
        return self.deviation * np.sqrt(1 + np.arange(horizon) * self.alpha**2)


def _fit(method: str, smoothed: Mapping[bool, Fit]) -> Fit:
    """A method made from what was smoothed with its season, or without."""
    return replace(smoothed[method == SEASONAL], has_drift=method in (THETA, SEASONAL), has_year=method == AVERAGED)


def _smooth(values: Reals, known: int, grid: Grid, has_season: bool) -> Fit:
    """Fit exponential smoothing to the first periods, and smooth all of them with what was found."""
    season = np.ones(len(values) + grid.horizon)
    if has_season:
        parts = STL(np.log(values[:known]), period=grid.season, robust=True).fit()
        # The last year stands for those after it.
        cycle = np.exp(np.asarray(parts.seasonal))
        season[:known] = cycle
        later = np.arange(known, len(season))
        season[later] = cycle[known - grid.season + (later - known) % grid.season]
    adjusted = values / season[: len(values)]
    smoothing = SimpleExpSmoothing(adjusted[:known], initialization_method="heuristic").fit()
    alpha = float(np.clip(smoothing.params["smoothing_level"], 1e-4, 1.0))
    levels = np.empty(len(adjusted))
    level = float(smoothing.params["initial_level"])
    for place, value in enumerate(adjusted):
        level += alpha * (value - level)
        levels[place] = level
    off = (adjusted[1:known] - levels[: known - 1]) * season[1:known]
    return Fit(
        values=adjusted,
        season=season,
        levels=levels,
        alpha=alpha,
        has_drift=False,
        has_year=False,
        periods_of_year=grid.season,
        horizon=grid.horizon,
        deviation=float(np.sqrt(np.mean(off**2))),
    )
