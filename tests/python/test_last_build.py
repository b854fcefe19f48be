"""Segments follow those of the last build in the same working database."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from dbt_runs import SAMPLE_DATA, DbtRun, run_dbt

KEY = "CustomerID"
ARGUMENTS = ("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious", "--select")
MARTS = ("+customer_segments", "+segment_profiles", "+segment_changes", "+segment_stability", "+segment_diagnostics")

pytestmark = pytest.mark.long


def without_groups() -> pd.DataFrame:
    """The sample's customers with every column shuffled by itself: any division is about as good as another."""
    customers = pd.read_csv(SAMPLE_DATA / "shop" / "shop_customers.csv", dtype=str, keep_default_na=False)
    random = np.random.default_rng(6)
    shuffled = {name: random.permutation(customers[name]) for name in customers if name != KEY}
    return customers.assign(**shuffled)


def build(folder: Path, customers: pd.DataFrame, *options: str) -> DbtRun:
    data = folder / "data" / "shop"
    data.mkdir(parents=True, exist_ok=True)
    customers.to_csv(data / "shop_customers.csv", index=False)
    return run_dbt(folder, *ARGUMENTS, *MARTS, *options, data=folder / "data", datasets=["shop"]).succeeded()


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, pd.DataFrame]]:
    """Marts of a first build, of a second one without 1 % of the customers, and of one that starts anew."""
    folder = tmp_path_factory.mktemp("last_build")
    customers = without_groups()
    steps = {
        "first": (customers, ()),
        "second": (customers.drop(index=customers.index[::100]), ()),
        "anew": (customers, ("--full-refresh",)),
    }
    marts = ("customer_segments", "segment_profiles", "segment_changes", "segment_stability", "segment_diagnostics")
    found = {}
    for name, (rows, options) in steps.items():
        run = build(folder, rows, *options)
        found[name] = {mart: run.mart(mart) for mart in marts}
    return found


def test_segments_keep_number_and_name_without_one_percent_of_the_customers(builds) -> None:
    before = builds["first"]["customer_segments"].set_index("customer_id")
    after = builds["second"]["customer_segments"].set_index("customer_id")
    assert 0.985 < len(after) / len(before) < 0.995
    columns = ["cluster_id", "segment_name"]
    same = (before.loc[after.index, columns] == after[columns]).all(axis=1)
    assert same.mean() >= 0.98
    assert (after["last_segment_name"] == before.loc[after.index, "segment_name"]).all()


def test_what_moved_is_reported(builds) -> None:
    changes = builds["second"]["segment_changes"]
    segments = builds["second"]["customer_segments"]
    moved = (segments["segment_name"] != segments["last_segment_name"]).sum()
    counts = changes.groupby("change")["customers"].sum()
    assert counts.get("moved", 0) == moved
    assert counts["kept"] == len(segments) - moved
    assert counts["gone"] == len(builds["first"]["customer_segments"]) - len(segments)
    assert "new" not in counts
    assert changes["share"].sum() == pytest.approx(1)


@pytest.mark.parametrize("step", ["first", "anew"])
def test_without_a_last_build_nothing_is_compared(builds, step: str) -> None:
    assert builds[step]["segment_changes"].empty
    assert builds[step]["customer_segments"]["last_segment_name"].isna().all()


def test_starting_anew_gives_what_a_first_build_gives(builds) -> None:
    for mart in ("customer_segments", "segment_profiles", "segment_diagnostics", "segment_stability"):
        first, anew = builds["first"][mart], builds["anew"][mart]
        order = first.columns.tolist()
        pd.testing.assert_frame_equal(
            first.sort_values(order, ignore_index=True), anew.sort_values(order, ignore_index=True)
        )


def test_the_published_figure_says_what_the_second_build_does(builds) -> None:
    (final,) = builds["first"]["segment_diagnostics"].query("is_final").to_dict("records")
    assert final["kept_share"] >= 0.98
    assert final["verdict"].startswith("no substantial structure")
    assert (builds["first"]["segment_stability"]["kept_share"] >= 0.9).all()
