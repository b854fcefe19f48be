"""House rules that a machine can check, read from the manifest of a build, so that nobody has to remember them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt_runs import ROOT, DbtRun, run_dbt

Node = dict[str, Any]

PROJECT: dict[str, Any] = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
DATASETS: set[str] = set(PROJECT["vars"]["datasets"])
LAYERS = {"staging": "staging", "core": "core", "intermediate": "intermediate", "marts": "marts"}
"""Folder below models/ -> schema."""

SUBJECTS = {
    *("products", "promotions", "anomalies", "loyalty", "baskets", "segmentation", "campaigns", "offers", "quality"),
    *("insights", "stores"),
}
"""What intermediate models and Python models are about, and the folders that they lie in."""

READS = {
    "staging": {"raw", "reference", "loading", "staging"},
    "core": {"staging", "core"},
    "intermediate": {"reference", "core", "intermediate"},
    "marts": {"core", "intermediate"},
}
"""Layer -> what its models may read."""

READS_STAGING = {"quality"}
"""Subjects that are about the files themselves."""

SHARED = ("groups", "exposures", "semantic_models", "sources")
"""What has YAML files of its own."""

DUCKDB_ALONE = {"loading", "publishing"}
"""Folders of macros that read and write files by DuckDB's own functions, which no other engine will run."""

ENTRY_POINTS = {"generate_schema_name", "freshness", "check_variables"}
"""Macros that dbt, a hook or a user calls by name."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What dbt knows of the project when it has read it."""
    return run_dbt(tmp_path_factory.mktemp("conventions"), "parse").succeeded().manifest


@pytest.fixture(scope="module")
def nodes(project: dict[str, Any]) -> dict[str, Node]:
    """Models, seeds and tests by unique id."""
    return project["nodes"]


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
    """Folder below models/; Python models are intermediate ones."""
    folders = Path(model["original_file_path"]).parts
    return folders[1] if folders[0] == "models" else "intermediate"


def subject(model: Node) -> str:
    """Folder below that of the layer."""
    return Path(model["original_file_path"]).parts[-2]


def kind(node: Node) -> str:
    """The layer of a model; of a seed, raw or reference."""
    if node["resource_type"] == "seed":
        return {"sample": "raw"}.get(node["fqn"][1], node["fqn"][1])
    return layer(node)


def kinds_of_parents(nodes: dict[str, Node], model: Node) -> dict[str, str]:
    """Unique id of what a model reads -> its kind; what loading writes down about the files is a source."""
    return {
        parent: "loading" if parent.startswith("source.segmart.loading.") else kind(nodes[parent])
        for parent in parents(model)
    }


def parents(node: Node) -> list[str]:
    return node["depends_on"]["nodes"]


