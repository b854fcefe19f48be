"""Files of the published audiences for whoever addresses them: one CSV and one Parquet file each, and a manifest.

Beside it lies the list of all members with the holdout, from which Segmart later tells what addressing them did.

An export replaces the one before as a whole. It is written into a draft folder beside, which then takes the folder's
place, so nobody finds files of two exports together. A folder in which anything else lies is left alone.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
import shutil
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from segmart import pseudonyms
from segmart.report.marts import UnreadableMartsError, open_published
from segmart.sql import sql_text

MANIFEST = "manifest.csv"
MANIFEST_COLUMNS = (
    *("exported_on", "dataset", "audience_type", "audience", "file_name", "customers", "holdout_customers"),
    "has_holdout",
)
"""Of each audience: the day, its files without their ending, rows in each, and customers of the holdout."""

MEMBERS = "campaign_exports.csv"
"""Every member of every audience, the holdout included, as the reference list of that name is read: ids as they are."""

ENDINGS = (".csv", ".parquet")
NAME_CHARACTERS = 100

FORMULA = r"^\s*[=+\-@\t\r\n＝＋－＠]"
"""How a cell begins that a spreadsheet may run: also behind blanks, and as the wide characters that some read alike."""


class ExportError(Exception):
    """An export that can't be made; the message says why and what to do."""


@dataclass(frozen=True)
class Audience:
    """An audience and how it was written.

    Attributes:
        dataset: Its dataset.
        audience_type: Its type, such as ``rfm``.
        name: Its name.
        customers: Rows in each of its files.
        holdout_customers: Customers of the holdout, whether they were written or not.
        file_name: Name of its files without their ending.
    """

    dataset: str
    audience_type: str
    name: str
    customers: int
    holdout_customers: int
    file_name: str


