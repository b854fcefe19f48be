"""`python -m tools.same_result`: builds of the same rows under other circumstances, which have to give the same marts.

The first build takes the sample as it is. Each of the others gets the same rows in other files, or runs on another
machine, as far as one machine can stand for others: threads, memory, hash seed, time zone, locale.
"""

from __future__ import annotations

import argparse
import codecs
import csv
import io
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import yaml

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "seeds" / "sample"
PUBLIC = ("chips", "shop", "campaign", "grocery")
LAYOUTS = {"general": ("mapped",), "public": PUBLIC}
"""Files that are built together -> their datasets as SEGMART_DATASETS names them."""

SEED = 7
PARTS = 3
BYTE_ORDER_MARK = codecs.BOM_UTF8.decode("latin-1")
TOTAL = "Summe"
"""How a line begins that is a total; it stays the last."""

TOLERANCE = 1e-9
"""Largest difference of two floating-point numbers, relative to the larger one, or absolute below 1."""

QUOTING = {
    "marts.rejected_rows": r"""* replace (
        list_sort(regexp_extract_all(rejected_value, '[^;]+')) as rejected_value,
        list_sort(regexp_extract_all(regexp_replace(raw_row, '(file|line)=[^|]*|^row=', '', 'g'), '[^|;= ]+'))
            as raw_row
    )"""
}
"""Tables that quote files -> what is selected of them: words of a quoted row without its place, in any order."""

ABOUT_BUILDS = ["publication", "build_history", "build_changes"]
"""Published tables that say when which build was made."""

AS_IT_IS = "as it is"


@dataclass(frozen=True)
class Circumstances:
    """How the same rows come, and where they are built.

    Attributes:
        rows: Their order: as it is, shuffled or reversed.
        files: As they are, each table split into several, or joined: all sales in one, and gzipped where the layout
            allows it.
        columns: Their order: as it is, shuffled or reversed.
        threads: Of DuckDB; 0 is as many as there are cores.
        models: That dbt builds at a time.
        memory: SEGMART_MEMORY.
        hash_seed: PYTHONHASHSEED.
        time_zone: TZ.
        locale: LC_ALL.
        math_threads: Of the libraries that Python computes with.
    """

    rows: str = AS_IT_IS
    files: str = AS_IT_IS
    columns: str = AS_IT_IS
    threads: int = 0
    models: int = 1
    memory: str = "80%"
    hash_seed: int = 0
    time_zone: str = "UTC"
    locale: str = "C.UTF-8"
    math_threads: int = 0

    def __str__(self) -> str:
        """What is not as in the first build."""
        changed = [f"{field.name} {getattr(self, field.name)}" for field in fields(self) if self._differs(field.name)]
        return ", ".join(changed) or "nothing changed"

    def _differs(self, name: str) -> bool:
        return getattr(self, name) != getattr(Circumstances, name)


OTHERS: dict[str, tuple[Any, ...]] = {
    "rows": ("shuffled", "reversed"),
    "files": ("split", "joined"),
    "columns": ("reversed", "shuffled"),
    "threads": (1, 3, 8),
    "models": (4, 2),
    "memory": ("1GB", "700MB"),
    "hash_seed": (1, 4711, 99),
    "time_zone": ("Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati"),
    "locale": ("tr_TR.UTF-8", "de_DE.UTF-8", "C", "POSIX"),
    "math_threads": (1, 2),
}
"""What each circumstance is changed to."""

EVERYTHING = Circumstances(**{name: values[0] for name, values in OTHERS.items()})


def combinations(count: int) -> list[Circumstances]:
    """So many circumstances, no two alike: each change alone, and the others with all of them in ever new pairings."""
    alone = [Circumstances(**{name: values[0]}) for name, values in OTHERS.items()]
    draw = random.Random(SEED)
    mixed: list[Circumstances] = [EVERYTHING]
    while len(mixed) < max(count - len(alone), 1):
        drawn = Circumstances(**{name: draw.choice(values) for name, values in OTHERS.items()})
        if drawn not in mixed:
            mixed.append(drawn)
    return [*mixed, *alone][:count]


