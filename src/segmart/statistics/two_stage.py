"""Segments in two stages: Ward finds the clear specialists in a bounded sample, K-Means divides all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import dendrogram, fcluster, linkage
from sklearn.metrics import adjusted_rand_score, pairwise_distances_argmin
from threadpoolctl import threadpool_limits

from segmart.statistics.segmentation import (
    DIAGNOSED_ROWS,
    DIAGNOSTIC_COLUMNS,
    UNDEFINED_SCORES,
    Analysis,
    FitSample,
    FloatArray,
    as_centroid_table,
    diagnosed_rows,
    fit_kmeans,
    judge_kmeans,
    mean_agreement,
    prepare,
    steady_order,
    structure_scores,
    with_verdicts,
)

Labels = NDArray[np.int64]

# Ward needs all pairs of rows, in time and in memory.
WARD_ROWS = DIAGNOSED_ROWS

# Bootstraps repeat all of it, on no more rows than this.
RESAMPLED_ROWS = 2_000

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
        rows: Positions of the rows in the sample, ascending, shape (n_tree_rows,).
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
        return pairwise_distances_argmin(scaled, self.centres)

    def inertia(self, scaled: FloatArray) -> float:
        """Sum of the squared distances of rows, shape (n_rows, n_features), to their nearest centres."""
        return float(((scaled - self.centres[self.predict(scaled)]) ** 2).sum())


def grow_tree(scaled: FloatArray, specialists: Specialists, seed: int, max_rows: int = WARD_ROWS) -> WardTree:
    """Grow Ward's tree over at most max_rows rows, cut it and tell the specialists.

    Args:
        scaled: Shape (n_rows, n_features), two rows or more.
        specialists: Where to cut, and what makes specialists.
        seed: Seed of the draw of rows.
        max_rows: Rows that are drawn if there are more.
    """
    rows = np.arange(len(scaled))
    if len(rows) > max_rows:
        rows = np.sort(np.random.default_rng(seed).choice(rows, max_rows, replace=False))
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
    those that stand out least join the others.

    Args:
        scaled: Shape (n_rows, n_features), with more different rows than ``analysis.n_clusters``.
        analysis: The number of clusters in all, starts and seed.
        specialists: Where to cut, and what makes specialists.
        max_rows: See `grow_tree`.
    """
    tree = grow_tree(scaled, specialists, analysis.seed, max_rows)
    ward_centres = _means(scaled[tree.rows], tree.labels)
    nearest = pairwise_distances_argmin(scaled, ward_centres)
    nearest[tree.rows] = tree.labels
    sizes = np.bincount(nearest, minlength=len(ward_centres))
    kept: list[int] = []
    for cluster in tree.specialists[: analysis.n_clusters - 1]:
        if sizes[[*kept, cluster]].sum() <= len(scaled) / 2:
            kept.append(cluster)
    rest = np.flatnonzero(~np.isin(nearest, kept))
    n_rest = min(analysis.n_clusters - len(kept), len(np.unique(scaled[rest], axis=0)))
    others = fit_kmeans(scaled[rest], n_rest, analysis.n_init, analysis.seed).cluster_centers_
    special = np.array([scaled[nearest == cluster].mean(axis=0) for cluster in kept]).reshape(-1, scaled.shape[1])
    centres = np.vstack([special, others])
    order = steady_order(centres)
    is_specialist = np.arange(len(centres)) < len(special)
    return TwoStageFit(centres[order], is_specialist[order], tree, rest)


def _means(rows: FloatArray, labels: Labels) -> FloatArray:
    return np.array([rows[labels == label].mean(axis=0) for label in range(labels.max() + 1)])


def _fit_of(sample: FitSample, analysis: Analysis, specialists: Specialists) -> TwoStageFit | None:
    """The fit, or None where fewer different rows than clusters leave nothing to fit."""
    return fit_two_stages(sample.scaled, analysis, specialists) if sample.distinct_rows > analysis.n_clusters else None


@threadpool_limits.wrap(limits=1)
def centroid_table(features: pd.DataFrame, settings: dict[str, Any]) -> pd.DataFrame:
    """Fit the published segmentation and return it as a table that SQL scores with.

    Args:
        features: One row per unit of the fit sample, see `segmart.statistics.segmentation.prepare`.
        settings: The analysis' settings, with ``specialists``.

    Returns:
        The columns of `segmart.statistics.segmentation.centroid_table` and is_specialist. The inertia is that of the
        nearest of all centres. Where there are no more different rows than clusters, each of them is a cluster.
    """
    analysis, specialists = Analysis.from_settings(settings), Specialists.from_settings(settings)
    sample = prepare(features, analysis)
    fit = _fit_of(sample, analysis, specialists)
    centres = np.unique(sample.scaled, axis=0) if fit is None else fit.centres
    is_specialist = np.zeros(len(centres), dtype=bool) if fit is None else fit.is_specialist
    inertia = 0.0 if fit is None else fit.inertia(sample.scaled)
    table = as_centroid_table(analysis.features, sample, centres, inertia)
    return table.assign(is_specialist=np.repeat(is_specialist, len(analysis.features)))


