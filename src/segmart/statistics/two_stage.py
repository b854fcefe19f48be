"""Segments in two stages: Ward finds the clear specialists in a bounded sample, K-Means divides all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import dendrogram, fcluster, linkage
from threadpoolctl import threadpool_limits

from segmart.statistics.segmentation import (
    DIAGNOSED_ROWS,
    DIAGNOSTIC_COLUMNS,
    NEAR_EQUAL,
    REFERENCE_STARTS,
    RESAMPLED_ROWS,
    UNDEFINED_SCORES,
    Analysis,
    FitSample,
    FloatArray,
    Labels,
    LastFit,
    Published,
    agreement,
    as_centroid_table,
    compared,
    diagnosed_rows,
    fit_kmeans,
    inertia_of,
    judge_kmeans,
    kept_share,
    mean_agreement,
    nearest,
    order_like_last,
    prepare,
    steady_order,
    structure_scores,
    with_verdicts,
)

# Ward needs all pairs of rows, in time and in memory.
WARD_ROWS = DIAGNOSED_ROWS

# Centres that still move after so many rounds are left where they are.
MOST_ROUNDS = 300

# A dendrogram of more leaves than this can't be read.
DRAWN_LEAVES = 40


@dataclass(frozen=True)
class Specialists:
    """Which clusters of Ward's tree are kept as they are: small ones that stand out in something.

    Attributes:
        n_ward_clusters: Number of clusters that the tree is cut into.
        max_share: Largest share of the rows, 0 to 1.
        min_z_score: Least distance of the cluster's mean from the mean of all rows in at least one feature, in standard
            deviations of all rows.
    """

    n_ward_clusters: int
    max_share: float
    min_z_score: float

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Specialists:
        """Take them from the entry ``specialists`` of an analysis' settings; raises KeyError where one is missing."""
        return cls(**{name: settings["specialists"][name] for name in ("n_ward_clusters", "max_share", "min_z_score")})


@dataclass(frozen=True)
class WardTree:
    """A tree over some rows of a sample, and its cut.

    Attributes:
        rows: Positions of the rows in the sample, which are its first ones, shape (n_tree_rows,).
        merges: SciPy's linkage matrix, shape (n_tree_rows - 1, 4).
        labels: Cluster of each row of the tree at the cut, from 0, shape (n_tree_rows,).
        specialists: Clusters of the cut that are groups of specialists, the one that stands out most first.
    """

    rows: Labels
    merges: FloatArray
    labels: Labels
    specialists: list[int]


@dataclass(frozen=True)
class TwoStageFit:
    """Centres of the specialists and of the others, in their `steady_order`.

    Attributes:
        centres: Shape (n_clusters, n_features), scaled units.
        is_specialist: Shape (n_clusters,).
        tree: What Ward found.
        rest: Positions of the rows that K-Means divided.
    """

    centres: FloatArray
    is_specialist: NDArray[np.bool_]
    tree: WardTree
    rest: Labels

    def predict(self, scaled: FloatArray) -> Labels:
        """The nearest centre of each row of shape (n_rows, n_features)."""
        return nearest(scaled, self.centres)


def grow_tree(scaled: FloatArray, specialists: Specialists, max_rows: int = WARD_ROWS) -> WardTree:
    """Grow Ward's tree over at most max_rows rows, cut it and tell the specialists.

    Args:
        scaled: Shape (n_rows, n_features), two rows or more, the first of which are a sample of all.
        specialists: Where to cut, and what makes specialists.
        max_rows: Rows of the tree if there are more.
    """
    rows = np.arange(min(len(scaled), max_rows))
    drawn = scaled[rows]
    merges = linkage(drawn, method="ward")
    labels = cut(merges, specialists.n_ward_clusters)
    deviations = drawn.std(axis=0)
    deviations[deviations == 0] = np.inf
    z_scores = (np.abs(_means(drawn, labels) - drawn.mean(axis=0)) / deviations).max(axis=1)
    is_small = np.bincount(labels) <= specialists.max_share * len(drawn)
    clearest_first = np.argsort(-z_scores, kind="stable").tolist()
    found = [c for c in clearest_first if is_small[c] and z_scores[c] >= specialists.min_z_score]
    return WardTree(rows, merges, labels, found)


