"""Steps for the tests of `isolated`: each is called in a process of its own, which imports this module."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable

from app.core.errors import ModelFileFault

Report = Callable[[float], None]


def add(one: int, other: int, report: Report) -> int:
    report(0.5)
    report(1.0)
    return one + other


def whereabouts(report: Report) -> dict[str, object]:
    """What a step finds around it."""
    print("native chatter")
    print("more of it", file=sys.stderr)
    os.write(1, b"and past Python\n")
    return {
        "pid": os.getpid(),
        "offline": os.environ["HF_HUB_OFFLINE"],
        "telemetry": sys.modules.get("openvino_telemetry", "importable"),
    }


def brood(report: Report) -> None:
    """Never done, and never a word."""
    time.sleep(3600)


def refuse(report: Report) -> None:
    raise ModelFileFault("模型文件 a.gguf 已损坏")


def bug(report: Report) -> None:
    raise LookupError("no such tensor")


def full_disk(report: Report) -> None:
    raise OSError(28, "No space left on device")


def end(how: str, report: Report) -> None:
    """Die in the way that `how` names."""
    report(0.25)
    if how == "abort":
        os.abort()
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(7)


def unsendable(report: Report) -> Callable[[], None]:
    return lambda: None
