"""Groups of stores by what they sell, where stores differ by more than chance and fall into groups.

A store's profile is the square root of the shares of its lines that fall on each value of an attribute of products:
distances of profiles are Hellinger's, in which chance moves every value by about as much (Legendre & Gallagher,
Oecologia 129, 2001). Groups have to stand out against three kinds of data without groups: the two of
`segmart.statistics.reference`, and stores that all sell the same, whose lines fall on values by lot.

A line is no lot of its own, as customers buy the same again. Each store's customers are dealt to parts, and the scatter
of the shares of the parts says how many lines are worth one lot (random groups: Wolter, Introduction to Variance
Estimation, 2007, chapter 2; Rao & Scott, JASA 76, 1981).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage
from scipy.stats import chi2
from sklearn import config_context
from sklearn.metrics import pairwise_distances
from threadpoolctl import threadpool_limits

from segmart.statistics.drawing import drawn_order
from segmart.statistics.inference import q_values
from segmart.statistics.segmentation import (
    REFERENCE_DRAWS,
    FloatArray,
    Labels,
    bootstrap_stability,
    compared,
    fit_kmeans,
    mean_silhouette,
    nearest,
    verdict,
)
from segmart.statistics.two_stage import cut

Counts = NDArray[np.int64]

COLUMNS = {
    "dataset": "string", "store_id": "string", "attribute": "string", "cluster_id": "Int64",
    "same_cluster_share": "float64", "verdict": "string", "most_value_id": "Int64", "most_share": "float64",
    "most_all_share": "float64", "least_value_id": "Int64", "least_share": "float64", "least_all_share": "float64",
}  # fmt: skip
"""Name and type of what `store_groups` returns."""

LEAST_STORES = 10
"""Fewer stores are not grouped."""

STORES_PER_GROUP = 4
MOST_GROUPS = 5
"""As many groups are tried as have so many stores on average, and not more than this."""

LEAST_EXPECTED = 5
"""A value is tested if a store has so many independent lines of it, on average (Cochran, Biometrics 10, 1954)."""

STARTS = 20
RESAMPLES = 20
REDRAWS = 100
SEED = 20240101

TOO_FEW_STORES = f"fewer than {LEAST_STORES} stores with enough receipts"
NO_DIFFERENCE = "stores differ by no more than chance"
NO_GROUPS = "stores differ, but not in groups"


@dataclass(frozen=True)
class Range:
    """What stores sell of the values of one attribute.

    Attributes:
        attribute: Name of the attribute.
        value_ids: Of its values, shape (n_values,); 0 stands for several.
        counts: Lines, shape (n_stores, n_values).
        lines_per_lot: How many lines are worth one independent line, 1 at least.
    """

    attribute: str
    value_ids: NDArray[np.int64]
    counts: Counts
    lines_per_lot: float

    @property
    def lots(self) -> Counts:
        """Independent lines of each store, shape (n_stores,)."""
        return np.maximum(np.round(self.counts.sum(axis=1) / self.lines_per_lot), 1).astype(np.int64)


@dataclass(frozen=True)
class Groups:
    """Groups of stores.

    Attributes:
        labels: Of the stores, from 0, shape (n_stores,); the largest group is the first.
        same_shares: Part of the redraws of a store's lines that fall into its group, shape (n_stores,).
        structure: See `segmart.statistics.segmentation.compared`.
        stability: See `segmart.statistics.segmentation.bootstrap_stability`.
    """

    labels: Labels
    same_shares: FloatArray
    structure: float
    stability: float


@threadpool_limits.wrap(limits=1)
def store_groups(lines: pd.DataFrame, significance_level: float) -> pd.DataFrame:
    """Group the stores of each dataset by an attribute of products.

    Of the attributes by which stores fall into groups it is that by which they differ most.

    Args:
        lines: ``dataset``, ``store_id``, ``attribute``, ``value_id`` (0 for all values but those with the highest
            sales), ``part`` (to which customers are dealt, from 0) and ``lines``.
        significance_level: Stores differ in those values whose q-value, over all values and attributes, is below it.

    Returns:
        One row per store with the columns of `COLUMNS`, sorted. Without groups ``cluster_id``, from 1, is missing, and
        the verdict says why; the attribute is then that by which stores differ most, or missing. Shares are of lines.
    """
    parts = [
        _groups_of(own, significance_level).assign(dataset=dataset)
        for dataset, own in lines.sort_values(["dataset", "store_id", "attribute", "value_id", "part"]).groupby(
            "dataset"
        )
    ]
    # Without a row, columns of objects would have no type.
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    return table[list(COLUMNS)].astype(COLUMNS).sort_values(["dataset", "store_id"], ignore_index=True)


def _groups_of(lines: pd.DataFrame, significance_level: float) -> pd.DataFrame:
    """The rows of one dataset."""
    ids = lines["store_id"].drop_duplicates()
    stores = ids.iloc[drawn_order(ids)].tolist()
    table = pd.DataFrame({"store_id": stores}, columns=list(COLUMNS))
    if len(stores) < LEAST_STORES:
        return table.assign(verdict=TOO_FEW_STORES)
    ranges = list(_ranges(lines, stores))
    # One family of tests: with many attributes, some value differs by chance.
    q = q_values(np.concatenate([np.empty(0), *(p_values(found) for found in ranges)]))
    ends = np.cumsum([found.counts.shape[1] for found in ranges], dtype=np.int64)
    differing = [
        q[end - found.counts.shape[1] : end] < significance_level for found, end in zip(ranges, ends, strict=True)
    ]
    tried = [(found, own) for found, own in zip(ranges, differing, strict=True) if own.any()]
    if not tried:
        return table.assign(verdict=NO_DIFFERENCE)
    tried.sort(key=lambda pair: -excess(pair[0]))
    for found, differing in tried:
        groups = find_groups(found, differing)
        if groups:
            return table.assign(
                attribute=found.attribute,
                cluster_id=groups.labels + 1,
                same_cluster_share=groups.same_shares,
                verdict=verdict(int(groups.labels.max()) + 1, groups.structure, groups.stability),
                **_marks(found, differing, groups.labels),
            )
    return table.assign(attribute=tried[0][0].attribute, verdict=NO_GROUPS)


def _ranges(lines: pd.DataFrame, stores: Sequence[str]) -> Iterator[Range]:
    """The attributes that have several values and lines in all stores, in the order of their names."""
    places = {store: place for place, store in enumerate(stores)}
    for attribute, own in lines.groupby("attribute"):
        values, value = np.unique(own["value_id"].to_numpy(), return_inverse=True)
        if len(values) < 2 or own["store_id"].nunique() < len(stores):
            continue
        part = own["part"].to_numpy(dtype=np.int64)
        counts = np.zeros((part.max() + 1, len(stores), len(values)), dtype=np.int64)
        np.add.at(counts, (part, own["store_id"].map(places).to_numpy(), value), own["lines"].to_numpy(dtype=np.int64))
        yield Range(str(attribute), values.astype(np.int64), counts.sum(axis=0), lines_per_lot(counts))


def _marks(found: Range, differing: NDArray[np.bool_], labels: Labels) -> dict[str, Any]:
    """Of which values the group of each store sells most beyond, and least below, what all stores sell.

    Args:
        found: What stores sell.
        differing: Values to choose from, shape (n_values,), without that which stands for several.
        labels: Groups of the stores, from 0, shape (n_stores,).
    """
    named = np.flatnonzero(differing & (found.value_ids > 0))
    all_shares = found.counts.sum(axis=0) / found.counts.sum()
    taken: list[int] = []
    marks = []
    for group in range(labels.max() + 1):
        sold = found.counts[labels == group].sum(axis=0)
        shares = sold / sold.sum()
        gaps = np.round(np.sqrt(shares) - np.sqrt(all_shares), 12)
        beyond = [value for value in named if gaps[value] > 0]
        # Groups are told apart by their first values, as far as there are enough.
        most = max([value for value in beyond if value not in taken] or beyond, key=gaps.__getitem__, default=None)
        least = min((value for value in named if gaps[value] < 0), key=gaps.__getitem__, default=None)
        taken.append(most)
        marks.append(
            {
                f"{side}_{name}": None if value is None else of[value]
                for side, value in (("most", most), ("least", least))
                for name, of in (("value_id", found.value_ids), ("share", shares), ("all_share", all_shares))
            }
        )
    return {name: [marks[label][name] for label in labels] for name in marks[0]}


def profiles(counts: Counts) -> FloatArray:
    """Square roots of the shares in lines, shape (n_stores, n_values)."""
    return np.sqrt(counts / counts.sum(axis=1, keepdims=True))


def lines_per_lot(counts: Counts) -> float:
    """How many times as much as independent lines the parts of stores scatter, 1 at least.

    Args:
        counts: Lines, shape (n_parts, n_stores, n_values).
    """
    statistic, degrees = 0.0, 0
    for store in counts.transpose(1, 0, 2):
        found, free = _chi_square(store)
        statistic, degrees = statistic + found, degrees + free
    return max(1.0, statistic / degrees) if degrees else 1.0


def p_values(found: Range) -> FloatArray:
    """Of the hypotheses that stores sell as much of a value as others, shape (n_values,); NaN for what is too rare."""
    sizes, counts = found.counts.sum(axis=1, keepdims=True), found.counts
    shares = counts.sum(axis=0) / sizes.sum()
    expected = sizes * shares
    with np.errstate(divide="ignore", invalid="ignore"):
        statistics = (np.square(counts - expected) / (expected * (1 - shares))).sum(axis=0) / found.lines_per_lot
    is_tested = (expected.mean(axis=0) >= LEAST_EXPECTED * found.lines_per_lot) & (shares < 1)
    return np.where(is_tested, chi2.sf(statistics, len(counts) - 1), np.nan)


def excess(found: Range) -> float:
    """How many times as much as by chance stores differ."""
    statistic, degrees = _chi_square(found.counts)
    return statistic / found.lines_per_lot / degrees if degrees else 0.0


def _chi_square(counts: Counts) -> tuple[float, int]:
    """Pearson's statistic of a table, shape (n_rows, n_columns), and its degrees of freedom."""
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    counts = counts[np.ix_(rows > 0, columns > 0)]
    if not counts.size:
        return 0.0, 0
    expected = np.outer(rows[rows > 0], columns[columns > 0]) / counts.sum()
    return float((np.square(counts - expected) / expected).sum()), (counts.shape[0] - 1) * (counts.shape[1] - 1)


