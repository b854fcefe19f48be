"""The command line: ``segmart <command>``."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path


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
    _add_report(commands)
    _add_fit(commands)
    return parser


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


def _add_fit(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    database = Path(os.environ.get("SEGMART_DATABASE") or "warehouse/segmart.duckdb")
    parser = commands.add_parser(
        "fit",
        help="run dbt Python models without dbt",
        description=(
            "Run dbt Python models without dbt, for engines and versions of dbt that have none: reads what SQL models "
            "left in the working database, and replaces the Python models' tables. Tests are left to `dbt test`."
        ),
    )
    parser.add_argument("models", nargs="*", metavar="MODEL", help="Python models (default: all, in their order)")
    parser.add_argument("--project", type=Path, default=Path(), metavar="DIR", help="where dbt_project.yml lies")
    parser.add_argument(
        "--manifest",
        type=Path,
        metavar="FILE",
        help="what `dbt parse` wrote (default: target/manifest.json of the project)",
    )
    parser.add_argument(
        "--database",
        type=Path,
        default=database,
        metavar="FILE",
        help=f"the working database (default: SEGMART_DATABASE, or {database})",
    )
    parser.set_defaults(run=lambda args: _fit(parser, args))


def _fit(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    import duckdb

    from segmart.fits import FitError, Project, fit

    memory = os.environ.get("SEGMART_MEMORY") or "80%"
    try:
        project = Project.read(args.project, args.manifest or args.project / "target" / "manifest.json")
        nodes = project.fits(args.models)
        if not args.database.exists():
            raise FitError(f"{args.database} is not there: build the SQL models first")
        with duckdb.connect(str(args.database), config={"memory_limit": memory}) as connection:
            for node in nodes:
                print(f"{node['name']}: {fit(project, connection, node):,} rows", flush=True)
    except (FitError, duckdb.IOException) as error:
        print(f"{parser.prog}: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
