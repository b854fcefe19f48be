"""`python -m tools.torture`: does to builds what power cuts, full disks and colleagues do, and says what broke."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from tools.torture.scenarios import SCENARIOS


def main() -> int:
    """Go through the scenarios; the exit code is 1 if anything did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tools.torture", description=__doc__)
    parser.add_argument("--tries", type=int, default=50, help="of each scenario")
    parser.add_argument("--seed", type=int, default=1, help="where random moments come from")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), action="append", help="only these (default: all)")
    args = parser.parse_args()
    is_good = True
    for name in args.scenario or SCENARIOS:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="torture_") as folder:
            result = SCENARIOS[name](Path(folder), Random(args.seed), args.tries)
        seconds = time.perf_counter() - began
        print(f"{name}: {result.tries} tries in {seconds:.0f} s, {len(result.problems)} problems", flush=True)
        for problem in result.problems[:10]:
            print(f"    {problem}")
        if result.skipped:
            print(f"    {result.skipped}")
        is_good &= not result.problems
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
