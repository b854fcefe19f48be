"""What may happen to a build, and what must hold then: files old or new and whole, and errors that are sentences."""

from __future__ import annotations

import ctypes.util
import glob
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from segmart import publishing
from segmart.duckdb_functions import check_database
from tools.torture.processes import End, Process, killed_after, run, seconds_of, without_rights
from tools.torture.steps import Shop, copied_build, load, loaded_build, publish, published_build

SMALL_DISK_BYTES = 3_000_000
"""Less than a draft or a working database needs."""

READERS = 3


@dataclass
class Result:
    """What came of a scenario.

    Attributes:
        tries: How often it was done; readings, where readers are what is tried.
        problems: What should not be.
        skipped: Why it, or a part of it, was not tried; empty if all was.
    """

    tries: int = 0
    problems: list[str] = field(default_factory=list)
    skipped: str = ""

    def check(self, holds: bool, problem: str) -> None:
        """Write a problem down unless something holds."""
        if not holds:
            self.problems.append(problem)

    def check_whole(self, what: str, end: End, allowed: Container[object]) -> None:
        """A file could be read, is whole, and is of one of the builds that it may be of."""
        said = f"{end.error}: {end.message}" if end.error or end.killed else f"it is of build {end.value}"
        self.check(not end.error and not end.killed and end.value in allowed, f"{what}: {said}, not of {allowed}")

    def check_sentence(self, what: str, end: End) -> None:
        """Something failed, with a sentence."""
        said = f"{end.error}: {end.message}" if end.error else "it did not fail"
        self.check(end.is_sentence, f"{what}: no sentence but {said}")


def kills_of_publishing(folder: Path, random: Random, tries: int) -> Result:
    """The published file is the old or the new one, and the next publication leaves nothing behind."""
    shop, result = Shop.below(folder), Result()
    publish_seconds = seconds_of(lambda: publish(shop, 0))
    published, copied = 0, 0
    for build in range(1, tries + 1):
        killed_after(lambda: publish(shop, build), random.uniform(0, publish_seconds))  # noqa: B023
        result.tries += 1
        # The copies are replaced after the file, so that they may be of an older build.
        allowed = {(file, copy) for file in (published, build) for copy in (copied, build)}
        end = run(lambda: (published_build(shop), copied_build(shop)))
        result.check_whole("file and copies", end, allowed)
        if random.random() < 0.2:
            end = run(lambda: (publish(shop, build), published_build(shop), copied_build(shop))[1:])  # noqa: B023
            result.check_whole("publishing after a kill", end, {(build, build)})
            left = [name for name in os.listdir(shop.published.parent) if name.endswith((".tmp", ".wal"))]
            result.check(not left, f"left behind: {left}")
        published, copied = end.value if isinstance(end.value, tuple) else (published, copied)
    return result


def kills_of_loading(folder: Path, random: Random, tries: int) -> Result:
    """The working database opens and holds the old or the new file, whole; the next load needs no cleaning."""
    shop, result = Shop.below(folder), Result()
    shop.deliver(0)
    load_seconds = seconds_of(lambda: load(shop))
    loaded: object = 0
    for build in range(1, tries + 1):
        if random.random() < 0.1:
            # Also the birth of a database.
            shop.database.unlink()
            loaded = None
        shop.deliver(build)
        raw = (shop.data / "tiny" / "lines.csv").read_bytes()
        killed_after(lambda: load(shop), random.uniform(0, load_seconds))
        result.tries += 1
        result.check((shop.data / "tiny" / "lines.csv").read_bytes() == raw, "the raw file has changed")
        end = run(lambda: check_database(shop.database, {}))
        result.check(not end.error, f"the working database does not open: {end.message}")
        end = run(lambda: loaded_build(shop))
        result.check_whole("working database", end, {loaded, build})
        loaded = end.value
    result.check(not run(lambda: load(shop)).error, "loading after kills failed")
    result.check_whole("working database", run(lambda: loaded_build(shop)), {tries})
    return result


