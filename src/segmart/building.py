"""Build, publish and report in one command, for people: what `segmart build` does around `dbt build`."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import yaml

from segmart.loading.mapping import FILE_NAME, PUBLIC_LAYOUTS
from segmart.publishing import note_failure
from segmart.scaffolding.project import PROJECT_FILE

MAPPED = "mapped"
"""The dataset that a segmart.yml describes."""

SHOWN_FINDINGS = 4
"""Findings in the summary, shared out among the datasets; each has one at least."""

SHOWN_FILES = 8
SUMMARY_WIDTH = 100
"""Columns of a line of the summary, where the screen does not say."""

_BAR_WIDTH = 30
_PLAIN_STEP = 10
"""Per cent between two lines of progress where there is no terminal."""


class BuildError(Exception):
    """The build failed, and nothing was published.

    Attributes:
        problems: One sentence or paragraph each.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def known_datasets(project: Path = Path()) -> list[str]:
    """The datasets with staging models of their own, each of which has a folder of raw files.

    Args:
        project: Where dbt_project.yml lies; without one, those that come with Segmart are known.
    """
    settings = project / PROJECT_FILE
    if not settings.is_file():
        return list(PUBLIC_LAYOUTS)
    named = yaml.safe_load(settings.read_text(encoding="utf-8"))["vars"]["datasets"]
    return [name for name in named if name != MAPPED]


def datasets_of(folder: Path | None) -> list[str]:
    """The datasets whose files lie in a folder.

    Args:
        folder: Directory of raw files; None is the project's sample, or what can't be looked into.

    Returns:
        Names that `SEGMART_DATASETS` may hold; none if the folder holds neither a mapping nor a known layout.
    """
    known = known_datasets()
    if folder is None:
        return known
    found = [name for name in known if (folder / name).is_dir()]
    return [*found, MAPPED] if (folder / FILE_NAME).is_file() else found


@dataclass
class Progress:
    """A bar in a terminal, a line every so often elsewhere.

    Attributes:
        write: Where text goes.
        is_terminal: Whether a line can be written over.
    """

    write: Callable[[str], Any]
    is_terminal: bool
    _shown: int = field(default=-1, init=False)

    def step(self, done: int, total: int, name: str) -> None:
        """Say that one more of all steps begins.

        Args:
            done: Number of the step, from 1.
            total: How many there are.
            name: The model, seed or test.
        """
        share = done / max(total, 1)
        if self.is_terminal:
            bar = ("#" * round(share * _BAR_WIDTH)).ljust(_BAR_WIDTH)
            self.write(f"\r[{bar}] {done}/{total} {name[:40]:40}")
        elif int(100 * share) // _PLAIN_STEP > self._shown:
            self._shown = int(100 * share) // _PLAIN_STEP
            self.write(f"{int(100 * share):3d} %: step {done} of {total}\n")

    def end(self) -> None:
        """Leave the line of the bar."""
        if self.is_terminal:
            self.write("\r" + " " * (_BAR_WIDTH + 60) + "\r")


def run_dbt(data: str, datasets: list[str], progress: Progress) -> list[str]:
    """Run `dbt build`, whose full log is in logs/dbt.log.

    Args:
        data: SEGMART_DATA: a directory of raw files, its address, or nothing for the project's sample.
        datasets: What to build.
        progress: Is told each step.

    Returns:
        What data tests warn about, one sentence each.

    Raises:
        BuildError: A step failed.
    """
    from dbt.cli.main import dbtRunner

    os.environ["SEGMART_DATA"] = data
    os.environ["SEGMART_DATASETS"] = " ".join(datasets)

    def listen(event: Any) -> None:
        if event.info.name == "LogStartLine":
            progress.step(event.data.index, event.data.total, event.data.node_info.node_name)

    result = dbtRunner(callbacks=[listen]).invoke(
        ["--quiet", "--no-use-colors", "--log-level", "none", "build", "--exclude-resource-type", "unit_test"]
    )
    progress.end()
    if result.exception is not None:
        raise BuildError([_sentence(str(result.exception))])
    if not result.success:
        raise BuildError(_messages(result.result or [], ("error", "fail", "runtime error")))
    return _messages(result.result, ("warn",))


def _messages(results: Iterable[Any], statuses: Sequence[str]) -> list[str]:
    """What the steps with these statuses say."""
    return [f"{run.node.name}: {_sentence(run.message or '')}" for run in results if str(run.status) in statuses]


