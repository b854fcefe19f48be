"""The command line: ``segmart <command>``."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

DATASETS = {
    "chips": ("lines", "customers", "products"),
    "shop": ("customers",),
    "campaign": ("customers",),
    "grocery": ("customers", "baskets"),
}
"""Name that ``segmart.synthesize`` has a writer for -> the options that say how large the dataset is.

Kept here so that ``--help`` imports nothing heavy.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: Arguments without the program's name; those of the process if None.

    Returns:
        Exit code: 0 if all went well, 1 if the command failed.

    Raises:
        SystemExit: With code 2 if the arguments are wrong, 0 after ``--help``.
    """
    args = _parser().parse_args(argv)
    return args.run(args)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="segmart", description="Retail segmentation marts.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="<command>")
    _add_synthesize(commands)
    _add_report(commands)
    return parser


def _add_synthesize(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "synthesize",
        help="write a synthetic copy of a dataset's raw files",
        description="Write a synthetic copy of a dataset's raw files. The same arguments give the same bytes.",
    )
    parser.add_argument("--dataset", required=True, choices=DATASETS, help="which dataset")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="files go to DIR/<dataset>/")
    for option in dict.fromkeys(option for sizes in DATASETS.values() for option in sizes):
        names = ", ".join(name for name, sizes in DATASETS.items() if option in sizes)
        about = f"number of {option} of {names} (default: as in seeds/sample, or as --lines needs them)"
        parser.add_argument(f"--{option}", type=int, metavar="N", help=about)
    parser.add_argument("--seed", type=int, metavar="N", help="seed of the random generator (default: likewise)")
    parser.add_argument(
        "--format", choices=("csv", "parquet"), default="csv", help="of the files; large Parquet tables are folders"
    )
    parser.set_defaults(run=lambda args: _synthesize(parser, args))


def _synthesize(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    from segmart.synthesize import WRITERS

    sizes = DATASETS[args.dataset]
    names = dict.fromkeys(["seed", *(option for options in DATASETS.values() for option in options)])
    wanted = {name: value for name in names if (value := getattr(args, name)) is not None}
    for name in [name for name in wanted if name not in ("seed", *sizes)]:
        usable = " or ".join(f"--{size}" for size in sizes)
        parser.error(f"argument --{name}: not an option of --dataset {args.dataset}, use {usable}")
    try:
        WRITERS[args.dataset](args.out, **wanted, parquet=args.format == "parquet")
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        print(f"{parser.prog}: error: cannot write to {args.out}: {error}", file=sys.stderr)
        return 1
    print(f"wrote {args.out / args.dataset}")
    return 0


def _add_report(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    published = Path(os.environ.get("SEGMART_PUBLISHED") or "published/marts.duckdb")
    parser = commands.add_parser(
        "report",
        help="write the report, one HTML page, from the published marts",
        description="Write the report, one HTML page that needs no network, from the published marts.",
    )
    parser.add_argument(
        "--published",
        type=Path,
        default=published,
        metavar="FILE",
        help=f"the published marts (default: SEGMART_PUBLISHED, or {published})",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="the page (default: report.html beside the marts)")
    parser.add_argument("--charts", type=Path, metavar="DIR", help="also write every chart as SVG and PNG into DIR")
    parser.set_defaults(run=lambda args: _report(parser, args))


def _report(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    from segmart.report.marts import UnreadableMartsError
    from segmart.report.write import write_report

    page = args.out or args.published.with_name("report.html")
    try:
        write_report(args.published, page, args.charts, lambda step: print(step, file=sys.stderr, flush=True))
    except (UnreadableMartsError, OSError) as error:
        print(f"{parser.prog}: error: {error}", file=sys.stderr)
        return 1
    print(f"wrote {page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
