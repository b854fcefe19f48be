"""Write a synthetic copy of a dataset's raw files. The same arguments give the same bytes.

python -m tools.synthesize --dataset chips --out seeds/sample
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

DATASETS = {
    "chips": ("lines", "customers", "products"),
    "shop": ("customers",),
    "campaign": ("customers",),
    "grocery": ("customers", "baskets"),
    "general": ("customers",),
}
"""Name that ``tools.synthesize`` has a writer for -> the options that say how large the dataset is."""


def main(argv: Sequence[str] | None = None) -> int:
    """Write the files of one dataset.

    Args:
        argv: Arguments without the program's name; those of the process if None.

    Returns:
        Exit code: 0 if all went well, 1 if a file can't be written or would replace one of somebody else.

    Raises:
        SystemExit: With code 2 if the arguments are wrong, 0 after ``--help``.
    """
    parser = _parser()
    args = parser.parse_args(argv)
    sizes = DATASETS[args.dataset]
    names = dict.fromkeys(["seed", *(option for options in DATASETS.values() for option in options)])
    wanted = {name: value for name in names if (value := getattr(args, name)) is not None}
    for name in [name for name in wanted if name not in ("seed", *sizes)]:
        usable = " or ".join(f"--{size}" for size in sizes)
        parser.error(f"argument --{name}: not an option of --dataset {args.dataset}, use {usable}")

    from tools.synthesize import WRITERS

    try:
        WRITERS[args.dataset](args.out, **wanted, parquet=args.format == "parquet")
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        print(f"{parser.prog}: error: cannot write to {args.out}: {error}", file=sys.stderr)
        return 1
    print(f"wrote {args.out / args.dataset}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.synthesize", description=(__doc__ or "").splitlines()[0], allow_abbrev=False
    )
    parser.add_argument("--dataset", required=True, choices=DATASETS, help="which dataset")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="files go to DIR/<dataset>/")
    for option in dict.fromkeys(option for sizes in DATASETS.values() for option in sizes):
        owners = ", ".join(name for name, sizes in DATASETS.items() if option in sizes)
        about = f"number of {option} of {owners} (default: as in seeds/sample, or as --lines needs them)"
        parser.add_argument(f"--{option}", type=int, metavar="N", help=about)
    parser.add_argument("--seed", type=int, metavar="N", help="seed of the random generator (default: the sample's)")
    parser.add_argument(
        "--format", choices=("csv", "parquet"), default="csv", help="of the files; large Parquet tables are folders"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