def cut(merges: FloatArray, n_clusters: int) -> Labels:
    """Labels, from 0, of at most n_clusters clusters of a linkage matrix; equal heights may give fewer."""
    return fcluster(merges, n_clusters, criterion="maxclust").astype(np.int64) - 1


def fit_two_stages(
    scaled: FloatArray, analysis: Analysis, specialists: Specialists, max_rows: int = WARD_ROWS
) -> TwoStageFit:
    """Keep Ward's specialists as clusters and divide all other rows by K-Means into as many as are left.

    Every row follows the nearest centre of Ward's clusters; specialists' centres are means over all rows that followed
    them, not of the drawn rows alone. K-Means keeps at least one cluster and half of the rows: of too many specialists,
    those that stand out least join the others. At last the others are `settled` around the specialists.

    Args:
        scaled: Shape (n_rows, n_features), with more different rows than ``analysis.n_clusters``.
        analysis: The number of clusters in all, starts and seed.
        specialists: Where to cut, and what makes specialists.
        max_rows: See `grow_tree`.
    """
    tree = grow_tree(scaled, specialists, max_rows)
    ward_centres = _means(scaled[tree.rows], tree.labels)
    followed = nearest(scaled, ward_centres)
    followed[tree.rows] = tree.labels
    sizes = np.bincount(followed, minlength=len(ward_centres))
    kept: list[int] = []
    for cluster in tree.specialists[: analysis.n_clusters - 1]:
        if sizes[[*kept, cluster]].sum() <= len(scaled) / 2:
            kept.append(cluster)
    rest = np.flatnonzero(~np.isin(followed, kept))
    n_rest = min(analysis.n_clusters - len(kept), len(np.unique(scaled[rest], axis=0)))
    others = fit_kmeans(scaled[rest], n_rest, analysis.n_init, analysis.seed).cluster_centers_
    special = np.array([scaled[followed == cluster].mean(axis=0) for cluster in kept]).reshape(-1, scaled.shape[1])
    is_specialist = np.arange(len(special) + len(others)) < len(special)
    centres = settled(scaled, np.vstack([special, others]), is_specialist)
    order = steady_order(centres)
    return TwoStageFit(centres[order], is_specialist[order], tree, rest)


def settled(scaled: FloatArray, centres: FloatArray, is_specialist: NDArray[np.bool_]) -> FloatArray:
    """Move all centres but those of specialists to the means of the rows nearest to them, until none moves.

    Args:
        scaled: Shape (n_rows, n_features).
        centres: Where they start, shape (n_clusters, n_features).
        is_specialist: Which of them stay, shape (n_clusters,).
    """
    for _ in range(MOST_ROUNDS):
        labels = nearest(scaled, centres)
        sizes = np.bincount(labels, minlength=len(centres))
        sums = np.column_stack([np.bincount(labels, column, minlength=len(centres)) for column in scaled.T])
        stays = is_specialist | (sizes == 0)
        moved = np.where(stays[:, None], centres, sums / np.maximum(sizes, 1)[:, None])
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres


def next_to_last(
    scaled: FloatArray,
    fresh: TwoStageFit,
    last: FloatArray,
    was_specialist: NDArray[np.bool_],
    specialists: Specialists,
) -> TwoStageFit:
    """The fit that starts at the last one's centres, if it is about as good as a fresh one, else the fresh one.

    Specialists stay where the last build saw them as long as they are few; the others are `settled` around them.

    Args:
        scaled: Shape (n_rows, n_features).
        fresh: A fit that knows nothing of the last one.
        last: Centres of the last fit, shape (n_last, n_features).
        was_specialist: Shape (n_last,).
        specialists: How many rows specialists may have.
    """
    if len(last) != len(fresh.centres) or kept_share(nearest(scaled, last), fresh.predict(scaled)) == 1:
        return fresh
    centres = settled(scaled, last, was_specialist)
    shares = np.bincount(nearest(scaled, centres), minlength=len(centres)) / len(scaled)
    are_few = (shares[was_specialist] > 0).all() and (shares[was_specialist] <= 2 * specialists.max_share).all()
    if not are_few or inertia_of(scaled, centres) > NEAR_EQUAL * inertia_of(scaled, fresh.centres):
        return fresh
    return TwoStageFit(centres, was_specialist, fresh.tree, fresh.rest)


