"""Personas and clusters: a match that no other one beats."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from segmart.personas import personas_table


def profiles(z_scores: dict[int, dict[str, float | None]]) -> pd.DataFrame:
    rows = [(cluster, name, z) for cluster, measures in z_scores.items() for name, z in measures.items()]
    return pd.DataFrame(rows, columns=["cluster_id", "measure", "z_score"])


def traits(*rows: tuple[str, str, float | str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["persona", "measure", "weight"])


def test_scores_are_weighted_means_in_the_direction_of_the_weights() -> None:
    found = personas_table(
        profiles({1: {"fish": 3.0, "age": -1.0}}), traits(("Anglers", "fish", 2), ("Anglers", "age", -1)), 0.5
    )
    assert found.to_dict("records") == [{"cluster_id": 1, "persona": "Anglers", "score": pytest.approx(7 / 3)}]


def test_the_sum_of_scores_is_what_counts() -> None:
    """Cluster 1 is the best angler, but only it can be a gamer."""
    z_scores = {1: {"fish": 3.0, "games": 2.5}, 2: {"fish": 2.8, "games": 0.0}}
    found = personas_table(profiles(z_scores), traits(("Anglers", "fish", 1), ("Gamers", "games", 1)), 0.5)
    assert dict(zip(found["cluster_id"], found["persona"], strict=True)) == {1: "Gamers", 2: "Anglers"}


def test_no_other_assignment_is_better() -> None:
    random = np.random.default_rng(5)
    measures = list("abcde")
    for _ in range(20):
        z_scores = {cluster: dict(zip(measures, random.normal(0, 2, 5), strict=True)) for cluster in range(1, 5)}
        found = personas_table(profiles(z_scores), traits(*((m.upper(), m, 1) for m in measures)), 0.5)

        def total(personas: tuple[str, ...], z_scores: dict[int, dict[str, float]] = z_scores) -> float:
            scores = [z_scores[cluster][persona] for cluster, persona in enumerate(personas, start=1)]
            return sum(score for score in scores if score >= 0.5)

        assert found["score"].sum() == pytest.approx(max(map(total, permutations(measures, 4))))
        assert found["persona"].is_unique
        assert (found["score"] >= 0.5).all()


def test_a_cluster_without_a_fitting_persona_has_none() -> None:
    z_scores = {1: {"fish": 0.4}, 2: {"fish": -3.0}}
    assert personas_table(profiles(z_scores), traits(("Anglers", "fish", 1)), 0.5).empty


def test_an_unknown_z_score_counts_as_average() -> None:
    found = personas_table(profiles({1: {"fish": None, "age": 2.0}}), traits(("A", "fish", 1), ("A", "age", 1)), 0.5)
    assert found["score"].tolist() == [1.0]


def test_row_order_changes_nothing() -> None:
    z_scores = {c: {"a": 1.0, "b": 1.0} for c in (1, 2, 3)}
    rows, wanted = profiles(z_scores), traits(("X", "a", "1"), ("Y", "b", "1"))
    first = personas_table(rows, wanted, 0.5)
    again = personas_table(rows.sample(frac=1, random_state=1), wanted.iloc[::-1], 0.5)
    pd.testing.assert_frame_equal(first, again)


@pytest.mark.parametrize("empty", ["profiles", "traits"])
def test_nothing_to_match(empty: str) -> None:
    rows = profiles({} if empty == "profiles" else {1: {"fish": 1.0}})
    found = personas_table(rows, traits() if empty == "traits" else traits(("A", "fish", 1)), 0.5)
    assert list(found) == ["cluster_id", "persona", "score"]
    assert found.empty


def test_mistakes_in_the_reference_list_are_named() -> None:
    rows = profiles({1: {"fish": 1.0}})
    with pytest.raises(ValueError, match="no segment is described by: fsh"):
        personas_table(rows, traits(("A", "fsh", 1)), 0.5)
    with pytest.raises(ValueError, match="must not be 0"):
        personas_table(rows, traits(("A", "fish", 0)), 0.5)
