"""What all benchmarks share: runs in processes of their own, medians, a table and a chart with what it was measured on.

Sides import this module, so what only the chart needs is imported where it is drawn.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]

MEMORY_UNITS = 1024 * 1024 if sys.platform == "darwin" else 1024
"""Of a megabyte: macOS counts bytes, others kilobytes."""


@dataclass(frozen=True)
class Measurement:
    """Several runs of one side.

    Attributes:
        side: What was run.
        seconds: Median of the wall time of the work itself, without imports and without reading the data.
        megabytes: Median of the process' peak memory, with the data.
        results: What the side returned; all runs have to return the same.
        figures: Medians of what the side measured of its own work.
    """

    side: str
    seconds: float
    megabytes: float
    results: Any
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What work returns in place of its results if it measures parts of itself, or if reading the results takes time.

    Attributes:
        results: Gives the results; called when time and memory have been taken.
        figures: Name -> seconds or whatever was measured.
    """

    results: Callable[[], Any]
    figures: Mapping[str, float] = field(default_factory=dict)


def run_in_process(module: str, side: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Run one side of a benchmark once, in a new process that ends with ``report``.

    Raises:
        RuntimeError: The process failed; the message ends with what it wrote.
    """
    command = [sys.executable, "-m", module, "--side", side, "--arguments", json.dumps(dict(arguments))]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if process.returncode != 0:
        raise RuntimeError(f"{side} failed:\n{process.stdout[-2000:]}{process.stderr[-2000:]}")
    return json.loads(process.stdout.splitlines()[-1])


def report(work: Callable[[], Any]) -> None:
    """Do the work and print, as the last line of the process, how long it took, the peak memory and what came out."""
    start = time.perf_counter()
    results = work()
    seconds = time.perf_counter() - start
    megabytes = peak_megabytes()
    figures: Mapping[str, float] = {}
    if isinstance(results, Outcome):
        results, figures = results.results(), results.figures
    print(json.dumps({"seconds": seconds, "megabytes": megabytes, "results": results, "figures": dict(figures)}))


def peak_megabytes() -> float:
    """Peak memory of this process, or of the largest one that it started and that has ended."""
    return max(own_megabytes(), children_megabytes())


def own_megabytes() -> float:
    """Peak memory of this process."""
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage says on Linux is at least the peak of the process that started this one.
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEMORY_UNITS


def children_megabytes() -> float:
    """Peak memory of the largest process that this one started and that has ended."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / MEMORY_UNITS


def measure(module: str, sides: Sequence[str], arguments: Mapping[str, Any], runs: int) -> list[Measurement]:
    """Run all sides in turn, several times, so that a slow minute of the machine hits all of them.

    Raises:
        RuntimeError: A run failed, or two runs of a side returned different results.
    """
    done: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
    for _ in range(runs):
        for side in sides:
            done[side].append(run_in_process(module, side, arguments))
    for side, results in done.items():
        if any(result["results"] != results[0]["results"] for result in results):
            raise RuntimeError(f"{side} returned different results in different runs")
    return [
        Measurement(
            side,
            statistics.median(run["seconds"] for run in results),
            statistics.median(run["megabytes"] for run in results),
            results[0]["results"],
            {name: statistics.median(run["figures"][name] for run in results) for name in results[0]["figures"]},
        )
        for side, results in done.items()
    ]


def how_often(runs: int) -> str:
    """What a page says of the number of runs."""
    return "One run of each side" if runs == 1 else f"Medians of {runs} runs"


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table; numbers are set right."""
    marks = ["---:" if rows and isinstance(cell, int | float) else "---" for cell in rows[0]]
    cells = [[f"{cell:,.2f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in (header, marks, *cells))


def compiled_sql(folder: Path, call: str, macros: Sequence[str], variables: Mapping[str, Any]) -> str:
    """The SQL of a macro call, as dbt compiles it in a project of nothing else.

    Args:
        folder: Empty, for that project.
        call: Jinja, or the text of a model without ``ref``.
        macros: Folders of ``macros/`` that the call needs.
        variables: The project's ``vars``.

    Raises:
        RuntimeError: dbt failed; the message ends with what it wrote.
    """
    write_project(folder, macros, variables)
    (folder / "models").mkdir()
    (folder / "models" / "compiled.sql").write_text(call, encoding="utf-8")
    run_dbt(folder, "compile")
    return (folder / "target" / "compiled" / "tiny" / "models" / "compiled.sql").read_text(encoding="utf-8")


def write_project(folder: Path, macros: Sequence[str], variables: Mapping[str, Any], **settings: Any) -> None:
    """Make a folder a dbt project with some of Segmart's macro folders and with its profile."""
    project = {
        "name": "tiny",
        "profile": "segmart",
        "macro-paths": [str(ROOT / "macros" / name) for name in macros],
        "flags": {"send_anonymous_usage_stats": False},
        "vars": dict(variables),
        **settings,
    }
    # JSON is YAML.
    (folder / "dbt_project.yml").write_text(json.dumps(project), encoding="utf-8")


def run_dbt(folder: Path, *arguments: str, project: Path = ROOT, **settings: str) -> None:
    """Run dbt as a process in a folder that holds a project, on its own ``segmart.duckdb``.

    Args:
        folder: The current directory; ``--project-dir`` among the arguments names another project.
        arguments: Command and options.
        project: The checkout whose profile and whose ``segmart`` are used.
        settings: Environment variables, without ``SEGMART_`` and in lower case.

    Raises:
        RuntimeError: dbt failed; the message ends with what it wrote.
    """
    command = [str(Path(sys.executable).with_name("dbt")), *arguments, "--profiles-dir", str(project)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SEGMART_", "DBT_"))}
    environment["SEGMART_DATABASE"] = str(folder / "segmart.duckdb")
    environment["PYTHONPATH"] = str(project / "src")
    environment |= {f"SEGMART_{name.upper()}": value for name, value in settings.items()}
    process = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if process.returncode != 0:
        raise RuntimeError(f"dbt {arguments[0]} failed:\n{process.stdout[-2000:]}{process.stderr[-2000:]}")


def dbt_side(folder: Path, *arguments: str, memory: str, **settings: str) -> Callable[[], dict[str, float]]:
    """A `dbt build` of the project, without unit tests, inside this process, whose memory is measured.

    Args:
        folder: Gets ``segmart.duckdb``, ``target`` and ``logs``.
        arguments: More options.
        memory: Of DuckDB, unless SEGMART_MEMORY is set; the rest is for Python and for what DuckDB does not count.
        settings: Environment variables, without ``SEGMART_`` and in lower case.

    Returns:
        What builds: it returns the seconds of each node by its name, and raises RuntimeError with what has failed.
    """
    os.environ |= {f"SEGMART_{name.upper()}": value for name, value in settings.items()}
    os.environ["SEGMART_DATABASE"] = str(folder / "segmart.duckdb")
    os.environ.setdefault("SEGMART_MEMORY", memory)
    command = ["build", "--quiet", "--exclude-resource-type", "unit_test", *arguments]
    command += ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT)]
    command += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]

    def work() -> dict[str, float]:
        from dbt.cli.main import dbtRunner

        outcome = dbtRunner().invoke(command)
        if not outcome.success:
            failed = [result for result in outcome.result or [] if result.status in ("error", "fail")]
            said = "\n".join(f"{result.node.name}: {result.message}" for result in failed)
            raise RuntimeError(f"the build failed:\n{said or outcome.exception}")
        return {result.node.name: result.execution_time for result in outcome.result.results}

    return work


