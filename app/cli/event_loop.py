"""What a command's event loop needs of Python: signals are seen while Qt waits, a slot's exception ends the loop."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from PySide6.QtCore import QSocketNotifier, QTimer

from app.infra.interrupts import noted, was_interrupted


@contextmanager
def interrupts(handle: Callable[[], None]) -> Iterator[None]:
    """Call `handle` in the event loop at Ctrl+C or a polite end; Python alone would notice only after the loop."""
    with noted(), _watched(handle):
        if was_interrupted():
            QTimer.singleShot(0, handle)
        yield


@contextmanager
def _watched(handle: Callable[[], None]) -> Iterator[None]:
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)

    def on_signal() -> None:
        reader.recv(64)
        handle()

    notifier.activated.connect(on_signal)
    earlier_fd = signal.set_wakeup_fd(writer.fileno())
    try:
        yield
    finally:
        signal.set_wakeup_fd(earlier_fd)
        notifier.setEnabled(False)
        reader.close()
        writer.close()


@contextmanager
def slot_errors(handle: Callable[[BaseException], None]) -> Iterator[None]:
    """An exception in a slot would be printed and forgotten, and the loop would wait for ever."""
    earlier = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        handle(error)

    sys.excepthook = hook
    try:
        yield
    finally:
        sys.excepthook = earlier
