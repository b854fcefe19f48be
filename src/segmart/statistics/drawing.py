"""Samples are drawn by the hash of the key, so that a unit more or less changes nobody else's turn."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def drawn_order(keys: pd.Series, salt: str = "") -> NDArray[np.int64]:
    """Positions of keys in the order of their hashes, so that the first of them are a random sample.

    Args:
        keys: Texts or numbers, shape (n_rows,); equal ones stay in their order.
        salt: Another one gives another order.
    """
    texts = keys.astype(str)
    hashes = [hashlib.md5(f"{salt}{text}".encode(), usedforsecurity=False).hexdigest() for text in texts]
    return np.lexsort((texts.to_numpy(dtype=str), np.array(hashes, dtype=str)))
