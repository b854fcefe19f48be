"""What people run apart from a whole build: parts of it by a selector's name, and worked questions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import yaml
from dbt_runs import ROOT, DbtRun, run_dbt

SELECTORS = {selector["name"] for selector in yaml.safe_load((ROOT / "selectors.yml").read_text())["selectors"]}


def selected(build: DbtRun, selector: str, *arguments: str) -> set[str]:
    """Unique ids that a selector picks, without tests."""
    kinds = ("--resource-types", "model", "seed", "--output", "json", "--output-keys", "unique_id")
    run = run_dbt(build.folder, "--quiet", "ls", "--selector", selector, *kinds, *arguments).succeeded()
    return {json.loads(line)["unique_id"] for line in run.output.splitlines() if line.startswith("{")}


def built(build: DbtRun) -> dict[str, dict[str, Any]]:
    nodes = build.manifest["nodes"].items()
    return {name: node for name, node in nodes if node["resource_type"] in ("model", "seed")}


def descendants(build: DbtRun, roots: set[str]) -> set[str]:
    """The roots and every model that is made from them."""
    found = set(roots)
    while True:
        more = {name for name, node in built(build).items() if found & set(node["depends_on"].get("nodes", []))} - found
        if not more:
            return found
        found |= more


def test_a_dataset_has_a_selector_for_what_follows_from_its_files(sample_build: DbtRun) -> None:
    nodes = built(sample_build)
    datasets = {node["fqn"][2] for node in nodes.values() if node["fqn"][1] == "sample"}
    assert datasets <= SELECTORS
    files = {name for name, node in nodes.items() if node["fqn"][1:3] == ["sample", "shop"]}
    found = selected(sample_build, "shop")
    assert found == descendants(sample_build, files)
    assert {"model.segmart.int_segmentation__scores", "model.segmart.customer_segments"} <= found
    # Models behind the core hold all datasets; what is of one dataset alone is left out.
    others = {name for name, node in nodes.items() if set(node["fqn"][1:3]) & (datasets - {"shop"})}
    assert others
    assert not found & others


def test_marts_and_python_models_can_be_told_apart(sample_build: DbtRun) -> None:
    nodes = built(sample_build)
    marts = {name for name, node in nodes.items() if node["config"].get("access") == "public"}
    assert selected(sample_build, "marts") == marts
    python_models = {name for name, node in nodes.items() if node.get("language") == "python"}
    assert python_models
    assert selected(sample_build, "without_python") == set(nodes) - python_models


def test_what_has_changed_is_selected_with_what_follows_from_it(sample_build: DbtRun, tmp_path: Path) -> None:
    manifest = json.loads((sample_build.folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    changed = "model.segmart.int_promotions__promotions"
    manifest["nodes"][changed]["raw_code"] += "-- before"
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = selected(sample_build, "changed", "--state", str(tmp_path))
    assert found == descendants(sample_build, {changed})
    assert "model.segmart.price_promotions" in found


@pytest.fixture(scope="module")
def answers(sample_build: DbtRun, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """What each worked question answers about the sample, by name; compiled by dbt and run as an analyst runs it."""
    folder = tmp_path_factory.mktemp("analyses")
    shutil.copy(sample_build.database, folder)
    run_dbt(folder, "compile", "--select", "path:analyses").succeeded()
    compiled = folder / "target" / "compiled" / "segmart" / "analyses"
    with duckdb.connect(str(folder / "segmart.duckdb"), read_only=True) as connection:
        return {path.stem: connection.sql(path.read_text(encoding="utf-8")).df() for path in compiled.glob("*.sql")}


def test_every_question_is_described_and_has_an_answer(sample_build: DbtRun, answers: dict[str, pd.DataFrame]) -> None:
    nodes = sample_build.manifest["nodes"].values()
    described = {node["name"]: node["description"] for node in nodes if node["resource_type"] == "analysis"}
    assert set(answers) == set(described) == {path.stem for path in (ROOT / "analyses").glob("*.sql")}
    assert len(described) >= 5
    assert [name for name, description in described.items() if "?" not in description] == []
    assert [name for name, answer in answers.items() if answer.empty] == []


def test_customers_to_win_back_are_good_and_away(sample_build: DbtRun, answers: dict[str, pd.DataFrame]) -> None:
    found = answers["which_customers_to_win_back"]
    customers = sample_build.mart("loyalty_customers")
    assert found["relative_recency"].min() >= 2
    typical = customers[["sales_amount", "transactions"]].median()
    assert ((found["sales_amount"] > typical["sales_amount"]) | (found["transactions"] > typical["transactions"])).all()
    assert found["sales_amount"].is_monotonic_decreasing


def test_promotions_are_summed_by_brand(sample_build: DbtRun, answers: dict[str, pd.DataFrame]) -> None:
    found = answers["did_the_promotions_pay"].set_index("brand")
    promotions = sample_build.mart("price_promotions")
    assert found["promotions"].sum() == len(promotions) > 0
    by_brand = promotions.groupby("brand")["incremental_sales_amount"].sum()
    pd.testing.assert_series_equal(found["incremental_sales_amount"].sort_index(), by_brand, check_dtype=False)
    compared = promotions[promotions["expected_units"].notna()].groupby("brand")[["units", "expected_units"]].sum()
    uplift = (compared["units"] / compared["expected_units"] - 1).rename("uplift_share")
    pd.testing.assert_series_equal(found["uplift_share"].dropna().sort_index(), uplift)


def test_the_last_campaign_decides_whom_to_write_to(sample_build: DbtRun, answers: dict[str, pd.DataFrame]) -> None:
    found = answers["whom_to_send_the_next_campaign"].set_index("segment_name")
    responses = sample_build.mart("campaign_responses").query("campaign_number == 6").set_index("segment_name")
    assert set(found.index) == set(responses.index)
    rates = 100 * responses["responses"] / responses["customers"]
    assert found["answers_per_100_letters"].round(6).to_dict() == rates.round(6).to_dict()
    assert found["answers_per_100_letters"].is_monotonic_decreasing
