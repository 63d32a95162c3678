"""What the quality checks of a note need of the rest of its stay, read in the background."""

from __future__ import annotations

import logging
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.core.checks.finding import StayFacts
from app.core.notes import Note
from app.storage.facts import read_stay_facts
from app.workers.storage_thread import StorageThread

log = logging.getLogger(__name__)


class ChecksController(QObject):
    """Reads the facts of stays.

    Signals:
        facts_read: a note's id and the StayFacts for its checks.
    """

    facts_read = Signal(str, object)

    def __init__(self, storage: StorageThread, parent: QObject | None = None) -> None:
        """Nothing is read yet."""
        super().__init__(parent)
        self._storage = storage

    def read_facts(self, note: Note) -> None:
        """Read what the rest of this note's stay says; told by `facts_read`.

        A database that cannot be read is told where the note itself is saved; here it only leaves rules silent.
        """
        self._storage.submit(
            lambda repositories: read_stay_facts(repositories, note),
            partial(self._tell, note.note_id),
            lambda error: log.info("the facts of a stay could not be read: %s", type(error).__name__),
        )

    def _tell(self, note_id: str, facts: StayFacts) -> None:
        self.facts_read.emit(note_id, facts)
