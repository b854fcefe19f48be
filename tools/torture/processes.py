"""Processes that are forked to be killed, or to live with fewer rights, and say how they ended."""

from __future__ import annotations

import codecs
import os
import pickle
import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

NOBODY = 65534
"""Id of the user and the group without rights."""

_TRACE = re.compile(r"Traceback|INTERNAL|FATAL|exception occurred|<[a-z_. ]+ at 0x|^$")

_FULL = ("No space left on device", "File too large")
"""How the system says that there is no room; databases put it behind the file's name."""


@dataclass(frozen=True)
class End:
    """How a process ended.

    Attributes:
        killed: Whether it was killed before it had finished.
        error: Type of the exception that ended it; empty if all went well.
        message: What the exception says.
        value: What the process gave.
    """

    killed: bool = False
    error: str = ""
    message: str = ""
    value: object = None

    @property
    def is_sentence(self) -> bool:
        """Whether it is an error that people can read: neither a trace nor an error of the program."""
        kinds = (
            "ValueError",
            "OSError",
            "TimeoutError",
            "StepError",
            "IOException",
            "TransactionException",
            "DbtRuntimeError",
        )
        is_of_system = self.message.startswith("[Errno") or self.message.endswith(_FULL)
        return (self.error in kinds or is_of_system) and not _TRACE.search(self.message)


class Process:
    """A child of this process that does one thing."""

    def __init__(self, action: Callable[[], object], before: Callable[[], object] = lambda: None) -> None:
        """Start it.

        Args:
            action: What it does; what it gives has to be picklable.
            before: Is done first, such as giving up rights.
        """
        self._read, write = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._read)
            with open(write, "wb") as pipe:
                pipe.write(pickle.dumps(_end(action, before)))
            os._exit(0)
        os.close(write)

    def kill(self) -> None:
        """Kill it as `kill -9` does."""
        os.kill(self._pid, signal.SIGKILL)

    def end(self) -> End:
        """Wait until it ends."""
        with open(self._read, "rb") as pipe:
            said = pipe.read()
        _, status = os.waitpid(self._pid, 0)
        return End(killed=True) if os.WIFSIGNALED(status) or not said else pickle.loads(said)


def _end(action: Callable[[], object], before: Callable[[], object]) -> End:
    try:
        before()
        return End(value=action())
    except BaseException as error:
        return End(error=type(error).__name__, message=str(error))


def run(action: Callable[[], object], before: Callable[[], object] = lambda: None) -> End:
    """Do something in a process of its own."""
    return Process(action, before).end()


def seconds_of(action: Callable[[], object]) -> float:
    """How long something takes in a process of its own."""
    began = time.perf_counter()
    end = run(action)
    if end.error:
        raise RuntimeError(f"{end.error}: {end.message}")
    return time.perf_counter() - began


def killed_after(action: Callable[[], object], seconds: float) -> End:
    """Do something in a process of its own that is killed after a while, if it has not ended by then."""
    process = Process(action)
    time.sleep(seconds)
    process.kill()
    return process.end()


def without_rights() -> None:
    """Become a user without rights, for good; whoever is no superuser stays who they are."""
    # Python reads it where it is first needed, perhaps from a folder of the superuser.
    codecs.lookup("utf-8-sig")
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
