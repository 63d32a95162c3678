"""Run one step of a conversion in a process of its own: it may crash, and its memory is given back."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from app.core.errors import EngineFault, EnvironmentFault, WardNoteError
from app.inference.process import IDLE_THREADS_SLEEP
from app.inference.work import HEARTBEAT_S

_T = TypeVar("_T")
# A process that closed its pipe is about to end.
_GRACE_S = 10
Report = Callable[[float], None]

# No library may look for a hub of models.
_ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", **IDLE_THREADS_SLEEP}


def isolated(step: Callable[..., _T], *arguments: Any, report: Report) -> _T:
    """Call `step(*arguments, report)` in a fresh process and return its result.

    `report` is called at least every half second, with the last fraction again: what it raises ends the process.
    WardNoteErrors come through; a crash is an EngineFault naming the signal; any other exception is a bug and is
    raised as RuntimeError with its text.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(theirs, step, arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        result: _T = _result(ours, report)
        process.join(_GRACE_S)  # a library's own locks are only given back by an orderly exit
        return result
    except (EOFError, OSError):
        process.join(_GRACE_S)
        raise EngineFault(f"模型转换进程意外退出（代码 {process.exitcode}），可能是内存不足或文件损坏") from None
    finally:
        process.kill()
        process.join()
        ours.close()


def _result(pipe: Connection, report: Report) -> Any:
    fraction = 0.0
    while True:
        while not pipe.poll(HEARTBEAT_S):
            report(fraction)
        kind, value = pipe.recv()
        if kind == "done":
            return value
        if kind == "fault":
            raise value
        if kind == "bug":
            raise RuntimeError(value)
        fraction = value
        report(fraction)


def _child(pipe: Connection, step: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    os.environ.update(_ENVIRONMENT)
    # OpenVINO reports its import to its maker, unless its telemetry package cannot be imported.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    _silence()
    try:
        pipe.send(("done", step(*arguments, lambda fraction: pipe.send(("progress", fraction)))))
    except WardNoteError as fault:
        pipe.send(("fault", fault))
    except OSError as error:
        pipe.send(
            ("fault", EnvironmentFault(f"转换模型时无法读写文件（{error.strerror or error}），请检查磁盘空间与权限"))
        )
    except Exception as error:
        pipe.send(("bug", f"{type(error).__name__}: {error}"))


def _silence() -> None:
    """Native libraries print to the standard streams, where the program's own output goes."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