def project_variables() -> dict[str, Any]:
    """Segmart's own ``vars``."""
    import yaml

    return yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]


def draw_bars(file: Path, panels: Mapping[str, Mapping[str, float]]) -> None:
    """Write an SVG with one panel of bars below the other.

    Args:
        file: Is replaced.
        panels: Title -> side -> value; each panel has a scale of its own.
    """
    import altair as alt

    sides = _distinct(side for values in panels.values() for side in values)
    drawn = []
    for title, values in panels.items():
        rows = [{"side": side, "value": value} for side, value in values.items()]
        bars = alt.Chart(alt.Data(values=rows), title=title, width=420).encode(
            x=alt.X("value:Q", title=None, axis=alt.Axis(tickCount=4, format=",~f")),
            y=alt.Y("side:N", title=None, sort=sides),
        )
        # A label in words of the table: two decimals for what is small.
        label = "format(datum.value, datum.value < 100 ? ',.2f' : ',.0f')"
        labels = bars.transform_calculate(label=label).mark_text(align="left", dx=4).encode(text="label:N")
        colours = alt.Color("side:N", legend=None, scale=_colours(sides))
        drawn.append(bars.mark_bar(height={"band": 0.7}).encode(color=colours) + labels)
    _save(alt.vconcat(*drawn), file)