def keep_report_honest(published: Path, report: Path, data: str) -> None:
    """After a build that failed: a report of an older build says so, and one of the sample goes if the files are own.

    Args:
        published: What an older build has published, if anything.
        report: Where a report of it may lie; what is none stays.
        data: SEGMART_DATA of the failed build, nothing for the project's sample.
    """
    from segmart.report.marts import Marts, UnreadableMartsError
    from segmart.report.sections.summary import cover
    from segmart.report.write import report_target, write_report

    note_failure(published, data)
    if not published.is_file() or not report.is_file():
        return
    try:
        report_target(report)
        with Marts(published) as marts:
            is_sample = cover(marts).is_sample
    except (FileExistsError, UnreadableMartsError):
        return
    if data and is_sample:
        report.unlink()
    else:
        write_report(published, report, None, lambda step: None)


def _sentence(message: str) -> str:
    """A message of dbt without its headings, its traces of macros and its repetitions."""
    lines = [line.strip() for line in message.splitlines()]
    kept = [
        line
        for line in lines
        if line and not line.startswith((">", "Compilation Error", "Database Error", "Runtime Error", "compiled code"))
    ]
    return " ".join(dict.fromkeys(kept))


def summary(published: Path, report: Path, warnings: Sequence[str] = (), width: int = SUMMARY_WIDTH) -> str:
    """What a build gave, on one screen.

    Args:
        published: The published marts.
        report: The report.
        warnings: What data tests warn about.
        width: Columns of the screen.
    """
    with duckdb.connect(str(published), read_only=True) as marts:
        lines = [*_reconciled_lines(marts), ""]
        tables = {name for (name,) in marts.execute("select table_name from publication").fetchall()}
        cautions = 0
        # A mart without rows is not published.
        if "insights" in tables:
            findings = _finding_lines(marts, width)
            lines += [*findings, ""] if findings else []
            (cautions,) = marts.execute("select count(*) from insights where is_caution").fetchall()[0]
    lines += [f"Warning: {warning}" for warning in warnings]
    lines.append(f"{len(tables)} marts in {published}")
    lines.append(f"Report: {report}")
    if cautions:
        caution = "caution says" if cautions == 1 else "cautions say"
        lines.append(f"Read its data quality first: {cautions} {caution} what not to rely on.")
    return "\n".join(lines)


def _reconciled_lines(marts: duckdb.DuckDBPyConnection) -> list[str]:
    """One line per file, those with refused rows first if there are too many for a screen."""
    found = marts.execute(
        """
        select dataset, source_file, raw_rows, accepted_rows, rejected_rows, raw_amount, rejected_amount
        from row_reconciliation order by rejected_rows > 0 desc, dataset, source_file
        """
    ).fetchall()
    lines = []
    for dataset, file, raw, accepted, rejected, amount, refused in found[:SHOWN_FILES]:
        money = "" if amount is None else f" and {amount - (refused or 0):,.2f} of {amount:,.2f}"
        rows = "row" if rejected == 1 else "rows"
        lines.append(f"{dataset}, {file}: {accepted:,} of {raw:,} rows{money} accepted, {rejected:,} {rows} refused")
    if len(found) > SHOWN_FILES:
        lines.append(f"and {len(found) - SHOWN_FILES} more files, all accounted for in row_reconciliation")
    return lines


def _finding_lines(marts: duckdb.DuckDBPyConnection, width: int) -> list[str]:
    """The first findings of each dataset, fewer of many datasets, each in one line or two.

    What rests on segments without structure is not among them.
    """
    query = "select dataset, insight from insights where not is_caution and is_founded order by dataset, insight_rank"
    by_dataset: dict[str, list[str]] = {}
    for dataset, insight in marts.execute(query).fetchall():
        by_dataset.setdefault(dataset, []).append(insight)
    shown = max(1, SHOWN_FINDINGS // max(1, len(by_dataset)))
    found = [(dataset, insight) for dataset, insights in by_dataset.items() for insight in insights[:shown]]
    lines = []
    for dataset, insight in found:
        lines += textwrap.wrap(
            f"{dataset}: {insight}",
            width,
            subsequent_indent="  ",
            max_lines=2,
            placeholder=" …",
            break_long_words=False,
        )
    return lines
