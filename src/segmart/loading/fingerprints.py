"""What a file held when it was read: size, time of change and a hash of all its bytes."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from duckdb import DuckDBPyConnection

from segmart.loading.files import is_remote, literal_pattern

PIECE_BYTES = 64 * 1024 * 1024
_READ_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Fingerprint:
    """State of a file.

    Attributes:
        bytes: Size as it lies there, compressed or not.
        sha256: Hash of the content.
        modified: Microseconds from 1970 to the last change of the file, its name or its times. Where the system keeps
            the last two, no program sets them back, so that a file differs from another of the same size and time that
            takes its place.
    """

    bytes: int
    sha256: str
    modified: int


def fingerprints(files: Sequence[str], connection: DuckDBPyConnection) -> list[Fingerprint]:
    """State of each file.

    To see the bytes of files in an object store, all of them would be fetched once more; there, size and time of change
    have to do.
    """
    if files and is_remote(files[0]):
        sql = (
            "select filename, size, sha256(concat_ws(' ', size, last_modified)), epoch_us(last_modified)"
            " from read_blob(?)"
        )
        patterns = [literal_pattern(file) for file in files]
        found = {file: Fingerprint(*state) for file, *state in connection.execute(sql, [patterns]).fetchall()}
        return [found[file] for file in files]
    modified = [_modified(file) for file in files]
    hashed = file_fingerprints([Path(file) for file in files])
    return [Fingerprint(size, digest, time) for (size, digest), time in zip(hashed, modified, strict=True)]


def changed_since(file: str, size: int, modified: int) -> bool:
    """Whether a local file is another one than when it was hashed, judged by size and time of change."""
    try:
        return (os.stat(file).st_size, _modified(file)) != (size, modified)
    except OSError:
        return True


def _modified(file: str) -> int:
    state = os.stat(file)
    # What Windows calls by the name of the second one is the time at which the file was made.
    return max(state.st_mtime_ns, state.st_ctime_ns) // 1000


def file_fingerprints(paths: Sequence[Path]) -> list[tuple[int, str]]:
    """Size in bytes and SHA-256 of all of each file, worked out on all cores.

    A file of more than ``PIECE_BYTES`` has the SHA-256 of its pieces' SHA-256s with the number of pieces behind a
    hyphen, as object stores write the checksum of an upload in parts.
    """
    sizes = [path.stat().st_size for path in paths]
    starts = [range(0, max(size, 1), PIECE_BYTES) for size in sizes]
    pieces = [(path, start) for path, of_file in zip(paths, starts, strict=True) for start in of_file]
    with ThreadPoolExecutor(os.cpu_count()) as hashers:
        digests = iter(hashers.map(_piece_digest, pieces))
        by_file = [list(islice(digests, len(of_file))) for of_file in starts]
    return [(size, _file_digest(of_pieces)) for size, of_pieces in zip(sizes, by_file, strict=True)]


def gzip_problem(path: Path) -> str | None:
    """What is wrong with a gzip file, or None: DuckDB compares neither its checksum nor its length.

    Returns:
        The problem, to be read after the path.
    """
    try:
        with gzip.open(path) as file:
            while file.read(_READ_BYTES):
                pass
    except EOFError:
        return "is cut off: the compressed file ends too early"
    except (gzip.BadGzipFile, zlib.error) as error:
        if "Not a gzipped file" in str(error):
            return "is not a GZIP stream, or not from its start to its end"
        return f"is damaged ({str(error).lower()}): fetch it again"
    return None


def gzip_problems(files: Sequence[str]) -> dict[str, str]:
    """The local gzip files that are damaged, with their problem, worked out on all cores."""
    compressed = [file for file in files if file.lower().endswith(".gz") and not is_remote(file)]
    with ThreadPoolExecutor(os.cpu_count()) as readers:
        problems = readers.map(lambda file: gzip_problem(Path(file)), compressed)
        return {file: problem for file, problem in zip(compressed, problems, strict=True) if problem}


def _piece_digest(piece: tuple[Path, int]) -> bytes:
    """SHA-256 of a file's bytes from a start on, as far as a piece goes."""
    path, start = piece
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        while content := file.read(min(_READ_BYTES, start + PIECE_BYTES - file.tell())):
            digest.update(content)
    return digest.digest()


def _file_digest(of_pieces: list[bytes]) -> str:
    if len(of_pieces) == 1:
        return of_pieces[0].hex()
    return f"{hashlib.sha256(b''.join(of_pieces)).hexdigest()}-{len(of_pieces)}"
