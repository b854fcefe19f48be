"""How often are items bought together if baskets keep their sizes and items their popularity, store by store?

In a store, a basket of n items is taken to hold a set of n items with a probability proportional to the product of the
items' odds: the distribution of independent items under the condition that there are n of them (conditional Bernoulli;
Chen, Dempster & Liu, Biometrika 81, 1994). The odds are those with which every item is expected in as many of the
store's baskets as really hold it. It is the null model that swap randomisation samples from (Gionis et al., TKDD 1,
2007), without sampling.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import expit
from scipy.stats import beta, poisson

from segmart.statistics.association import benjamini_hochberg

Reals = NDArray[np.float64]

MAX_ITERATIONS = 100
TOLERANCE = 1e-7
"""An item's expected number of baskets is off by at most this share."""

MAX_CELLS = 2_000_000
"""Complex numbers that are held at once."""

MAX_FITTED_CELLS = 20_000_000
"""Complex numbers that a step of fitting computes at most. Where there are more, small stores are taken as one."""

Z_95 = 1.959963984540054
"""Half width of a 95 % confidence interval in standard errors."""


@dataclass(frozen=True)
class Margins:
    """Baskets of one segment, grouped by store and number of items.

    Attributes:
        store: Number of each group's store, from 0, shape (n_groups,).
        size: Items of each of its baskets, shape (n_groups,).
        baskets: Number of baskets, shape (n_groups,).
        odds: Log odds of the items in the stores, minus infinity where a store does not sell the item, shape
            (n_stores, n_items).
    """

    store: NDArray[np.int64]
    size: NDArray[np.int64]
    baskets: Reals
    odds: Reals


def fit_margins(store: NDArray[np.int64], size: NDArray[np.int64], baskets: Reals, holders: Reals) -> Margins:
    """Find the odds with which items are held by as many baskets as they are.

    Args:
        store: Number of each group's store, from 0, shape (n_groups,).
        size: Items of each of its baskets, shape (n_groups,).
        baskets: Number of baskets, shape (n_groups,).
        holders: Baskets that hold an item, shape (n_stores, n_items). Over the items of a store they add up to the
            baskets times their sizes.
    """
    totals = np.zeros(len(holders))
    np.add.at(totals, store, baskets)
    share = holders / totals[:, None]
    with np.errstate(divide="ignore"):
        # An item that all baskets hold has infinite odds; those of one basket more are as good.
        odds = np.log(share) - np.log1p(-np.minimum(share, 1 - 0.1 / totals[:, None]))
    for _ in range(MAX_ITERATIONS):
        margins = Margins(store, size, baskets, odds)
        expected = np.zeros_like(holders)
        spread = np.zeros_like(holders)
        for groups, kernel in _kernels(margins):
            held = kernel.probabilities(None)
            by_store = _sums_by_store(margins, groups)
            expected += by_store @ held
            spread += by_store @ (held * (1 - held))
        gap = holders - expected
        if np.abs(gap).max() <= TOLERANCE * max(1.0, float(holders.max())):
            break
        # Newton's step, as if items were independent: they nearly are, but for the sum of odds, which is free.
        step = np.divide(gap, spread, out=np.zeros_like(gap), where=spread > 1e-12 * np.maximum(expected, 1e-12))
        odds = np.where(holders > 0, np.clip(odds + np.clip(step, -2, 2), -40, 40), -np.inf)
    return Margins(store, size, baskets, odds)


