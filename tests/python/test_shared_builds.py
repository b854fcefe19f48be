"""A build that many tests share fails once: one test reports it, the others are skipped and say why."""

from __future__ import annotations

from pathlib import Path

import pytest
from dbt_runs import ROOT

pytest_plugins = ["pytester"]

TESTS = """
import pytest


@pytest.fixture(scope="module")
def marts(sample_build):
    return sample_build.exit_code


@pytest.mark.parametrize("number", range(5))
def test_of_the_build(sample_build, number):
    pass


def test_by_way_of_another_fixture(marts):
    pass


def test_of_another_build(later_build):
    pass


def test_of_no_build():
    pass
"""

CONFTEST = """
from conftest_of_segmart import *
import conftest_of_segmart
from dbt_runs import DbtRun


def _fails(folder):
    return DbtRun(folder, 1, "Compilation Error: no table is called crisps")


def _hangs(folder):
    raise TimeoutError("dbt took too long")


conftest_of_segmart.BUILDS.update(sample_build=_fails, later_build=_hangs)
"""


@pytest.fixture
def session(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A session with the fixtures of this one, in which two builds fail."""
    # There pytest's summary repeats the whole messages.
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    folder = Path(__file__).parent
    pytester.makepyfile(conftest_of_segmart=(folder / "conftest.py").read_text(encoding="utf-8"))
    pytester.makeconftest(CONFTEST)
    pytester.makeini(
        f"[pytest]\npythonpath = {ROOT} {folder}\nmarkers =\n  shared_builds: of a build\n  library: of no build\n"
    )
    pytester.makepyfile(TESTS)
    return pytester


def test_a_failed_build_is_one_error(session: pytest.Pytester) -> None:
    result = session.runpytest_subprocess("-ra", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, errors=2, skipped=5)
    text = result.stdout.str()
    assert text.count("Compilation Error: no table is called crisps") == 1
    assert text.count("sample_build failed, as an error above says") == 1
    assert "TimeoutError: dbt took too long" in text
    assert "later_build failed, as an error above says" not in text


def test_a_selected_test_of_a_failed_build_does_not_pass_for_skipped(session: pytest.Pytester) -> None:
    result = session.runpytest_subprocess("-k", "by_way_of_another", "-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_marks_tell_tests_of_builds_from_others(session: pytest.Pytester) -> None:
    result = session.runpytest_subprocess("-m", "library", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, deselected=7)


def test_missing_public_files_are_said_first(session: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGMART_REAL_DATA", str(session.path / "nowhere"))
    result = session.runpytest_subprocess("-m", "library", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines([f"public files: NOT TESTED, nothing is in {session.path / 'nowhere'}; *"])