def plain(text: str) -> str:
    """Only the letters and digits."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


# Names


def test_every_folder_of_models_is_a_layer(models: dict[str, Node]) -> None:
    assert {layer(model) for model in models.values()} == set(LAYERS)


def test_models_are_named_after_their_layer_and_what_they_are_about(models: dict[str, Node]) -> None:
    """Datasets stop at the core: from there on a model is about a subject."""
    for model in models.values():
        folder = Path(model["original_file_path"]).parts[2]
        if layer(model) == "staging":
            assert folder in DATASETS, model["original_file_path"]
            assert re.fullmatch(rf"(stg|base)_{folder}__[a-z0-9_]+", model["name"]), model["name"]
        elif layer(model) == "intermediate" and model["language"] == "sql":
            assert folder in SUBJECTS, model["original_file_path"]
            assert re.fullmatch(rf"int_{folder}__[a-z0-9_]+", model["name"]), model["name"]


def test_marts_have_plain_names(marts: list[Node]) -> None:
    for mart in marts:
        assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", mart["name"])
        assert not re.match(r"(base|stg|int|fct|dim|mart|tmp)_", mart["name"])


def test_python_models_are_about_a_subject(models: dict[str, Node]) -> None:
    for model in models.values():
        if Path(model["original_file_path"]).parts[0] == "python_models":
            assert model["language"] == "python"
            assert Path(model["original_file_path"]).parts[1] in SUBJECTS, model["original_file_path"]
            assert re.fullmatch(r"[a-z]+(_[a-z]+)+", model["name"]), model["name"]


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
    off = [node for versions in sample_build.manifest["disabled"].values() for node in versions]
    described |= {Path(node["original_file_path"]).with_suffix(".yml").as_posix() for node in off}
    # What maps a retailer's files to the columns of the core is no YAML of dbt's.
    assert {file for file in found if not file.endswith("/segmart.yml")} == files | described & found


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
    sources = sample_build.manifest["sources"].values()
    described |= {(source["schema"], source["name"]): set(source["columns"]) for source in sources}
    assert actual == described


def test_every_macro_is_described(project: dict[str, Any]) -> None:
    """But for the forms that one macro has for each engine, and tests and materializations, which nobody calls."""
    own = [macro for macro in project["macros"].values() if macro["package_name"] == "segmart"]
    called = [
        macro
        for macro in own
        if "__" not in macro["name"] and not macro["name"].startswith(("test_", "materialization_"))
    ]
    assert len(called) > 100
    assert [macro["name"] for macro in called if len(macro["description"].split()) < 3] == []


def test_public_tables_have_a_grain_and_a_question_for_the_catalog(models: dict[str, Node]) -> None:
    for model in models.values():
        meta = model["config"]["meta"]
        if model["access"] == "public" and not meta.get("is_unpublished"):
            assert meta.get("grain"), model["name"]
            assert meta.get("question", "").endswith("?"), model["name"]


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


def test_core_and_marts_are_public_and_contracted_and_nothing_else_is(models: dict[str, Node]) -> None:
    for model in models.values():
        is_public = layer(model) in ("core", "marts")
        assert (model["access"] == "public") == is_public, model["name"]
        assert model["config"]["contract"]["enforced"] == is_public, model["name"]


def test_all_that_is_public_has_a_group_whose_owner_can_be_asked(
    project: dict[str, Any], models: dict[str, Node]
) -> None:
    groups = {group["name"]: group for group in project["groups"].values()}
    assert {model["group"] for model in models.values() if model["access"] == "public"} == set(groups)
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


def test_layers_run_one_way(nodes: dict[str, Node], models: dict[str, Node]) -> None:
    backward = [
        f"{model['name']} reads {parent.split('.')[-1]} ({kind_of_parent})"
        for model in models.values()
        for parent, kind_of_parent in kinds_of_parents(nodes, model).items()
        if kind_of_parent not in READS[layer(model)]
        and not (kind_of_parent == "staging" and subject(model) in READS_STAGING)
        and not (kind_of_parent == "marts" and is_view_of(model, nodes[parent]))
    ]
    assert sorted(backward) == []


def is_view_of(model: Node, mart: Node) -> bool:
    """Whether a mart shows a part of another one of its subject."""
    return (
        layer(model) == "marts" and model["config"]["materialized"] == "view" and model["fqn"][:-1] == mart["fqn"][:-1]
    )


def test_staging_reads_only_what_is_of_its_dataset(nodes: dict[str, Node], models: dict[str, Node]) -> None:
    for model in models.values():
        for parent, kind_of_parent in kinds_of_parents(nodes, model).items():
            if layer(model) == "staging" and kind_of_parent in ("raw", "staging"):
                assert nodes[parent]["fqn"][2] == model["fqn"][2], model["name"]


def test_refused_rows_stay_in_staging(nodes: dict[str, Node], models: dict[str, Node]) -> None:
    for model in models.values():
        base = [parent for parent in parents(model) if parent.startswith("model.segmart.base_")]
        assert layer(model) == "staging" or base == [], model["name"]


def test_after_the_core_no_sql_names_a_dataset(models: dict[str, Node]) -> None:
    """There, `dataset` is a column. Only what is about the files has to say which datasets have some."""
    names = "|".join(sorted(DATASETS))
    naming = [
        model["name"]
        for model in models.values()
        if layer(model) in ("intermediate", "marts")
        and subject(model) not in READS_STAGING
        and re.search(rf"(['\"])({names})\1|_({names})__|\b({names})_customers\b", model["raw_code"])
    ]
    assert sorted(naming) == []


def test_schemas_are_named_exactly_after_the_layers(
    sample_build: DbtRun, models: dict[str, Node], seeds: dict[str, Node]
) -> None:
    for model in models.values():
        assert model["schema"] == LAYERS.get(layer(model), "intermediate"), model["name"]
    for seed in seeds.values():
        assert seed["schema"] == {"sample": "raw", "reference": "reference"}[seed["fqn"][1]], seed["name"]
    built = {schema for (schema,) in sample_build.rows("select distinct table_schema from information_schema.tables")}
    assert built == {"raw", "reference", *LAYERS.values()}


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


# Macros


def test_the_only_materializations_of_our_own_are_those_of_seeds(project: dict[str, Any]) -> None:
    own = {macro["name"] for macro in project["macros"].values() if macro["package_name"] == "segmart"}
    materializations = {name for name in own if name.startswith("materialization_")}
    assert materializations == {"materialization_seed_duckdb", "materialization_seed_segmartspark"}


def test_a_macro_is_called_in_several_places(project: dict[str, Any]) -> None:
    """SQL that is needed once stands where it is needed. What hides an engine, or handles files, is a program."""
    own = {
        macro["name"]: 0
        for macro in project["macros"].values()
        if macro["package_name"] == "segmart"
        and macro["original_file_path"].startswith("macros/")
        and Path(macro["original_file_path"]).parts[1] not in {*DUCKDB_ALONE, "portability", "materializations"}
        and macro["name"] not in ENTRY_POINTS
    }
    code = [node.get("raw_code", "") for node in project["nodes"].values()]
    code += [macro["macro_sql"] for macro in project["macros"].values() if macro["package_name"] == "segmart"]
    for name in re.findall(r"(?<!macro )\b(\w+)\(", "\n".join(code)):
        if name in own:
            own[name] += 1
    assert sorted(name for name, calls in own.items() if calls < 2) == []


# The project


def test_a_dataset_is_switched_in_one_place(empty_build: DbtRun) -> None:
    """Without datasets no raw file is left and no model of staging; all others stay, and have no rows."""
    nodes = [node for node in empty_build.manifest["nodes"].values() if node["resource_type"] in ("model", "seed")]
    assert {kind(node) for node in nodes} == {"reference", "core", "intermediate", "marts"}
    switched = {
        file.relative_to(ROOT).as_posix()
        for folder in ("models", "python_models", "seeds", "semantic_models")
        for file in (ROOT / folder).rglob("*.yml")
        if "datasets" in re.findall(r"var\('(\w+)'\)", file.read_text(encoding="utf-8"))
    }
    assert switched == set()


def test_there_are_no_dbt_packages(sample_build: DbtRun) -> None:
    for name in ("packages.yml", "dependencies.yml", "package-lock.yml"):
        assert not (ROOT / name).exists()
    macros = sample_build.manifest["macros"].values()
    assert {macro["package_name"] for macro in macros} == {"segmart", "dbt", "dbt_duckdb"}


def test_nothing_is_reported_to_anyone(sample_build: DbtRun) -> None:
    assert PROJECT["flags"]["send_anonymous_usage_stats"] is False
    assert sample_build.manifest["metadata"]["send_anonymous_usage_stats"] is False


def test_a_build_passes_all_tests_without_a_warning(sample_build: DbtRun) -> None:
    assert set(sample_build.statuses.values()) == {"success", "pass"}
    nodes = sample_build.manifest["nodes"]
    # Tests of models that are switched off stay in the manifest without them.
    planned = {
        *(name for name, node in nodes.items() if node.get("attached_node") in (None, *nodes)),
        *sample_build.manifest["unit_tests"],
    }
    assert {name for name in planned if not name.startswith(("analysis.", "operation."))} == set(sample_build.statuses)
