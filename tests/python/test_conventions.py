"""House rules that a machine can check, read from the manifest of a build, so that nobody has to remember them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt_runs import ROOT, DbtRun

Node = dict[str, Any]

PROJECT: dict[str, Any] = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
DATASETS = {"chips", "shop", "campaign", "grocery"}
LAYERS = {"staging": "staging", "intermediate": "intermediate", "marts": "marts"}
"""Folder below models/ -> schema."""

SHARED = ("groups", "exposures", "semantic_models")
"""What has YAML files of its own."""

CHECKS_ON_REFUSED_ROWS = {"rejected_rows", "reconciliation"}
"""What an intermediate model may be about that reads refused rows too, and so a base model."""

DUCKDB_ALONE = {"loading", "publishing"}
"""Folders of macros that read and write files by DuckDB's own functions, which no other engine will run."""


@pytest.fixture(scope="module")
def nodes(sample_build: DbtRun) -> dict[str, Node]:
    """Everything that was built or tested, by unique id."""
    return sample_build.manifest["nodes"]


@pytest.fixture(scope="module")
def models(nodes: dict[str, Node]) -> dict[str, Node]:
    return {name: node for name, node in nodes.items() if node["resource_type"] == "model"}


@pytest.fixture(scope="module")
def seeds(nodes: dict[str, Node]) -> dict[str, Node]:
    return {name: node for name, node in nodes.items() if node["resource_type"] == "seed"}


@pytest.fixture(scope="module")
def marts(models: dict[str, Node]) -> list[Node]:
    return [model for model in models.values() if layer(model) == "marts"]


def layer(model: Node) -> str:
    """Folder below models/, or python_models."""
    folders = Path(model["original_file_path"]).parts
    return folders[1] if folders[0] == "models" else folders[0]


def parents(node: Node) -> list[str]:
    return node["depends_on"]["nodes"]


