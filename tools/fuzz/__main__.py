"""`python -m tools.fuzz`: builds from damaged files, one after the other, and says what was wrong with the results."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tools.fuzz.judging import LAYOUTS, Layout, Outcome, Sandbox


def main() -> int:
    """Build from damaged files; the exit code is 1 if a build gave anything but right rows or a plain error."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("--mutants", type=int, default=1000, help="damaged files, shared out among the layouts")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same files")
    parser.add_argument("--layout", choices=sorted(LAYOUTS), action="append", help="only these (default: all)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep what was judged bad there")
    args = parser.parse_args()
    layouts = [LAYOUTS[name] for name in args.layout or sorted(LAYOUTS)]
    per_layout = -(-args.mutants // len(layouts))
    found: Counter[str] = Counter()
    began = time.perf_counter()
    for layout in layouts:
        with tempfile.TemporaryDirectory(prefix="fuzz_") as folder:
            sandbox = Sandbox(layout, Path(folder))
            for number in range(per_layout):
                outcome = sandbox.judge(args.seed * 1_000_000 + number)
                found[outcome.kind] += 1
                if outcome.is_bad:
                    print(_report(layout, outcome), flush=True)
                    if args.keep:
                        _keep(args.keep, layout, outcome)
    minutes = (time.perf_counter() - began) / 60
    print(f"{found.total()} mutants in {minutes:.1f} minutes: {json.dumps(dict(sorted(found.items())))}")
    return 1 if any(kind not in Outcome.GOOD for kind in found) else 0


def _report(layout: Layout, outcome: Outcome) -> str:
    return f"{outcome.kind}: {layout.name}, seed {outcome.seed}, {outcome.mutation}\n    {outcome.detail[:600]}"


def _keep(folder: Path, layout: Layout, outcome: Outcome) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{layout.name}_{outcome.seed}_{layout.file}").write_bytes(outcome.data)


if __name__ == "__main__":
    sys.exit(main())
