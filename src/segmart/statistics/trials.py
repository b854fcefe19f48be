"""What a trial in some stores did: each is compared with a control made of other stores that went along before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.stats import t as student

from segmart.statistics.inference import q_values
from segmart.statistics.settings import SettingsError

Values = NDArray[np.float64]

TRIALS_FILE = "seeds/reference/trial_stores.csv"

DAYS = ("pre_start_date", "pre_end_date", "trial_start_date", "trial_end_date")
"""First and last day of the time before a trial and of the trial."""

SUMS = ("sales_amount", "customers", "receipts")
"""Measures that add up over stores, from which the others follow."""

PARTS = ("customers", "receipts_per_customer", "sales_per_receipt")
PARTS_OF_UNKNOWN = ("receipts", "sales_per_receipt")
"""Sales are the product of these, the others where no customer is known."""

MEASURES = (*SUMS, "receipts_per_customer", "sales_per_receipt")

LEAST_MONTHS = 4
"""Of fewer months before the trial no shape can be seen, least of all if one of them is held out."""

LEAST_OTHERS = 2
"""A weighted control takes two stores at least."""

DONORS = 10
"""A weighted control is made of so many stores that are most alike: of hundreds, some would fit by chance."""

MOST_PLACEBOS = 400
"""So many other stores are looked at as if the trial had been theirs."""

LEAST_PLACEBOS = 19
"""Fewer stores say too little about how far stores drift."""

LEAST_WEIGHT = 0.005
"""A store with less weight is left out of a control."""

LEAST_SPREAD = 1e-9
"""A store whose months follow its control to the last digit leaves nothing to judge by."""

SUM_WEIGHT = 1e3
"""How much more it counts that the weights add up to 1 than that a month fits."""

HIGH_QUANTILE = 0.95
"""Intervals reach from 5 to 95 %."""

COLUMNS = {
    **dict.fromkeys(("dataset", "trial", "store_id", "measure", "period"), "string"),
    "month_start_date": "datetime64[us]",
    **dict.fromkeys(("control_type", "control_stores"), "string"),
    **dict.fromkeys(("observed", "expected", "effect_share", "effect_share_low", "effect_share_high"), "float64"),
    **dict.fromkeys(("contribution", "p_value", "placebo_p_value", "q_value"), "float64"),
    "placebo_stores": "Int64",
    "remark": "string",
}
"""Name and type of what `trial_effects` returns."""


@dataclass(frozen=True)
class Months:
    """Monthly sums of stores without gaps: the months before a trial, then those of the trial.

    Attributes:
        values: Sales, customers and receipts, shape (3, n_stores, n_months); customers are NaN where none is known.
        before: Number of months before the trial.
    """

    values: Values
    before: int


@dataclass(frozen=True)
class Judged:
    """A store against its control.

    Attributes:
        weights: Weight of each control store by its position; they add up to 1.
        expected: Sales, customers and receipts of the control, scaled to the store, shape (3, n_months).
        effects: Relative differences of `MEASURES`, one for each month and one for the whole trial, shape
            (5, n_months + 1).
        standard_errors: Of the effects of the trial months and of the whole trial, from months before the trial that
            were held out, shape (5, n_trial_months + 1); NaN where nothing can be told.
    """

    weights: dict[int, float]
    expected: Values
    effects: Values
    standard_errors: Values

    @property
    def trial_effects(self) -> Values:
        """The effects of the trial months and of the whole trial, shape (5, n_trial_months + 1)."""
        return self.effects[:, -self.standard_errors.shape[1] :]

    @property
    def t_values(self) -> Values:
        """These effects by their standard errors, of the same shape."""
        return self.trial_effects / self.standard_errors


def trial_effects(trials: pd.DataFrame, months: pd.DataFrame) -> pd.DataFrame:
    """Compare trial stores with controls, month by month.

    The control is the store that is most alike before the trial, or a weighted mean of stores (synthetic control,
    Abadie, Diamond & Hainmueller, JASA 105, 2010) where this predicts held-out months before the trial better. Either
    is scaled to the trial store. The differences of the trial months are judged against those of held-out months
    before, by Student's t with one degree of freedom less than months. The same is done with stores that had no trial
    (placebos): where their t-values scatter more than Student's t, as where stores drift, all t-values are divided by
    the ratio of the two 90 % quantiles. Effects on sales are split by logarithms into customers, receipts per customer
    and sales per receipt. Q-values (Benjamini & Hochberg) are over the stores and months of a trial, for each measure,
    and over its stores for the whole trial.

    Args:
        trials: Rows of TRIALS_FILE: ``dataset``, ``trial``, ``store_id`` and the days of `DAYS`.
        months: One row per store and month: ``dataset``, ``store_id``, ``month_start_date``, ``is_complete_month`` and
            the columns of `SUMS`. Rows of datasets without a trial are ignored.

    Returns:
        One row per trial store, measure and month (``period`` is ``before`` or ``trial``), and one for the ``whole
        trial`` at its first month, with the columns of `COLUMNS`, sorted. The ``contribution`` of sales and their parts
        is in money. A store that can't be judged has one row, for the sales of the whole trial, with a ``remark``.

    Raises:
        SettingsError: A trial has no days, or days that contradict each other, or a store is listed twice.
    """
    check_trials(trials)
    rows: list[dict[str, Any]] = []
    for (dataset, trial, *_), settings in trials.sort_values(["dataset", "trial", "store_id"]).groupby(
        ["dataset", "trial", *DAYS]
    ):
        of_dataset = months[months["dataset"] == dataset]
        if len(of_dataset):
            overlapping = _stores_in_trials(trials[trials["dataset"] == dataset], settings)
            named = {"dataset": dataset, "trial": trial}
            rows += [{**named, **row} for row in _effects_of_trial(settings, of_dataset, overlapping)]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["q_value"] = _q_values(table)
    table = table.astype({"month_start_date": "datetime64[us]"}).astype(COLUMNS)
    table["place"] = table["measure"].map({measure: place for place, measure in enumerate(MEASURES)})
    order = ["dataset", "trial", "store_id", "place", "period", "month_start_date"]
    return table.sort_values(order, ignore_index=True)[list(COLUMNS)]


def check_trials(trials: pd.DataFrame) -> None:
    """Stop if the list of trial stores contradicts itself.

    Args:
        trials: See `trial_effects`.

    Raises:
        SettingsError: With a sentence for each wrong row.
    """
    problems = []
    for row in trials.itertuples():
        about = f"{TRIALS_FILE}: trial {row.trial} of {row.dataset}, store {row.store_id}: "
        missing = [name for name in ("dataset", "trial", "store_id", *DAYS) if pd.isna(getattr(row, name))]
        if missing:
            problems.append(f"{about}{' and '.join(missing)} must not be empty")
        elif not row.pre_start_date < row.pre_end_date < row.trial_start_date < row.trial_end_date:
            problems.append(f"{about}{', '.join(DAYS)} must follow each other in this order")
    repeated = trials[trials.duplicated(["dataset", "trial", "store_id"])]
    problems += [
        f"{TRIALS_FILE}: trial {row.trial} of {row.dataset} lists store {row.store_id} twice"
        for row in repeated.itertuples()
    ]
    if problems:
        raise SettingsError("\n".join(problems))


def _stores_in_trials(trials: pd.DataFrame, settings: pd.DataFrame) -> set[str]:
    """Stores in which any trial ran at the time of this one, or before it: they are nobody's control."""
    start, end = settings["pre_start_date"].iloc[0], settings["trial_end_date"].iloc[0]
    at_the_time = (trials["trial_start_date"] <= end) & (trials["trial_end_date"] >= start)
    return set(trials.loc[at_the_time, "store_id"])


