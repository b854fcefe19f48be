"""Kills, full disks, missing rights and rivals leave files whole and errors plain; `make torture` does more of it."""

from __future__ import annotations

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from tools.torture.processes import End
from tools.torture.scenarios import SCENARIOS, Result
from tools.torture.steps import Shop, publish, published_build

TRIES = 3


@pytest.mark.parametrize("name", SCENARIOS)
def test_files_stay_whole_and_errors_are_sentences(name: str) -> None:
    # Not where other users may not look.
    with TemporaryDirectory() as folder:
        result = SCENARIOS[name](Path(folder), Random(1), TRIES)
    assert result.tries >= TRIES
    assert result.problems == []


def test_half_a_publication_is_noticed(tmp_path: Path) -> None:
    """Otherwise every kill would be survived."""
    shop = Shop.below(tmp_path)
    publish(shop, 1, lines=10)
    assert published_build(shop) == 1
    publish(shop, 2, lines=10, totals=11)
    with pytest.raises(ValueError, match="half a publication"):
        published_build(shop)


@pytest.mark.parametrize(
    ("end", "is_sentence"),
    [
        (End(error="ValueError", message="marts.duckdb is a folder"), True),
        (End(error="PermissionError", message="[Errno 13] Permission denied: 'marts.duckdb'"), True),
        (End(error="IOException", message="IO Error: Could not write file: No space left on device"), True),
        (End(error="TransactionException", message="Failed to commit: No space left on device"), True),
        (End(error="KeyError", message="'build'"), False),
        (End(error="FatalException", message="FATAL Error: database has been invalidated"), False),
        (End(error="ValueError", message=""), False),
        (End(), False),
    ],
)
def test_a_sentence_is_told_from_a_trace(end: End, is_sentence: bool) -> None:
    result = Result()
    result.check_sentence("it", end)
    assert (result.problems == []) == is_sentence
