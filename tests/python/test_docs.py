"""Links of the pages lead somewhere, and the files, commands, marts, models and settings that they name exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt_runs import ROOT

from segmart import cli

pytestmark = pytest.mark.library

GUIDES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "AGENTS.md", *sorted((ROOT / "docs").glob("*.md"))]
"""What says how things are now; the changelog also says how they were."""

CHANGELOG = ROOT / "CHANGELOG.md"
PAGES = [*GUIDES, CHANGELOG, ROOT / "seeds" / "sample" / "README.md", *sorted((ROOT / "tools").rglob("*.md"))]

MADE = ("warehouse/", "published/", "target/", ".venv/", "my_data/", "transaction_data/")
"""Where builds write, and folders of people's own files."""

EXAMPLES = re.compile(r"crm|<|…|\*|=")
"""Names of files and models that nobody has yet."""

OLD_WORDS = re.compile(r"\b(dear|everybody|told)\b", re.IGNORECASE)


@cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)


def code_spans(page: Path) -> set[str]:
    """What stands between backticks in the prose."""
    return set(re.findall(r"`([^`\n]+)`", prose(page)))


def commands(page: Path) -> Iterator[str]:
    """Lines of shell blocks, and spans that a shell understands, one command each, without variables set in front."""
    lines = "\n".join(re.findall(r"```sh\n(.*?)```", text_of(page), flags=re.DOTALL)).splitlines()
    for line in [*lines, *sorted(code_spans(page))]:
        for command in re.split(r"&&", line.split("  #")[0]):
            found = re.sub(r'^\s*(?:[A-Z_]+=(?:"[^"]*"|\S+)\s+)*', "", command).strip().removeprefix(".venv/bin/")
            if re.match(r"(make|segmart|dbt|python3? -m|pytest) ?\b", found):
                yield found


def tables(page: Path, heading: str = "") -> Iterator[list[str]]:
    """Cells of the rows of all tables, without headers and rules, of the whole page or below a heading."""
    section = prose(page)
    if heading:
        found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", section, flags=re.DOTALL | re.MULTILINE)
        assert found, f"{page.name} has no heading {heading}"
        section = found[1]
    rows = [line for line in section.splitlines() if line.lstrip().startswith("|")]
    for position, row in enumerate(rows):
        is_rule = re.fullmatch(r"[|\s:-]+", row)
        is_header = position + 1 < len(rows) and re.fullmatch(r"[|\s:-]+", rows[position + 1])
        if not is_rule and not is_header:
            yield [cell.strip() for cell in row.strip().strip("|").split("|")]


def names_in(cells: list[str], position: int) -> list[str]:
    return re.findall(r"`([^`]+)`", cells[position])


def anchors(page: Path) -> set[str]:
    """The headings as links name them: lower case, hyphens for blanks, no punctuation."""
    headings = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@cache
def models() -> frozenset[str]:
    """Names of models and seeds."""
    folders = [ROOT / folder for folder in ("models", "python_models", "seeds")]
    files = [file for folder in folders for file in folder.rglob("*") if file.suffix in (".sql", ".py", ".csv")]
    return frozenset(file.stem for file in files)


def folder_of_models(name: str) -> set[str]:
    return {file.stem for file in (ROOT / "models" / name).rglob("*.sql")}


@cache
def project() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))


def named_variables(*parts: str) -> set[str]:
    """Environment variables of the project that files or the files of folders name."""
    files = [
        file for part in parts for file in ([ROOT / part] if (ROOT / part).is_file() else (ROOT / part).rglob("*"))
    ]
    texts = [file.read_text(encoding="utf-8") for file in files if file.suffix in (".py", ".sql", ".yml")]
    return set(re.findall(r"\bSEGMART_[A-Z_]*[A-Z]\b", "\n".join(texts)))