@dataclass(frozen=True)
class _Table:
    """A file of rows: lines above the header, the header, the rows, and totals below them."""

    above: list[str]
    header: list[str]
    rows: list[list[str]]
    below: list[list[str]]

    def text(self, delimiter: str) -> str:
        made = io.StringIO()
        csv.writer(made, delimiter=delimiter, lineterminator="\r\n").writerows([self.header, *self.rows, *self.below])
        return "".join(f"{line}\r\n" for line in self.above) + made.getvalue()


def write_files(layout: str, circumstances: Circumstances, folder: Path) -> None:
    """Write the rows of the sample's files as the circumstances say.

    Args:
        layout: One of `LAYOUTS`.
        circumstances: Of which rows, files and columns matter.
        folder: Becomes the directory of raw files; must not exist.
    """
    folder.mkdir(parents=True)
    if layout == "general":
        shutil.copy(SAMPLE / "general" / "segmart.yml", folder)
        sales = [_read(path, ";", above=1) for path in sorted((SAMPLE / "general").glob("Umsatz_*.csv"))]
        if circumstances.files == "joined":
            rows = [row for table in sales for row in table.rows]
            sales = [replace(sales[0], rows=rows, below=[row for table in sales for row in table.below])]
        for number, table in enumerate(sales):
            for part, piece in enumerate(_parts(_changed(table, circumstances), circumstances)):
                _write(folder / f"Umsatz_{number}_{part}.csv", piece.text(";"))
        for name in ("Artikel.csv", "Kunden.csv"):
            _write(folder / name, _changed(_read(SAMPLE / "general" / name, ";"), circumstances).text(";"))
        return
    for path in sorted(path for dataset in PUBLIC for path in (SAMPLE / dataset).glob("*.csv")):
        table = _changed(_read(path, ","), circumstances)
        (folder / path.parent.name).mkdir(exist_ok=True)
        target = folder / path.parent.name / path.name
        pieces = _parts(table, circumstances)
        if circumstances.files == "joined":
            _write(target.with_suffix(".csv.gz"), table.text(","))
        elif len(pieces) == 1:
            _write(target, table.text(","))
        else:
            target.with_suffix("").mkdir()
            for part, piece in enumerate(pieces):
                _write(target.with_suffix("") / f"part_{part}.csv", piece.text(","))


def _read(path: Path, delimiter: str, above: int = 0) -> _Table:
    # Every byte is a character, so that any encoding is kept.
    with path.open(encoding="latin-1", newline="") as lines:
        titles = [next(lines).rstrip("\r\n") for _ in range(above)]
        header, *rows = (row for row in csv.reader(lines, delimiter=delimiter) if row)
    # A mark of the encoding is no part of a name, which may come to stand elsewhere.
    header[0] = header[0].removeprefix(BYTE_ORDER_MARK)
    totals = [row for row in rows if row[0] == TOTAL]
    return _Table(titles, header, [row for row in rows if row[0] != TOTAL], totals)


def _write(path: Path, text: str) -> None:
    data = text.encode("latin-1")
    if path.suffix == ".gz":
        import gzip

        data = gzip.compress(data, mtime=0)
    path.write_bytes(data)


def _changed(table: _Table, circumstances: Circumstances) -> _Table:
    columns = _ordered(list(range(len(table.header))), circumstances.columns)
    header, *rows = ([row[column] for column in columns] for row in [table.header, *table.rows, *table.below])
    below = rows[len(table.rows) :]
    return _Table(table.above, header, _ordered(rows[: len(table.rows)], circumstances.rows), below)


def _ordered(things: list[Any], order: str) -> list[Any]:
    if order == "shuffled":
        return random.Random(SEED).sample(things, len(things))
    return things[::-1] if order == "reversed" else things


