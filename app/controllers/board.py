"""The deadline board: read and worked out in the background, since a hospital has thousands of stays."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from app.core.board import BoardStay, Task, tasks, waiting_task
from app.core.people import Person, Role
from app.storage.board import read_board
from app.storage.repositories import Repositories
from app.workers.storage_thread import StorageThread

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read: the stays, and the tasks that signatures made for the reader."""

    stays: tuple[BoardStay, ...] = ()
    waiting: tuple[Task, ...] = ()


_Board = tuple[_Read, tuple[Task, ...]]


class BoardController(QObject):
    """Keeps the tasks of the ward.

    Signals:
        changed: tuple[Task, ...], what is late first.
    """

    changed = Signal(object)

    def __init__(self, storage: StorageThread, reader: str, parent: QObject | None = None) -> None:
        """`reader` is the name of the doctor at the program."""
        super().__init__(parent)
        self._storage = storage
        self._reader = Person("", reader, Role.DOCTOR)
        self._read = _Read()
        self.tasks: tuple[Task, ...] = ()

    def set_reader(self, reader: Person) -> None:
        """Whose tasks are told from the next reading on."""
        self._reader = reader

    def refresh(self, now: datetime) -> None:
        """Read the stays again and tell the tasks of this moment."""
        reader = self._reader
        self._submit(lambda repositories: _worked_out(_read(repositories, reader), now))

    def tick(self, now: datetime) -> None:
        """Time has passed: tell the tasks of this moment of the stays as they were read."""
        read = self._read
        self._submit(lambda _: _worked_out(read, now))

    def _submit(self, work: Callable[[Repositories], _Board]) -> None:
        self._storage.submit(work, self._on_read, self._on_failed)

    def _on_read(self, board: _Board) -> None:
        self._read, self.tasks = board
        self.changed.emit(self.tasks)

    def _on_failed(self, error: Exception) -> None:
        """What was read last stays; a database that cannot be read is told where notes are saved."""
        log.info("the board could not be read: %s", type(error).__name__)


def _read(repositories: Repositories, reader: Person) -> _Read:
    waiting = repositories.signing.waiting(reader)
    made = tuple(waiting_task(one.last, one.note.kind, one.patient, one.encounter) for one in waiting)
    return _Read(read_board(repositories.database), made)


def _worked_out(read: _Read, now: datetime) -> _Board:
    return read, tasks(read.stays, read.waiting, now)
