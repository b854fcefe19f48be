"""How often customers will buy, and for how much: BG/NBD and Gamma-Gamma, each by maximum likelihood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaincinv, betaln, digamma, gammaln, roots_legendre
from threadpoolctl import threadpool_limits

Values = NDArray[np.float64]

SMALLEST, LARGEST = 1e-3, 1e3
"""Limits of the parameters, of time and money in units of the data; at the upper one of a shape all are alike."""

NODES = 64
"""Points at which the chance of leaving is looked at; more of them change no expectation by a millionth."""

BATCH = 50_000
"""Customers whose expectations are computed at once."""

GROUP = ["dataset", "customer_group", "snapshot"]
"""Columns that name customers who are fitted together."""

PRECISION = {"ftol": 1e-11, "gtol": 1e-6}
"""When a fit is near enough: the fourth digit of a parameter moves no more."""

PARAMETERS = ("r", "alpha", "a", "b", "p", "q", "gamma")

FIT_TYPES = {
    **dict.fromkeys(GROUP, "string"), **dict.fromkeys(("fitted_customers", "repeat_customers"), "int64"),
    **dict.fromkeys(PARAMETERS, "float64"),
}  # fmt: skip
"""Name and type of what `fits_table` returns."""

EXPECTATION_TYPES = {
    **dict.fromkeys(GROUP, "string"), "repeat_purchases": "int64", "age_days": "int64",
    "purchases_if_active": "float64",
}  # fmt: skip
"""Name and type of what `expectations_table` returns."""


@dataclass(frozen=True)
class BgNbd:
    """Parameters of BG/NBD.

    While customers are active, each buys at random at a rate of the customer's own, and leaves after any purchase with
    a chance of the customer's own.

    Attributes:
        r: Shape of the gamma distribution of rates; the larger, the more alike the customers.
        alpha: Its rate, in units of time: the mean customer buys ``r / alpha`` times in one unit.
        a: First shape of the beta distribution of the chance of leaving.
        b: Second shape of it: the mean chance is ``a / (a + b)``.
    """

    r: float
    alpha: float
    a: float
    b: float


@dataclass(frozen=True)
class GammaGamma:
    """Parameters of the Gamma-Gamma model of the amount of a purchase.

    Attributes:
        p: Shape of the gamma distribution of a customer's amounts.
        q: Shape of the gamma distribution of the customers' rates; up to 1 there is no mean.
        gamma: Rate of the latter, in units of money.
    """

    p: float
    q: float
    gamma: float


def bg_nbd_log_likelihood(model: BgNbd, repeats: NDArray, recency: NDArray, age: NDArray) -> tuple[Values, Values]:
    """Log-likelihood of each customer, and its gradient.

    Source: Fader, Hardie and Lee, "Counting your customers" the easy way, Marketing Science 24 (2005), equation 6. It
    leaves out what does not depend on the parameters.

    Args:
        model: The parameters.
        repeats: Purchases after the first one, shape (n,).
        recency: Time from the first purchase to the last one, 0 without repeats, shape (n,).
        age: Time from the first purchase to the end, shape (n,).

    Returns:
        Log-likelihoods, shape (n,), and their derivatives by r, alpha, a and b, shape (4, n).
    """
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    x = np.asarray(repeats, dtype=float)
    # Whoever came once can't have left before the end: leaving takes a repeat purchase.
    last = np.maximum(x, 1)
    until_end, until_last = np.log(alpha + np.asarray(age)), np.log(alpha + np.asarray(recency))
    rate = r * np.log(alpha) + _of_each(lambda n: gammaln(r + n), x) - gammaln(r) - betaln(a, b)
    stayed = rate + _of_each(lambda n: betaln(a, b + n), x) - (r + x) * until_end
    left = rate + _of_each(lambda n: betaln(a + 1, b + n - 1), last) - (r + x) * until_last
    total = np.where(x > 0, np.logaddexp(stayed, left), stayed)
    weight = np.exp(stayed - total)
    shared = digamma(a + b) - _of_each(lambda n: digamma(a + b + n), x)
    gradient_r = np.log(alpha) + _of_each(lambda n: digamma(r + n), x) - digamma(r)
    gradient_r = gradient_r - weight * until_end - (1 - weight) * until_last
    gradient_alpha = r / alpha - (r + x) * (weight * np.exp(-until_end) + (1 - weight) * np.exp(-until_last))
    gradient_a = shared + (1 - weight) / a
    gradient_b = shared - digamma(b) + _of_each(lambda n: digamma(b + n), x) - (1 - weight) / (b + last - 1)
    return total, np.stack([gradient_r, gradient_alpha, gradient_a, gradient_b])


def _of_each(function: Callable[[Values], Values], numbers: Values) -> Values:
    """A costly function of each number, computed once for those that are equal; they are whole and not negative."""
    whole = numbers.astype(int)
    return function(np.arange(whole.max(initial=0) + 1, dtype=float))[whole]


def gamma_gamma_log_likelihood(model: GammaGamma, purchases: NDArray, mean_amount: NDArray) -> tuple[Values, Values]:
    """Log-likelihood of each customer's mean amount, and its gradient.

    Source: Fader and Hardie, The Gamma-Gamma model of monetary value (2013), equation 1a. It leaves out what does not
    depend on the parameters.

    Args:
        model: The parameters.
        purchases: Purchases, 1 at least, shape (n,).
        mean_amount: Mean amount of these, above 0, shape (n,).

    Returns:
        Log-likelihoods, shape (n,), and their derivatives by p, q and gamma, shape (3, n).
    """
    p, q, gamma = model.p, model.q, model.gamma
    x, total = np.asarray(purchases, dtype=float), purchases * mean_amount
    value = -betaln(p * x, q) + q * np.log(gamma) + p * x * np.log(total) - (p * x + q) * np.log(gamma + total)
    shared = digamma(p * x + q) - np.log(gamma + total)
    gradient_p = x * (shared - digamma(p * x) + np.log(total))
    gradient_q = shared - digamma(q) + np.log(gamma)
    gradient_gamma = q / gamma - (p * x + q) / (gamma + total)
    return value, np.stack([gradient_p, gradient_q, gradient_gamma])


def fit_bg_nbd(repeats: NDArray, recency: NDArray, age: NDArray) -> BgNbd | None:
    """Parameters of greatest likelihood.

    Args:
        repeats: See `bg_nbd_log_likelihood`.
        recency: See there.
        age: See there.

    Returns:
        The parameters in the unit of time of the arguments; none where nobody came again, or all of them on one day.
    """
    x, last, ages = (np.asarray(values, dtype=float) for values in (repeats, recency, age))
    if not (x > 0).any() or not ages.max() > 0:
        return None
    unit = float(ages.max())

    def target(values: Values) -> tuple[float, Values]:
        log_likelihood, gradient = bg_nbd_log_likelihood(BgNbd(*values), x, last / unit, ages / unit)
        return log_likelihood.mean(), gradient.mean(axis=1)

    best = _highest(target, starts=[(1, 1, 1, 1), (0.3, 0.1, 1, 3)])
    return BgNbd(best[0], best[1] * unit, best[2], best[3])


def fit_gamma_gamma(purchases: NDArray, mean_amount: NDArray) -> GammaGamma | None:
    """Parameters of greatest likelihood.

    Args:
        purchases: See `gamma_gamma_log_likelihood`.
        mean_amount: See there.

    Returns:
        The parameters; none without amounts, or where the amount has no mean.
    """
    x, means = np.asarray(purchases, dtype=float), np.asarray(mean_amount, dtype=float)
    if not len(x):
        return None
    unit = float(means.mean())

    def target(values: Values) -> tuple[float, Values]:
        log_likelihood, gradient = gamma_gamma_log_likelihood(GammaGamma(*values), x, means / unit)
        return log_likelihood.mean(), gradient.mean(axis=1)

    best = _highest(target, starts=[(1, 3, 1), (6, 4, 0.5)])
    return GammaGamma(best[0], best[1], best[2] * unit) if best[1] > 1 else None


def _highest(target: Callable[[Values], tuple[float, Values]], starts: list[tuple[float, ...]]) -> list[float]:
    """Positive numbers at which a function is highest, from several starts; it is given with its gradient."""

    def lowest(logarithms: Values) -> tuple[float, Values]:
        values = np.exp(logarithms)
        value, gradient = target(values)
        return -value, -gradient * values

    limits = [(np.log(SMALLEST), np.log(LARGEST))] * len(starts[0])
    found = [
        minimize(lowest, np.log(start), jac=True, method="L-BFGS-B", bounds=limits, options=PRECISION)
        for start in starts
    ]
    return [float(value) for value in np.exp(min(found, key=lambda one: one.fun).x)]


def purchases_if_active(model: BgNbd, repeats: NDArray, age: NDArray, horizon: float) -> Values:
    """Purchases to expect of customers who are still active; times the probability of that, it is what to expect.

    Of an active customer the rate is gamma distributed with shape ``r + x`` and rate ``alpha + T``, and the chance of
    leaving is beta distributed with ``a`` and ``b + x``. For a known chance p, the mean number of purchases over
    the horizon is ``(1 - ((alpha + T) / (alpha + T + p * horizon)) ** (r + x)) / p``; the mean of that over p is taken
    numerically. Equation 10 of the source of `bg_nbd_log_likelihood` writes it with a hypergeometric function, which
    has a pole at a = 1.

    Args:
        model: The parameters.
        repeats: Purchases after the first one, shape (n,).
        age: Time from the first purchase to the end, shape (n,).
        horizon: Time to look ahead.
    """
    numbers, position = np.unique(np.asarray(repeats, dtype=float), return_inverse=True)
    roots, weights = roots_legendre(NODES)
    # Quantiles that are dense at both ends, where the distribution of the chance may be steep.
    step = (roots + 1) / 2
    quantiles, density = step**3 * (10 - 15 * step + 6 * step**2), 15 * step**2 * (1 - step) ** 2
    chances = np.maximum(betaincinv(model.a, model.b + numbers[:, None], quantiles), 1e-12)
    ages, found = np.asarray(age, dtype=float), np.empty(len(position))
    for first in range(0, len(position), BATCH):
        rows = slice(first, first + BATCH)
        chance, shape = chances[position[rows]], model.r + numbers[position[rows], None]
        growth = np.log1p(chance * horizon / (model.alpha + ages[rows, None]))
        found[rows] = (-np.expm1(-shape * growth) / chance) @ (weights * density)
    return found


@threadpool_limits.wrap(limits=1)  # several threads wait longer for each other than four parameters take
def fits_table(customers: pd.DataFrame) -> pd.DataFrame:
    """Fit the customers of each group by themselves.

    Args:
        customers: One row per customer and `GROUP`: ``customer_id``, ``purchases`` (the first one included),
            ``repeat_purchases``, ``recency_days``, ``age_days`` and ``mean_purchase_amount``.

    Returns:
        The columns of `FIT_TYPES`, sorted; parameters are null where there is nothing to fit. Time is in days.
    """
    rows = []
    for key, unsorted in customers.groupby(GROUP, sort=True):
        own = unsorted.sort_values("customer_id")
        repeats = own["repeat_purchases"].to_numpy(float)
        often = fit_bg_nbd(repeats, own["recency_days"].to_numpy(float), own["age_days"].to_numpy(float))
        # The amounts of who came once say nothing about how much the amounts of one customer vary.
        again = own[repeats > 0]
        dear = fit_gamma_gamma(
            again["purchases"].to_numpy(float), again["mean_purchase_amount"].astype(float).to_numpy()
        )
        values = (
            *((often.r, often.alpha, often.a, often.b) if often else [np.nan] * 4),
            *((dear.p, dear.q, dear.gamma) if dear else [np.nan] * 3),
        )
        rows.append((*key, len(own), len(again), *values))
    return pd.DataFrame(rows, columns=list(FIT_TYPES)).astype(FIT_TYPES)


def expectations_table(fits: pd.DataFrame, cells: pd.DataFrame, horizon: float) -> pd.DataFrame:
    """What to expect of active customers, for each number of purchases and time that there is.

    What to expect depends on the day of the last purchase only by way of the chance that a customer is active, which
    SQL writes plainly; so there are few cells, however many customers there are.

    Args:
        fits: What `fits_table` returns.
        cells: `GROUP`, ``repeat_purchases`` and ``age_days``, each once.
        horizon: Days to look ahead.

    Returns:
        The columns of `EXPECTATION_TYPES`, sorted; groups without a fit have no rows.
    """
    found = [pd.DataFrame(columns=list(EXPECTATION_TYPES))]
    fitted = fits.dropna(subset="r").set_index(GROUP)
    for key, own in cells.groupby(GROUP, sort=True):
        if key in fitted.index:
            model = BgNbd(*(float(fitted.loc[key, name]) for name in PARAMETERS[:4]))
            ordered = own.sort_values(["repeat_purchases", "age_days"])
            purchases = purchases_if_active(
                model, ordered["repeat_purchases"].to_numpy(), ordered["age_days"].to_numpy(), horizon
            )
            found.append(ordered.assign(purchases_if_active=purchases)[list(EXPECTATION_TYPES)])
    return pd.concat(found, ignore_index=True).astype(EXPECTATION_TYPES)
