"""Pure work away from the GUI thread: one piece after another, results come back on the caller's thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

logger = logging.getLogger(__name__)

T = TypeVar("T")


class BackgroundWorker(QObject):
    """A thread for what is computed in Python. Nothing waits here but `close`."""

    _delivered = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        """The thread begins with the first work."""
        super().__init__(parent)
        self._closed = False
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="background")
        self._delivered.connect(self._on_delivered, Qt.ConnectionType.QueuedConnection)

    def submit(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Do this after everything that was submitted before; `done` is not called for work that raises, a bug."""
        if not self._closed:
            self._pool.submit(self._perform, work, done)

    def close(self) -> None:
        """Finish the piece that is under way, and drop the others and all that come."""
        self._closed = True
        self._pool.shutdown(cancel_futures=True)

    def _perform(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        try:
            result = work()
        except Exception:
            logger.exception("background work failed")
        else:
            self._delivered.emit(partial(done, result))

    @Slot(object)
    def _on_delivered(self, callback: Callable[[], None]) -> None:
        callback()
