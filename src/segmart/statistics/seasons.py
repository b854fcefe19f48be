"""How much more or less than usual is sold in each month of the year."""

from __future__ import annotations

import numpy as np
import pandas as pd
from statsmodels.regression.linear_model import OLS

from segmart.statistics.inference import q_values

SERIES = ["dataset", "level", "member"]
"""Columns that name a series."""

COLUMNS = {
    **dict.fromkeys(SERIES, "string"),
    **dict.fromkeys(("month_of_year", "months"), "int64"),
    **dict.fromkeys(("sales_per_day", "seasonal_index", "index_low", "index_high", "p_value", "q_value"), "float64"),
    "reason": "string",
}
"""Name and type of what `seasons` returns."""

MONTHS = 12
YEARS = 2
"""A month that is known in fewer years can't be told from a month that was unusual."""


def seasons(series: pd.DataFrame) -> pd.DataFrame:
    """Estimate the season of each series: month effects beside a steady trend of the logarithm of sales per day.

    Args:
        series: One row per series (`SERIES`) and whole month: ``period_start``, ``days`` and ``usual_sales``, missing
            where it is not known.

    Returns:
        One row per series and month of the year that is known, with the columns of `COLUMNS`, sorted.
        ``seasonal_index`` is to the geometric mean of the year, with a 95 % interval; ``p_value`` is two-sided of an
        index of 1, ``q_value`` (Benjamini & Hochberg, JRSS B 57, 1995) over the months of all series of a dataset and
        level. They are missing where less than `YEARS` whole years are known, and ``reason`` says so.
    """
    known = series.dropna(subset=["usual_sales"]).sort_values([*SERIES, "period_start"])
    parts = [_season(rows).assign(**dict(zip(SERIES, key, strict=True))) for key, rows in known.groupby(SERIES)]
    # Without a row, columns of objects would have no type.
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    table["q_value"] = table["p_value"].astype(float).groupby([table["dataset"], table["level"]]).transform(q_values)
    return table[list(COLUMNS)].astype(COLUMNS).sort_values([*SERIES, "month_of_year"], ignore_index=True)


def _season(rows: pd.DataFrame) -> pd.DataFrame:
    """The months of one series, without its name."""
    starts = pd.to_datetime(rows["period_start"])
    month = starts.dt.month.to_numpy()
    daily = (rows["usual_sales"] / rows["days"]).to_numpy(dtype=float)
    means = pd.Series(daily).groupby(month).mean()
    found = pd.DataFrame(
        {
            "month_of_year": means.index,
            "months": len(rows),
            "sales_per_day": means.to_numpy().round(9),
            **dict.fromkeys(("seasonal_index", "index_low", "index_high", "p_value"), np.nan),
        }
    )
    years = pd.Series(month).value_counts()
    if len(years) < MONTHS or years.min() < YEARS:
        full = int(years.min()) if len(years) == MONTHS else 0
        return found.assign(
            reason=f"A season needs {YEARS} whole years, and {full} {'is' if full == 1 else 'are'} known."
        )
    if not (daily > 0).all():
        return found.assign(reason="There are months without sales, so that no ratio can be taken.")
    # Effects that add up to zero: the last month is the others' opposite.
    effects = np.column_stack([(month == number).astype(float) - (month == MONTHS) for number in range(1, MONTHS)])
    time = (12 * starts.dt.year + starts.dt.month).to_numpy(dtype=float)
    fit = OLS(np.log(daily), np.column_stack([np.ones(len(time)), time - time.mean(), effects])).fit()
    contrasts = np.zeros((MONTHS, 2 + MONTHS - 1))
    contrasts[:-1, 2:] = np.eye(MONTHS - 1)
    contrasts[-1, 2:] = -1
    test = fit.t_test(contrasts)
    interval = test.conf_int()
    is_varied = float(np.ptp(fit.resid)) > 1e-9
    return found.assign(
        seasonal_index=np.exp(test.effect).round(9),
        index_low=np.exp(interval[:, 0]).round(9),
        index_high=np.exp(interval[:, 1]).round(9),
        # Where nothing varies beside the season there is nothing to judge it by.
        p_value=test.pvalue if is_varied else np.nan,
        reason=f"{len(rows)} whole months are known.",
    )
