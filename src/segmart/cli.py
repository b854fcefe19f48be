"""The command line: ``segmart <command>``."""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from segmart.working_database import working_database

if TYPE_CHECKING:
    from segmart.loading.inspect import Question


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
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(title="commands", required=True, metavar="<command>")
    _add_init(commands)
    _add_build(commands)
    _add_inspect(commands)
    _add_datasets(commands)
    _add_report(commands)
    _add_export(commands)
    _add_new_dataset(commands)
    _add_new_segmentation(commands)
    _add_diff(commands)
    _add_site(commands)
    _add_fit(commands)
    return parser


def _failed(parser: argparse.ArgumentParser, *problems: object) -> int:
    """Say what is wrong, a line each, and return the exit code of a command that failed."""
    for problem in problems:
        print(f"{parser.prog}: error: {problem}", file=sys.stderr)
    return 1


class _Version(argparse.Action):
    """Looks the version up only if somebody asks: that takes longer than most commands need to start."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"segmart {version('segmart')}")
        parser.exit()


def _add_init(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "init",
        help="write the dbt project and its sample into a folder",
        description="Write the dbt project into a folder: models, macros, reference lists, tests and the sample."
        " They are yours to change. Other files of the folder stay as they are; nothing is overwritten.",
    )
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path(), metavar="DIR", help="the folder (default: this one)"
    )
    parser.set_defaults(run=lambda args: _init(parser, args))


def _init(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    from segmart.scaffolding import ScaffoldingError
    from segmart.scaffolding.project import write_project

    try:
        written = write_project(args.folder)
    except (ScaffoldingError, OSError) as error:
        return _failed(parser, error)
    print(f"wrote {written} files into {args.folder.resolve()}")
    print("`segmart build` in that folder builds the sample, `segmart build DIR` what your folder DIR holds")
    return 0


def _add_build(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "build",
        help="build the marts and the report from a folder of your files",
        description="Build the marts from a folder of files, publish them, and write the report. A folder without a"
        " segmart.yml and without a public layout is looked at first, as `segmart inspect` does.",
    )
    _add_data(parser)
    parser.set_defaults(run=lambda args: _build(parser, args))


def _build(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    from segmart import building, comparing
    from segmart.loading.mapping import FILE_NAME

    folder = _folder(args.data)
    if not Path(building.PROJECT_FILE).is_file():
        return _failed(
            parser,
            f"there is no {building.PROJECT_FILE} in {Path.cwd()}: go to the folder of your project, or write one with"
            " `segmart init`",
        )
    if folder is not None and not folder.is_dir():
        return _failed(parser, f"there is no folder {folder}")
    if folder is not None and not building.datasets_of(folder):
        inspected = main(["inspect", str(folder)])
        if inspected != 0 or not (folder / FILE_NAME).is_file():
            return inspected or 1
    data = str(folder.resolve()) if folder else args.data or ""
    datasets = os.environ.get("SEGMART_DATASETS", "").split() or building.datasets_of(folder)
    published = _published()
    os.environ["SEGMART_PUBLISHED"] = str(published)
    report = published.with_name("report.html")
    progress = building.Progress(lambda text: print(text, end="", flush=True), sys.stdout.isatty())
    try:
        warnings = building.run_dbt(data, datasets, progress)
    except building.BuildError as error:
        _failed(parser, *error.problems)
        print(f"{parser.prog}: nothing was published; the full log is in logs/dbt.log", file=sys.stderr)
        building.keep_report_honest(published, report, data)
        return 1
    if main(["report", "--published", str(published), "--out", str(report)]) != 0:
        return 1
    width = shutil.get_terminal_size((building.SUMMARY_WIDTH, 24)).columns
    print(f"\n{building.summary(published, report, warnings, width)}")
    changes = comparing.recorded_changes(published, limit=3)
    if changes:
        print(f"\n{changes}\nAll of them are in build_changes.")
    return 0


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data",
        nargs="?",
        metavar="DIR",
        default=os.environ.get("SEGMART_DATA") or None,
        help="the folder of raw files (default: SEGMART_DATA, or the sample)",
    )


def _folder(data: str | None) -> Path | None:
    """A folder of raw files that can be looked into; None for the sample, and for what lies in an object store."""
    from segmart.loading.files import is_remote

    return None if data is None or is_remote(data) else Path(data)


def _add_inspect(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "inspect",
        help="propose segmart.yml for a folder of your own files",
        description="Look at the files of a folder, show what they hold, and write segmart.yml, which says which"
        " file and which column plays which role. A segmart.yml that is there already stays as it is.",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder of raw files, which are only read")
    parser.add_argument("--out", type=Path, metavar="FILE", help="what to write (default: segmart.yml in DIR)")
    parser.add_argument("--no-questions", action="store_true", help="write best guesses, each marked `# check:`")
    parser.set_defaults(run=lambda args: _inspect(parser, args))


def _inspect(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    from segmart.loading.formats import default_prepared_folder
    from segmart.loading.inspect import InspectionError, inspect_folder, table_of, write_proposal

    has_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    try:
        proposal = inspect_folder(
            args.folder, default_prepared_folder(), _answer if has_terminal and not args.no_questions else None
        )
    except InspectionError as error:
        return _failed(parser, *error.problems)
    print(table_of(proposal.understood))
    for title, sentences in (("Noticed", proposal.notices), ("Please check", proposal.checks)):
        if sentences:
            print(f"\n{title}:")
            print("\n".join(f"- {sentence}" for sentence in sentences))
    target = args.out or args.folder / "segmart.yml"
    try:
        written = write_proposal(args.folder, proposal, target)
    except OSError as error:
        print(f"\n{proposal.text}")
        cure = "save the lines above, or name another file with --out"
        return _failed(parser, f"cannot write {target} ({error.strerror}): {cure}")
    if written is None:
        print(f"\n{proposal.text}\n{target} is there already and stays as it is; the lines above are the proposal.")
    else:
        print(f"\nwrote {written}")
    return 0


def _answer(question: "Question") -> str | None:
    """Ask a person; an empty line takes the best guess."""
    answers = list(question.answers.items())
    print(question.text)
    for number, (_, meaning) in enumerate(answers, start=1):
        print(f"  {number}  {meaning}{'  (best guess)' if number == 1 else ''}")
    while True:
        try:
            written = input(f"1 to {len(answers)} [1]: ").strip() or "1"
        except EOFError:
            return None
        if written.isdigit() and 1 <= int(written) <= len(answers):
            return answers[int(written) - 1][0]


def _add_datasets(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "datasets",
        help="name the datasets whose files lie in a folder, as SEGMART_DATASETS wants them",
        description="Name the datasets whose files lie in a folder, with blanks between them, as SEGMART_DATASETS"
        " wants them.",
    )
    _add_data(parser)
    parser.set_defaults(run=lambda args: _datasets(parser, args))


def _datasets(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    from segmart import building

    datasets = building.datasets_of(_folder(args.data))
    if not datasets:
        layouts = ", ".join(building.known_datasets())
        return _failed(
            parser,
            f"{args.data} holds neither a segmart.yml nor a folder of a public layout ({layouts});"
            f" `segmart inspect {args.data}` proposes a segmart.yml",
        )
    print(" ".join(datasets))
    return 0


def _published() -> Path:
    """Where marts are published if nothing else is said."""
    return Path(os.environ.get("SEGMART_PUBLISHED") or "published/marts.duckdb")


def _add_published(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--published",
        type=Path,
        default=_published(),
        metavar="FILE",
        help=f"the published marts (default: SEGMART_PUBLISHED, or {_published()})",
    )


def _add_database(parser: argparse.ArgumentParser) -> None:
    database = working_database()
    parser.add_argument(
        "--database",
        type=Path,
        default=database,
        metavar="FILE",
        help=f"the working database (default: SEGMART_DATABASE, or {database})",
    )


def _add_report(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "report",
        help="write the report, one HTML page, from the published marts",
        description="Write the report, one HTML page that needs no network, from the published marts.",
    )
    _add_published(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="the page (default: report.html beside the marts)")
    parser.add_argument("--charts", type=Path, metavar="DIR", help="also write every chart as SVG and PNG into DIR")
    parser.add_argument(
        "--amounts",
        default=os.environ.get("SEGMART_AMOUNTS") or "1,234.50",
        metavar="EXAMPLE",
        help="1234.50 as your readers write money, such as '1.234,50 €' (default: SEGMART_AMOUNTS, or 1,234.50)",
    )
    parser.set_defaults(run=lambda args: _report(parser, args))


def _report(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    from segmart.report import words
    from segmart.report.marts import UnreadableMartsError
    from segmart.report.write import write_report

    page = args.out or args.published.with_name("report.html")
    try:
        with words.written_in(words.number_format(args.amounts)):
            write_report(args.published, page, args.charts, lambda step: print(step, file=sys.stderr, flush=True))
    except (UnreadableMartsError, OSError, ValueError) as error:
        return _failed(parser, error)
    print(f"wrote {page}")
    return 0


def _add_export(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "export",
        help="write a CSV and a Parquet file of every audience",
        description="Write a CSV and a Parquet file of every audience of the published marts, and a manifest. The"
        " holdout is left out, so that sales can show what addressing the others did. In the CSV files, cells that a"
        " spreadsheet would run as formulas begin with an apostrophe; the Parquet files hold them as they are."
        " Where the marts hide customers, the ids are those of the working database; SEGMART_CUSTOMER_SECRET has to be"
        " the secret of the build.",
    )
    _add_published(parser)
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="the folder, or an older export (default: audiences beside the marts)"
    )
    parser.add_argument("--with-holdout", action="store_true", help="write the customers of the holdout, too")
    _add_database(parser)
    parser.set_defaults(run=lambda args: _export(parser, args))


def _export(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    from datetime import date

    from segmart.exporting import ExportError, export_audiences

    folder = args.out or args.published.with_name("audiences")
    try:
        audiences = export_audiences(args.published, folder, date.today(), args.with_holdout, args.database)
    except (ExportError, OSError) as error:
        return _failed(parser, error)
    customers = sum(audience.customers for audience in audiences)
    print(f"wrote {len(audiences)} audiences with {customers:,} rows into {folder}")
    return 0


def _add_project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", type=Path, default=Path(), metavar="DIR", help="where dbt_project.yml lies")


def _add_new_dataset(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "new-dataset",
        help="write the files of a dataset with rules of its own",
        description="Write a raw file of customers, its staging models and their tests, which build as they are, and"
        " add the dataset to the models that unite datasets. Nothing is overwritten. Where a mapping is enough,"
        " `segmart inspect` does without any of this.",
    )
    parser.add_argument("name", metavar="NAME", help="the dataset, such as crm")
    _add_project(parser)
    parser.set_defaults(run=lambda args: _new_dataset(parser, args))


def _new_dataset(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    from segmart.scaffolding import ScaffoldingError
    from segmart.scaffolding.dataset import new_dataset

    try:
        written, changed = new_dataset(args.project, args.name)
    except (ScaffoldingError, OSError) as error:
        return _failed(parser, error)
    print("\n".join(f"wrote {file}" for file in written))
    print("\n".join(f"added {args.name} to {file}" for file in changed))
    print(f"Next: put your columns into seeds/sample/{args.name} and models/staging/{args.name}, then `segmart build`")
    return 0


def _add_new_segmentation(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "new-segmentation",
        help="add a segmentation to the reference lists",
        description="Add the rows of a segmentation to the reference lists, with settings to begin with. What the last"
        " build knows is checked. Nothing is overwritten.",
    )
    parser.add_argument("name", metavar="NAME", help="the segmentation, such as crm_households")
    parser.add_argument(
        "--dataset", default="", help="whose customers (default: the only one with numbers of its customers)"
    )
    parser.add_argument(
        "--unit",
        choices=("customer", "buyer"),
        default="customer",
        help="customers of the file, or all buyers (default: customer)",
    )
    parser.add_argument(
        "--features",
        nargs="+",
        default=[],
        metavar="MEASURE",
        help="numbers to cluster on (default: those that every customer has, in the database of the last build)",
    )
    parser.add_argument("--measures", nargs="+", default=[], metavar="MEASURE", help="numbers that describe segments")
    parser.add_argument("--categories", nargs="+", default=[], metavar="MEASURE", help="texts that describe segments")
    _add_project(parser)
    parser.set_defaults(run=lambda args: _new_segmentation(parser, args))


def _new_segmentation(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    from segmart.scaffolding import ScaffoldingError
    from segmart.scaffolding.segmentation import TRAITS_FILE, Segmentation, new_segmentation

    wanted = Segmentation(args.name, args.dataset, args.unit, args.features, args.measures, args.categories)
    try:
        changed = new_segmentation(args.project, working_database(args.project), wanted)
    except (ScaffoldingError, OSError) as error:
        return _failed(parser, error)
    print("\n".join(f"added {args.name} to {file}" for file in changed))
    print(f"Next: say in {TRAITS_FILE} what high and low values are called, then `segmart build`")
    return 0


def _add_diff(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "diff",
        help="say what differs between two published files",
        description="Compare two published files: tables, rows by their keys, and figures that add up, such as sales,"
        " counts and customers of segments. The largest relative changes come first.",
    )
    parser.add_argument("old", type=Path, metavar="OLD", help="the older file")
    parser.add_argument("new", type=Path, metavar="NEW", help="the newer file")
    parser.add_argument("--limit", type=int, default=10, metavar="N", help="figures and tables listed (default: 10)")
    parser.set_defaults(run=lambda args: _diff(parser, args))


def _diff(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    import duckdb

    from segmart.comparing import compare

    for file in (args.old, args.new):
        if not file.is_file():
            return _failed(parser, f"there is no file {file}")
    try:
        print(compare(args.old, args.new).text(args.limit))
    except duckdb.Error as error:
        return _failed(parser, error)
    return 0


def _add_site(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "site",
        help="write a folder for a static web server: dbt's documentation and the report",
        description="Put the documentation that `dbt docs generate --static` wrote and a report of the published marts"
        " into one folder, with a page that links both.",
    )
    _add_published(parser)
    parser.add_argument(
        "--docs",
        type=Path,
        default=Path("target/static_index.html"),
        metavar="FILE",
        help="what dbt wrote (default: target/static_index.html)",
    )
    parser.add_argument("--out", type=Path, default=Path("site"), metavar="DIR", help="the folder (default: site)")
    parser.add_argument("--own-data", action="store_true", help="allow a report of other data than the sample")
    parser.set_defaults(run=lambda args: _site(parser, args))


def _site(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    from segmart.report.marts import UnreadableMartsError
    from segmart.site import SiteError, write_site

    report = args.published.with_name("report.html")
    if main(["report", "--published", str(args.published), "--out", str(report)]) != 0:
        return 1
    try:
        write_site(args.published, args.docs, report, args.out, args.own_data)
    except (SiteError, UnreadableMartsError, OSError) as error:
        return _failed(parser, error)
    print(f"wrote {args.out / 'index.html'}")
    return 0


def _add_fit(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "fit",
        help="run dbt Python models without dbt",
        description=(
            "Run dbt Python models without dbt, for engines and versions of dbt that have none: reads what SQL models "
            "left in the working database, and replaces the Python models' tables. Tests are left to `dbt test`."
        ),
    )
    parser.add_argument("models", nargs="*", metavar="MODEL", help="Python models (default: all, in their order)")
    _add_project(parser)
    parser.add_argument(
        "--manifest",
        type=Path,
        metavar="FILE",
        help="what `dbt parse` wrote (default: target/manifest.json of the project)",
    )
    _add_database(parser)
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
        return _failed(parser, error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
