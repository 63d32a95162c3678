"""The deadline board: read and worked out in the background, since a hospital has thousands of stays."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from app.core.board import BoardStay, Task, tasks
from app.storage.board import read_board
from app.storage.repositories import Repositories
from app.workers.storage_thread import StorageThread

log = logging.getLogger(__name__)

_Board = tuple[tuple[BoardStay, ...], tuple[Task, ...]]


class BoardController(QObject):
    """Keeps the tasks of the ward.

    Signals:
        changed: tuple[Task, ...], what is late first.
    """

    changed = Signal(object)

    def __init__(self, storage: StorageThread, reader: str, parent: QObject | None = None) -> None:
        """`reader` is the doctor at the program."""
        super().__init__(parent)
        self._storage = storage
        self._reader = reader
        self._stays: tuple[BoardStay, ...] = ()
        self.tasks: tuple[Task, ...] = ()

    def set_reader(self, reader: str) -> None:
        """Whose tasks are told from now on."""
        self._reader = reader

    def refresh(self, now: datetime) -> None:
        """Read the stays again and tell the tasks of this moment."""
        self._submit(lambda repositories: self._worked_out(read_board(repositories.database), now))

    def tick(self, now: datetime) -> None:
        """Time has passed: tell the tasks of this moment of the stays as they were read."""
        stays = self._stays
        self._submit(lambda _: self._worked_out(stays, now))

    def _worked_out(self, stays: tuple[BoardStay, ...], now: datetime) -> _Board:
        return stays, tasks(stays, self._reader, now)

    def _submit(self, work: Callable[[Repositories], _Board]) -> None:
        self._storage.submit(work, self._on_read, self._on_failed)

    def _on_read(self, board: _Board) -> None:
        self._stays, self.tasks = board
        self.changed.emit(self.tasks)

    def _on_failed(self, error: Exception) -> None:
        """What was read last stays; a database that cannot be read is told where notes are saved."""
        log.info("the board could not be read: %s", type(error).__name__)
