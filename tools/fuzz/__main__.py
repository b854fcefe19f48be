"""`python -m tools.fuzz`: reads damaged files, one after the other, and says what was wrong with the results."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from dbt.cli.main import dbtRunner

from tools.fuzz.compiled import DATABASE, SELECTION
from tools.fuzz.judging import LAYOUTS, PROJECTS, ROOT, Outcome, Sandbox


def main() -> int:
    """Read damaged files; the exit code is 1 if one gave anything but right rows or a plain error."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("--mutants", type=int, default=1000, help="damaged files, shared out among the layouts")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same files")
    parser.add_argument("--layout", choices=sorted(LAYOUTS), action="append", help="only these (default: all)")
    parser.add_argument("--columns", action="store_true", help="instead, every nasty value in every column")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep what was judged bad there")
    args = parser.parse_args()
    chosen = [LAYOUTS[name] for name in args.layout or LAYOUTS]
    per_layout = -(-args.mutants // len(chosen))
    found: Counter[str] = Counter()
    began = time.perf_counter()
    for datasets in PROJECTS:
        layouts = [layout for layout in chosen if layout.datasets == datasets]
        if not layouts:
            continue
        with tempfile.TemporaryDirectory(prefix="fuzz_") as folder:
            sandbox = Sandbox(datasets, Path(folder), _compile)
            for layout in layouts:
                seeds = range(args.seed * 1_000_000, args.seed * 1_000_000 + per_layout)
                mutants = (sandbox.mutant(layout, seed) for seed in seeds)
                for outcome in sandbox.hostile(layout) if args.columns else mutants:
                    found[outcome.kind] += 1
                    if outcome.is_bad:
                        print(
                            f"{outcome.kind}: {layout.name}, {outcome.damage}\n    {outcome.detail[:600]}", flush=True
                        )
                        if args.keep:
                            args.keep.mkdir(parents=True, exist_ok=True)
                            (args.keep / f"{found.total()}_{layout.file}").write_bytes(outcome.data)
                sandbox.mend(layout)
                print(f"{layout.name}: {dict(found)} so far", file=sys.stderr, flush=True)
    minutes = (time.perf_counter() - began) / 60
    print(f"{found.total()} damaged files in {minutes:.1f} minutes: {json.dumps(dict(sorted(found.items())))}")
    return 1 if any(kind not in Outcome.GOOD for kind in found) else 0


def _compile(datasets: str, data: Path) -> Path:
    """The manifest of the project with the SQL that reads a data directory."""
    target = data.parent / "target"
    os.environ.update(SEGMART_DATABASE=str(data.parent / f"{DATABASE}.duckdb"))
    os.environ.update(SEGMART_DATA=str(data), SEGMART_DATASETS=datasets)
    options = [
        "--quiet",
        "--log-level",
        "none",
        "--log-level-file",
        "none",
        "--project-dir",
        str(ROOT),
        "--profiles-dir",
        str(ROOT),
    ]
    done = dbtRunner().invoke(["compile", *SELECTION, *options, "--target-path", str(target)])
    if not done.success:
        raise done.exception or ValueError("dbt can't compile the project")
    return target / "manifest.json"


if __name__ == "__main__":
    sys.exit(main())
