"""Anomalies planted in simulated series: how many are found, and how often chance is taken for one.

``python -m tools.benchmarks.anomalies`` writes anomalies.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmart.statistics.anomalies import anomalies
from tools.benchmarks.harness import ROOT, markdown_table, surroundings

FIRST_DAY = np.datetime64("2018-07-02")
YEAR = 364
STORES = 20
SIGNIFICANCE_LEVEL = 0.05
SMALLEST_SIZE = 0.05


@dataclass(frozen=True)
class Design:
    """Sales by day and by week and store, with a weekly and a yearly season.

    Attributes:
        years: Length of the series.
        memory: Part of a day's deviation that the next one keeps.
        peak: Factor of the sales of three weeks in every year.
        days: First and last day of the anomaly.
        factor: Of the sales in these days.
    """

    years: int = 1
    memory: float = 0.0
    peak: float = 1.0
    days: tuple[int, int] | None = None
    factor: float = 1.0


DESIGNS: Mapping[str, Design] = {
    "noise, 1 year": Design(),
    "noise, 2 years": Design(years=2),
    "noise that lasts, 1 year": Design(memory=0.3),
    "noise and a peak each year, 3 years": Design(years=3, peak=1.5),
    "one day, - 40 %": Design(days=(200, 200), factor=0.6),
    "one week, - 17 %": Design(days=(200, 206), factor=0.83),
    "one week, + 30 %": Design(days=(60, 66), factor=1.3),
    "from a day on, - 15 %": Design(days=(180, 9999), factor=0.85),
    "ten weeks, - 20 %": Design(days=(150, 219), factor=0.8),
}


def simulate(design: Design, seed: int) -> pd.DataFrame:
    """Series of sales, receipts, units per line and price level, as `anomalies` takes them."""
    random = np.random.default_rng(seed)
    days = np.arange(YEAR * design.years)
    week = np.array([0.9, 0.85, 0.9, 1.0, 1.2, 1.3, 0.85])[days % 7]
    season = 1 + 0.2 * np.sin(2 * np.pi * days / YEAR)
    season = season * np.where((days % YEAR >= 155) & (days % YEAR < 176), design.peak, 1)
    noise = 0.03 * random.normal(size=len(days))
    for day in days[1:]:
        noise[day] += design.memory * noise[day - 1]
    common = week * season * np.exp(noise)
    if design.days:
        common = common * np.where((days >= design.days[0]) & (days <= design.days[1]), design.factor, 1)
    sizes = random.uniform(10, 60, STORES)
    receipts = random.poisson(sizes[:, None] * common)
    units = receipts + random.binomial(receipts, 0.9)
    price = 4 * np.exp(0.01 * random.normal(size=receipts.shape))
    dates = FIRST_DAY + days
    frames = [_series("day", None, dates, receipts.sum(0), units.sum(0), (units * price).sum(0))]
    weekly = [values.reshape(STORES, -1, 7).sum(2) for values in (receipts, units, units * price)]
    frames.append(_series("week", None, dates[::7], *(values.sum(0) for values in weekly)))
    frames += [_series("store week", store, dates[::7], *(v[store] for v in weekly)) for store in range(STORES)]
    return pd.concat(frames, ignore_index=True).astype({"store_key": "Int64"})


def _series(
    level: str, store: int | None, dates: np.ndarray, receipts: np.ndarray, units: np.ndarray, amount: np.ndarray
) -> pd.DataFrame:
    with np.errstate(invalid="ignore"):
        measures = {
            "sales_amount": amount,
            "receipts": receipts,
            "units_per_line": units / receipts,
            "price_level": amount / units / 4,
        }
    return pd.concat(
        pd.DataFrame(
            {
                "dataset": "simulated",
                "level": level,
                "store_key": store,
                "measure": measure,
                "period_start": dates,
                "value": values.astype(float),
            }
        ).dropna(subset="value")
        for measure, values in measures.items()
    )


def judge(design: Design, seed: int) -> dict[str, bool]:
    """Whether the anomaly was found in the sales by day or by week, and whether anything else was.

    What touches the planted days or the week on either side is no false alarm.
    """
    found = anomalies(simulate(design, seed), SIGNIFICANCE_LEVEL, SMALLEST_SIZE)
    if design.days is None:
        return {"found": False, "false": len(found) > 0}
    first, last = (FIRST_DAY + np.clip(day, 0, YEAR * design.years) for day in design.days)
    near = (found["first_date"] <= last + 7) & (found["last_date"].fillna(pd.Timestamp("2100-01-01")) >= first - 7)
    of_sales = (found["measure"] == "sales_amount") & (found["level"] != "store week")
    return {"found": bool((near & of_sales).any()), "false": bool((~near).any())}


def main(arguments: list[str] | None = None) -> None:
    """Simulate and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=20)
    draws = parser.parse_args(arguments).draws
    rows = []
    for name, design in DESIGNS.items():
        judged = pd.DataFrame([judge(design, seed) for seed in range(draws)])
        planted = design.days is not None
        rows.append([name, draws, int(judged["found"].sum()) if planted else "", int(judged["false"].sum())])
        print(*rows[-1], sep="\t", flush=True)
    text = (
        "# Anomalies\n\nWritten by `python -m tools.benchmarks.anomalies`.\n\n"
        f"Simulated sales of {STORES} stores with a weekly and a yearly season, by day, by week, and by week and "
        "store, four measures each. *Found* counts the draws in which the planted anomaly is found in the sales of "
        "all stores, *false* the draws in which anything else is.\n\n"
    )
    table = markdown_table(["design", "draws", "found", "false"], rows)
    file = ROOT / "tools/benchmarks/anomalies.md"
    file.write_text(text + table + "\n\n" + surroundings(["statsmodels", "numpy"]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
