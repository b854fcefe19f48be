"""What all benchmarks share: runs in processes of their own, medians, and a table with what it was measured on."""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Measurement:
    """Several runs of one side.

    Attributes:
        side: What was run.
        seconds: Median of the wall time of the work itself, without imports and without reading the data.
        megabytes: Median of the process' peak memory, with the data.
        results: What the side returned; all runs have to return the same.
    """

    side: str
    seconds: float
    megabytes: float
    results: Any


def run_in_process(module: str, side: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Run one side of a benchmark once, in a new process that ends with ``report``.

    Raises:
        RuntimeError: The process failed; the message ends with what it wrote.
    """
    command = [sys.executable, "-m", module, "--side", side, "--arguments", json.dumps(dict(arguments))]
    process = subprocess.run(command, cwd=FOLDER.parent, capture_output=True, text=True, check=False)
    if process.returncode != 0:
        raise RuntimeError(f"{side} failed:\n{process.stdout[-2000:]}{process.stderr[-2000:]}")
    return json.loads(process.stdout.splitlines()[-1])


def report(work: Callable[[], Any]) -> None:
    """Do the work and print, as the last line of the process, how long it took, the peak memory and what came out."""
    start = time.perf_counter()
    results = work()
    seconds = time.perf_counter() - start
    megabytes = peak_megabytes()
    print(json.dumps({"seconds": seconds, "megabytes": megabytes, "results": results}))


def peak_megabytes() -> float:
    """Peak memory of this process."""
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage says on Linux is at least the peak of the process that started this one.
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # macOS counts bytes, others kilobytes.
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


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
        )
        for side, results in done.items()
    ]


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table; numbers are set right."""
    marks = ["---:" if rows and isinstance(cell, int | float) else "---" for cell in rows[0]]
    cells = [[f"{cell:,.2f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in (header, marks, *cells))


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