def export_audiences(
    published: Path, folder: Path, today: date, with_holdout: bool = False, database: Path | None = None
) -> list[Audience]:
    """Write every audience of the published marts, and the manifest, in place of an older export.

    Args:
        published: The published DuckDB file, which is only read.
        folder: Gets the files; may be absent, empty, or an older export.
        today: The day that the manifest names.
        with_holdout: Whether the files hold the customers of the holdout, too, with their flag set.
        database: The working database, which knows the ids of customers whom the published file hides.

    Returns:
        The audiences in the order of the manifest.

    Raises:
        ExportError: There is no published file or it has no audiences, ids that it hides can't be found, or other
            things lie in the folder. The folder is as it was.
        OSError: Something can't be written. The folder is as it was.
    """
    folder = folder.resolve()
    check_replaceable(folder)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        with open_published(published) as connection:
            _open_audiences(connection, database)
            audiences = _audiences(connection, with_holdout)
            draft.mkdir(parents=True)
            for audience in audiences:
                _write(connection, audience, draft, with_holdout)
            _write_members(connection, draft / MEMBERS, today)
        _write_manifest(audiences, draft / MANIFEST, today, with_holdout)
        _put_in_place(draft, folder)
    except UnreadableMartsError as error:
        raise ExportError(str(error)) from error
    except duckdb.Error as error:
        raise ExportError(f"the audiences of {published} can't be written: {error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return audiences


def check_replaceable(folder: Path) -> None:
    """Make sure that a folder holds an older export and nothing else, or nothing at all.

    Raises:
        ExportError: Something else is there.
    """
    if not folder.exists():
        return
    cure = "name another folder with --out"
    if not folder.is_dir():
        raise ExportError(f"{folder} is a file, in whose place no folder can be put: {cure}")
    found = {entry.name for entry in folder.iterdir()}
    if not found:
        return
    own = exported_files(folder)
    if own is None:
        raise ExportError(f"{folder} holds files and no {MANIFEST} of an export, so nothing in it is replaced: {cure}")
    others = sorted(found - own) + sorted(name for name in found & own if not (folder / name).is_file())
    if others:
        named = ", ".join(others[:3]) + (", …" if len(others) > 3 else "")
        raise ExportError(f"{folder} holds more than an older export, such as {named}: move that away, or {cure}")


def exported_files(folder: Path) -> set[str] | None:
    """Names of the files of an export that has a manifest, which lists those of the audiences; None if it has none."""
    try:
        with (folder / MANIFEST).open(encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines)
            if tuple(rows.fieldnames or ()) != MANIFEST_COLUMNS:
                return None
            return {MANIFEST, MEMBERS, *(f"{row['file_name']}{ending}" for row in rows for ending in ENDINGS)}
    except (OSError, UnicodeDecodeError, csv.Error):
        return None


def file_names(audiences: Sequence[tuple[str, str]]) -> list[str]:
    """Names that every file system takes, one for each pair of dataset and audience, and no two alike.

    Names of other letters than a to z, and of audiences that would have the same one, end in a hash, so that a name
    stays what it is whatever the other audiences are called.

    Args:
        audiences: Pairs of dataset and audience, each once.
    """
    plain = [_plain(f"{dataset} {audience}") for dataset, audience in audiences]
    counts = Counter([*plain, Path(MEMBERS).stem])
    return [
        name if counts[name] == 1 and _is_faithful(dataset, audience) else f"{name}_{_hash(dataset, audience)}"
        for name, (dataset, audience) in zip(plain, audiences, strict=True)
    ]


def _letters(text: str) -> str:
    """The text in small letters without accents; other writings are left out."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", _letters(text)).strip("_")[:NAME_CHARACTERS].strip("_") or "audience"


def _is_faithful(dataset: str, audience: str) -> bool:
    """Whether a plain name holds every letter and digit of the audience's."""
    kept = len(re.sub(r"[^a-z0-9]", "", _letters(audience)))
    is_whole = len(_letters(f"{dataset} {audience}")) <= NAME_CHARACTERS
    return is_whole and 0 < kept == sum(character.isalnum() for character in audience)


def _hash(dataset: str, audience: str) -> str:
    return hashlib.sha256(f"{dataset}\0{audience}".encode()).hexdigest()[:8]


def safe_cell(text: str) -> str:
    """A text that no spreadsheet runs: what could be a formula gets an apostrophe in front."""
    return f"'{text}" if re.match(FORMULA, text, re.ASCII) else text


def _open_audiences(connection: duckdb.DuckDBPyConnection, database: Path | None) -> None:
    """Make the audiences with the ids of the files the relation `audiences` of a connection."""
    columns = connection.execute("""
        select table_name, column_name from duckdb_columns()
        where database_name = 'published' and (table_name = 'audiences' or column_name = 'hides_customers')
    """).fetchall()
    if not any(table == "audiences" for table, _ in columns):
        raise ExportError("the published marts have no audiences: nobody in these files is known by an id")
    connection.execute("create view audiences as from published.main.audiences")
    is_new = ("publication", "hides_customers") in columns
    if (
        is_new
        and connection.execute("select bool_or(hides_customers) from published.main.publication").fetchall()[0][0]
    ):
        _reveal(connection, database)


def _reveal(connection: duckdb.DuckDBPyConnection, database: Path | None) -> None:
    """Put the ids of the working database in place of the pseudonyms in `audiences`.

    Raises:
        ExportError: They are not to be found.
    """
    try:
        secret = pseudonyms.customer_secret()
    except ValueError as error:
        raise ExportError(str(error)) from error
    hidden = "the published marts hide customers"
    if secret is None:
        raise ExportError(f"{hidden}: set {pseudonyms.VARIABLE} to the secret that they were built with")
    if database is None or not database.is_file():
        raise ExportError(f"{hidden}, and the working database {database or ''} that knows their ids is not there")

    def pseudonym(dataset: str, customer_id: str) -> str:
        return pseudonyms.pseudonym(secret, pseudonyms.CUSTOMER, dataset, customer_id)

    connection.create_function("pseudonym", pseudonym, ["varchar", "varchar"], "varchar")
    connection.execute(f"attach {sql_text(str(database))} as working (read_only)")
    connection.execute("""
        create temp table revealed as
        select audiences.* replace (customers.customer_id as customer_id)
        from published.main.audiences as audiences
        left join (
            select dataset, customer_id, pseudonym(dataset, customer_id) as pseudonym from working.core.customers
        ) as customers
            on audiences.dataset = customers.dataset and audiences.customer_id = customers.pseudonym
    """)
    connection.execute("create or replace view audiences as from revealed")
    ((unknown,),) = connection.execute("select count(*) from audiences where customer_id is null").fetchall()
    if unknown:
        raise ExportError(
            f"{unknown:,} members of audiences are no customers of {database}: the marts were built from another"
            f" database, or with another secret than that in {pseudonyms.VARIABLE}"
        )


def _audiences(connection: duckdb.DuckDBPyConnection, with_holdout: bool) -> list[Audience]:
    counted = connection.execute("""
        select dataset, audience, min(audience_type), count(*), count(*) filter (where is_holdout)
        from audiences
        group by dataset, audience
        order by dataset, audience
    """).fetchall()
    names = file_names([(dataset, audience) for dataset, audience, *_ in counted])
    return [
        Audience(dataset, kind, audience, everyone if with_holdout else everyone - holdout, holdout, name)
        for name, (dataset, audience, kind, everyone, holdout) in zip(names, counted, strict=True)
    ]


def _write(connection: duckdb.DuckDBPyConnection, audience: Audience, folder: Path, with_holdout: bool) -> None:
    """Write the two files of an audience."""

    def rows(customer_id: str, reason: str) -> str:
        return f"""
            select {customer_id} as customer_id, {reason} as reason, since_date, is_holdout
            from audiences
            where dataset = {sql_text(audience.dataset)} and audience = {sql_text(audience.name)}
                {"" if with_holdout else "and not is_holdout"}
            order by audiences.customer_id
        """

    def safe(column: str) -> str:
        begins = f"regexp_matches({column}, {sql_text(FORMULA)})"
        return f"case when {begins} then '''' || {column} else {column} end"

    path = folder / audience.file_name
    connection.execute(f"copy ({rows('customer_id', 'reason')}) to {sql_text(f'{path}.parquet')} (format parquet)")
    options = "format csv, header, force_quote (customer_id, reason)"
    connection.execute(f"copy ({rows(safe('customer_id'), safe('reason'))}) to {sql_text(f'{path}.csv')} ({options})")


def _write_members(connection: duckdb.DuckDBPyConnection, path: Path, today: date) -> None:
    rows = f"""
        select dataset, audience, customer_id, is_holdout, date '{today.isoformat()}' as exported_date
        from audiences
        order by dataset, audience, customer_id
    """
    options = "format csv, header, force_quote (dataset, audience, customer_id)"
    connection.execute(f"copy ({rows}) to {sql_text(str(path))} ({options})")


def _write_manifest(audiences: Sequence[Audience], path: Path, today: date, with_holdout: bool) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        manifest = csv.writer(lines, lineterminator="\n")
        manifest.writerow(MANIFEST_COLUMNS)
        for audience in audiences:
            texts = [safe_cell(text) for text in (audience.dataset, audience.audience_type, audience.name)]
            counts = [audience.customers, audience.holdout_customers]
            manifest.writerow([today.isoformat(), *texts, audience.file_name, *counts, str(with_holdout).lower()])


def _put_in_place(draft: Path, folder: Path) -> None:
    """Let the draft take the folder's place; if that fails, the folder is put back."""
    if not folder.exists():
        os.rename(draft, folder)
        return
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    shutil.rmtree(old, ignore_errors=True)
    os.rename(folder, old)
    try:
        os.rename(draft, folder)
    except OSError:
        os.rename(old, folder)
        raise
    shutil.rmtree(old)