class _Kernel:
    """The characteristic function of the number of items in the baskets of some groups.

    Probabilities of a sum of independent items follow from its discrete Fourier transform (Fernandez & Williams, IEEE
    Transactions on Aerospace and Electronic Systems 46, 2010); that some items are among them changes factors of it.
    """

    def __init__(self, odds: Reals, size: NDArray[np.int64]) -> None:
        items = int(np.isfinite(odds).sum(axis=1).max())
        largest = int(size.max())
        # Sums cannot exceed the number of items; of very many items no basket holds that many more than the largest.
        length = min(items + 1, largest + int(8 * np.sqrt(largest)) + 25)
        length += 1 - length % 2
        turns = np.exp(2j * np.pi * np.arange(length // 2 + 1) / length)
        weights = np.where(np.arange(length // 2 + 1) == 0, 1.0, 2.0)
        p = _tilted(odds, size)
        factors = 1 - p[:, :, None] + p[:, :, None] * turns
        whole = np.ones((len(p), len(turns)), dtype=complex)
        for item in range(p.shape[1]):
            whole *= factors[:, item]
        whole *= turns[None, :] ** -size[:, None] * weights
        self._terms = whole / whole.real.sum(axis=1, keepdims=True)
        self._held = p[:, :, None] * turns / factors

    def probabilities(self, sets: NDArray[np.int64] | None) -> Reals:
        """Probability that a basket of a group holds all items of a set, shape (n_groups, n_sets); None: each item."""
        if sets is None:
            return np.einsum("gl,gil->gi", self._terms, self._held).real.clip(0, 1)
        product = self._held[:, sets[:, 0]] * self._terms[:, None, :]
        for place in range(1, sets.shape[1]):
            product *= self._held[:, sets[:, place]]
        return product.sum(axis=2).real.clip(0, 1)

    @property
    def cells(self) -> int:
        """Complex numbers that one set takes."""
        return self._terms.size


def _kernels(margins: Margins) -> Iterator[tuple[NDArray[np.int64], _Kernel]]:
    """Kernels of all groups, those of about equal sizes together, as many at once as memory allows."""
    order = np.argsort(margins.size, kind="stable")
    items = margins.odds.shape[1]
    start = 0
    while start < len(order):
        length = min(items + 1, int(margins.size[order[start]]) * 2 + 40)
        groups = order[start : start + max(1, MAX_CELLS // (items * length))]
        yield groups, _Kernel(margins.odds[margins.store[groups]], margins.size[groups])
        start += len(groups)


def _sums_by_store(margins: Margins, groups: NDArray[np.int64]) -> csr_array:
    """Matrix that adds up what is known of the baskets of some groups, by store, shape (n_stores, n_groups)."""
    places = (margins.store[groups], np.arange(len(groups)))
    return csr_array((margins.baskets[groups], places), shape=(len(margins.odds), len(groups)))


def _tilted(odds: Reals, size: NDArray[np.int64]) -> Reals:
    """Probabilities with these odds up to a factor per row, whose sum is near the size, shape (n_groups, n_items)."""
    items = np.isfinite(odds).sum(axis=1)
    target = size * items / (items + 1.0)
    finite = np.where(np.isfinite(odds), odds, 0.0)
    low = -finite.max(axis=1) - 50
    high = -finite.min(axis=1) + 50
    # Any factor gives the same distribution of baskets; one that makes the size likely is computed with least error.
    for _ in range(16):
        middle = (low + high) / 2
        above = expit(odds + middle[:, None]).sum(axis=1) > target
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return expit(odds + ((low + high) / 2)[:, None])


@dataclass(frozen=True)
class Expectation:
    """What the margins make of the two parts of some itemsets, each array of shape (n_divisions,).

    Attributes:
        both: Expected number of baskets that hold both parts.
        first: Expected number of those that hold the first.
        second: Expected number of those that hold the second.
        variance: Variance of the number that hold both if in every store as many hold the first, and the second, as do.
    """

    both: Reals
    first: Reals
    second: Reals
    variance: Reals


def expect_divisions(margins: Margins, sets: Sequence[Sequence[int]], divisions: NDArray[np.int64]) -> Expectation:
    """Expected numbers of baskets with sets of items and with their two parts.

    Args:
        margins: The fitted baskets.
        sets: Items of every itemset, numbered as the columns of the odds.
        divisions: Numbers of the set, its first and its second part in ``sets``, shape (n_divisions, 3).
    """
    at_once = max(1, MAX_CELLS // len(margins.odds))
    parts = []
    for start in range(0, len(divisions), at_once):
        used, numbers = np.unique(divisions[start : start + at_once], return_inverse=True)
        parts.append(_expect_some(margins, [sets[number] for number in used], numbers.reshape(-1, 3)))
    return Expectation(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _expect_some(margins: Margins, sets: Sequence[Sequence[int]], divisions: NDArray[np.int64]) -> tuple[Reals, ...]:
    """What ``expect_divisions`` gives, of as many divisions as have room for their sums by store."""
    stores = len(margins.odds)
    # By store: covariances of the indicators of both, of the first part and of the second, and expected numbers.
    sums = {name: np.zeros((stores, len(divisions))) for name in ("bb", "bf", "bs", "ff", "ss", "fs", "b", "f", "s")}
    for groups, kernel in _kernels(margins):
        by_store = _sums_by_store(margins, groups)
        chunk = max(1, MAX_CELLS // kernel.cells)
        held = np.concatenate([_held(kernel, sets[at : at + chunk]) for at in range(0, len(sets), chunk)], axis=1)
        for at in range(0, len(divisions), chunk):
            rows = slice(at, at + chunk)
            both, first, second = (held[:, divisions[rows, place]] for place in range(3))
            moments = {
                **{"bb": both * (1 - both), "bf": both * (1 - first), "bs": both * (1 - second)},
                **{"ff": first * (1 - first), "ss": second * (1 - second), "fs": both - first * second},
                **{"b": both, "f": first, "s": second},
            }
            for name, moment in moments.items():
                sums[name][:, rows] += by_store @ moment
    determinant = sums["ff"] * sums["ss"] - sums["fs"] ** 2
    explained = sums["bf"] ** 2 * sums["ss"] + sums["bs"] ** 2 * sums["ff"] - 2 * sums["bf"] * sums["bs"] * sums["fs"]
    is_known = determinant > 1e-9 * sums["ff"] * sums["ss"]
    left = sums["bb"] - np.divide(explained, determinant, out=sums["bb"].copy(), where=is_known)
    return (*(sums[name].sum(axis=0) for name in "bfs"), left.clip(0).sum(axis=0))


def _held(kernel: _Kernel, sets: Sequence[Sequence[int]]) -> Reals:
    """Probabilities of sets of different sizes, shape (n_groups, n_sets)."""
    sizes = np.array([len(items) for items in sets])
    columns = np.empty((0, 0))
    for size in np.unique(sizes):
        chosen = np.flatnonzero(sizes == size)
        found = kernel.probabilities(np.array([sets[number] for number in chosen], dtype=np.int64))
        if not columns.size:
            columns = np.empty((len(found), len(sets)))
        columns[:, chosen] = found
    return columns


def upper_tail(observed: Reals, expected: Reals, variance: Reals) -> Reals:
    """Probability of at least so many baskets: the tail of the binomial distribution with this mean and variance.

    A count whose variance is not below its mean is taken as Poisson. Shapes (n,).
    """
    expected = np.maximum(expected, 1e-300)
    chance = 1 - variance / expected
    is_binomial = chance > 1e-9
    trials = np.divide(expected, chance, out=np.full_like(expected, np.inf), where=is_binomial)
    tail = poisson.sf(observed - 1, expected)
    inside = is_binomial & (observed > 0) & (observed <= trials)
    tail[inside] = beta.sf(1 - chance[inside], trials[inside] - observed[inside] + 1, observed[inside])
    tail[is_binomial & (observed > trials)] = 0.0
    tail[observed <= 0] = 1.0
    return tail.clip(0, 1)


def judge_divisions(margins: pd.DataFrame, itemsets: pd.DataFrame, divisions: pd.DataFrame) -> pd.DataFrame:
    """Judge whether the parts of itemsets are bought together more often than the margins make them.

    A part that is bought more or less often than its own items make it is taken as it is: a rule from two items to a
    third says something only if the third goes with the pair.

    Args:
        margins: ``segment_id``, ``store_key``, ``basket_size``, ``item_id`` and ``item_baskets``, the baskets of that
            size in the store that hold the item.
        itemsets: Frequent itemsets: ``segment_id``, ``itemset_id``, ``prefix_id`` (the set without its last item),
            ``item_id`` (the last item) and ``itemset_baskets``.
        divisions: ``segment_id``, ``itemset_id``, the itemsets of its parts ``first_id`` and ``second_id``, and
            ``tests``, the number of all candidates of the family of ``dataset``, ``item_level``, ``is_segment`` and
            ``itemset_size``, of which those that are not among the rows count as not significant.

    Returns:
        ``first_id``, ``second_id``, ``compared_stores``, ``expected_baskets``, ``lift``, the ends of its 95 % interval
        ``lift_low`` and ``lift_high``, ``p_value`` (one-sided) and ``q_value``, in the order of segments and ids.
    """
    judged = divisions.sort_values(["segment_id", "first_id", "second_id"]).reset_index(drop=True)
    columns = ["observed", "expected_baskets", "variance", "compared_stores"]
    results = np.zeros((len(judged), len(columns)))
    sets_of = dict(iter(itemsets.groupby("segment_id")))
    margins_of = dict(iter(margins.groupby("segment_id")))
    for segment, rows in judged.groupby("segment_id").indices.items():
        results[rows] = _judge_segment(margins_of[segment], sets_of[segment], judged.iloc[rows])
    observed, expected, variance, _ = results.T
    p_values = upper_tail(observed, expected, variance)
    q_values = np.empty(len(judged))
    for rows in judged.groupby(["dataset", "item_level", "is_segment", "itemset_size"], sort=False).indices.values():
        # The rest of the family, as one more test of p-value 1.
        rest = int(judged["tests"].iloc[rows[0]]) - len(rows)
        numbers = np.append(np.ones(len(rows), dtype=np.int64), max(rest, 0))
        q_values[rows] = benjamini_hochberg(np.append(p_values[rows], 1.0), numbers)[:-1]
    lift = observed / expected
    error = np.sqrt(variance / (expected * observed))
    # Without a row, columns of objects would have no type.
    return (
        judged[["first_id", "second_id"]]
        .astype("int64")
        .assign(
            compared_stores=results[:, 3].astype(np.int64),
            expected_baskets=expected.round(9),
            lift=lift.round(9),
            lift_low=(lift * np.exp(-Z_95 * error)).round(9),
            lift_high=(lift * np.exp(Z_95 * error)).round(9),
            p_value=p_values,
            q_value=q_values,
        )
    )


def _judge_segment(margins: pd.DataFrame, itemsets: pd.DataFrame, divisions: pd.DataFrame) -> Reals:
    """Observed and expected baskets, variance and number of stores of each division, shape (n_divisions, 4)."""
    items = np.sort(margins["item_id"].unique())
    margins = margins.assign(store_key=_own_or_common_store(margins, len(items)))
    groups = margins.groupby(["store_key", "basket_size"], sort=True)["item_baskets"].sum().reset_index()
    stores = np.sort(groups["store_key"].unique())
    size = groups["basket_size"].to_numpy(dtype=np.int64)
    holders = np.zeros((len(stores), len(items)))
    places = (np.searchsorted(stores, margins["store_key"]), np.searchsorted(items, margins["item_id"]))
    np.add.at(holders, places, margins["item_baskets"].to_numpy(dtype=float))
    baskets = groups["item_baskets"].to_numpy(dtype=float) / size
    fitted = fit_margins(np.searchsorted(stores, groups["store_key"]), size, baskets, holders)
    contents, counts = _contents(itemsets, items)
    number = {itemset: place for place, itemset in enumerate(contents)}
    triples = divisions[["itemset_id", "first_id", "second_id"]].map(number.__getitem__).to_numpy()
    expected = expect_divisions(fitted, list(contents.values()), triples)
    both, first, second = (
        np.array([counts[itemset] for itemset in divisions[column]], dtype=float)
        for column in ("itemset_id", "first_id", "second_id")
    )
    single = np.array([len(items_of) == 1 for items_of in contents.values()])
    # Single items are held as often as expected, by fit.
    scale = np.where(single[triples[:, 1]], 1.0, first / expected.first)
    scale *= np.where(single[triples[:, 2]], 1.0, second / expected.second)
    known = int((stores > 0).sum())
    return np.stack([both, scale * expected.both, scale * expected.variance, np.full(len(both), known)], axis=1)


def _own_or_common_store(margins: pd.DataFrame, items: int) -> pd.Series:
    """The store of each row, or -1 for the smallest ones if all would be too many to fit."""
    largest = int(margins["basket_size"].max())
    cost = margins.drop_duplicates(["store_key", "basket_size"])["store_key"].value_counts().rename("groups").to_frame()
    cost["units"] = margins.groupby("store_key")["item_baskets"].sum()
    cost = cost.reset_index().sort_values(["units", "store_key"], ascending=[False, True])
    cells = cost["groups"].cumsum() * items * min(items + 1, largest + 8 * int(np.sqrt(largest)) + 25) / 2
    kept = cost.loc[cells <= MAX_FITTED_CELLS, "store_key"]
    return margins["store_key"].where(margins["store_key"].isin(kept), -1)


def _contents(itemsets: pd.DataFrame, items: NDArray[np.int64]) -> tuple[dict[int, list[int]], dict[int, int]]:
    """Items of each itemset, as places in ``items``, and the baskets that hold it."""
    ordered = itemsets.sort_values("itemset_id")
    places = np.searchsorted(items, ordered["item_id"])
    contents: dict[int, list[int]] = {}
    # Numbers rise with sizes, so a set comes after the shorter one that it grows from.
    for itemset, prefix, place in zip(ordered["itemset_id"], ordered["prefix_id"], places, strict=True):
        contents[int(itemset)] = [*contents.get(int(prefix), []), int(place)]
    return contents, dict(zip(ordered["itemset_id"].astype(int), ordered["itemset_baskets"].astype(int), strict=True))