@config_context(assume_finite=True, skip_parameter_validation=True)  # counts are finite; hundreds of fits needn't look
def find_groups(found: Range, differing: NDArray[np.bool_]) -> Groups | None:
    """Group stores, or return None if no number of groups stands out against data without groups.

    Args:
        found: What stores sell, in an order that is by lot, as the first of them are those that are compared.
        differing: The values of which stores sell more or less, shape (n_values,); others would only blur groups.
    """
    rows = profiles(found.counts)[:, differing]
    numbers = range(2, min(MOST_GROUPS, len(rows) // STORES_PER_GROUP, len(np.unique(rows, axis=0)) - 1) + 1)
    own = _silhouettes(rows, numbers)
    table = pd.DataFrame({"n_clusters": list(own), "silhouette": list(own.values())})
    table = compared(table, rows, _labelled, SEED).set_index("n_clusters")
    sure = table["sure_structure"].where(table["is_above_reference"].astype("boolean").fillna(False)).dropna()
    if sure.empty or sure.max() <= 0:
        return None
    number = int(sure.idxmax())
    if _explained(rows, number) <= max(_explained(drawn[:, differing], number) for drawn in _alike_stores(found)):
        return None
    fit = fit_kmeans(rows, number, STARTS, SEED)
    labels = fit.labels_.astype(np.int64)
    centres, order = fit.cluster_centers_, np.argsort(-np.bincount(labels, minlength=number), kind="stable")
    same = np.mean([nearest(profiles(drawn)[:, differing], centres) == labels for drawn in _redraws(found)], axis=0)
    return Groups(
        labels=np.argsort(order)[labels],
        same_shares=same,
        structure=float(sure.max()),
        stability=bootstrap_stability(rows, fit, RESAMPLES, SEED),
    )


def _labelled(rows: FloatArray, numbers: Sequence[int]) -> dict[int, Labels]:
    """Labels of each number of clusters. Ward's tree has all of them at once, and nearly the clusters of K-Means."""
    merges = linkage(rows, method="ward")
    return {number: cut(merges, number) for number in numbers}


def _silhouettes(rows: FloatArray, numbers: Sequence[int]) -> dict[int, float]:
    distances = pairwise_distances(rows)
    return {number: mean_silhouette(distances, labels) for number, labels in _labelled(rows, numbers).items()}


def _explained(rows: FloatArray, number: int) -> float:
    """Sum of squared distances that so many clusters take away."""
    labels = _labelled(rows, [number])[number]
    members = np.eye(labels.max() + 1)[labels]
    means = members.T @ rows / members.sum(axis=0)[:, None]
    return float((np.square(means - rows.mean(axis=0)) * members.sum(axis=0)[:, None]).sum())


def _alike_stores(found: Range) -> Iterator[FloatArray]:
    """Profiles of stores of the same sizes that all sell the same."""
    random = np.random.default_rng(SEED)
    shares = found.counts.sum(axis=0) / found.counts.sum()
    for _ in range(REFERENCE_DRAWS):
        yield profiles(random.multinomial(found.lots, shares))


def _redraws(found: Range) -> Iterator[Counts]:
    """Lots of the stores, drawn again by each store's own shares."""
    random = np.random.default_rng(SEED)
    shares = found.counts / found.counts.sum(axis=1, keepdims=True)
    for _ in range(REDRAWS):
        yield random.multinomial(found.lots, shares)
