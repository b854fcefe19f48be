"""The command line: ``segmart <command>``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

DATASETS = {"chips": "lines", "shop": "customers", "campaign": "customers"}
"""Name that ``segmart.synthesize`` has a writer for -> the option that says how large the dataset is.

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
    return parser


def _add_synthesize(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "synthesize",
        help="write a synthetic copy of a dataset's raw files",
        description="Write a synthetic copy of a dataset's raw files. The same arguments give the same bytes.",
    )
    parser.add_argument("--dataset", required=True, choices=DATASETS, help="which dataset")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="files go to DIR/<dataset>/")
    for option in dict.fromkeys(DATASETS.values()):
        names = " and ".join(name for name, size in DATASETS.items() if size == option)
        about = f"rows of the largest file of {names} (default: as in seeds/sample)"
        parser.add_argument(f"--{option}", type=int, metavar="N", help=about)
    parser.add_argument("--seed", type=int, metavar="N", help="seed of the random generator (default: likewise)")
    parser.set_defaults(run=lambda args: _synthesize(parser, args))


def _synthesize(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    from segmart.synthesize import WRITERS

    size = DATASETS[args.dataset]
    wanted = {name: value for name in (*DATASETS.values(), "seed") if (value := getattr(args, name)) is not None}
    for name in wanted.keys() - {size, "seed"}:
        parser.error(f"argument --{name}: not an option of --dataset {args.dataset}, use --{size}")
    try:
        WRITERS[args.dataset](args.out, **wanted)
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        print(f"{parser.prog}: error: cannot write to {args.out}: {error}", file=sys.stderr)
        return 1
    print(f"wrote {args.out / args.dataset}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
