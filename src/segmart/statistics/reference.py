"""What a segmentation scores on data without groups, so that its own score can be read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata
from sklearn.isotonic import isotonic_regression

FloatArray = NDArray[np.float64]

# So many candidates for the place where a feature's values lie most densely.
MODES = 25

# A grid that values lie on, such as whole numbers, has at most so many steps.
LONGEST_GRID = 200


def references(scaled: FloatArray, draws: int, seed: int) -> dict[str, list[FloatArray]]:
    """Rows like those of the data, but without groups, drawn in two ways.

    ``one peak``: every feature keeps its range, its skew and its grid, and the ranks of any two features their
    correlation (a Gaussian copula), but values have a single peak and nothing else holds between features.
    ``even``: values are even between the ends of each principal axis (Tibshirani, Walther & Hastie, "Estimating the
    number of clusters via the gap statistic", JRSS B 63, 2001). Groups have to stand out against both.

    Args:
        scaled: Shape (n_rows, n_features).
        draws: Number of draws of each kind.
        seed: Seed of the draws.

    Returns:
        By kind, arrays of the shape of ``scaled``.
    """
    random = np.random.default_rng(seed)
    peak, even = one_peak(scaled), even_box(scaled)
    return {
        "one peak": [peak(random) for _ in range(draws)],
        "even": [even(random) for _ in range(draws)],
    }


def one_peak(scaled: FloatArray) -> Callable[[np.random.Generator], FloatArray]:
    """What draws rows of the kind ``one peak``, see `references`."""
    n_rows, n_features = scaled.shape
    scores = np.column_stack([ndtri((rankdata(column) - 0.5) / n_rows) for column in scaled.T])
    deviations = scores.std(axis=0)
    centred = (scores - scores.mean(axis=0)) / np.where(deviations > 0, deviations, 1.0)
    variances, axes = np.linalg.eigh(centred.T @ centred / n_rows)
    root = axes * np.sqrt(variances.clip(min=0))
    quantiles = [single_peaked(column) for column in scaled.T]

    def draw(random: np.random.Generator) -> FloatArray:
        normal = random.standard_normal((n_rows, n_features)) @ root.T
        return np.column_stack([of(ndtr(column)) for of, column in zip(quantiles, normal.T, strict=True)])

    return draw


def even_box(scaled: FloatArray) -> Callable[[np.random.Generator], FloatArray]:
    """What draws rows of the kind ``even``, see `references`."""
    mean = scaled.mean(axis=0)
    axes = np.linalg.svd(scaled - mean, full_matrices=False)[2]
    rotated = (scaled - mean) @ axes.T
    low, high = rotated.min(axis=0), rotated.max(axis=0)

    def draw(random: np.random.Generator) -> FloatArray:
        return random.uniform(low, high, (len(scaled), len(low))) @ axes + mean

    return draw


def single_peaked(values: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """The quantiles of the distribution with one peak that is nearest to that of some values.

    Its density rises up to the peak and falls behind it: the isotonic regression of the values' own density (Grenander,
    Skandinavisk Aktuarietidskrift 39, 1956) on either side of the peak whose distribution function stays nearest to
    that of the values.

    Args:
        values: Shape (n_rows,).

    Returns:
        A function of probabilities, shape (n,), to values, shape (n,).
    """
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) == 1:
        return lambda probabilities: np.full(len(probabilities), distinct[0])
    masses = counts / counts.sum()
    between = (distinct[1:] + distinct[:-1]) / 2
    edges = np.concatenate([[2 * distinct[0] - between[0]], between, [2 * distinct[-1] - between[-1]]])
    widths = np.diff(edges)
    step = _grid(distinct)
    nearest, distance = masses, np.inf
    for mode in np.unique(np.searchsorted(np.cumsum(masses), np.linspace(0.02, 0.98, MODES))):
        smoothed = _peaked_at(masses / widths, widths, int(mode)) * widths
        farthest = np.abs(np.cumsum(smoothed) - np.cumsum(masses)).max()
        if farthest < distance:
            nearest, distance = smoothed, farthest
    cumulated = np.concatenate([[0.0], np.cumsum(nearest)])
    cumulated /= cumulated[-1]

    def quantiles(probabilities: FloatArray) -> FloatArray:
        drawn = np.interp(probabilities, cumulated, edges)
        if step:
            drawn = distinct[0] + np.round((drawn - distinct[0]) / step) * step
        return np.clip(drawn, distinct[0], distinct[-1])

    return quantiles


def _peaked_at(density: FloatArray, widths: FloatArray, mode: int) -> FloatArray:
    """The nearest density that rises to the place of the mode and falls behind it."""
    rising = isotonic_regression(density[: mode + 1], sample_weight=widths[: mode + 1])
    falling = isotonic_regression(density[mode:], sample_weight=widths[mode:], increasing=False)
    return np.concatenate([rising[:-1], [max(rising[-1], falling[0])], falling[1:]])


def _grid(distinct: FloatArray) -> float:
    """The step of the grid that values lie on; 0 without one."""
    gaps = np.diff(distinct)
    steps = gaps / gaps.min()
    is_grid = steps.sum() <= LONGEST_GRID and np.abs(steps - np.round(steps)).max() < 1e-6
    return float(gaps.min()) if is_grid else 0.0
