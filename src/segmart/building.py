"""Build, publish and report in one command, for people: what `segmart build` does around `dbt build`."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from segmart.loading.mapping import FILE_NAME

PUBLIC_LAYOUTS = ("chips", "shop", "campaign", "grocery")
"""Datasets that are found by the folder of their name; `mapped` is what a segmart.yml describes."""

SHOWN_FINDINGS = 3
"""Findings of each dataset in the summary."""

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


def datasets_of(folder: Path | None) -> list[str]:
    """The datasets whose files lie in a folder.

    Args:
        folder: Directory of raw files; None is the project's sample.

    Returns:
        Names that `SEGMART_DATASETS` may hold; none if the folder holds neither a mapping nor a public layout.
    """
    if folder is None:
        return list(PUBLIC_LAYOUTS)
    found = [name for name in PUBLIC_LAYOUTS if (folder / name).is_dir()]
    return [*found, "mapped"] if (folder / FILE_NAME).is_file() else found


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


def run_dbt(folder: Path | None, datasets: list[str], progress: Progress) -> None:
    """Run `dbt build`, whose full log is in logs/dbt.log.

    Args:
        folder: Directory of raw files; None is the project's sample.
        datasets: What to build.
        progress: Is told each step.

    Raises:
        BuildError: A step failed.
    """
    from dbt.cli.main import dbtRunner

    if folder is not None:
        os.environ["SEGMART_DATA"] = str(folder)
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
        failed = [run for run in result.result or [] if str(run.status) in ("error", "fail", "runtime error")]
        raise BuildError([f"{run.node.name}: {_sentence(run.message or '')}" for run in failed])


def _sentence(message: str) -> str:
    """A message of dbt without its headings, its traces of macros and its repetitions."""
    lines = [line.strip() for line in message.splitlines()]
    kept = [
        line
        for line in lines
        if line and not line.startswith((">", "Compilation Error", "Runtime Error", "compiled code"))
    ]
    return " ".join(dict.fromkeys(kept))


def summary(published: Path, report: Path) -> str:
    """What a build gave, on one screen.

    Args:
        published: The published marts.
        report: The report.
    """
    lines: list[str] = []
    with duckdb.connect(str(published), read_only=True) as marts:
        query = """
            select dataset, source_file, raw_rows, accepted_rows, rejected_rows, raw_amount, rejected_amount
            from row_reconciliation order by dataset, source_file
        """
        for dataset, file, raw, accepted, rejected, amount, refused in marts.execute(query).fetchall():
            line = f"{dataset}, {file}: {accepted:,} of {raw:,} rows accepted, {rejected:,} refused"
            if amount is not None:
                line += f"; {refused or 0:,.2f} of {amount:,.2f} refused"
            lines.append(line)
        (tables,) = marts.execute("select count(*) from publication").fetchall()[0]
        lines += ["", f"{tables} tables in {published}", ""]
        found = marts.execute(
            f"""
            select dataset, insight from insights where not is_caution
            qualify row_number() over (partition by dataset order by insight_rank) <= {SHOWN_FINDINGS}
            order by dataset, insight_rank
            """
        ).fetchall()
        lines += [f"{dataset}: {insight}" for dataset, insight in found]
        cautions = marts.execute("select count(*) from insights where is_caution").fetchall()[0][0]
    if cautions:
        lines += ["", f"Look at the {cautions} cautions in the report first: they say what not to rely on."]
    lines += ["", f"Report: {report}"]
    return "\n".join(lines)