def full_disks(folder: Path, random: Random, tries: int) -> Result:
    """What does not fit fails with a sentence; the published file and the working database stay as they were."""
    result = Result()
    for number in range(tries):
        with _small_disk(folder / f"disk {number}") as (disk, limit):
            shop = Shop.below(folder / f"shop {number}")
            shop = Shop(shop.data, disk / "work" / "segmart.duckdb", disk / "bi" / "marts.duckdb")
            shop.database.parent.mkdir()
            shop.deliver(1, rows=50)
            result.check(not run(lambda: (load(shop), publish(shop, 1, lines=50)), limit).error, "a small file failed")  # noqa: B023
            filler = disk / "filler"
            filler.write_bytes(bytes(random.randrange(SMALL_DISK_BYTES // 8)))
            end = run(lambda: publish(shop, 2, lines=600_000), limit)  # noqa: B023
            result.check_sentence("publishing on a full disk", end)
            result.check_whole("published file", run(lambda: published_build(shop)), {1})  # noqa: B023
            shop.deliver(2, rows=400_000)
            result.check_sentence("loading on a full disk", run(lambda: load(shop), limit))  # noqa: B023
            result.check_whole("working database", run(lambda: loaded_build(shop)), {1})  # noqa: B023
            filler.unlink()
            shop.deliver(3, rows=50)
            end = run(lambda: (load(shop), publish(shop, 3, lines=50)), limit)  # noqa: B023
            result.check(not end.error, f"the disk has room again, but: {end.message}")
            result.check_whole("published file", run(lambda: published_build(shop)), {3})  # noqa: B023
            result.tries += 2
    return result


@contextmanager
def _small_disk(folder: Path) -> Iterator[tuple[Path, Callable[[], object]]]:
    """A folder with little room, and what a process has to do before it uses it.

    Whoever may mount gets a disk of its own; for others no file may be longer than the room.
    """
    folder.mkdir(parents=True)
    size = f"size={SMALL_DISK_BYTES}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode != 0:
        yield folder, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_DISK_BYTES, SMALL_DISK_BYTES))
        return
    try:
        yield folder, lambda: None
    finally:
        subprocess.run(["umount", str(folder)], check=True, capture_output=True)


def missing_rights(folder: Path, random: Random, tries: int) -> Result:
    """As a plain user: what may not be read or written fails with a sentence, and stays as it is."""
    del random, tries
    shop, result = Shop.below(folder), Result()
    shop.deliver(1)
    for end in (run(lambda: load(shop)), run(lambda: publish(shop, 1))):
        result.check(not end.error, f"with all rights: {end.message}")
    os.chmod(folder, 0o755)
    for path, mode in ((shop.published.parent, 0o555), (shop.database.parent, 0o555), (shop.database, 0o444)):
        os.chmod(path, mode)
    result.check_sentence("publishing into a read-only folder", run(lambda: publish(shop, 2), without_rights))
    result.check_sentence("a read-only database", run(lambda: check_database(shop.database, {}), without_rights))
    elsewhere = shop.database.parent / "new" / "segmart.duckdb"
    result.check_sentence("a folder not to be made", run(lambda: check_database(elsewhere, {}), without_rights))
    own = Shop(shop.data, folder / "own" / "segmart.duckdb", shop.published)
    own.database.parent.mkdir()
    os.chmod(own.database.parent, 0o777)
    end = run(lambda: load(own), without_rights)
    result.check(not end.error, f"read-only raw files: {end.message}")
    for path, mode in ((shop.data / "tiny" / "lines.csv", 0o000), (shop.data / "tiny", 0o000)):
        os.chmod(path, mode)
        result.check_sentence(f"{path.name} not to be read", run(lambda: load(own), without_rights))
        os.chmod(path, 0o755)
    result.check_whole("published file", run(lambda: published_build(shop)), {1})
    result.check_whole("working database", run(lambda: loaded_build(own)), {1})
    result.tries = 6
    return result


def vanished_folders(folder: Path, random: Random, tries: int) -> Result:
    """A folder that goes in the middle is a sentence, and the next build makes what it may make."""
    result = Result()
    for number in range(tries):
        shop = Shop.below(folder / str(number))
        shop.deliver(1)
        gone = random.choice([shop.published.parent, shop.database.parent, shop.data])
        publish_seconds = seconds_of(lambda: publish(shop, 1))  # noqa: B023
        load_seconds = seconds_of(lambda: load(shop))  # noqa: B023
        action, seconds = (
            (lambda: publish(shop, 2), publish_seconds)  # noqa: B023
            if gone == shop.published.parent
            else (lambda: load(shop), load_seconds)  # noqa: B023
        )
        process = Process(action)
        time.sleep(random.uniform(0, seconds))
        shutil.rmtree(gone, ignore_errors=True)
        end = process.end()
        # It may have finished before, or have made the folder anew.
        if end.error:
            result.check_sentence(f"{gone.name} vanished", end)
        shutil.rmtree(folder / str(number), ignore_errors=True)
        shop = Shop.below(folder / str(number))
        shop.deliver(3)
        for again in (run(lambda: load(shop)), run(lambda: publish(shop, 3))):  # noqa: B023
            result.check(not again.error, f"after {gone.name} had vanished: {again.message}")
        result.tries += 1
    return result


def builds_at_once(folder: Path, random: Random, tries: int) -> Result:
    """Publications wait for each other; of two builds of one working database the second says that it can't."""
    shop, result = Shop.below(folder), Result()
    shop.deliver(0, rows=100_000)
    for number in range(tries):
        builds = [10 * number + place for place in range(1, 4)]
        processes = []
        for build in builds:
            processes.append(Process(lambda: publish(shop, build)))  # noqa: B023
            time.sleep(random.uniform(0, 0.05))
        loads = [Process(lambda: load(shop)) for _ in range(2)]
        for process in processes:
            end = process.end()
            result.check(not end.error, f"publishing beside others: {end.error}: {end.message}")
        ends = [process.end() for process in loads]
        for end in ends:
            if end.error:
                result.check("set lock" in end.message, f"loading beside another: {end.error}: {end.message}")
        result.check(any(not end.error for end in ends), "none of two loads went well")
        result.check_whole("published file", run(lambda: published_build(shop)), set(builds))
        result.check_whole("working database", run(lambda: loaded_build(shop)), {0})
        result.tries += 1
    return result


def readers_over_builds(folder: Path, random: Random, tries: int) -> Result:
    """Readers that reconnect all the time never wait, fail, or see a part of a publication."""
    del random
    shop, result = Shop.below(folder), Result()
    run(lambda: publish(shop, 0))
    stop = folder / "stop"

    def read_until_stopped() -> int:
        readings = 0
        latest = 0
        while not stop.exists():
            build = published_build(shop)
            if build < latest:
                raise ValueError(f"build {build} came after build {latest}")
            latest, readings = build, readings + 1
        return readings

    readers = [Process(read_until_stopped) for _ in range(READERS)]
    for build in range(1, tries + 1):
        end = run(lambda: publish(shop, build))  # noqa: B023
        result.check(not end.error, f"publishing under readers: {end.error}: {end.message}")
    stop.touch()
    for reader in readers:
        end = reader.end()
        result.check(not end.error and not end.killed, f"a reader failed: {end.error}: {end.message}")
        result.tries += end.value if isinstance(end.value, int) else 0
    return result


def jumping_clock(folder: Path, random: Random, tries: int) -> Result:
    """Times of files in the past and the future, and a clock that jumps, change nothing in what is read and published.

    The clock itself jumps only where libfaketime is installed.
    """
    shop, result = Shop.below(folder), Result()
    run(lambda: publish(shop, 0))
    library = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None) or ctypes.util.find_library(
        "faketime"
    )
    if not library:
        result.skipped = "the clock was not moved, because libfaketime is not installed; only times of files were"
    for build in range(1, tries + 1):
        shop.deliver(build)
        moment = random.choice([0, 86_400, 2**31 + 5, 7_258_118_400, time.time() - 1e8, time.time() + 1e8])
        for path in (shop.data / "tiny" / "lines.csv", shop.published, shop.published.parent):
            os.utime(path, (moment, moment))
        if library:
            days = random.randint(-3000, 3000)
            script = (
                "import sys; from pathlib import Path; from tools.torture.steps import Shop, load, publish;"
                f" shop = Shop.below(Path({str(folder)!r})); load(shop); publish(shop, {build})"
            )
            environment = {**os.environ, "LD_PRELOAD": library, "FAKETIME": f"{days:+d}d x1000"}
            done = subprocess.run(["python3", "-c", script], env=environment, capture_output=True, text=True)
            result.check(done.returncode == 0, f"with the clock {days} days off: {done.stderr[-300:]}")
        else:
            end = run(lambda: (load(shop), publish(shop, build)))  # noqa: B023
            result.check(not end.error, f"with files of {moment}: {end.error}: {end.message}")
        result.check_whole("published file", run(lambda: published_build(shop)), {build})
        result.check_whole("working database", run(lambda: loaded_build(shop)), {build})
        result.tries += 1
    return result


def locks_of_the_dead(folder: Path, random: Random, tries: int) -> Result:
    """A build that waits for another one goes on as soon as that one is killed."""
    shop, result = Shop.below(folder), Result()
    for build in range(1, tries + 1):
        holder = Process(lambda: (publishing.open_publication(shop.published, "holder", False), time.sleep(60)))
        time.sleep(random.uniform(0.02, 0.1))
        waiting = Process(lambda: publish(shop, build))  # noqa: B023
        time.sleep(random.uniform(0, 0.1))
        holder.kill()
        end = waiting.end()
        holder.end()
        result.check(not end.error, f"publishing after a killed one: {end.error}: {end.message}")
        result.check_whole("published file", run(lambda: published_build(shop)), {build})
        result.tries += 1
    return result


SCENARIOS: dict[str, Callable[[Path, Random, int], Result]] = {
    scenario.__name__.replace("_", " "): scenario
    for scenario in (
        kills_of_publishing,
        kills_of_loading,
        full_disks,
        missing_rights,
        vanished_folders,
        builds_at_once,
        readers_over_builds,
        jumping_clock,
        locks_of_the_dead,
    )
}
"""Name -> what is done in a folder of its own, so many times."""
