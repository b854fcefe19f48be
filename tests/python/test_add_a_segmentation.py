"""The walk-through of a new segmentation, followed to the letter with a small CRM file."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from dbt_runs import ROOT, DbtRun, run_dbt
from segmentation_lists import MEASURES, copy_project
from sklearn.metrics import adjusted_rand_score

GUIDE = (ROOT / "docs" / "add-a-segmentation.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"```csv (\S+)\n(.*?)```", GUIDE, flags=re.DOTALL))
"""File of the project -> rows that the walk-through adds to it."""

BUILD = (
    *("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"),
    *("--select", "+customer_segments", "+segment_profiles", "+segment_diagnostics", "+int_segmentation__insights"),
)
GROUPS = {"young": (25, 20_000, 1), "family": (42, 60_000, 5), "senior": (70, 45_000, 2)}
"""Name -> mean age, income and family size of the customers in the file."""


def crm_customers() -> pd.DataFrame:
    """Thirty customers of each group, with the group in the column that is no attribute."""
    random = np.random.default_rng(8)
    rows = []
    for group, (age, income, family) in GROUPS.items():
        for _ in range(30):
            rows.append(
                {
                    "CustomerID": str(len(rows) + 1),
                    "Gender": random.choice(["Female", "Male"]),
                    "Age": int(age + random.integers(-3, 4)),
                    "Annual Income ($)": int(income + random.integers(-3_000, 3_000)),
                    "Spending Score (1-100)": int(random.integers(1, 100)),
                    "Profession": "Artist",
                    "Work Experience": int(random.integers(0, 5)),
                    "Family Size": int(family + random.integers(0, 2)),
                    "Group": group,
                }
            )
    return pd.DataFrame(rows)


def follow(folder: Path, rows: dict[str, str]) -> DbtRun:
    """Add rows to files of a copy of the project, and build the segmentation of the CRM file."""
    project = copy_project(folder)
    for name, text in rows.items():
        file = project / name
        file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")
    (folder / "data" / "shop").mkdir(parents=True)
    crm_customers().to_csv(folder / "data" / "shop" / "shop_customers.csv", index=False)
    return run_dbt(folder, *BUILD, data=folder / "data", datasets=["shop"], project=project)


def test_it_takes_three_files() -> None:
    assert len(ROWS) == 3
    assert all((ROOT / name).exists() and name.startswith("seeds/reference/") for name in ROWS)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    return follow(tmp_path_factory.mktemp("followed"), ROWS).succeeded()


def test_the_first_build_succeeds_and_finds_the_groups(followed: DbtRun) -> None:
    assert followed.failures == []
    segments = followed.mart("customer_segments").query("analysis == 'crm_households'").set_index("customer_id")
    truth = crm_customers().set_index("CustomerID")["Group"]
    assert adjusted_rand_score(truth, segments.loc[truth.index, "segment_name"]) == 1
    final = followed.mart("segment_diagnostics").query("analysis == 'crm_households' and is_final")
    assert final["verdict"].item() in ("strong structure", "reasonable structure")


def test_segments_have_the_words_of_the_walk_through(followed: DbtRun) -> None:
    names = followed.query("select * from intermediate.int_segmentation__names").query("analysis == 'crm_households'")
    words = {word for line in ROWS["seeds/reference/segment_traits.csv"].splitlines() for word in line.split(",")[2:]}
    for name in names["segment_name"]:
        assert {part.lower() for part in name.split(", ")} <= words, name
    sentences = followed.query("select * from intermediate.int_segmentation__insights")
    assert sentences["evidence_key"].str.contains("crm_households").sum() == 3


def test_the_old_segmentation_of_the_file_is_still_there(followed: DbtRun) -> None:
    assert set(followed.mart("segment_profiles")["analysis"]) == {"shop_customers", "crm_households"}


@pytest.mark.long
def test_a_misspelt_measure_gets_the_sentence_of_the_walk_through(tmp_path: Path) -> None:
    measures = {**ROWS, str(MEASURES): ROWS[str(MEASURES)].replace("annual_income", "income")}
    run = follow(tmp_path, measures)
    assert run.exit_code == 1
    (sentence,) = re.findall(r"```text\n(.*?)\n```", GUIDE, flags=re.DOTALL)
    assert sentence in run.output
    assert [name for name in run.failures if name.startswith("model.")] == ["model.segmart.segmentation_settings"]
