"""A thread or a process that outlives its test makes that test fail (and is ended where that is possible)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from multiprocessing import resource_tracker

import psutil
import pytest

GRACE_S = 5.0


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    """Python threads that would keep the program from ending."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + GRACE_S
    fresh = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    for thread in fresh:
        thread.join(max(0.0, deadline - time.monotonic()))
    leaked = [thread.name for thread in fresh if thread.is_alive()]
    if leaked:
        pytest.fail(f"leaked threads: {', '.join(leaked)}", pytrace=False)


@pytest.fixture(autouse=True)
def no_leaked_processes() -> Iterator[None]:
    """Child processes, and what they started."""
    before = set(child_processes())
    yield
    fresh = [process for process in child_processes() if process not in before]
    _, leaked = psutil.wait_procs(fresh, timeout=GRACE_S)
    if leaked:
        names = [_describe(process) for process in leaked]
        for process in leaked:
            process.kill()
        psutil.wait_procs(leaked, timeout=GRACE_S)
        pytest.fail(f"leaked processes: {'; '.join(names)}", pytrace=False)


def child_processes() -> list[psutil.Process]:
    """This process's children, without the one that multiprocessing keeps for the whole life of a program."""
    own_helper = getattr(resource_tracker._resource_tracker, "_pid", None)
    return [child for child in psutil.Process().children(recursive=True) if child.pid != own_helper]


def _describe(process: psutil.Process) -> str:
    try:
        return f"{process.pid} {' '.join(process.cmdline())[:200]}"
    except psutil.Error:
        return str(process.pid)
