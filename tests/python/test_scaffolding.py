"""`segmart new-dataset` and `segmart new-segmentation` write what they say, or one sentence and nothing else.

That their files build is tested with the walk-through, in test_add_a_segmentation.py.
"""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import duckdb
import pytest
import yaml
from dbt_runs import ROOT, snapshot

from segmart.building import datasets_of
from segmart.cli import main

LISTS = {name: Path("seeds/reference") / f"{name}.csv" for name in ("analyses", "analysis_measures", "segment_traits")}
NAMED = ("--dataset", "shop", "--features", "age", "annual_income")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the commands read and change of a project, as the current folder."""
    for name in ("dbt_project.yml", "selectors.yml", *map(str, LISTS.values())):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    for folder in ("models/core", "models/intermediate/quality"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEGMART_DATABASE", raising=False)
    return tmp_path


def refusal(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    """The sentence of a command that has to fail and to change nothing."""
    before = snapshot(Path())
    assert main(command) == 1
    assert snapshot(Path()) == before
    return capsys.readouterr().err


def rows_of(name: str, analysis: str) -> list[dict[str, str]]:
    with LISTS[name].open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["analysis"] == analysis]


def test_a_dataset_is_named_wherever_all_datasets_are(project: Path) -> None:
    assert main(["new-dataset", "crm"]) == 0
    settings = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
    assert settings["vars"]["datasets"] == ["chips", "shop", "campaign", "grocery", "crm", "mapped"]
    switch = {"+enabled": "{{ 'crm' in env_var('SEGMART_DATASETS', 'crm').split() }}"}
    assert settings["seeds"]["segmart"]["sample"]["crm"] == switch
    assert settings["models"]["segmart"]["staging"]["crm"] == switch
    selectors = yaml.safe_load((project / "selectors.yml").read_text(encoding="utf-8"))["selectors"]
    assert [item["definition"]["value"] for item in selectors if item["name"] == "crm"] == ["seeds/sample/crm"]
    assert datasets_of(None) == ["chips", "shop", "campaign", "grocery", "crm"]
    lists = "['chips', 'shop', 'campaign', 'grocery', 'mapped']"
    for file in (project / "models").rglob("*.sql"):
        original = (ROOT / file.relative_to(project)) if "staging" not in file.parts else None
        if original:
            expected = original.read_text(encoding="utf-8").replace(lists, lists.replace("'mapped'", "'crm', 'mapped'"))
            assert file.read_text(encoding="utf-8") == expected


def test_datasets_can_be_added_one_after_the_other(project: Path) -> None:
    assert main(["new-dataset", "crm"]) == 0
    assert main(["new-dataset", "web_shop"]) == 0
    assert datasets_of(None) == ["chips", "shop", "campaign", "grocery", "crm", "web_shop"]
    assert (project / "models/staging/web_shop/stg_web_shop__customers.sql").exists()
    texts = [file.read_text(encoding="utf-8") for file in project.rglob("*web_shop*.*")]
    assert len(texts) == 12
    assert not any("example" in text for text in texts)


@pytest.mark.parametrize("name", ["CRM", "crm-1", "1crm", "crm__a", "_crm", "crm_", "c" * 41, "", "crm\n"])
def test_names_that_models_can_not_have_are_refused(
    name: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "can't be the name of a dataset: use up to 40" in refusal(capsys, "new-dataset", name)
    assert "can't be the name of a segmentation" in refusal(capsys, "new-segmentation", name, *NAMED)


@pytest.mark.parametrize("name", ["shop", "mapped"])
def test_a_dataset_that_is_there_is_not_written_again(
    name: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert f"there is a dataset {name} already" in refusal(capsys, "new-dataset", name)


def test_a_file_that_is_there_stops_a_new_dataset(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = project / "models/staging/crm/stg_crm__customers.sql"
    mine.parent.mkdir(parents=True)
    mine.write_text("select 1", encoding="utf-8")
    said = refusal(capsys, "new-dataset", "crm")
    assert "models/staging/crm/stg_crm__customers.sql is there already, and nothing is overwritten" in said


def test_a_project_that_lists_its_datasets_in_another_way_is_left_alone(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = project / "dbt_project.yml"
    original = settings.read_text(encoding="utf-8")
    settings.write_text(original.replace("grocery, mapped]", "grocery, mapped, more]"), encoding="utf-8")
    assert "the variable `datasets` that it came with" in refusal(capsys, "new-dataset", "crm")
    settings.write_text(original, encoding="utf-8")
    (project / "models/core/customers.sql").unlink()
    assert "no model unites customers of all datasets" in refusal(capsys, "new-dataset", "crm")


def test_outside_a_project_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "there is no dbt_project.yml in" in refusal(capsys, "new-dataset", "crm")
    assert "there is no seeds/reference/analyses.csv in" in refusal(capsys, "new-segmentation", "crm", *NAMED)


def test_a_segmentation_is_rows_of_three_lists(project: Path) -> None:
    lists = {name: file.read_text(encoding="utf-8") for name, file in LISTS.items()}
    assert main(["new-segmentation", "crm", *NAMED, "--measures", "work_experience", "--categories", "gender"]) == 0
    for name, text in lists.items():
        assert LISTS[name].read_text(encoding="utf-8").startswith(text)
    (analysis,) = rows_of("analyses", "crm")
    assert {name: analysis[name] for name in ("dataset", "unit", "n_clusters")} == {
        "dataset": "shop",
        "unit": "customer",
        "n_clusters": "3",
    }
    assert [(row["position"], row["measure"], row["role"]) for row in rows_of("analysis_measures", "crm")] == [
        ("1", "age", "feature"),
        ("2", "annual_income", "feature"),
        ("3", "work_experience", "measure"),
        ("4", "gender", "category"),
    ]
    assert [(row["measure"], row["high"], row["low"]) for row in rows_of("segment_traits", "crm")] == [
        ("age", "high age", "low age"),
        ("annual_income", "high annual income", "low annual income"),
    ]


def test_a_segmentation_that_is_there_is_not_written_again(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(capsys, "new-segmentation", "shop_customers", *NAMED)
    assert "analyses.csv has rows of shop_customers already" in said


def test_without_a_build_what_is_measured_has_to_be_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(capsys, "new-segmentation", "crm", "--dataset", "shop")
    assert "run `segmart build` first, or name --dataset and --features" in said


@pytest.fixture
def built(project: Path) -> Path:
    """A working database with two datasets: one whose customers have ages, one with gaps and with buyers."""
    database = project / "warehouse" / "segmart.duckdb"
    database.parent.mkdir()
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            """
            create schema core;
            create schema intermediate;
            create table core.customer_attributes (dataset text, customer_key int, attribute text, number_value double);
            insert into core.customer_attributes values
                ('crm', 1, 'age', 30), ('crm', 2, 'age', 40), ('crm', 1, 'region', null), ('crm', 2, 'region', null),
                ('crm', 1, 'income', 100), ('crm', 1, 'persons', 2), ('crm', 2, 'persons', 2),
                ('till', 3, 'age', 50), ('till', 4, 'region', null);
            create table intermediate.int_segmentation__available_measures
                (dataset text, unit_kind text, measure text, measure_type text);
            insert into intermediate.int_segmentation__available_measures values
                ('crm', 'customer', 'customer_id', 'key'), ('crm', 'customer', 'age', 'number'),
                ('crm', 'customer', 'income', 'number'), ('crm', 'customer', 'persons', 'number'),
                ('crm', 'customer', 'region', 'text'), ('till', 'customer', 'age', 'number'),
                ('till', 'buyer', 'receipts', 'number'), ('till', 'buyer', 'unit_price', 'number');
            """
        )
    return database


def test_the_last_build_says_what_every_customer_has(built: Path) -> None:
    """Not what is missing somewhere, nor what is the same of all."""
    assert main(["new-segmentation", "people", "--categories", "region"]) == 0
    assert [(row["measure"], row["role"]) for row in rows_of("analysis_measures", "people")] == [
        ("age", "feature"),
        ("region", "category"),
    ]
    assert rows_of("analyses", "people")[0]["dataset"] == "crm"
    assert main(["new-segmentation", "tills", "--unit", "buyer"]) == 0
    assert [row["measure"] for row in rows_of("analysis_measures", "tills")] == ["receipts", "unit_price"]


def test_what_the_last_build_can_not_measure_is_refused(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(capsys, "new-segmentation", "people", "--dataset", "crm", "--features", "ages")
    assert "analysis people, measure ages, column measure: crm has no such number of a customer" in said
    said = refusal(capsys, "new-segmentation", "people", "--dataset", "till")
    assert "no number that every customer of till has" in said
    with duckdb.connect(str(built)) as connection:
        connection.execute("insert into core.customer_attributes values ('club', 5, 'age', 20), ('club', 6, 'age', 21)")
    assert "name one with --dataset: club, crm" in refusal(capsys, "new-segmentation", "people")