def _effects_of_trial(settings: pd.DataFrame, months: pd.DataFrame, in_trials: set[str]) -> Iterator[dict[str, Any]]:
    """Rows of all stores of a trial, q-values left out."""
    pre_start, pre_end, trial_start, trial_end = (settings[day].iloc[0] for day in DAYS)
    starts = months["month_start_date"]
    ends = starts + pd.offsets.MonthEnd(1)
    is_before = (starts >= pre_start) & (ends <= pre_end)
    is_trial = (starts >= trial_start) & (ends <= trial_end)
    used = months[(is_before | is_trial) & months["is_complete_month"]]
    names = sorted(used["month_start_date"].unique())
    before = sum(name <= pre_end for name in names)
    sums = {
        measure: used.pivot(index="store_id", columns="month_start_date", values=measure).sort_index()
        for measure in SUMS
    }
    has_customers = float(sums["customers"].to_numpy(dtype=float, na_value=0).sum()) > 0
    needed = [measure for measure in SUMS if has_customers or measure != "customers"]
    is_whole = np.all([(sums[measure] > 0).all(axis=1) for measure in needed], axis=0) if names else np.array([])
    stores = list(sums["sales_amount"].index[is_whole]) if names else []
    others = [place for place, store in enumerate(stores) if store not in in_trials]
    problem = ""
    if before < LEAST_MONTHS:
        problem = f"the files hold {before} whole months before the trial, and {LEAST_MONTHS} are needed"
    elif before == len(names):
        problem = "the files hold no whole month of the trial"
    elif len(others) < LEAST_OTHERS:
        problem = f"{len(others)} other stores sold in all months, and {LEAST_OTHERS} are needed"
    known = set(months["store_id"])
    remarks = {
        store: "the files hold no such store" if store not in known else problem or _absence(store, stores)
        for store in settings["store_id"]
    }
    for store, remark in remarks.items():
        if remark:
            yield {
                "store_id": store,
                "measure": SUMS[0],
                "period": "whole trial",
                "month_start_date": pd.Timestamp(trial_start).replace(day=1),
                "remark": remark,
            }
    judged = [store for store, remark in remarks.items() if not remark]
    if not judged:
        return
    values = np.stack([sums[measure].loc[stores].to_numpy(dtype=float) for measure in SUMS])
    if not has_customers:
        values[SUMS.index("customers")] = np.nan
    table = Months(values, before)
    placebos = _placebos(table, others)
    for store in judged:
        place = stores.index(store)
        found = judge_store(table, place, np.array([other for other in others if other != place]))
        yield from ({"store_id": store, **row} for row in _rows_of_store(table, place, found, placebos, names, stores))


