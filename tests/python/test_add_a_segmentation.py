"""The walk-through of a new segmentation, followed to the letter with a small CRM file, beside a new dataset.

The dataset is the one that `segmart new-dataset` writes, as it writes it.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from dbt_runs import ROOT, DbtRun, run_dbt
from segmentation_lists import copy_project
from sklearn.metrics import adjusted_rand_score

from segmart.cli import main

GUIDE = (ROOT / "docs" / "add-a-segmentation.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"```csv (\S+)\n(.*?)```", GUIDE, flags=re.DOTALL))
"""File of the project -> rows that the walk-through adds to it."""

(COMMAND,) = re.findall(r"```sh\nsegmart (new-segmentation .*?)\n```", GUIDE)
TRAITS = "seeds/reference/segment_traits.csv"

BUILD = (
    *("build", "--indirect-selection", "cautious", "--select", "+row_reconciliation"),
    *("+customer_segments", "+segment_profiles", "+segment_diagnostics", "+int_segmentation__insights"),
    # Of unit tests, those of a new dataset alone.
    *("--exclude", *(f"test_type:unit,segmart.{part}" for part in ("staging.shop", "core", "intermediate", "marts"))),
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


def segment(project: Path, command: str) -> None:
    """Run the command of the walk-through in a copy of the project that was never built."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SEGMART_DATABASE", raising=False)
        assert main([*shlex.split(command), "--project", str(project)]) == 0


def follow(folder: Path, project: Path, datasets: Sequence[str]) -> DbtRun:
    """Build the segmentation of the CRM file, with the words of the walk-through."""
    traits = (project / TRAITS).read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in traits if not line.startswith("crm_households,")]
    (project / TRAITS).write_text("".join(kept) + ROWS[TRAITS], encoding="utf-8")
    (folder / "data" / "shop").mkdir(parents=True)
    crm_customers().to_csv(folder / "data" / "shop" / "shop_customers.csv", index=False)
    return run_dbt(folder, *BUILD, data=folder / "data", datasets=datasets, project=project)


def test_the_command_writes_the_rows_of_the_walk_through(tmp_path: Path) -> None:
    assert len(ROWS) == 3
    project = copy_project(tmp_path)
    segment(project, COMMAND)
    for name, rows in ROWS.items():
        added = (project / name).read_text(encoding="utf-8").removeprefix((ROOT / name).read_text(encoding="utf-8"))
        if name != TRAITS:
            assert added == rows
        else:
            assert [line.split(",")[:2] for line in added.splitlines()] == [
                line.split(",")[:2] for line in rows.splitlines()
            ]


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    folder = tmp_path_factory.mktemp("followed")
    project = copy_project(folder)
    segment(project, COMMAND)
    assert main(["new-dataset", "crm", "--project", str(project)]) == 0
    shutil.copytree(
        project / "seeds" / "sample" / "crm", folder / "data" / "crm", ignore=shutil.ignore_patterns("*.yml")
    )
    return follow(folder, project, ["shop", "crm"]).succeeded()


def test_the_new_dataset_reaches_the_core_and_is_reconciled(followed: DbtRun) -> None:
    listed = followed.rows("select customer_id from core.customers where dataset = 'crm' order by 1")
    assert listed == [(f"E-{number:03d}",) for number in range(1, 13)]
    attributes = (
        "select attribute, count(*), sum(number_value) from core.customer_attributes where dataset = 'crm' group by 1"
    )
    assert sorted(followed.rows(attributes)) == [("age", 12, 544.0), ("region", 12, None)]
    counts = "select raw_rows, accepted_rows, is_reconciled from marts.row_reconciliation where dataset = 'crm'"
    assert followed.rows(counts) == [(12, 12, True)]
    own = {name for name, status in followed.statuses.items() if "crm" in name and status in ("pass", "success")}
    assert sum(name.startswith("unit_test.") for name in own) == 1


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
    project = copy_project(tmp_path)
    segment(project, COMMAND.replace("annual_income", "income"))
    run = follow(tmp_path, project, ["shop"])
    assert run.exit_code == 1
    (sentence,) = re.findall(r"```text\n(.*?)\n```", GUIDE, flags=re.DOTALL)
    assert sentence in run.output
    assert [name for name in run.failures if name.startswith("model.")] == ["model.segmart.segmentation_settings"]
