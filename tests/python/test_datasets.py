"""Which datasets are built, and what happens if nothing of one is usable."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from dbt_runs import SAMPLE_DATA, run_dbt


def test_a_dataset_that_does_not_exist_stops_dbt_while_it_reads_the_project(tmp_path: Path) -> None:
    run = run_dbt(tmp_path, "parse", datasets=["chipz", "shop"])
    assert run.exit_code != 0
    message = "SEGMART_DATASETS names chipz, which is no dataset. It may name chips, shop, campaign, grocery, mapped,"
    assert message in " ".join(run.output.split())


def test_a_file_of_which_every_row_is_refused_stops_the_build(tmp_path: Path) -> None:
    """Another dataset may be good: its marts would replace the file that still has both."""
    for dataset, name in (("campaign", "marketing_data"), ("campaign", "marketing_data_dictionary")):
        rows = pd.read_csv(SAMPLE_DATA / dataset / f"{name}.csv", dtype=str, keep_default_na=False).head(3)
        if "ID" in rows:
            rows["ID"] = "n/a"
        (tmp_path / "data" / dataset).mkdir(parents=True, exist_ok=True)
        rows.to_csv(tmp_path / "data" / dataset / f"{name}.csv", index=False)
    selection = ("--exclude-resource-type", "unit_test", "--select", "+stg_campaign__customers")
    run = run_dbt(tmp_path / "run", "build", *selection, data=tmp_path / "data", datasets=["campaign"])
    assert run.exit_code != 0
    assert run.failures == [name for name in run.failures if "some_rows_of_marketing_data_are_accepted" in name]
    assert run.statuses["model.segmart.stg_campaign__customers"] == "skipped"
    message = "every row of campaign/marketing_data is refused (3), most often because ID is not a number (3)"
    assert message in " ".join(run.output.split())
