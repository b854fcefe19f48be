"""Replace a published file in one step, and say what it was made from.

A publisher writes a draft beside the published file while it holds a lock, and renames the draft over the published
file. Readers that have the old file open keep it until they reconnect; nobody sees a draft. The process that holds the
lock knows that every other draft was left behind by a process that was killed, because the operating system releases
the lock of a dead process.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from segmart import comparing

SAMPLE = "synthetic sample"
"""What the data that come with the project are called."""

SAMPLE_FOLDER = "seeds/sample"

LOCK_TIMEOUT_SECONDS = 60.0
_LOCK_POLL_SECONDS = 0.05

_locks: dict[Path, int] = {}
"""Published file -> descriptor of its lock file, while this process holds the lock."""


def publication_target(published: Path) -> Path:
    """The file that a publication replaces: the published file, or what it is a link to.

    Returns:
        An absolute path; there need be nothing.

    Raises:
        ValueError: If something is there that no build has published, such as a raw file or the working database.
    """
    target = published.resolve()
    if target.is_dir():
        raise ValueError(f"{published} is a folder: the published file can not replace it")
    if target.exists() and not _is_publication(target):
        raise ValueError(
            f"{published} is there, and no build has published it: name another file in SEGMART_PUBLISHED, or remove it"
        )
    return target


def _is_publication(file: Path) -> bool:
    """Whether a file says that it was published; where a client has it locked, whether a build left its lock."""
    try:
        with duckdb.connect(str(file), read_only=True) as marts:
            return marts.execute("from duckdb_tables() where table_name = 'publication'").fetchone() is not None
    except duckdb.IOException as error:
        return "set lock" in str(error) and _lock_file(file).exists()
    except duckdb.Error:
        return False


def draft_path(published: Path, run_id: str) -> Path:
    """Where a run writes first: hidden, and in the published file's folder, so that a rename is enough."""
    return published.with_name(f".{published.name}.{run_id}.tmp")


def parquet_folder(published: Path) -> Path:
    """Folder of the Parquet copies: ``marts_parquet`` beside ``marts.duckdb``, a link to the copies of one run."""
    return published.with_name(f"{published.stem}_parquet")


def parquet_draft_folder(published: Path, run_id: str) -> Path:
    """Folder of one run's Parquet copies; the link points to it once the run is published."""
    return published.with_name(f".{published.stem}_parquet.{run_id}")


def open_publication(published: Path, run_id: str, with_parquet: bool, timeout: float = LOCK_TIMEOUT_SECONDS) -> Path:
    """Take the lock and make room for a draft.

    Args:
        published: File that will be replaced, see `publication_target`; need not exist, nor need its folder.
        run_id: Distinguishes runs; part of the draft's name.
        with_parquet: Whether there will be Parquet copies, too.
        timeout: Seconds to wait for another run that is publishing to the same file.

    Returns:
        Path to write to; no such file exists.

    Raises:
        TimeoutError: If another run holds the lock for longer than ``timeout``.
        ValueError: If anything but a link is in place of the Parquet copies.
        OSError: If the folder can't be written to.
    """
    copies = parquet_folder(published)
    if with_parquet and copies.exists() and not copies.is_symlink():
        raise ValueError(f"{copies} is not a link that a build has made: remove it, or publish without Parquet copies")
    published.parent.mkdir(parents=True, exist_ok=True)
    _take_lock(published, timeout)
    for leftover in published.parent.glob(f".{_literal(published.name)}.*.tmp*"):
        leftover.unlink()
    draft = draft_path(published, run_id)
    if with_parquet:
        parquet_draft_folder(published, run_id).mkdir()
    return draft


def data_source(folder: str) -> str:
    """What people call the raw files: the name of their folder, or that they are the sample.

    Args:
        folder: SEGMART_DATA; empty for the sample that comes with the project.
    """
    path = folder.rstrip("/")
    return SAMPLE if not path or f"/{SAMPLE_FOLDER}/" in f"/{path}/" else path.rpartition("/")[2]


@dataclass(frozen=True)
class Failure:
    """A build that failed after something was published.

    Attributes:
        data_source: What it was made from.
        failed_at: When it failed, UTC.
    """

    data_source: str
    failed_at: datetime


