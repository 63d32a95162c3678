"""Ctrl+C and a polite end (SIGTERM) of a command: KeyboardInterrupt, in whatever state the program is."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SENTENCE = "已中断。"
EXIT_CODE = 3
_NUMBERS = (signal.SIGINT, signal.SIGTERM)


class _Interrupter:
    """A signal handler. `seen`: a signal came, even if native code on the stack swallowed its exception."""

    def __init__(self, *, raises: bool, seen: bool = False) -> None:
        self.seen = seen
        self._raises = raises

    def __call__(self, _number: int, frame: FrameType | None) -> None:
        """While a module is imported, end at once: an interrupted import of Qt aborts the process."""
        self.seen = True
        if not self._raises:
            return
        if _is_importing(frame):
            _leave()
        raise KeyboardInterrupt


@contextmanager
def interruptible() -> Iterator[None]:
    """Both signals are KeyboardInterrupt within."""
    with _handled_by(_Interrupter(raises=True)):
        yield


@contextmanager
def noted() -> Iterator[None]:
    """Both signals are only noted within, for `was_interrupted`: an event loop swallows exceptions."""
    noting = _Interrupter(raises=False, seen=was_interrupted())
    with _handled_by(noting):
        yield
    for handler in _handlers():
        handler.seen |= noting.seen


def was_interrupted() -> bool:
    """Whether a signal came since the program is `interruptible`."""
    return any(handler.seen for handler in _handlers())


@contextmanager
def _handled_by(interrupter: _Interrupter) -> Iterator[None]:
    """What the caller of the program ignores (nohup, a shell's background) stays ignored."""
    numbers = [number for number in _NUMBERS if signal.getsignal(number) is not signal.SIG_IGN]
    earlier = {number: signal.signal(number, interrupter) for number in numbers}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def _handlers() -> list[_Interrupter]:
    return [handler for number in _NUMBERS if isinstance(handler := signal.getsignal(number), _Interrupter)]


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def _leave() -> None:
    if sys.stderr is not None:
        os.write(sys.stderr.fileno(), f"{SENTENCE}\n".encode())
    os._exit(EXIT_CODE)