@threadpool_limits.wrap(limits=1)
def diagnostics_table(features: pd.DataFrame, settings: dict[str, Any]) -> pd.DataFrame:
    """Judge both stages for every number of clusters, and the segmentation that comes of them.

    Args:
        features: One row per unit of the fit sample; of many, DIAGNOSED_ROWS are drawn.
        settings: The analysis' settings, with ``specialists``.

    Returns:
        The columns of `segmart.statistics.segmentation.judge_kmeans`, stage and is_final. Stage ``Ward``: cuts of the
        tree into 1 to ``max_clusters`` or, if that is more, ``n_ward_clusters``. Stage ``K-Means``: all others. Stage
        ``both``: one row for the published segmentation, which is_final marks.
    """
    analysis, specialists = Analysis.from_settings(settings), Specialists.from_settings(settings)
    sample = prepare(diagnosed_rows(features, analysis), analysis)
    fit = _fit_of(sample, analysis, specialists)
    if fit is None:
        table = judge_kmeans(sample.scaled, analysis, min(analysis.n_clusters, sample.distinct_rows))
        return table.assign(stage="both", is_final=table["is_chosen"])[list(DIAGNOSTIC_COLUMNS)]
    n_others = int((~fit.is_specialist).sum())
    both = {
        "n_clusters": len(fit.centres),
        "fitted_rows": len(sample.scaled),
        "inertia": fit.inertia(sample.scaled),
        **structure_scores(sample.scaled, fit.predict(sample.scaled)),
        "stability": _stability(sample.scaled, fit, analysis, specialists),
    }
    stages = {
        "Ward": _judge_ward(sample.scaled, analysis, specialists, fit.tree),
        "K-Means": judge_kmeans(sample.scaled[fit.rest], analysis, n_others),
        "both": with_verdicts(pd.DataFrame([both]), len(fit.centres)).assign(suggested_by=None),
    }
    judged = [table.assign(stage=stage, is_final=stage == "both") for stage, table in stages.items()]
    return pd.concat(judged, ignore_index=True)[list(DIAGNOSTIC_COLUMNS)]


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
            nearest = pairwise_distances_argmin(drawn, _means(resample, cut(merges, n_clusters)))
            agreements[n_clusters].append(adjusted_rand_score(cut(tree.merges, n_clusters), nearest))
    rows = []
    for n_clusters in numbers:
        labels = cut(tree.merges, n_clusters)
        inertia = float(((drawn - _means(drawn, labels)[labels]) ** 2).sum())
        scores = UNDEFINED_SCORES
        if 1 < labels.max() + 1 < len(drawn):
            scores = {**structure_scores(drawn, labels), "stability": mean_agreement(agreements[n_clusters])}
        rows.append({"n_clusters": n_clusters, "inertia": inertia, **scores})
    return with_verdicts(pd.DataFrame(rows).assign(fitted_rows=len(drawn)), specialists.n_ward_clusters)


def _stability(scaled: FloatArray, fit: TwoStageFit, analysis: Analysis, specialists: Specialists) -> float:
    """Mean adjusted Rand index between the segments of all rows and those that fits on resamples give them."""
    random = np.random.default_rng(analysis.seed)
    labels = fit.predict(scaled)
    agreements = []
    for _ in range(analysis.n_bootstraps):
        resample = scaled[random.integers(0, len(scaled), len(scaled))]
        if len(np.unique(resample, axis=0)) <= analysis.n_clusters:
            agreements.append(0.0)
            continue
        refit = fit_two_stages(resample, analysis, specialists, max_rows=RESAMPLED_ROWS)
        agreements.append(adjusted_rand_score(labels, refit.predict(scaled)))
    return mean_agreement(agreements)


@threadpool_limits.wrap(limits=1)
def merges_table(features: pd.DataFrame, settings: dict[str, Any]) -> pd.DataFrame:
    """The upper merges of Ward's tree, with positions to draw them as a dendrogram.

    Each merge is drawn as a bracket: up from (left_position, left_height), across at merge_height, down to
    (right_position, right_height).

    Args:
        features: One row per unit of the fit sample.
        settings: The analysis' settings, with ``specialists``.

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
    special_centres = np.flatnonzero(fit.is_specialist)
    published: dict[int, int] = {}
    for cluster in tree.specialists:
        members = sample.scaled[tree.rows[tree.labels == cluster]]
        nearest = pairwise_distances_argmin(members.mean(axis=0, keepdims=True), fit.centres)[0]
        if nearest in special_centres:
            published[_node_of(tree, cluster)] = int(nearest) + 1
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
