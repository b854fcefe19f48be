"""Random draws that are the same with any numpy version and on any machine.

Every draw is ``Generator.random()`` looked up in a cumulative table that is added up one value after the other. The
tables hold what addition, multiplication and division give: no function of a maths library, whose last digits differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def generator(seed: int, number: int = 0) -> np.random.Generator:
    """A random generator.

    Args:
        seed: 0 or more.
        number: Which of several generators of the seed, whose draws do not overlap.

    Raises:
        ValueError: If the seed is negative.
    """
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, not {seed}")
    return np.random.Generator(np.random.PCG64(seed).jumped(number))


def require_size(name: str, value: int, least: int) -> None:
    """Refuse a sample that is too small; raises ValueError."""
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}")


def draw(rng: np.random.Generator, weights: ArrayLike, row: Integers) -> Integers:
    """Draw a column for each wanted row of a table of weights, by the inverse of the cumulative weights.

    Args:
        rng: Random generator.
        weights: Not negative, shape (n_rows, n_columns); a row need not sum to 1.
        row: Row to draw from, shape (n,).

    Returns:
        Column numbers, shape (n,).
    """
    cumulative = np.cumsum(np.asarray(weights, dtype=float), axis=1)
    n_rows, n_columns = cumulative.shape
    # All rows in one sorted array: row r lies between r and r + 1.
    table = (cumulative / cumulative[:, -1:] + np.arange(n_rows)[:, None]).ravel()
    place = np.searchsorted(table, rng.random(len(row)) + row, side="right")
    return np.minimum(place - row * n_columns, n_columns - 1)


def same(n: int) -> Integers:
    """Row numbers for a draw from a table of one row."""
    return np.zeros(n, dtype=np.int64)


@dataclass(frozen=True)
class Bell:
    """Whole numbers whose frequencies have the shape of a bell.

    It is a beta distribution (4, 4) that is stretched to three standard deviations on either side of the mean.

    Attributes:
        mean: Mean, before the limits.
        sd: Standard deviation, before the limits.
        low: Smallest number.
        high: Largest number; None for no limit.
    """

    mean: float
    sd: float
    low: int = 0
    high: int | None = None

    @property
    def span(self) -> tuple[int, int]:
        """The smallest and the largest number that may be drawn."""
        first, last = ceil(self.mean - 3 * self.sd), floor(self.mean + 3 * self.sd)
        return max(first, self.low), last if self.high is None else min(last, self.high)

    def weights(self, values: Integers) -> Floats:
        """Relative frequency of each number, shape as the numbers."""
        deviation = (values - self.mean) / (3 * self.sd)
        inside = np.maximum(1 - deviation * deviation, 0)
        first, last = self.span
        return np.where((first <= values) & (values <= last), inside * inside * inside, 0)


def draw_bells(rng: np.random.Generator, bells: Sequence[Bell], row: Integers) -> Integers:
    """Draw a number from a bell.

    Args:
        rng: Random generator.
        bells: The bells.
        row: Which bell to draw from, shape (n,).

    Returns:
        The numbers, shape (n,).
    """
    spans = [bell.span for bell in bells]
    values = np.arange(min(first for first, _ in spans), max(last for _, last in spans) + 1)
    return values[0] + draw(rng, [bell.weights(values) for bell in bells], row)


def pick(rng: np.random.Generator, free: Mask, n: int, eligible: Mask | Literal[True] = True) -> Integers:
    """Draw different free places, and take them.

    Args:
        rng: Random generator.
        free: Which places are free, shape (n_places,); the drawn ones are set to False.
        n: Number of places.
        eligible: Which places can be drawn if they are free, shape (n_places,).

    Returns:
        The places in ascending order, shape (n,).

    Raises:
        ValueError: If there are fewer such places.
    """
    candidates = np.flatnonzero(free & eligible)
    if n > len(candidates):
        raise ValueError(f"{n} places wanted, but only {len(candidates)} are free")
    chosen = np.empty(0, dtype=np.int64)
    while len(chosen) < n:
        more = (rng.random(n - len(chosen)) * len(candidates)).astype(np.int64)
        chosen = np.union1d(chosen, more)
    places = candidates[chosen]
    free[places] = False
    return places


def draw_ids(rng: np.random.Generator, n: int, first: int, widest_gap: int) -> Integers:
    """Draw different numbers with gaps between them, in no order.

    Args:
        rng: Random generator.
        n: How many.
        first: No number is smaller.
        widest_gap: At most so many numbers are missing between two that follow each other.

    Returns:
        The numbers, shape (n,).
    """
    ids = first + np.cumsum((rng.random(n) * (widest_gap + 1)).astype(np.int32)) + np.arange(n)
    return ids[np.argsort(rng.random(n), kind="stable")].astype(np.int32)


def labels(names: Sequence[str], index: Integers) -> NDArray[np.object_]:
    """The name at each index."""
    return np.array(names, dtype=object)[index]
