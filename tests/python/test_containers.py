"""The image and the dev container name users, files, stages and commands that exist; no image is built here."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from dbt_runs import ROOT

Stage = list[tuple[str, str]]
"""Instructions and what follows them."""

DEV = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))


def stages() -> dict[str, Stage]:
    """Name of a stage -> its instructions, without the comments; lines that are continued are one."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    found: dict[str, Stage] = {}
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if line.strip():
            instruction, rest = line.split(maxsplit=1)
            if instruction == "FROM":
                stage = found.setdefault(rest.split(" AS ")[1], [])
            stage.append((instruction, rest))
    return found


def of_kind(stage: Stage, instruction: str) -> list[str]:
    return [rest for name, rest in stage if name == instruction]


STAGES = stages()


@pytest.mark.parametrize("name", STAGES)
def test_images_have_short_names_and_a_version(name: str) -> None:
    (image,) = (rest.split()[0] for rest in of_kind(STAGES[name], "FROM"))
    assert re.fullmatch(r"python:3\.\d+(-slim)?", image)


@pytest.mark.parametrize("name", ["dev", "segmart"])
def test_work_is_done_by_a_plain_user_that_the_image_has(name: str) -> None:
    (user,) = of_kind(STAGES[name], "USER")
    created = re.findall(r"useradd .*?(\w+)$", "\n".join(of_kind(STAGES[name], "RUN")), flags=re.MULTILINE)
    assert [user] == created == ["segmart"]
    names = [instruction for instruction, _ in STAGES[name]]
    # Nothing is installed or copied as root after that.
    assert "COPY" not in names[names.index("USER") :]


def test_what_is_copied_is_there_and_not_ignored() -> None:
    sources = [rest.split()[0] for stage in STAGES.values() for rest in of_kind(stage, "COPY") if "--from" not in rest]
    assert sources
    assert all((ROOT / source).exists() for source in sources)
    copied = [rest.split() for stage in STAGES.values() for rest in of_kind(stage, "COPY") if "--from" in rest]
    for origin, source, _ in copied:
        made = "\n".join(of_kind(STAGES[origin.removeprefix("--from=")], "RUN"))
        assert f"venv {source}" in made


def test_the_image_ignores_what_git_ignores() -> None:
    def patterns(file: str) -> set[str]:
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
        return {line.removeprefix("**/") for line in lines if line and not line.startswith("#")}

    ignored = patterns(".dockerignore")
    assert [name for name in patterns(".gitignore") if not any(fnmatchcase(name, known) for known in ignored)] == []


def test_the_image_runs_commands_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    from segmart.cli import main

    stage = STAGES["segmart"]
    assert of_kind(stage, "ENTRYPOINT") == ['["segmart"]']
    commands = [json.loads(rest)[0] for rest in of_kind(stage, "CMD")]
    commands += re.findall(r"\bsegmart (\w[\w-]*) ", " && ".join(of_kind(stage, "RUN")).replace("uid 1000 segmart", ""))
    assert sorted(commands) == ["build", "init"]
    for command in commands:
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        assert ended.value.code == 0
    (folder,) = of_kind(stage, "WORKDIR")
    assert f"segmart init {folder} " in "".join(of_kind(stage, "RUN"))


def test_the_dev_container_is_a_stage_with_its_user_and_a_target_of_make() -> None:
    folder = ROOT / ".devcontainer"
    build = DEV["build"]
    assert (folder / build["dockerfile"]).resolve() == ROOT / "Dockerfile"
    assert (folder / build["context"]).resolve() == ROOT
    assert of_kind(STAGES[build["target"]], "USER") == [DEV["remoteUser"]]
    program, target = DEV["postCreateCommand"].split()
    assert program == "make"
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert Path(DEV["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]).parts[0] == ".venv"