def _means(rows: FloatArray, labels: Labels) -> FloatArray:
    return np.array([rows[labels == label].mean(axis=0) for label in range(labels.max() + 1)])


def _fit_of(sample: FitSample, analysis: Analysis, specialists: Specialists) -> TwoStageFit | None:
    """The fit, or None where fewer different rows than clusters leave nothing to fit."""
    return fit_two_stages(sample.scaled, analysis, specialists) if sample.distinct_rows > analysis.n_clusters else None


def fit_centres(
    sample: FitSample, analysis: Analysis, specialists: Specialists, last: LastFit | None
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Centres in the order of their numbers, shape (n_clusters, n_features), scaled, and which are specialists'."""
    fit = _fit_of(sample, analysis, specialists)
    if fit is None:
        centres = np.unique(sample.scaled, axis=0)
        is_specialist = np.zeros(len(centres), dtype=bool)
    elif last is not None:
        fit = next_to_last(sample.scaled, fit, last.scaled(sample), last.is_specialist, specialists)
    if fit is not None:
        centres, is_specialist = fit.centres, fit.is_specialist
    if last is not None and len(centres):
        order = order_like_last(sample.scaled, centres, last.scaled(sample), last.cluster_ids)
        centres, is_specialist = centres[order], is_specialist[order]
    return centres, is_specialist


@threadpool_limits.wrap(limits=1)
def centroid_table(features: pd.DataFrame, settings: dict[str, Any], last: pd.DataFrame | None = None) -> pd.DataFrame:
    """Fit the published segmentation and return it as a table that SQL scores with.

    Args:
        features: One row per unit of the fit sample, see `segmart.statistics.segmentation.prepare`.
        settings: The analysis' settings, with ``specialists``.
        last: See `segmart.statistics.segmentation.centroid_table`.

    Returns:
        The columns of `segmart.statistics.segmentation.centroid_table` and is_specialist. The inertia is that of the
        nearest of all centres. Where there are no more different rows than clusters, each of them is a cluster.
    """
    analysis, specialists = Analysis.from_settings(settings), Specialists.from_settings(settings)
    sample = prepare(features, analysis)
    centres, is_specialist = fit_centres(sample, analysis, specialists, LastFit.from_table(last, analysis.features))
    inertia = inertia_of(sample.scaled, centres) if len(centres) else 0.0
    table = as_centroid_table(analysis.features, sample, centres, inertia)
    return table.assign(is_specialist=np.repeat(is_specialist, len(analysis.features)))


@threadpool_limits.wrap(limits=1)
def diagnostics_table(
    features: pd.DataFrame, settings: dict[str, Any], published: Published | None = None
) -> pd.DataFrame:
    """Judge both stages for every number of clusters, and the segmentation that comes of them.

    Args:
        features: One row per unit of the fit sample; of many, DIAGNOSED_ROWS are drawn.
        settings: The analysis' settings, with ``specialists``.
        published: The published segments; without them, those of a new fit.

    Returns:
        The columns of `segmart.statistics.segmentation.judge_kmeans`, stage and is_final. Stage ``Ward``: cuts of the
        tree into 1 to ``max_clusters`` or, if that is more, ``n_ward_clusters``. Stage ``K-Means``: all others. Stage
        ``both``: one row for the published segmentation, which is_final marks.
    """
    analysis, specialists = Analysis.from_settings(settings), Specialists.from_settings(settings)
    sample = prepare(diagnosed_rows(features), analysis)
    fit = _fit_of(sample, analysis, specialists)
    if fit is None:
        table = judge_kmeans(sample, analysis, min(analysis.n_clusters, sample.distinct_rows))
        return table.assign(stage="both", is_final=table["is_chosen"])[list(DIAGNOSTIC_COLUMNS)]
    rest = FitSample(sample.scaled[fit.rest], sample.offset, sample.scale)
    stages = {
        "Ward": _judge_ward(sample.scaled, analysis, specialists, fit.tree),
        "K-Means": judge_kmeans(rest, analysis, int((~fit.is_specialist).sum())),
        "both": _judge_both(sample, analysis, specialists, fit, published),
    }
    judged = [table.assign(stage=stage, is_final=stage == "both") for stage, table in stages.items()]
    return pd.concat(judged, ignore_index=True)[list(DIAGNOSTIC_COLUMNS)]


def _judge_both(
    sample: FitSample, analysis: Analysis, specialists: Specialists, fit: TwoStageFit, published: Published | None
) -> pd.DataFrame:
    """One row for the published segmentation, or for a new fit."""
    scaled = sample.scaled
    if published is None:
        centres, stability, kept = fit.centres, _stability(scaled, fit, analysis, specialists), np.nan
    else:
        centres = (published.centres - sample.offset) / sample.scale
        stability, kept = published.stability, published.kept_share
    n_clusters = len(centres)
    labels = nearest(scaled, centres)
    scores = structure_scores(scaled, labels) if len(np.unique(labels)) > 1 else {**UNDEFINED_SCORES}
    row = {
        "n_clusters": n_clusters,
        "fitted_rows": len(scaled),
        "inertia": inertia_of(scaled, centres),
        **scores,
        "stability": stability,
        "kept_share": kept,
    }

    def labelled(rows: FloatArray, numbers: Sequence[int]) -> dict[int, Labels]:
        few = replace(analysis, n_init=REFERENCE_STARTS)
        if len(np.unique(rows, axis=0)) <= n_clusters:
            return {n: np.zeros(len(rows), dtype=np.int64) for n in numbers}
        return {n: fit_two_stages(rows, few, specialists).predict(rows) for n in numbers}

    judged = with_verdicts(compared(pd.DataFrame([row]), scaled, labelled, analysis.seed), n_clusters)
    return judged.assign(suggested_by=None)


def _judge_ward(scaled: FloatArray, analysis: Analysis, specialists: Specialists, tree: WardTree) -> pd.DataFrame:
    """Scores of the cuts of a tree; stability is the agreement with cuts of trees over bootstrap resamples."""
    drawn = scaled[tree.rows]
    numbers = range(1, min(max(analysis.max_clusters, specialists.n_ward_clusters), len(drawn) - 1) + 1)
    random = np.random.default_rng(analysis.seed)
    agreements: dict[int, list[float]] = {n_clusters: [] for n_clusters in numbers}
    for _ in range(analysis.n_bootstraps):
        resample = drawn[random.integers(0, len(drawn), min(len(drawn), RESAMPLED_ROWS))]
        merges = linkage(resample, method="ward")
        for n_clusters in numbers:
            found = nearest(drawn, _means(resample, cut(merges, n_clusters)))
            agreements[n_clusters].append(agreement(cut(tree.merges, n_clusters), found))
    rows = []
    for n_clusters in numbers:
        labels = cut(tree.merges, n_clusters)
        inertia = float(((drawn - _means(drawn, labels)[labels]) ** 2).sum())
        scores = UNDEFINED_SCORES
        if 1 < labels.max() + 1 < len(drawn):
            scores = {**structure_scores(drawn, labels), "stability": mean_agreement(agreements[n_clusters])}
        rows.append({"n_clusters": n_clusters, "inertia": inertia, "kept_share": np.nan, **scores})

    def labelled(reference: FloatArray, numbers: Sequence[int]) -> dict[int, Labels]:
        merges = linkage(reference, method="ward")
        return {n_clusters: cut(merges, n_clusters) for n_clusters in numbers}

    table = compared(pd.DataFrame(rows).assign(fitted_rows=len(drawn)), drawn, labelled, analysis.seed)
    return with_verdicts(table, specialists.n_ward_clusters)


def _stability(scaled: FloatArray, fit: TwoStageFit, analysis: Analysis, specialists: Specialists) -> float:
    """Mean adjusted Rand index between the segments of all rows and those that fits on resamples give them."""
    random = np.random.default_rng(analysis.seed)
    labels = fit.predict(scaled)
    agreements = []
    for _ in range(analysis.n_bootstraps):
        resample = scaled[random.integers(0, len(scaled), min(len(scaled), RESAMPLED_ROWS))]
        if len(np.unique(resample, axis=0)) <= analysis.n_clusters:
            agreements.append(0.0)
            continue
        refit = fit_two_stages(resample, analysis, specialists)
        agreements.append(agreement(labels, refit.predict(scaled)))
    return mean_agreement(agreements)


@threadpool_limits.wrap(limits=1)
def merges_table(
    features: pd.DataFrame, settings: dict[str, Any], centroids: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The upper merges of Ward's tree, with positions to draw them as a dendrogram.

    Each merge is drawn as a bracket: up from (left_position, left_height), across at merge_height, down to
    (right_position, right_height).

    Args:
        features: One row per unit of the fit sample.
        settings: The analysis' settings, with ``specialists``.
        centroids: The published segments, see `centroid_table`; without them, those of a new fit.

    Returns:
        One row per drawn merge, the last first: merge_rank (from 1), merge_height (scaled units), left_position,
        right_position (leaves stand at 0.5, 1.5, ...), left_height, right_height (0 for a leaf), left_rows, right_rows
        (units of the tree on either side), is_above_cut (undone by the cut), left_specialist_cluster_id and
        right_specialist_cluster_id (the published cluster, from 1, if that side is exactly one group of specialists).
        Too few different rows for a tree give no merges.
    """
    analysis, specialists = Analysis.from_settings(settings), Specialists.from_settings(settings)
    sample = prepare(features, analysis)
    fit = _fit_of(sample, analysis, specialists)
    if fit is None:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in MERGE_TYPES.items()})
    tree = fit.tree
    n_rows = len(tree.rows)
    n_drawn = min(DRAWN_LEAVES, n_rows) - 1
    centres, is_specialist = fit.centres, fit.is_specialist
    last = LastFit.from_table(centroids, analysis.features)
    if last is not None:
        centres, is_specialist = last.scaled(sample), last.is_specialist
    special_centres = np.flatnonzero(is_specialist)
    published: dict[int, int] = {}
    for cluster in tree.specialists:
        members = sample.scaled[tree.rows[tree.labels == cluster]]
        centre = int(nearest(members.mean(axis=0, keepdims=True), centres)[0])
        if centre in special_centres:
            published[_node_of(tree, cluster)] = centre + 1
    positions = _positions(tree.merges, n_drawn)
    rows = []
    for rank in range(1, n_drawn + 1):
        merge = len(tree.merges) - rank
        left, right = sorted((int(node) for node in tree.merges[merge, :2]), key=lambda node: positions[node])
        sides = {}
        for side, node in (("left", left), ("right", right)):
            is_leaf = node < n_rows or node - n_rows < len(tree.merges) - n_drawn
            sides |= {
                f"{side}_position": positions[node],
                f"{side}_height": 0.0 if is_leaf else tree.merges[node - n_rows, 2],
                f"{side}_rows": 1 if node < n_rows else int(tree.merges[node - n_rows, 3]),
                f"{side}_specialist_cluster_id": published.get(node, pd.NA),
            }
        is_above_cut = rank < tree.labels.max() + 1
        rows.append({"merge_rank": rank, "merge_height": tree.merges[merge, 2], "is_above_cut": is_above_cut, **sides})
    return pd.DataFrame(rows)[list(MERGE_TYPES)].astype(MERGE_TYPES)


MERGE_TYPES = {
    "merge_rank": "int64",
    "merge_height": "float64",
    "left_position": "float64",
    "right_position": "float64",
    "left_height": "float64",
    "right_height": "float64",
    "left_rows": "int64",
    "right_rows": "int64",
    "is_above_cut": "bool",
    "left_specialist_cluster_id": "Int64",
    "right_specialist_cluster_id": "Int64",
}


def _node_of(tree: WardTree, cluster: int) -> int:
    """The node of the linkage matrix that holds exactly the rows of a cluster of the cut."""
    size, n_rows = int((tree.labels == cluster).sum()), len(tree.rows)
    node = int(np.flatnonzero(tree.labels == cluster)[0])
    while (1 if node < n_rows else tree.merges[node - n_rows, 3]) < size:
        node = n_rows + int(np.flatnonzero((tree.merges[:, :2] == node).any(axis=1))[0])
    return node


def _positions(merges: FloatArray, n_drawn: int) -> dict[int, float]:
    """Horizontal position of the nodes of the last n_drawn merges and of their leaves, which stand 1 apart."""
    n_rows = len(merges) + 1
    leaves = dendrogram(merges, p=n_drawn + 1, truncate_mode="lastp", no_plot=True)["leaves"]
    positions = {int(leaf): index + 0.5 for index, leaf in enumerate(leaves)}
    for merge in range(len(merges) - n_drawn, len(merges)):
        left, right = (int(node) for node in merges[merge, :2])
        positions[n_rows + merge] = (positions[left] + positions[right]) / 2
    return positions