def _absence(store: str, stores: list[str]) -> str:
    return "" if store in stores else "the store did not sell in every month, before and in the trial"


def _placebos(months: Months, others: list[int]) -> Values:
    """T-values of stores without a trial, shape (n_placebos, 5, n_trial_months + 1)."""
    # In even steps, as stores with neighbouring numbers may be alike.
    chosen = others[:: -(-len(others) // MOST_PLACEBOS)] if others else []
    if len(others) <= LEAST_OTHERS:
        return np.empty((0, len(MEASURES), months.values.shape[2] - months.before + 1))
    return np.stack(
        [
            judge_store(months, place, np.array([other for other in others if other != place])).t_values
            for place in chosen
        ]
    )


def judge_store(months: Months, store: int, others: NDArray[np.int64]) -> Judged:
    """Find the control of a store, and how far the store is from it.

    Args:
        months: Monthly sums of all stores.
        store: Position of the store.
        others: Positions of possible controls, shape (n_others,), two at least.
    """
    own, theirs, before = months.values[:, store], months.values[:, others], months.before
    held_out = np.full((2, len(SUMS), before), np.nan)
    for month in range(before):
        kept = np.delete(np.arange(before), month)
        for number, weights in enumerate(_controls(own, theirs, kept)):
            held_out[number, :, month] = _predicted(own, theirs, kept, weights)[:, month]
    errors = np.nanmean(np.square(own[:, :before] / held_out - 1), axis=1)
    chosen = _better(errors.sum(axis=1))
    # A month must not have a say in which control misses it, or the misses would look smaller than they are.
    choices = [_better(np.delete(errors, month, axis=1).sum(axis=1)) for month in range(before)]
    fair = np.stack([held_out[choice, :, month] for month, choice in enumerate(choices)], axis=1)
    weights = _controls(own, theirs, np.arange(before))[chosen]
    expected = _predicted(own, theirs, np.arange(before), weights)
    misses = _measures(own[:, :before]) / _measures(fair) - 1
    # A mean of n - 1 months misses the month that was left out by n / (n - 1) times its own distance from the mean.
    spread = np.sqrt(np.mean(np.square(misses), axis=1) * (before - 1) / before)
    whole = [_measures(part[:, before:].sum(axis=1, keepdims=True)) for part in (own, expected)]
    effects = np.column_stack([_measures(own) / _measures(expected) - 1, whole[0] / whole[1] - 1])
    trial_months = own.shape[1] - before
    factors = np.sqrt(np.append(np.full(trial_months, 1.0), 1 / trial_months) + 1 / before)
    return Judged(
        weights={int(others[place]): float(weights[place]) for place in np.flatnonzero(weights)},
        expected=expected,
        effects=effects,
        standard_errors=np.where(spread > LEAST_SPREAD, spread, np.nan)[:, None] * factors,
    )


def _better(errors: Values) -> int:
    """The weighted control, 1, if it misses less than the single one, 0."""
    return int(errors[1] < errors[0])


def likeness(own: Values, theirs: Values) -> Values:
    """How much other stores are like one, in level and shape.

    The mean of five numbers: for sales and customers, the correlation of the months, and the distance from the store
    against the farthest store; for receipts per customer, the distance alone, as their ups and downs are mostly chance.

    Args:
        own: Sales, customers and receipts of the store, shape (3, n_months).
        theirs: The same of others, shape (3, n_others, n_months).

    Returns:
        From -0.4 to 1 for each of the others, shape (n_others,).
    """
    per_customer, theirs_per_customer = own[2] / own[1], theirs[2] / theirs[1]
    parts = [_nearness(own[0], theirs[0]), _correlations(own[0], theirs[0])]
    if not np.isnan(own[1]).any():
        parts += [
            _nearness(own[1], theirs[1]),
            _correlations(own[1], theirs[1]),
            _nearness(per_customer, theirs_per_customer),
        ]
    return np.mean(parts, axis=0)


def _nearness(own: Values, theirs: Values) -> Values:
    distances = np.abs(theirs - own)
    farthest = distances.max(axis=0)
    return np.mean(1 - distances / np.where(farthest > 0, farthest, 1), axis=1)


def _correlations(own: Values, theirs: Values) -> Values:
    """Zero where one of both does not vary."""
    ours, others = own - own.mean(), theirs - theirs.mean(axis=1, keepdims=True)
    sizes = np.sqrt((ours @ ours) * np.square(others).sum(axis=1))
    varies = sizes > 1e-9 * own.mean() * theirs.mean(axis=1)
    return np.where(varies, others @ ours / np.where(varies, sizes, 1), 0)


def _controls(own: Values, theirs: Values, fitted: NDArray[np.int64]) -> tuple[Values, Values]:
    """Weights of the most similar store alone, and of a weighted mean of similar stores, each of shape (n_others,)."""
    # Rounding, so that stores that are equally alike are taken in their order.
    alike = np.round(likeness(own[:, fitted], theirs[:, :, fitted]), 9)
    order = np.argsort(-alike, kind="stable")[:DONORS]
    single, weighted = np.zeros(theirs.shape[1]), np.zeros(theirs.shape[1])
    single[order[0]] = 1
    known = ~np.isnan(own[:, fitted]).any(axis=1)
    levels = own[known][:, fitted].mean(axis=1)
    scaled = _scaled(own, theirs[:, order], fitted)[known][:, :, fitted] / levels[:, None, None]
    design = np.vstack([*(part.T for part in scaled), np.full(len(order), SUM_WEIGHT)])
    target = np.append((own[known][:, fitted] / levels[:, None]).ravel(), SUM_WEIGHT)
    found = nnls(design, target)[0]
    found = np.where(found < LEAST_WEIGHT * found.sum(), 0, found)
    weighted[order] = found / found.sum()
    return single, weighted


def _scaled(own: Values, theirs: Values, fitted: NDArray[np.int64]) -> Values:
    """Other stores with the level of one in the fitted months, shape (3, n_others, n_months)."""
    return theirs * (own[:, None, fitted].sum(axis=2) / theirs[:, :, fitted].sum(axis=2))[:, :, None]


def _predicted(own: Values, theirs: Values, fitted: NDArray[np.int64], weights: Values) -> Values:
    """Sales, customers and receipts of a control in all months, shape (3, n_months)."""
    some = np.flatnonzero(weights)
    return np.einsum("j,kjt->kt", weights[some], _scaled(own, theirs[:, some], fitted))


def _measures(sums: Values) -> Values:
    """`MEASURES` from sales, customers and receipts, shape (5, n_months)."""
    return np.vstack([sums, sums[2] / sums[1], sums[0] / sums[2]])


def _rows_of_store(
    months: Months, place: int, found: Judged, placebos: Values, names: list[Any], stores: list[str]
) -> Iterator[dict[str, Any]]:
    before, degrees = months.before, months.before - 1
    own = months.values[:, place]
    observed = np.column_stack([_measures(own), _measures(own[:, before:].sum(axis=1, keepdims=True))])
    expected = np.column_stack(
        [_measures(found.expected), _measures(found.expected[:, before:].sum(axis=1, keepdims=True))]
    )
    shares = sorted(found.weights.items(), key=lambda pair: (-pair[1], stores[pair[0]]))
    control = {
        "control_type": "one store" if len(shares) == 1 else "weighted stores",
        "control_stores": ", ".join(
            stores[number] if len(shares) == 1 else f"{stores[number]} ({weight:.0%})" for number, weight in shares
        ),
    }
    parts = PARTS if not np.isnan(own[1]).any() else PARTS_OF_UNKNOWN
    periods = ["before"] * before + ["trial"] * (len(names) - before) + ["whole trial"]
    for number, measure in enumerate(MEASURES):
        if np.isnan(observed[number]).any():
            continue
        for column, period in enumerate(periods):
            row: dict[str, Any] = {
                "measure": measure,
                "period": period,
                "month_start_date": names[before] if period == "whole trial" else names[column],
                **control,
                "observed": observed[number, column],
                "expected": expected[number, column],
                "effect_share": found.effects[number, column],
            }
            if period != "before":
                row |= _certainty(found, placebos, number, column - before, degrees)
            if measure == SUMS[0] or measure in parts:
                row["contribution"] = _contribution(observed[:, column], expected[:, column], number)
            yield row


def _certainty(found: Judged, placebos: Values, number: int, column: int, degrees: int) -> dict[str, Any]:
    """Interval and p-values of an effect, made wider where stores without a trial scatter more than Student's t."""
    t_value = found.t_values[number, column]
    effect = found.trial_effects[number, column]
    if np.isnan(t_value):
        return {}
    others = np.abs(placebos[:, number, column])
    others = others[~np.isnan(others)]
    reach = student.ppf(HIGH_QUANTILE, degrees)
    widening = 1.0
    certainty: dict[str, Any] = {"placebo_stores": len(others)}
    if len(others) >= LEAST_PLACEBOS:
        farther = np.sum(np.round(others, 9) >= round(abs(float(t_value)), 9))
        certainty["placebo_p_value"] = float((1 + farther) / (1 + len(others)))
        widening = max(1.0, float(np.quantile(others, 2 * HIGH_QUANTILE - 1)) / reach)
    margin = widening * reach * found.standard_errors[number, column]
    p_value = float(2 * student.sf(abs(t_value) / widening, degrees))
    return {**certainty, "p_value": p_value, "effect_share_low": effect - margin, "effect_share_high": effect + margin}


def _contribution(observed: Values, expected: Values, number: int) -> float:
    """Part of the difference of sales, by logarithmic means: those of `PARTS` add up to that of sales.

    Source: Ang, Energy Policy 33 (2005), additive LMDI decomposition.
    """
    difference = observed[0] - expected[0]
    ratio = np.log(observed[0] / expected[0])
    mean = difference / ratio if abs(ratio) > 1e-12 else expected[0]
    return float(mean * np.log(observed[number] / expected[number]))


def _q_values(table: pd.DataFrame) -> pd.Series:
    """Benjamini-Hochberg for each trial, measure and kind of period."""
    families = [table[name] for name in ("dataset", "trial", "measure", "period")]
    return table["p_value"].astype(float).groupby(families).transform(q_values)
