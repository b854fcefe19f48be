"""Anomalies in time: periods in which a series leaves its trend and its week, and levels that shift for good."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import false_discovery_control
from scipy.stats import t as student
from statsmodels.nonparametric.smoothers_lowess import lowess
from statsmodels.tsa.seasonal import STL

Values = NDArray[np.float64]

SERIES = ["dataset", "level", "store_key", "measure"]
"""Columns that name a series."""

COLUMNS = {
    **dict.fromkeys(("dataset", "level", "measure", "kind"), "string"),
    "store_key": "Int64",
    **dict.fromkeys(("first_date", "last_date"), "datetime64[us]"),
    "periods": "int64",
    **dict.fromkeys(("observed", "expected", "z_score", "q_value"), "float64"),
}
"""Name and type of what `anomalies` returns."""

SUMS = ("sales_amount", "receipts", "customers")
"""Measures that count something: their square root scatters alike at every level; ratios are compared by logarithm."""

DAYS = {"day": 1, "week": 7, "store week": 7}
"""Level -> days of a period."""

SHORTEST = {"day": 70, "week": 26, "store week": 26}
"""A series of fewer periods has no trend that could be told from an anomaly."""

TREND_PERIODS = {"day": 57, "week": 13, "store week": 13}
SEASON_CYCLES = 53
"""Weeks over which the shape of a week may change."""

STEP_WEEKS = 8
"""A level is compared on so many weeks before and after a shift."""

LEAST_Z_SCORE = 4.0
"""The scatter is taken for large enough that the smallest size of interest has this z-score at most."""

HUBER_ITERATIONS = 4
HUBER_REACH = 1.5
"""Standard deviations from the trend beyond which a week pulls no harder."""

MOST_STEPS = 6
SHIFT_PERIODS = 3
"""So many periods in a row that are off are a shift, fewer are outliers."""

OTHER_YEAR = 364
EDGE_Z_SCORE = 2.0
"""Neighbours of an anomaly belong to it up to here."""

MAD_TO_SD = 1.4826
WINSORISED_SD = 0.87
"""Standard deviation of standard normal values of which the outer twentieths are pulled in."""

MAD_EFFICIENCY = 0.37
"""The median absolute deviation of normal noise is as exact as the standard deviation of this part of the rows."""


@dataclass
class Tested:
    """A series with what was tested in it.

    Attributes:
        key: The values of `SERIES`.
        dates: First day of each period, without gaps, shape (n,).
        values: Its values, NaN where there were none, shape (n,).
        expected: What was to be expected, on the scale of the values, shape (n,).
        z_scores: Deviation of each period; NaN where there was no value, shape (n,).
        p_values: Two-sided, of the period of each run that is farthest off, see `_peak_p_values`, shape (n,).
        windows: Slice, z-score and p-value of spells of a week that are off together, though no day of them may be.
        steps: Position, z-score, p-value, and expected value without it of each shift for good.
        other_tests: How many windows and positions of shifts were looked at.
    """

    key: tuple
    dates: NDArray[np.datetime64]
    values: Values
    expected: Values
    z_scores: Values
    p_values: Values
    windows: list[tuple[slice, float, float]]
    steps: list[tuple[int, float, float, Values]]
    other_tests: int


def anomalies(series: pd.DataFrame, largest_q_value: float, smallest_size: float) -> pd.DataFrame:
    """Find the periods in which series are not what they were to be expected.

    Sums are compared by their square root, ratios by their logarithm. Days are decomposed into trend, week and rest by
    STL, weeks into trend and rest by LOWESS, both robust (Cleveland et al., Journal of Official Statistics 6, 1990).
    The rest is judged against its own scatter. What comes again a year later or earlier is a season. A shift for good
    is a step in a straight line over 8 weeks before and after. Q-values (Benjamini & Hochberg) are over all periods,
    series and positions of a level, and count the levels of a dataset.

    Args:
        series: One row per series (`SERIES`) and period: ``period_start``, ``value``. Periods that are not there, such
            as days on which all stores are closed, are neither anomalies nor zeros.
        largest_q_value: Largest q-value of what is returned.
        smallest_size: Smallest relative deviation of what is returned, 0 to 1.

    Returns:
        One row per anomaly with the columns of `COLUMNS`, sorted. ``last_date`` is empty for a level that still lasts,
        ``observed`` and ``expected`` are means over the periods of the anomaly, of 8 weeks for a level.
    """
    ordered = series.sort_values([*SERIES, "period_start"])
    tested = [
        judged
        for key, rows in ordered.groupby(SERIES, sort=False, dropna=False)
        if (
            judged := _test(
                key, rows["period_start"].to_numpy("datetime64[D]"), rows["value"].to_numpy(float), smallest_size
            )
        )
    ]
    levels: dict[tuple[str, str], list[Tested]] = {}
    for one in tested:
        levels.setdefault((one.key[0], one.key[1]), []).append(one)
    found = []
    for (dataset, _), members in levels.items():
        families = sum(name == dataset for name, _ in levels)
        for one, (q_values, window_q_values, step_q_values) in zip(members, _q_values(members, families), strict=True):
            periods = _periods(one, q_values, largest_q_value, smallest_size)
            found += periods + _windows(one, window_q_values, largest_q_value, smallest_size, periods)
            found += _levels(one, step_q_values, largest_q_value, smallest_size)
    table = pd.DataFrame(found, columns=[*SERIES, *(name for name in COLUMNS if name not in SERIES)])
    table = table.astype(COLUMNS)[list(COLUMNS)]
    # A run of periods may begin where a shift for good does.
    table["strength"] = -table["z_score"].abs()
    table = table.sort_values("strength", kind="stable").drop_duplicates([*SERIES, "first_date", "kind"])[list(COLUMNS)]
    return table.sort_values(["dataset", "level", "store_key", "measure", "first_date", "kind"], ignore_index=True)


def _q_values(members: list[Tested], families: int) -> list[tuple[Values, Values, Values]]:
    """Q-values of the periods, windows and steps of each series, corrected for all that were looked at."""
    parts = [
        np.array(p_values, dtype=float)
        for one in members
        for p_values in (one.p_values, [window[2] for window in one.windows], [step[2] for step in one.steps])
    ]
    # Windows and positions at which nothing stands out have p-values, too; 1 is a safe one.
    dull = np.ones(sum(one.other_tests - len(one.windows) - len(one.steps) for one in members))
    flat = np.concatenate([*parts, dull])
    q_values = np.full(len(flat), np.nan)
    known = ~np.isnan(flat)
    q_values[known] = np.minimum(1, families * false_discovery_control(flat[known]))
    split = np.split(q_values, np.cumsum([len(part) for part in parts]))
    return list(zip(split[:-1:3], split[1:-1:3], split[2:-1:3], strict=True))


def _test(key: tuple, dates: NDArray[np.datetime64], values: Values, smallest: float) -> Tested | None:
    """Decompose a series and compare its periods with their expectation; None if it is too short or does not vary."""
    level, measure = key[1], key[3]
    days = DAYS[level]
    positions = (dates - dates[0]).astype(int) // days
    if len(dates) < SHORTEST[level]:
        return None
    whole = np.full(positions[-1] + 1, np.nan)
    whole[positions] = values
    calendar = dates[0] + days * np.arange(len(whole))
    is_sum = measure in SUMS
    weekdays = _weekday_factors(whole) if is_sum and level == "day" else np.ones(len(whole))
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.sqrt(np.maximum(whole / weekdays, 0)) if is_sum else np.log(np.where(whole > 0, whole, np.nan))
    known = ~np.isnan(scaled)
    if known.sum() < SHORTEST[level] or np.ptp(scaled[known]) < 1e-9:
        return None
    filled = np.interp(np.arange(len(scaled)), np.flatnonzero(known), scaled[known])
    if level == "day":
        # A closed day is worth what its weekday is worth, or it would bend the week.
        weekday = np.arange(len(filled)) % 7
        for day in range(7):
            on = known & (weekday == day)
            off = ~known & (weekday == day)
            shift = np.median(scaled[on] - _running_median(filled, 15)[on]) if on.any() else 0.0
            filled[off] = _running_median(filled, 15)[off] + shift
    least_scale = np.log1p(smallest) / LEAST_Z_SCORE * (float(np.median(scaled[known])) / 2 if is_sum else 1.0)
    shifts, steps, step_tests = _steps(filled, level, least_scale)
    season, trend = _decompose(filled - shifts, level, least_scale)
    rest = np.where(known, filled - shifts - trend - season, np.nan)
    scale = max(_scale(rest), least_scale)
    z_scores = _without_seasons(rest / (scale * _leverage(len(rest), level)), OTHER_YEAR // days)
    freedom = max(4.0, MAD_EFFICIENCY * known.sum())
    p_values = _peak_p_values(z_scores, freedom)
    windows, window_tests = _spells(rest / scale, freedom) if level == "day" else ([], 0)
    expected = season + trend + shifts

    def back(values: Values) -> Values:
        return np.square(np.maximum(values, 0)) * weekdays if is_sum else np.exp(values)

    judged = [(at, z_score, p_value, back(expected - step)) for at, z_score, p_value, step in steps]
    return Tested(
        key,
        calendar,
        np.where(known, whole, np.nan),
        back(expected),
        z_scores,
        p_values,
        windows,
        judged,
        window_tests + step_tests,
    )


def _weekday_factors(values: Values) -> Values:
    """What each weekday sells against the weeks around it, shape (n,): a busy month widens a week in proportion."""
    known = np.flatnonzero(~np.isnan(values))
    level = _running_median(np.interp(np.arange(len(values)), known, values[known]), 29)
    ratios = values / np.where(level > 0, level, np.nan)
    factors = np.ones(7)
    for day in range(7):
        of_day = ratios[day::7]
        of_day = of_day[of_day > 0]
        factors[day] = np.median(of_day) if len(of_day) else 1.0
    return factors[np.arange(len(values)) % 7]


def _decompose(values: Values, level: str, least_scale: float) -> tuple[Values, Values]:
    """Season and trend of a series without gaps, each of shape (n,)."""
    if level == "day":
        fit = STL(values, period=7, seasonal=SEASON_CYCLES, trend=TREND_PERIODS[level], robust=True).fit()
        return np.asarray(fit.seasonal), np.asarray(fit.trend)
    # LOWESS' own weights break down where more than half of the weeks are alike; Huber's pseudo-values do not (Huber,
    # Robust Statistics, 1981, section 7.8).
    smoother = _smoother(len(values))
    pseudo = values
    for _ in range(HUBER_ITERATIONS):
        trend = smoother @ pseudo
        rest = values - trend
        reach = HUBER_REACH * max(_scale(rest), least_scale)
        pseudo = trend + np.clip(rest, -reach, reach)
    return np.zeros(len(values)), smoother @ pseudo


@lru_cache(maxsize=64)
def _smoother(length: int) -> Values:
    """LOWESS of a series of so many weeks as a matrix: its columns are the smoothed unit vectors."""
    positions = np.arange(length, dtype=float)
    share = min(1.0, TREND_PERIODS["week"] / length)
    return np.column_stack([lowess(unit, positions, frac=share, it=0, return_sorted=False) for unit in np.eye(length)])


def _scale(rest: Values) -> float:
    """Standard deviation of what is left, with little regard for a twentieth of the values at either end.

    The larger of two: the median absolute deviation is 0 where more than half of the values are alike, such as units
    per line in small stores.
    """
    # Sorting once is much faster than NumPy's quantiles, and there are thousands of short series.
    known = np.sort(rest[~np.isnan(rest)])
    middle, outer = len(known) // 2, len(known) // 20
    deviation = np.sort(np.abs(known - known[middle]))[middle]
    pulled_in = np.clip(known, known[outer], known[-1 - outer])
    return max(MAD_TO_SD * float(deviation), float(pulled_in.std()) / WINSORISED_SD)


@lru_cache(maxsize=64)
def _leverage(length: int, level: str) -> Values:
    """How much farther a new value scatters around the fit than the values that it was fitted to, shape (length,).

    A value pulls the fit towards itself by its leverage, most at the ends; an outlier, which has no weight, does not.
    """
    if level == "day":
        # Local lines with tricube weights have about this much, four times as much at the ends.
        middle = np.arange(length)
        half = min(TREND_PERIODS[level], length) // 2
        reach = np.minimum(np.minimum(middle, length - 1 - middle), half)
        pull = (1.75 + 5.25 * (1 - reach / half) ** 2) / (2 * half + 1) + 1.75 / min(SEASON_CYCLES, length / 7)
    else:
        pull = np.diag(_smoother(length))
    pull = np.clip(pull, 0, 0.8)
    return np.sqrt((1 + pull) / (1 - np.median(pull)))


def _without_seasons(z_scores: Values, lag: int) -> Values:
    """Take from each deviation what was there a year before or after as well, in the same direction."""
    adjusted = z_scores.copy()
    for shift in (lag, -lag):
        other = np.full(len(z_scores), np.nan)
        if abs(shift) < len(z_scores):
            other[max(shift, 0) : len(z_scores) + min(shift, 0)] = z_scores[
                max(-shift, 0) : len(z_scores) - max(shift, 0)
            ]
        same = np.where(np.sign(other) == np.sign(z_scores), np.abs(other), 0)
        adjusted = np.sign(z_scores) * np.minimum(np.abs(adjusted), np.maximum(np.abs(z_scores) - same, 0))
    return adjusted


def _running_median(values: Values, width: int) -> Values:
    padded = np.pad(values, width // 2, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=-1)


def _steps(
    values: Values, level: str, least_scale: float
) -> tuple[Values, list[tuple[int, float, float, Values]], int]:
    """Shifts for good: their sum, each one with position, z-score, p-value and itself, and the positions looked at."""
    size = 7 // DAYS[level]
    blocks = len(values) // size
    offset = len(values) - blocks * size
    means = values[offset:].reshape(blocks, size).mean(axis=1)
    positions = np.arange(STEP_WEEKS, blocks - STEP_WEEKS + 1)
    weights = _step_weights()
    found: list[tuple[int, float, float, Values]] = []
    shifts = np.zeros(len(values))
    if len(positions) == 0:
        return shifts, found, 0
    freedom = max(4.0, MAD_EFFICIENCY * blocks)
    for _ in range(MOST_STEPS):
        # The median of three weeks keeps steps and drops single odd weeks.
        smooth = _running_median(means, 3)
        rest = means - _decompose(means, "week", least_scale)[1]
        scale = max(_scale(rest), least_scale) * np.median(_leverage(blocks, "week"))
        sizes = np.lib.stride_tricks.sliding_window_view(smooth, 2 * STEP_WEEKS) @ weights
        z_scores = _without_seasons(sizes / (scale * np.sqrt(weights @ weights)), OTHER_YEAR // 7)
        best = int(np.argmax(np.abs(z_scores)))
        p_value = 2 * student.sf(abs(z_scores[best]), freedom)
        if p_value * len(positions) > 0.05:
            break
        at = offset + positions[best] * size
        step = np.where(np.arange(len(values)) >= at, sizes[best], 0.0)
        found.append((int(at), float(z_scores[best]), float(p_value), step))
        shifts = shifts + step
        means = means - np.where(np.arange(blocks) >= positions[best], sizes[best], 0.0)
    return shifts, found, len(positions)


@lru_cache(maxsize=1)
def _step_weights() -> Values:
    """Weights of the values around a step that give its size in a least squares fit of a line with a step."""
    positions = np.arange(2 * STEP_WEEKS)
    design = np.column_stack([np.ones(len(positions)), positions, positions >= STEP_WEEKS])
    return np.linalg.pinv(design)[2]


def _runs(z_scores: Values) -> list[slice]:
    """Runs of periods that are off in one direction."""
    sides = np.nan_to_num(np.where(np.abs(z_scores) > EDGE_Z_SCORE, np.sign(z_scores), 0))
    starts = np.flatnonzero(np.diff(sides, prepend=0) != 0)
    ends = np.append(starts, len(sides))[1:]
    return [slice(start, end) for start, end in zip(starts, ends, strict=True) if sides[start] != 0]


def _peak_p_values(z_scores: Values, freedom: float) -> Values:
    """Two-sided p-value of the period of each run that is farthest off; 1 for all other periods, NaN without a value.

    If every day of a long anomaly counted as a finding, the correction would let more chance in beside it.
    """
    p_values = np.where(np.isnan(z_scores), np.nan, 1.0)
    peaks = np.array([run.start + int(np.nanargmax(np.abs(z_scores[run]))) for run in _runs(z_scores)], dtype=int)
    p_values[peaks] = 2 * student.sf(np.abs(z_scores[peaks]), freedom)
    return p_values


def _spells(z_scores: Values, freedom: float) -> tuple[list[tuple[slice, float, float]], int]:
    """Weeks of seven days in a row that are off together: slice, z-score and p-value; and how many were looked at."""
    windows = np.lib.stride_tricks.sliding_window_view(z_scores, 7)
    known = (~np.isnan(windows)).sum(axis=1)
    sums = np.nansum(windows, axis=1) / np.sqrt(np.maximum(known, 1))
    sums = np.where(known >= 5, sums, np.nan)
    # Days that are off like their neighbours scatter more together than one by one.
    sums = _without_seasons(sums / max(_scale(sums), 1.0), OTHER_YEAR)
    found = []
    for run in _runs(sums):
        peak = run.start + int(np.nanargmax(np.abs(sums[run])))
        days = peak + np.flatnonzero(np.sign(z_scores[peak : peak + 7]) == np.sign(sums[peak]))
        z_score = float(sums[peak])
        found.append((slice(int(days[0]), int(days[-1]) + 1), z_score, float(2 * student.sf(abs(z_score), freedom))))
    return found, int((known >= 5).sum())


def _is_of_interest(observed: float, expected: float, smallest: float) -> bool:
    """Whether a deviation is large enough; of nothing expected there is no share."""
    return expected > 0 and abs(observed / expected - 1) >= smallest


def _windows(one: Tested, q_values: Values, largest_q: float, smallest: float, periods: list[tuple]) -> list[tuple]:
    """Spells that are off together and of which no day is reported by itself."""
    rows = []
    reported = [(row[len(SERIES) + 1], row[len(SERIES) + 2]) for row in periods]
    for (days, z_score, _), q_value in zip(one.windows, q_values, strict=True):
        first, last = one.dates[days.start], one.dates[days.stop - 1]
        observed, expected = float(np.nanmean(one.values[days])), float(np.mean(one.expected[days]))
        is_reported = any(start <= last and end >= first for start, end in reported)
        if q_value < largest_q and not is_reported and _is_of_interest(observed, expected, smallest):
            rows.append(
                (
                    *one.key,
                    "level shift",
                    first,
                    last,
                    days.stop - days.start,
                    observed,
                    expected,
                    z_score,
                    float(q_value),
                )
            )
    return rows


def _periods(one: Tested, q_values: Values, largest_q: float, smallest: float) -> list[tuple]:
    """Runs of periods that are off in one direction, each with at least one that is off beyond chance."""
    rows = []
    for run in _runs(one.z_scores):
        if not np.nanmin(q_values[run]) < largest_q:
            continue
        start, end = run.start, run.stop
        observed, expected = float(np.nanmean(one.values[run])), float(np.mean(one.expected[run]))
        if not _is_of_interest(observed, expected, smallest):
            continue
        kind = "level shift" if end - start >= SHIFT_PERIODS else "outlier"
        worst = start + int(np.nanargmax(np.abs(one.z_scores[run])))
        last = one.dates[end - 1] + DAYS[one.key[1]] - 1
        rows.append(
            (
                *(*one.key, kind, one.dates[start], last, end - start, observed, expected),
                *(float(one.z_scores[worst]), float(np.nanmin(q_values[run]))),
            )
        )
    return rows


def _levels(one: Tested, q_values: Values, largest_q: float, smallest: float) -> list[tuple]:
    """Shifts for good; one that a later one takes back ends there."""
    rows = []
    width = STEP_WEEKS * 7 // DAYS[one.key[1]]
    steps = sorted(zip(one.steps, q_values, strict=True), key=lambda pair: pair[0][0])
    proven = [(step, q_value) for step, q_value in steps if q_value < largest_q]
    for number, ((at, z_score, _, without), q_value) in enumerate(proven):
        later = next((step[0] for step, _ in proven[number + 1 :] if np.sign(step[1]) != np.sign(z_score)), None)
        end = min(at + width, len(one.values) if later is None else later)
        observed, expected = float(np.nanmean(one.values[at:end])), float(np.mean(without[at:end]))
        if not _is_of_interest(observed, expected, smallest):
            continue
        last = np.datetime64("NaT") if later is None else one.dates[later] - 1
        periods = (len(one.values) if later is None else later) - at
        rows.append(
            (*one.key, "level shift", one.dates[at], last, periods, observed, expected, z_score, float(q_value))
        )
    return rows
