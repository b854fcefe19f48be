"""The package that people install holds the whole project, and writes it where nothing else is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from dbt_runs import ROOT

from segmart.cli import main
from segmart.scaffolding.project import project_files


def committed(*paths: str) -> set[str]:
    """Names of the files in paths of the project that git knows, or would not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *paths]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name for name in listed.splitlines() if (ROOT / name).exists()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what is committed, as others get it."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in committed("."):
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / "source" / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(folder / "source")]
    subprocess.run(command, check=True)
    (found,) = folder.glob("segmart-*.whl")
    return found


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Commands of an environment in which the wheel is installed, and whose other packages are those of this one."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    names = {"base": str(environment), "platbase": str(environment)}
    command = [sys.executable, "-m", "pip", "--python", str(environment), "install", "--quiet", "--no-deps"]
    subprocess.run([*command, "--disable-pip-version-check", "--no-index", str(wheel)], check=True)
    packages = Path(sysconfig.get_path("purelib", vars=names))
    # Paths in such a file come behind the environment's own.
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return Path(sysconfig.get_path("scripts", vars=names))


def run(scripts: Path, folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the environment in a folder, without the checkout and its settings."""
    hidden = ("SEGMART_", "DBT_", "PYTHON", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    command = [str(scripts / "python"), "-m", *arguments]
    return subprocess.run(command, cwd=folder, env=kept | variables, capture_output=True, text=True, check=False)


def test_the_wheel_holds_all_modules_and_the_whole_project(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    project = {name.removeprefix("segmart/project/") for name in names if name.startswith("segmart/project/")}
    modules = {f"src/{name}" for name in names if not name.startswith("segmart/project/")}
    assert modules == committed("src")
    folders = ("analyses", "macros", "models", "python_models", "seeds", "semantic_models", "tests/singular")
    files = (".dbtignore", ".gitignore", "dbt_project.yml", "profiles.yml", "selectors.yml", "warehouse/.gitkeep")
    assert project == committed(*folders, "tests/generic", *files)


def test_a_checkout_writes_the_files_that_the_wheel_holds(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packaged = {name.removeprefix("segmart/project/") for name in archive.namelist() if "/project/" in name}
    assert packaged == set(project_files())


@pytest.fixture(scope="module")
def project(scripts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the installed command writes, far from the checkout."""
    folder = tmp_path_factory.mktemp("elsewhere")
    written = run(scripts, folder, "segmart.cli", "init", "my project")
    assert written.returncode == 0, written.stderr
    return folder / "my project"


def test_the_installed_command_writes_the_project(scripts: Path, project: Path) -> None:
    found = {path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()}
    assert found == set(project_files())
    assert run(scripts, project, "segmart.cli", "datasets").stdout == "chips shop campaign grocery\n"
    assert run(scripts, project.parent, "segmart.cli", "--version").stdout.startswith("segmart ")
    assert "no dbt_project.yml in" in run(scripts, project.parent, "segmart.cli", "build").stderr


@pytest.mark.long
def test_what_the_installed_command_wrote_builds(scripts: Path, project: Path) -> None:
    arguments = ("build", "--select", "+stg_shop__customers", "--indirect-selection", "cautious")
    built = run(scripts, project, "dbt.cli.main", *arguments, SEGMART_DATASETS="shop")
    assert built.returncode == 0, built.stdout
    assert (project / "warehouse" / "segmart.duckdb").exists()


def test_init_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "profiles.yml").write_text("mine\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("mine\n", encoding="utf-8")
    assert main(["init", str(tmp_path)]) == 1
    assert "has profiles.yml already, and nothing is overwritten" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"profiles.yml", "notes.txt"}
    (tmp_path / "profiles.yml").unlink()
    assert main(["init", str(tmp_path)]) == 0
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine\n"
    assert main(["init", str(tmp_path)]) == 1
    assert "and " in capsys.readouterr().err