def ids(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


# Links


def test_anchors_are_those_of_headings(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# The page\n\n### `dataset` is a column, not (only) a name\n\n```sh\n# no heading\n```\n")
    assert anchors(page) == {"the-page", "dataset-is-a-column-not-only-a-name"}


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if not re.match(r"https?://", target):
            path, _, anchor = target.partition("#")
            linked = (page.parent / path).resolve() if path else page
            if not linked.exists() or (anchor and anchor not in anchors(linked)):
                broken.append(target)
    assert broken == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    linked = set(
        re.findall(r"\]\((docs/[^)#\s]+)", "".join(map(text_of, [ROOT / "README.md", ROOT / "CONTRIBUTING.md"])))
    )
    assert {ids(page) for page in GUIDES if page.parent.name == "docs"} == linked


# Names


@pytest.mark.parametrize("page", GUIDES, ids=ids)
def test_files_that_are_named_exist(page: Path) -> None:
    def is_there(path: str) -> bool:
        names_only_the_file = "/" not in path and any(True for _ in ROOT.glob(f"[!.]*/**/{path}"))
        return any((folder / path).exists() for folder in (ROOT, page.parent)) or names_only_the_file

    paths = {
        span
        for span in code_spans(page)
        if re.fullmatch(r"\S*/\S*|\S+\.(md|py|sql|csv|yml|toml|txt)", span)
        and not span.startswith(MADE)
        and not EXAMPLES.search(span)
        and "//" not in span
        and not re.search(r"^[0-9/]+$", span)
    }
    assert sorted(path for path in paths if not is_there(path)) == []


@pytest.mark.parametrize("page", GUIDES, ids=ids)
def test_models_that_are_named_exist(page: Path) -> None:
    named = set(re.findall(r"\b(?:int|stg|base)_[a-z0-9]+__[a-z0-9_]+", text_of(page)))
    assert sorted(name for name in named - models() if "crm" not in name) == []


def has_command(name: str) -> bool:
    """Whether ``segmart <name>`` is one."""
    with pytest.raises(SystemExit) as end:
        cli.main([name, "--help"])
    return end.value.code == 0


@pytest.mark.parametrize("page", GUIDES, ids=ids)
def test_commands_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    analyses = {file.stem for file in (ROOT / "analyses").glob("*.sql")}
    selectors = {
        item["name"] for item in yaml.safe_load((ROOT / "selectors.yml").read_text(encoding="utf-8"))["selectors"]
    }
    unknown = []
    for command in commands(page):
        if EXAMPLES.search(command):
            continue
        words = command.split()
        if words[0] == "make" and len(words) > 1:
            is_known = all(word in targets for word in words[1:] if "=" not in word)
        elif words[0] == "segmart" and len(words) > 1:
            is_known = has_command(words[1])
        elif words[:2] in (["python", "-m"], ["python3", "-m"]) and words[2] != "venv":
            module = ROOT.joinpath(*words[2].split("."))
            is_known = module.with_suffix(".py").exists() or (module / "__main__.py").exists()
        elif "--selector" in words:
            is_known = words[words.index("--selector") + 1] in selectors
        elif "--select" in words and words[words.index("--select") + 1].isidentifier():
            is_known = words[words.index("--select") + 1] in models() | analyses
        else:
            continue
        if not is_known:
            unknown.append(command)
    assert unknown == []


@pytest.mark.parametrize("page", [*GUIDES, CHANGELOG], ids=ids)
def test_environment_variables_exist(page: Path) -> None:
    used = named_variables("dbt_project.yml", "profiles.yml", "macros", "src", "tests")
    assert set(re.findall(r"\bSEGMART_[A-Z_]*[A-Z]\b", text_of(page))) - used == set()


# Lists that have to be complete


def test_every_mart_and_core_table_is_listed_once() -> None:
    page = ROOT / "docs" / "marts.md"
    listed = [name for cells in tables(page) for name in names_in(cells, 0)]
    assert sorted(listed) == sorted(folder_of_models("marts") | folder_of_models("core"))


def test_the_readme_asks_marts_that_exist() -> None:
    asked = [name for cells in tables(ROOT / "README.md", "4. Ask it something") for name in names_in(cells, 1)]
    assert len(asked) > 10
    assert set(asked) <= folder_of_models("marts")


def test_every_variable_is_explained() -> None:
    page = ROOT / "docs" / "settings.md"
    explained = [name for cells in tables(page, "Variables") for name in names_in(cells, 0)]
    assert sorted(explained) == sorted(project()["vars"])


def test_every_environment_variable_is_explained() -> None:
    page = ROOT / "docs" / "settings.md"
    explained = [name for cells in tables(page, "Environment variables") for name in names_in(cells, 0)]
    assert sorted(explained) == sorted(named_variables("dbt_project.yml", "profiles.yml", "macros", "src"))


def test_every_reference_list_and_selector_is_explained() -> None:
    page = ROOT / "docs" / "settings.md"
    lists = [name for cells in tables(page, "Reference lists") for name in names_in(cells, 0)]
    assert sorted(lists) == sorted(file.stem for file in (ROOT / "seeds" / "reference").glob("*.csv"))
    selectors = yaml.safe_load((ROOT / "selectors.yml").read_text(encoding="utf-8"))["selectors"]
    explained = [name for cells in tables(page, "Parts of a build") for name in names_in(cells, 0)]
    assert sorted(explained) == sorted(selector["name"] for selector in selectors)


def test_columns_in_the_layouts_are_those_of_the_files() -> None:
    (layout,) = re.findall(r"```\nmy_data/(.*?)```", text_of(ROOT / "docs" / "your-own-files.md"), flags=re.DOTALL)
    listed = dict(re.findall(r"^ +(\w+)\.csv +(.+)$", layout, flags=re.MULTILINE))
    files = {file.stem: file for file in (ROOT / "seeds" / "sample").rglob("*.yml") if file.name != "segmart.yml"}
    assert set(listed) == set(files)
    complete = 0
    for name, columns in listed.items():
        actual = [item["name"] for item in yaml.safe_load(text_of(files[name]))["seeds"][0]["columns"]]
        # Long lists are described in words.
        if columns.split(", ")[0] in actual:
            assert columns.split(", ") == actual, name
            complete += 1
    assert complete == 6


def test_the_changelog_names_what_is_there_now() -> None:
    known = folder_of_models("marts") | folder_of_models("core")
    breaking = list(tables(CHANGELOG, "Breaking changes of marts"))
    assert breaking
    for cells in breaking:
        renamed = names_in(cells, 3) if "renamed" in cells[3] else names_in(cells, 0)
        assert set(renamed) <= known, cells


# Form


def test_the_readme_is_one_page() -> None:
    assert len(text_of(ROOT / "README.md").splitlines()) <= 130


def test_every_decision_has_an_alternative_a_reason_and_a_day() -> None:
    page = text_of(ROOT / "docs" / "decisions.md")
    entries = re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", page, flags=re.DOTALL | re.MULTILINE)
    assert len(entries) > 50
    assert len({title for title, _ in entries}) == len(entries)
    for title, entry in entries:
        assert re.search(r"\*Alternatives?:\*", entry), title
        assert "*Reason:*" in entry, title
        assert re.search(r"\*\(\d{4}-\d{2}-\d{2}\)\*$", entry.strip()), title


def test_decisions_are_grouped_as_the_page_says() -> None:
    page = text_of(ROOT / "docs" / "decisions.md")
    groups = re.findall(r"^## (.+)$", page, flags=re.MULTILINE)
    assert re.findall(r"^- \[(.+?)\]", page, flags=re.MULTILINE) == groups


def descriptions(node: Any) -> Iterator[str]:
    """Every text under a key `description`."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "description" and isinstance(value, str):
                yield value
            else:
                yield from descriptions(value)
    elif isinstance(node, list):
        for item in node:
            yield from descriptions(item)


def test_pages_and_descriptions_use_plain_words() -> None:
    texts = {ids(page): [text_of(page)] for page in [*GUIDES, CHANGELOG, *sorted((ROOT / "models").rglob("*.md"))]}
    for folder in ("models", "python_models", "seeds", "semantic_models"):
        for file in sorted((ROOT / folder).rglob("*.yml")):
            texts[ids(file)] = list(descriptions(yaml.load(text_of(file), yaml.CSafeLoader)))
    found = {name: words for name, parts in texts.items() if (words := OLD_WORDS.findall("\n".join(parts)))}
    assert found == {}