def plain(text: str) -> str:
    """Only the letters and digits."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


# Names


def test_every_folder_of_models_is_a_layer(models: dict[str, Node]) -> None:
    assert {layer(model) for model in models.values()} == {*LAYERS, "python_models"}


def test_models_are_named_after_their_layer_and_dataset(models: dict[str, Node]) -> None:
    patterns = {
        "staging": r"(stg|base)_{dataset}__[a-z0-9_]+",
        "intermediate": r"int_{dataset}__[a-z0-9_]+",
    }
    for model in models.values():
        folders = Path(model["original_file_path"]).parts
        if layer(model) in patterns:
            assert folders[2] in DATASETS, model["original_file_path"]
            assert re.fullmatch(patterns[layer(model)].format(dataset=folders[2]), model["name"]), model["name"]


def test_marts_have_plain_names(marts: list[Node]) -> None:
    for mart in marts:
        assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", mart["name"])
        assert not re.match(r"(base|stg|int|fct|dim|mart|tmp)_", mart["name"])


def test_python_models_are_named_after_what_they_analyse(models: dict[str, Node], marts: list[Node]) -> None:
    subjects = [*PROJECT["vars"]["analyses"], *(mart["name"] for mart in marts)]
    for model in models.values():
        if layer(model) == "python_models":
            assert model["language"] == "python"
            assert Path(model["original_file_path"]).parts[1] in DATASETS
            assert any(re.fullmatch(f"{subject}_[a-z_]+", model["name"]) for subject in subjects), model["name"]


def test_booleans_dates_and_counts_say_so_in_their_names(marts: list[Node]) -> None:
    for mart in marts:
        for column in mart["columns"].values():
            is_question = bool(re.match(r"(is|has)_", column["name"]))
            assert is_question == (column["data_type"] == "boolean"), (mart["name"], column["name"])
            if column["data_type"] == "date":
                assert column["name"].endswith("_date"), (mart["name"], column["name"])
            if column["name"].endswith(("_amount", "_sales")):
                assert column["data_type"].startswith(("decimal", "double")), (mart["name"], column["name"])


def test_singular_tests_are_sentences(nodes: dict[str, Node]) -> None:
    singular = [n["name"] for n in nodes.values() if n["resource_type"] == "test" and not n.get("test_metadata")]
    assert singular
    assert [name for name in singular if not re.fullmatch(r"assert(_[a-z0-9]+){3,}", name)] == []


# Documentation


def test_one_yaml_file_lies_beside_each_model_and_seed(models: dict[str, Node], seeds: dict[str, Node]) -> None:
    described: dict[str, str] = {}
    for node in [*models.values(), *seeds.values()]:
        assert node["patch_path"], f"{node['name']} has no YAML file"
        file = node["patch_path"].split("://")[1]
        assert Path(file) == Path(node["original_file_path"]).with_suffix(".yml")
        assert described.setdefault(file, node["name"]) == node["name"]


def test_yaml_files_describe_only_what_exists(
    sample_build: DbtRun, models: dict[str, Node], seeds: dict[str, Node]
) -> None:
    files = {node["patch_path"].split("://")[1] for node in [*models.values(), *seeds.values()]}
    folders = [ROOT / folder for folder in ("models", "python_models", "seeds", "semantic_models")]
    found = {path.relative_to(ROOT).as_posix() for folder in folders for path in folder.rglob("*.y*ml")}
    described = {node["original_file_path"] for kind in SHARED for node in sample_build.manifest[kind].values()}
    assert found == files | described


def test_everything_is_described_in_more_than_its_name(models: dict[str, Node], seeds: dict[str, Node]) -> None:
    for node in [*models.values(), *seeds.values()]:
        for item in [node, *node["columns"].values()]:
            about = (node["name"], item["name"])
            assert len(item["description"].split()) >= 2, about
            assert plain(item["description"]) not in {plain(item["name"]), plain(f"the {item['name']}")}, about


def test_every_column_of_the_database_is_described(
    sample_build: DbtRun, models: dict[str, Node], seeds: dict[str, Node]
) -> None:
    actual: dict[tuple[str, str], set[str]] = {}
    columns = "select table_schema, table_name, column_name from information_schema.columns"
    for schema, table, column in sample_build.rows(columns):
        actual.setdefault((schema, table), set()).add(column)
    described = {(node["schema"], node["name"]): set(node["columns"]) for node in [*models.values(), *seeds.values()]}
    for (schema, _), names in described.items():
        if schema == "raw":
            # Added to what the file has, and described with the base models that hand it on.
            names.add("raw_file")
    assert actual == described


def test_every_unit_test_says_what_it_is_about(sample_build: DbtRun) -> None:
    unit_tests = sample_build.manifest["unit_tests"].values()
    assert unit_tests
    assert [test["name"] for test in unit_tests if len(test["description"].split()) < 3] == []


def test_every_block_of_documentation_is_used() -> None:
    blocks = set()
    for file in (ROOT / "models").rglob("*.md"):
        blocks |= set(re.findall(r"{% docs (\w+) %}", file.read_text(encoding="utf-8"))) - {"__overview__"}
    folders = [ROOT / folder for folder in ("models", "python_models", "seeds", "semantic_models")]
    text = "".join(path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.yml"))
    assert blocks == set(re.findall(r'doc\("(\w+)"\)', text))


# Keys and contracts


def test_every_model_has_a_key_or_says_why_not(nodes: dict[str, Node], models: dict[str, Node]) -> None:
    tested = {
        node["attached_node"]
        for node in nodes.values()
        if (node.get("test_metadata") or {}).get("name") == "primary_key"
    }
    excused = {name for name, model in models.items() if model["config"]["meta"].get("key") == "none"}
    assert tested & excused == set()
    assert set(models) - tested - excused == set()
    assert [name for name in sorted(excused) if not re.search(r"\bkey\b", models[name]["description"])] == []


def test_marts_are_public_and_contracted_and_nothing_else_is(models: dict[str, Node]) -> None:
    for model in models.values():
        is_mart = layer(model) == "marts"
        assert (model["access"] == "public") == is_mart, model["name"]
        assert model["config"]["contract"]["enforced"] == is_mart, model["name"]


def test_every_mart_has_a_group_whose_owner_can_be_asked(sample_build: DbtRun, marts: list[Node]) -> None:
    groups = {group["name"]: group for group in sample_build.manifest["groups"].values()}
    assert {mart["group"] for mart in marts} == set(groups)
    assert [name for name, group in groups.items() if not group["owner"]["name"] or not group["description"]] == []


def test_exposures_read_marts_only(sample_build: DbtRun, marts: list[Node]) -> None:
    public = {mart["unique_id"] for mart in marts}
    exposures = sample_build.manifest["exposures"].values()
    assert {exposure["type"] for exposure in exposures} == {"analysis", "dashboard"}
    for exposure in exposures:
        assert parents(exposure)
        assert set(parents(exposure)) <= public, exposure["name"]
        assert exposure["owner"]["name"]
        assert len(exposure["description"].split()) > 5


def test_the_reports_exposure_names_the_marts_that_its_source_names(sample_build: DbtRun, marts: list[Node]) -> None:
    source = " ".join(file.read_text(encoding="utf-8") for file in (ROOT / "src" / "segmart" / "report").rglob("*.py"))
    used = {mart["unique_id"] for mart in marts if re.search(rf"\b{mart['name']}\b", source)}
    (report,) = (e for e in sample_build.manifest["exposures"].values() if e["name"] == "report")
    assert set(parents(report)) == used


def test_every_mart_column_has_a_type(marts: list[Node]) -> None:
    for mart in marts:
        assert mart["columns"]
        assert [name for name, column in mart["columns"].items() if not column["data_type"]] == [], mart["name"]


def test_sample_seeds_list_the_columns_of_their_files(seeds: dict[str, Node]) -> None:
    for seed in seeds.values():
        header = (ROOT / seed["original_file_path"]).read_text(encoding="utf-8-sig").splitlines()[0]
        assert list(seed["columns"]) == [name.strip() for name in header.split(",")], seed["name"]


# Layers


def test_only_staging_reads_raw_files(models: dict[str, Node], seeds: dict[str, Node]) -> None:
    raw = {name for name, seed in seeds.items() if seed["fqn"][1] == "sample"}
    assert raw
    for model in models.values():
        assert layer(model) == "staging" or not raw & set(parents(model)), model["name"]


def test_staging_reads_only_staging_and_raw_files_of_its_dataset(
    nodes: dict[str, Node], models: dict[str, Node]
) -> None:
    for model in models.values():
        if layer(model) == "staging":
            dataset = model["fqn"][2]
            for parent in parents(model):
                assert nodes[parent]["fqn"][1:3] in (["staging", dataset], ["sample", dataset]), model["name"]


def test_refused_rows_stay_in_staging_except_for_the_lists_of_them(models: dict[str, Node]) -> None:
    for model in models.values():
        for parent in parents(model):
            if models.get(parent, {"name": ""})["name"].startswith("base_") and layer(model) != "staging":
                assert model["name"].split("__")[-1] in CHECKS_ON_REFUSED_ROWS, model["name"]


def test_marts_do_not_read_staging(models: dict[str, Node], marts: list[Node]) -> None:
    for mart in marts:
        staging = [parent for parent in parents(mart) if parent in models and layer(models[parent]) == "staging"]
        assert staging == [], mart["name"]


def test_datasets_do_not_read_each_other(models: dict[str, Node]) -> None:
    for model in models.values():
        own = model["fqn"][2] if layer(model) in ("staging", "intermediate") else None
        for parent in parents(model):
            if own and parent in models and layer(models[parent]) in ("staging", "intermediate"):
                assert models[parent]["fqn"][2] == own, model["name"]


def test_schemas_are_named_exactly_after_the_layers(
    sample_build: DbtRun, models: dict[str, Node], seeds: dict[str, Node]
) -> None:
    for model in models.values():
        assert model["schema"] == LAYERS.get(layer(model), "intermediate"), model["name"]
    for seed in seeds.values():
        assert seed["schema"] == {"sample": "raw", "reference": "reference"}[seed["fqn"][1]], seed["name"]
    built = {schema for (schema,) in sample_build.rows("select distinct table_schema from information_schema.tables")}
    assert built == {"raw", "staging", "intermediate", "marts", "reference"}


# SQL


def sort_keys(sql: str) -> list[str]:
    """Every key of every `order by`, also of those with Jinja in them."""
    sql = re.sub(r"\{#.*?#\}|--[^\n]*", "", sql, flags=re.DOTALL)
    keys = []
    for clause in re.finditer(r"\border\s+by\b", sql, flags=re.IGNORECASE):
        depth, key = 0, ""
        for token in re.findall(r"[({]|[)}]|,|;|'|\b(?:rows|range|limit)\b|\w+|\s+|.", sql[clause.end() :]):
            depth += (token in "({") - (token in ")}")
            if depth < 0 or (depth == 0 and token in (";", "rows", "range", "limit")):
                break
            if depth == 0 and token == ",":
                keys.append(key)
                key = ""
            else:
                key += token
        keys.append(key)
    return [" ".join(key.strip(" '\n").split()) for key in keys]


def test_sort_keys_are_read_with_jinja_frames_and_functions() -> None:
    sql = """
        select row_number() over (partition by a order by coalesce(b, 0) desc nulls last, c), -- order by comment
            sum(d) over (ORDER BY {{ keys | join(', ') }} rows between 6 preceding and current row)
        {# order by nothing #}
        from e order
            by f nulls last, g limit 1
    """
    assert sort_keys(sql) == ["coalesce(b, 0) desc nulls last", "c", "{{ keys | join(', ') }}", "f nulls last", "g"]


@pytest.mark.parametrize("folder", ["models", "macros", "tests/generic", "tests/singular", "analyses"])
def test_nulls_are_sorted_last_everywhere(folder: str) -> None:
    """Engines differ in where they sort nulls if nothing is said."""
    unsaid = {
        str(file.relative_to(ROOT)): keys
        for file in sorted((ROOT / folder).rglob("*.sql"))
        if file.parent.name not in DUCKDB_ALONE
        and (keys := [key for key in sort_keys(file.read_text(encoding="utf-8")) if not key.endswith("nulls last")])
    }
    assert unsaid == {}


# The project


def test_without_datasets_only_reference_tables_are_left(empty_build: DbtRun) -> None:
    """Every model and test of a dataset, and every raw file, has the switch."""
    nodes = empty_build.manifest["nodes"].values()
    assert {node["resource_type"] for node in nodes} == {"seed", "test", "operation"}
    assert {node["fqn"][1] for node in nodes if node["resource_type"] == "seed"} == {"reference"}
    tested = {parent for node in nodes if node["resource_type"] == "test" for parent in parents(node)}
    assert all(parent.startswith("seed.segmart.") for parent in tested)


def test_there_are_no_dbt_packages(sample_build: DbtRun) -> None:
    for name in ("packages.yml", "dependencies.yml", "package-lock.yml"):
        assert not (ROOT / name).exists()
    macros = sample_build.manifest["macros"].values()
    assert {macro["package_name"] for macro in macros} == {"segmart", "dbt", "dbt_duckdb"}


def test_nothing_is_reported_to_anyone(sample_build: DbtRun) -> None:
    assert PROJECT["flags"]["send_anonymous_usage_stats"] is False
    assert sample_build.manifest["metadata"]["send_anonymous_usage_stats"] is False


def test_a_build_passes_all_tests_without_a_warning(sample_build: DbtRun) -> None:
    warnings = {name for name, status in sample_build.statuses.items() if status == "warn"}
    # The sample's data dictionary lacks two columns on purpose.
    assert {name.split(".")[2] for name in warnings} == {"assert_every_column_has_a_dictionary_entry"}
    assert {status for name, status in sample_build.statuses.items() if name not in warnings} == {"success", "pass"}
    planned = {
        *(name for name in sample_build.manifest["nodes"]),
        *sample_build.manifest["unit_tests"],
    }
    assert {name for name in planned if not name.startswith(("analysis.", "operation."))} == set(sample_build.statuses)
