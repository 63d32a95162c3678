"""The machine under the benchmark: what it is, how fast it reads memory, how much a process took of it."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

import numpy as np
import psutil

from app.inference.calibration import machine_key

_LIBRARIES = ("openvino-genai", "bigdl-llm", "torch", "onnxruntime", "xllamacpp")
# Far more than any cache holds.
_BYTES = 1 << 29
_PASSES = 6


def read_bandwidth(threads: int) -> float:
    """Bytes per second that `threads` threads can read from memory: the best of several passes over 512 MiB."""
    numbers = np.ones(_BYTES // 8, dtype=np.int64)
    parts = np.array_split(numbers, threads)
    best = 0.0
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(_PASSES):
            began = time.perf_counter()
            list(pool.map(np.max, parts))
            best = max(best, _BYTES / (time.perf_counter() - began))
    return best


def describe_machine(threads: int, bandwidth: float) -> dict[str, object]:
    """What the figures depend on. `load_average` tells who else was computing when the session began."""
    return {
        "processor": machine_key(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "threads": threads,
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "read_bandwidth_gb_per_second": round(bandwidth / 1e9, 2),
        "load_average": [round(load, 2) for load in psutil.getloadavg()],
        "libraries": {name: version for name in _LIBRARIES if (version := _version(name))},
    }


def peak_rss_mib(pid: int) -> float:
    """The most memory that a living process ever held, in MiB; what it holds now where no peak is kept."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        memory = psutil.Process(pid).memory_info()
        return float(getattr(memory, "peak_wset", memory.rss)) / 2**20


class CpuWatch:
    """Tells, from its making on, what share of the machine's processors was not at this program's disposal."""

    def __init__(self) -> None:
        self._before = _cpu_seconds()

    def own_seconds(self) -> float:
        """Processor seconds of this program and its children since then."""
        return _cpu_seconds()[2] - self._before[2]

    def others_share(self) -> float | None:
        """0 to 1: other programs, and what a virtual machine's host kept. Child processes count as this program's.

        None where the system does not tell of those that have ended.
        """
        if sys.platform == "win32":
            return None
        total, busy, own = (after - before for after, before in zip(_cpu_seconds(), self._before, strict=True))
        return min(max((busy - own) / total, 0.0), 1.0) if total > 0 else 0.0


def _cpu_seconds() -> tuple[float, float, float]:
    """Seconds of all processors so far: in all, not idle, and this program's with its ended children."""
    times = psutil.cpu_times()
    total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    own = os.times()
    ended = own.user + own.system + own.children_user + own.children_system
    return total, total - times.idle - getattr(times, "iowait", 0.0), ended + _living_children_seconds()


def _living_children_seconds() -> float:
    seconds = 0.0
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            seconds += sum(child.cpu_times()[:2])
    return seconds


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
