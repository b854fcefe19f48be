"""Names that analysts describe: by rank, and as a match of personas that no other one beats."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from segmart.statistics.personas import persona_names, ranked_names


def profiles(z_scores: dict[int, dict[str, float | None]]) -> pd.DataFrame:
    rows = [(cluster, name, z) for cluster, measures in z_scores.items() for name, z in measures.items()]
    return pd.DataFrame(rows, columns=["cluster_id", "measure", "strength"])


def traits(*rows: tuple[str, str, float | str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["persona", "measure", "weight"])


def test_scores_are_weighted_means_in_the_direction_of_the_weights() -> None:
    found = persona_names(
        profiles({1: {"fish": 3.0, "age": -1.0}}), traits(("Anglers", "fish", 2), ("Anglers", "age", -1)), 0.5
    )
    assert found.to_dict("records") == [{"cluster_id": 1, "segment_name": "Anglers", "score": pytest.approx(7 / 3)}]


def test_the_sum_of_scores_is_what_counts() -> None:
    """Cluster 1 is the best angler, but only it can be a gamer."""
    z_scores = {1: {"fish": 3.0, "games": 2.5}, 2: {"fish": 2.8, "games": 0.0}}
    found = persona_names(profiles(z_scores), traits(("Anglers", "fish", 1), ("Gamers", "games", 1)), 0.5)
    assert dict(zip(found["cluster_id"], found["segment_name"], strict=True)) == {1: "Gamers", 2: "Anglers"}


def test_no_other_assignment_is_better() -> None:
    random = np.random.default_rng(5)
    measures = list("abcde")
    for _ in range(20):
        z_scores = {cluster: dict(zip(measures, random.normal(0, 2, 5), strict=True)) for cluster in range(1, 5)}
        found = persona_names(profiles(z_scores), traits(*((m.upper(), m, 1) for m in measures)), 0.5)

        def total(personas: tuple[str, ...], z_scores: dict[int, dict[str, float]] = z_scores) -> float:
            scores = [z_scores[cluster][persona] for cluster, persona in enumerate(personas, start=1)]
            return sum(score for score in scores if score >= 0.5)

        assert found["score"].sum() == pytest.approx(max(map(total, permutations(measures, 4))))
        assert found["segment_name"].is_unique
        assert (found["score"] >= 0.5).all()


def test_a_cluster_without_a_fitting_persona_has_none() -> None:
    z_scores = {1: {"fish": 0.4}, 2: {"fish": -3.0}}
    assert persona_names(profiles(z_scores), traits(("Anglers", "fish", 1)), 0.5).empty


def test_every_trait_has_to_hold() -> None:
    """However strong one is: old customers with electronics are not young with electronics."""
    wanted = traits(("Young anglers", "fish", 2), ("Young anglers", "age", -1))
    for strengths, fits in (({"fish": 9.0, "age": -0.4}, False), ({"fish": 0.5, "age": -0.5}, True)):
        assert len(persona_names(profiles({1: strengths}), wanted, 0.5)) == fits
    assert persona_names(profiles({1: {"fish": None, "age": -2.0}}), wanted, 0.5).empty


def test_a_persona_of_the_last_build_stays_down_to_a_lower_limit() -> None:
    rows = profiles({1: {"fish": 0.45}, 2: {"fish": 0.5}})
    assert persona_names(rows, traits(("Anglers", "fish", 1)), 0.5)["cluster_id"].tolist() == [2]
    last = rows.assign(last_persona=["Anglers", None])
    assert persona_names(last, traits(("Anglers", "fish", 1)), 0.5)["cluster_id"].tolist() == [1]
    weaker = last.assign(strength=[0.39, 0.5])
    assert persona_names(weaker, traits(("Anglers", "fish", 1)), 0.5)["cluster_id"].tolist() == [2]


def test_row_order_changes_nothing() -> None:
    z_scores = {c: {"a": 1.0, "b": 1.0} for c in (1, 2, 3)}
    rows, wanted = profiles(z_scores), traits(("X", "a", "1"), ("Y", "b", "1"))
    first = persona_names(rows, wanted, 0.5)
    again = persona_names(rows.sample(frac=1, random_state=1), wanted.iloc[::-1], 0.5)
    pd.testing.assert_frame_equal(first, again)


@pytest.mark.parametrize("empty", ["profiles", "traits"])
def test_nothing_to_match(empty: str) -> None:
    rows = profiles({} if empty == "profiles" else {1: {"fish": 1.0}})
    found = persona_names(rows, traits() if empty == "traits" else traits(("A", "fish", 1)), 0.5)
    assert list(found) == ["cluster_id", "segment_name", "score"]
    assert found.empty


def test_mistakes_in_the_reference_list_are_named() -> None:
    rows = profiles({1: {"fish": 1.0}})
    with pytest.raises(ValueError, match="no segment is described by: fsh"):
        persona_names(rows, traits(("A", "fsh", 1)), 0.5)
    with pytest.raises(ValueError, match="must not be 0"):
        persona_names(rows, traits(("A", "fish", 0)), 0.5)


def ranked(*rows: tuple[str, str, str | None, str | None]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["priority", "segment_name", "measure", "weight"])


def test_names_go_to_the_best_cluster_that_is_left() -> None:
    """Cluster 1 would win both names but gets only the first; a measure without a z-score decides nothing."""
    z_scores = {
        1: {"sales": 1.0, "per_customer": 0.5, "customers": 2.0},
        2: {"sales": -1.0, "per_customer": None, "customers": -1.0},
        3: {"sales": 0.0, "per_customer": -1.5, "customers": -0.5},
    }
    names = ranked(
        ("1", "Loyal", "sales", "1"),
        ("1", "Loyal", "per_customer", "1"),
        ("2", "Potential", "customers", "1"),
        ("10", "Rest", None, None),
    )
    found = ranked_names(profiles(z_scores), names.sample(frac=1, random_state=3))
    assert dict(zip(found["cluster_id"], found["segment_name"], strict=True)) == {1: "Loyal", 3: "Potential", 2: "Rest"}
    assert found["score"].tolist() == [1.5, -0.5, 0.0]


def test_the_rest_is_everybody_who_is_left_and_equal_scores_go_to_the_lower_cluster() -> None:
    z_scores = {3: {"sales": 1.0}, 2: {"sales": 1.0}, 1: {"sales": -1.0}}
    found = ranked_names(profiles(z_scores), ranked(("1", "Top", "sales", "1"), ("2", "Rest", None, None)))
    assert dict(zip(found["cluster_id"], found["segment_name"], strict=True)) == {2: "Top", 1: "Rest", 3: "Rest"}


def test_more_names_than_clusters_leave_names_over() -> None:
    names = ranked(("1", "Top", "sales", "1"), ("2", "Second", "sales", "1"), ("3", "Rest", None, None))
    assert ranked_names(profiles({1: {"sales": 1.0}}), names)["segment_name"].tolist() == ["Top"]
    with pytest.raises(ValueError, match="no segment is described by: sles"):
        ranked_names(profiles({1: {"sales": 1.0}}), ranked(("1", "Top", "sles", "1")))