def note_failure(published: Path, folder: str) -> None:
    """Leave word that a build failed, for readers who would take what is published for its result.

    Args:
        published: File that the build would have replaced; without it nobody reads anything, and no word is left.
        folder: SEGMART_DATA of the build.
    """
    if published.is_file() and _is_publication(published.resolve()):
        note = {"data_source": data_source(folder), "failed_at": datetime.now(UTC).isoformat()}
        _failure_note(published).write_text(json.dumps(note), encoding="utf-8")


def last_failure(published: Path) -> Failure | None:
    """The build that failed after the published one; None if the published one is the last."""
    note = _failure_note(published)
    if not note.is_file():
        return None
    said = json.loads(note.read_text(encoding="utf-8"))
    return Failure(said["data_source"], datetime.fromisoformat(said["failed_at"]))


def _failure_note(published: Path) -> Path:
    target = published.resolve()
    return target.with_name(f".{target.name}.failed.json")


def record_build(published: Path, run_id: str, max_change: float | None) -> None:
    """Write into the draft what changed since the last publication, or hold the draft back.

    Args:
        published: File that will be replaced.
        run_id: The run whose draft it is.
        max_change: See `segmart.comparing.record_build`.

    Raises:
        ValueError: If a figure moved too much. The draft lies beside the published file then, the lock is released, and
            the published file is unchanged.
    """
    draft = draft_path(published, run_id)
    try:
        comparing.record_build(draft, published, max_change)
    except comparing.MovedTooFarError as error:
        held = published.with_name(f"{published.stem}.held{published.suffix}")
        os.replace(draft, held)
        _release_lock(published)
        raise ValueError(
            f"held back: {error}. The marts of this build are in {held};"
            f" `segmart diff {published} {held}` compares them"
        ) from None


def close_publication(published: Path, run_id: str, with_parquet: bool) -> int:
    """Replace the published file by the draft, point the link to the Parquet copies, and release the lock.

    The database comes first. Each of the two is replaced in one step; the pair is not, so a process that is killed in
    between leaves the copies of the run before.

    Returns:
        Size of the published file in bytes.

    Raises:
        OSError: If the draft is missing or can't be renamed; the published file is unchanged then.
    """
    try:
        draft = draft_path(published, run_id)
        _sync(draft)
        # The log of a client that wrote into the published file goes with it: DuckDB would apply it to the new one.
        published.with_name(f"{published.name}.wal").unlink(missing_ok=True)
        os.replace(draft, published)
        _failure_note(published).unlink(missing_ok=True)
        _sync(published.parent)
        if with_parquet:
            _replace_parquet_copies(published, run_id)
        return published.stat().st_size
    finally:
        _release_lock(published)


def git_commit(folder: Path) -> str | None:
    """The commit checked out in a folder, with ``-dirty`` behind if tracked files have changed; None without git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        described = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return described.stdout.strip() or None


def _replace_parquet_copies(published: Path, run_id: str) -> None:
    """Point the link to this run's copies. Those before stay for readers in the middle of them; older ones go."""
    link = parquet_folder(published)
    new = parquet_draft_folder(published, run_id)
    kept = {new.name, os.readlink(link) if link.is_symlink() else new.name}
    for file in new.iterdir():
        _sync(file)
    draft_link = draft_path(link, run_id)
    draft_link.unlink(missing_ok=True)
    draft_link.symlink_to(new.name)
    os.replace(draft_link, link)
    _sync(published.parent)
    for leftover in published.parent.glob(f".{_literal(link.name)}.*"):
        if leftover.is_symlink():
            leftover.unlink()
        elif leftover.name not in kept:
            shutil.rmtree(leftover)


def _lock_file(published: Path) -> Path:
    """What a publisher locks; it stays."""
    return published.with_name(f".{published.name}.lock")


def _take_lock(published: Path, timeout: float) -> None:
    """Lock the hidden file beside the published one; what a failed attempt of this process holds is released first."""
    _release_lock(published)
    lock = os.open(_lock_file(published), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(lock)
                raise TimeoutError(
                    f"another build has been publishing to {published} for {timeout:g} seconds"
                ) from None
            time.sleep(_LOCK_POLL_SECONDS)
        else:
            _locks[published.absolute()] = lock
            return


def _release_lock(published: Path) -> None:
    lock = _locks.pop(published.absolute(), None)
    if lock is not None:
        os.close(lock)


def _sync(path: Path) -> None:
    """Wait until a file's content, or a folder's entries, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _literal(name: str) -> str:
    """A pattern that only the name itself matches."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)
