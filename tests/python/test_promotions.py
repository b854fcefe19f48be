"""Promotions planted in simulated sales: the models find them, nothing else, and about the right uplift."""

from __future__ import annotations

import pandas as pd
import pytest
from dbt_runs import DbtRun

from tools.benchmarks.promotions import DESIGNS, results, run_models, simulate

NAMES = (
    "7 days, no effect",
    "14 days, +100 %",
    "42 days, +100 %",
    "14 days, +100 %, in 50 % of stores",
    "every 3rd week, +200 %, 30 products together",
    "own season x 3, no effect, 2 years",
    "14 days, +100 %, then half for 14 days",
    "14 days, +100 %, brand loses 30 %",
    "no promotion",
    "lasting cut by 20 %, 17 days before the end",
    "lasting cut by 20 %, 5 days before the end",
    "two prices, low in 50 % of stores",
    "two prices, low in 15 % of stores",
    "new products, cheap for 14 days",
)


@pytest.fixture(scope="module")
def table(sample_build: DbtRun) -> pd.DataFrame:
    """Results of some designs of the benchmark, by design, from the SQL that the build compiled."""
    compiled = sample_build.folder / "target/compiled/segmart/models/intermediate/promotions"
    simulation = simulate({name: DESIGNS[name] for name in NAMES}, seed=11)
    return results(run_models(compiled, simulation), simulation).set_index("design")


def test_planted_promotions_are_found_whole_and_once(table: pd.DataFrame) -> None:
    planted = table[table["planted"] > 0]
    assert (planted["found"] >= 0.9 * planted["planted"]).all()
    everywhere = planted.drop(index="14 days, +100 %, in 50 % of stores")
    assert everywhere["found"].tolist() == everywhere["planted"].tolist() == everywhere["rows"].tolist()
    assert (everywhere["days_found"] > 0.99).all()


def test_prices_that_change_for_good_or_differ_by_store_are_no_promotions(table: pd.DataFrame) -> None:
    assert table["false"].sum() == 0


def test_uplifts_are_near_the_truth_and_their_intervals_cover_it(table: pd.DataFrame) -> None:
    planted = table[table["planted"] >= 40]
    assert (planted["uplift"] - planted["truth"]).abs().max() < 0.15
    assert (planted["covered"] > 0.85).all()
    without_effect = planted[planted["truth"] == 0]
    assert len(without_effect) == 2
    assert (without_effect["significant"] <= 2).all()


def test_days_after_and_the_rest_of_the_brand_are_told(table: pd.DataFrame) -> None:
    assert table.loc["14 days, +100 %, then half for 14 days", "after_share"] == pytest.approx(-0.5, abs=0.1)
    assert table.loc["14 days, +100 %, brand loses 30 %", "brand_share"] == pytest.approx(-0.3, abs=0.1)
    assert table.loc["14 days, +100 %", "after_share"] == pytest.approx(0, abs=0.1)
    assert table.loc["14 days, +100 %", "brand_share"] == pytest.approx(0, abs=0.1)