def panels_by_size(
    measured: Mapping[int, Sequence[Measurement]],
    values: Mapping[str, Callable[[int, Measurement], float]],
    sides: Iterable[str],
) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """The panels that ``draw_lines`` takes: what a function of size and measurement gives under each title."""
    return {
        title: {
            name: [(size, value(size, side)) for size, found in measured.items() for side in found if side.side == name]
            for name in sides
        }
        for title, value in values.items()
    }


def draw_lines(file: Path, panels: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]], size_title: str) -> None:
    """Write an SVG with panels beside each other: every side is a line over the size, on logarithmic scales.

    Args:
        file: Is replaced.
        panels: Title -> side -> pairs of size and value, all above 0.
        size_title: What the size counts.
    """
    import altair as alt

    sides = _distinct(side for values in panels.values() for side in values)
    sizes = sorted({size for values in panels.values() for points in values.values() for size, _ in points})
    drawn = []
    for title, values in panels.items():
        rows = [
            {"side": side, "size": size, "value": value} for side, points in values.items() for size, value in points
        ]
        logarithmic = alt.Scale(type="log", nice=False)
        lines = alt.Chart(alt.Data(values=rows), title=title, width=320, height=240).encode(
            x=alt.X("size:Q", title=size_title, scale=logarithmic, axis=alt.Axis(values=sizes, format="~s")),
            y=alt.Y("value:Q", title=None, scale=alt.Scale(type="log"), axis=alt.Axis(format="~s", tickCount=6)),
            color=alt.Color("side:N", title=None, sort=sides, scale=_colours(sides), legend=alt.Legend(columns=4)),
        )
        drawn.append(lines.mark_line() + lines.mark_point(filled=True, size=50, opacity=1))
    _save(alt.hconcat(*drawn), file)


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _colours(sides: Sequence[str]) -> Any:
    """The report's colours in the order of the sides."""
    import altair as alt

    from segmart.report.charts import colours

    return alt.Scale(domain=list(sides), range=list(colours(sides).values()))


def _save(chart: Any, file: Path) -> None:
    """On white, because a picture does not know whether the page around it is dark."""
    from segmart.report.charts import CONFIG

    chart = chart.copy()
    chart.config = {**CONFIG, "background": "#ffffff", "padding": 12, "title": {"anchor": "start", "fontSize": 13}}
    chart.save(str(file), format="svg")


def surroundings(packages: Sequence[str]) -> str:
    """One paragraph: the day, the machine and the versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    versions = []
    for package in packages:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            versions.append(f"no {package}")
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {platform.system()} on {platform.machine()}, {os.cpu_count()} cores, "
        f"{memory:.0f} GB of memory, load {load:.1f} at the end, Python {platform.python_version()}, "
        f"{', '.join(versions)}.\n"
    )