def _parts(table: _Table, circumstances: Circumstances) -> list[_Table]:
    count = PARTS if circumstances.files == "split" and len(table.rows) >= PARTS else 1
    pieces = [replace(table, rows=table.rows[part::count], below=[]) for part in range(count)]
    return [*pieces[:-1], replace(pieces[-1], below=table.below)]


def build(layout: str, circumstances: Circumstances, folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the sample's rows without the project's tests, in a process of its own.

    Args:
        layout: One of `LAYOUTS`.
        circumstances: Of the build.
        folder: Gets the files, ``segmart.duckdb``, ``target`` and ``logs``.

    Returns:
        The process, which has ended, with what it printed.
    """
    write_files(layout, circumstances, folder / "data")
    profiles = yaml.safe_load((ROOT / "profiles.yml").read_text(encoding="utf-8"))
    if circumstances.threads:
        profiles["segmart"]["outputs"]["local"]["config_options"]["threads"] = circumstances.threads
    (folder / "profiles.yml").write_text(yaml.safe_dump(profiles), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SEGMART_", "DBT_"))}
    environment |= {
        "SEGMART_DATA": str(folder / "data"),
        "SEGMART_DATABASE": str(folder / "segmart.duckdb"),
        "SEGMART_DATASETS": " ".join(LAYOUTS[layout]),
        "SEGMART_MEMORY": circumstances.memory,
        "PYTHONHASHSEED": str(circumstances.hash_seed),
        "TZ": circumstances.time_zone,
    }
    environment |= _locale(circumstances.locale, folder / "locales")
    if circumstances.math_threads:
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        environment |= dict.fromkeys(names, str(circumstances.math_threads))
    command = [str(Path(sys.executable).with_name("dbt")), "build", "--no-use-colors"]
    command += ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"]
    command += ["--threads", str(circumstances.models), "--project-dir", str(ROOT), "--profiles-dir", str(folder)]
    command += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, errors="replace")


def _locale(name: str, folder: Path) -> dict[str, str]:
    """Variables that set a locale. One that the machine lacks is made, if the machine can.

    Raises:
        RuntimeError: The machine has neither it nor what makes it.
    """
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=True).stdout.lower().split()
    if name.lower().replace("utf-8", "utf8") in known:
        return {"LC_ALL": name}
    folder.mkdir()
    language, _, encoding = name.partition(".")
    command = ["localedef", "--inputfile", language, "--charmap", encoding, str(folder / name)]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode != 0:
        raise RuntimeError(f"the locale {name} is not there and can't be made: {made.stderr.strip()}")
    return {"LC_ALL": name, "LOCPATH": str(folder)}


def differences(first: Path, second: Path, schemas: Sequence[str] = ("marts", "core")) -> list[str]:
    """What differs between two databases.

    Counts, money, texts, days and truth values have to be equal; floating-point numbers to `TOLERANCE`.

    Args:
        first: A database.
        second: Another one.
        schemas: Where the tables are that are compared: the marts of working databases, and the tables of the core that
            are published, if nothing is said. `ABOUT_BUILDS` is left out.

    Returns:
        A sentence per table that differs.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach '{first}' as first (read_only)")
        connection.execute(f"attach '{second}' as second (read_only)")
        tables = [_tables(connection, name, schemas) for name in ("first", "second")]
        found = [f"{table} is in one build only" for table in sorted(tables[0] ^ tables[1])]
        for table in sorted(tables[0] & tables[1]):
            sides = [_rows_sql(side, table) for side in ("first", "second")]
            exact = [f"select 1 from (({one}) except all ({other})) limit 1" for one, other in (sides, sides[::-1])]
            if any(connection.execute(sql).fetchall() for sql in exact):
                found += [f"{table}: {difference}" for difference in _of_rows(connection, table)]
        return found


def _tables(connection: duckdb.DuckDBPyConnection, database: str, schemas: Sequence[str]) -> set[str]:
    sql = """
        select schema_name || '.' || table_name from duckdb_tables()
        where database_name = ? and list_contains(?, schema_name) and not list_contains(?, table_name)
    """
    return {name for (name,) in connection.execute(sql, [database, list(schemas), ABOUT_BUILDS]).fetchall()}


def _rows_sql(side: str, table: str) -> str:
    return f"select {QUOTING.get(table, '*')} from {side}.{table}"


def _of_rows(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[str]:
    columns = connection.execute(f"describe {_rows_sql('first', table)}").fetchall()
    exact = [name for name, kind, *_ in columns if kind not in ("DOUBLE", "FLOAT")]
    inexact = [name for name, kind, *_ in columns if kind in ("DOUBLE", "FLOAT")]
    listed = ", ".join([*exact, *inexact])
    sides = [
        connection.execute(f"select {listed} from ({_rows_sql(side, table)}) order by {listed}").fetchall()
        for side in ("first", "second")
    ]
    if len(sides[0]) != len(sides[1]):
        yield f"{len(sides[0]):,} and {len(sides[1]):,} rows"
        return
    apart = [pair for pair in zip(*sides, strict=True) if pair[0][: len(exact)] != pair[1][: len(exact)]]
    if apart:
        yield f"{len(apart):,} of {len(sides[0]):,} rows differ, such as {apart[0][0]} and {apart[0][1]}"
        return
    for position, name in enumerate(inexact, start=len(exact)):
        largest = max(_distance(one[position], other[position]) for one, other in zip(*sides, strict=True))
        if largest > TOLERANCE:
            yield f"{name} differs by up to {largest:.1e}"


def _distance(one: float | None, other: float | None) -> float:
    if one is None or other is None or one != one or other != other:
        return 0.0 if str(one) == str(other) else float("inf")
    return 0.0 if one == other else float(abs(Decimal(one) - Decimal(other)) / max(1, abs(Decimal(one))))


def main(argv: Sequence[str] | None = None) -> int:
    """Build in each of the circumstances; the exit code is 1 if a build failed or its marts differ."""
    parser = argparse.ArgumentParser(prog="python -m tools.same_result", description=__doc__)
    parser.add_argument("--combinations", type=int, default=20, help="builds that are compared with the first")
    parser.add_argument("--layout", choices=sorted(LAYOUTS), action="append", help="files (default: all, in turn)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep builds that differ there")
    args = parser.parse_args(argv)
    layouts = args.layout or sorted(LAYOUTS)
    bad = 0
    with tempfile.TemporaryDirectory(prefix="same_result_") as made:
        for layout in layouts:
            first = build(layout, Circumstances(), Path(made) / layout)
            if first.returncode != 0:
                print(f"{layout}: the first build failed\n{first.stdout[-2000:]}{first.stderr[-2000:]}")
                return 1
        for number, circumstances in enumerate(combinations(args.combinations)):
            layout, began = layouts[number % len(layouts)], time.perf_counter()
            folder = Path(made) / f"{layout}_{number}"
            folder.mkdir()
            run = build(layout, circumstances, folder)
            if run.returncode == 0:
                found = differences(Path(made) / layout / "segmart.duckdb", folder / "segmart.duckdb")
            else:
                found = [f"the build failed\n{run.stdout[-2000:]}{run.stderr[-2000:]}"]
            bad += bool(found)
            verdict = "differs" if found else "the same"
            seconds = time.perf_counter() - began
            print(f"{number + 1}. {layout}, {circumstances}: {verdict} ({seconds:.0f} s)", flush=True)
            print("".join(f"    {difference}\n" for difference in found), end="", flush=True)
            if found and args.keep:
                shutil.copytree(folder, args.keep / folder.name, dirs_exist_ok=True)
            shutil.rmtree(folder)
    print(f"{args.combinations} builds, {bad} differ")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
