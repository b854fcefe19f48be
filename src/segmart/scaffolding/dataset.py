"""A new dataset: raw file, staging models and the places where a project names its datasets."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from segmart.scaffolding import ScaffoldingError, check_name, read_text, write_texts
from segmart.scaffolding.project import PROJECT_FILE

SELECTORS_FILE = "selectors.yml"

_TEMPLATES = Path(__file__).parent / "templates"
_TEMPLATE_NAME = "example"
"""What the dataset of the templates is called, in names of files and in texts."""

_STAGED = ("customers", "customer_attributes", "judged_rows", "raw_totals")
"""What the templates' staging models are about."""

_LISTS = re.compile(rf"(union_staging\(\s*'(?:{'|'.join(_STAGED)})',\s*\[[^\]]*)('mapped'\])")
"""A list of all datasets that have such a model; shorter lists are for what only some of them have."""

_VARIABLE = re.compile(r"^( {2}datasets: \[.*)(mapped\])", re.MULTILINE)
"""The variable that names all datasets."""

_SWITCHES = re.compile(r"""(?:^ {6}\w+: \{\+enabled: "\{\{ '\w+' in env_var\('SEGMART_DATASETS'.*\n)+""", re.MULTILINE)
"""The lines that switch datasets on, once of seeds and once of staging models."""

_SELECTOR = """\
  - name: {name}
    description: Everything that follows from the files of {name}.
    definition:
      method: path
      value: seeds/sample/{name}
      children: true
"""


def new_dataset(project: Path, name: str) -> tuple[list[str], list[str]]:
    """Write a dataset of customers that builds as it is, and name it wherever the project names its datasets.

    Args:
        project: Folder of the project.
        name: The dataset's name.

    Returns:
        The files that are new, and those that changed, as paths inside the project.

    Raises:
        ScaffoldingError: The name is not fit or taken, a file is there already, or a place to name it in is not found.
    """
    settings = read_text(project, PROJECT_FILE)
    check_name(name, "a dataset")
    if name in yaml.safe_load(settings)["vars"]["datasets"]:
        raise ScaffoldingError(f"there is a dataset {name} already: choose another name")
    written = _from_templates(name)
    taken = [file for file in written if (project / file).exists()]
    if taken:
        raise ScaffoldingError(f"{taken[0]} is there already, and nothing is overwritten: choose another name")
    changed = {
        PROJECT_FILE: _with_switches(settings, name),
        SELECTORS_FILE: read_text(project, SELECTORS_FILE).rstrip("\n") + "\n" + _SELECTOR.format(name=name),
        **_with_name_in_lists(project, name),
    }
    write_texts(project, written | changed)
    return sorted(written), sorted(changed)


def _from_templates(name: str) -> dict[str, str]:
    """Path inside the project -> content of the files that a dataset consists of."""
    folders = {"seeds": f"seeds/sample/{name}", "staging": f"models/staging/{name}"}
    return {
        f"{folders[file.parent.name]}/{_renamed(file.name, name)}": _renamed(file.read_text(encoding="utf-8"), name)
        for file in sorted(_TEMPLATES.rglob("*.*"))
    }


def _renamed(text: str, name: str) -> str:
    return text.replace(_TEMPLATE_NAME, name)


def _with_switches(settings: str, name: str) -> str:
    """dbt_project.yml with one more dataset: in the variable, and in both lists of folders."""
    with_variable, variables = _VARIABLE.subn(rf"\g<1>{name}, \2", settings)
    switch = f"""      {name}: {{+enabled: "{{{{ '{name}' in env_var('SEGMART_DATASETS', '{name}').split() }}}}"}}\n"""

    def with_line(block: re.Match[str]) -> str:
        before, mapped, after = block[0].partition("      mapped:")
        return before + switch + mapped + after

    switched, blocks = _SWITCHES.subn(with_line, with_variable)
    if (variables, blocks) != (1, 2):
        raise ScaffoldingError(
            f"{PROJECT_FILE} has not the two lists of datasets and the variable `datasets` that it came with, so {name}"
            " can't be added"
        )
    return switched


def _with_name_in_lists(project: Path, name: str) -> dict[str, str]:
    """Path inside the project -> content of the models that unite datasets, with one more dataset."""
    changed = {}
    for folder in ("models/core", "models/intermediate/quality"):
        for file in sorted((project / folder).glob("*.sql")):
            path = file.relative_to(project).as_posix()
            text = read_text(project, path)
            united = _LISTS.sub(rf"\g<1>'{name}', \2", text)
            if united != text:
                changed[path] = united
    found = {what for what in _STAGED for text in changed.values() if re.search(rf"'{what}',\s*\[[^\]]*'{name}'", text)}
    missing = [what for what in _STAGED if what not in found]
    if missing:
        raise ScaffoldingError(f"no model unites {missing[0]} of all datasets, so those of {name} would reach no mart")
    return changed
