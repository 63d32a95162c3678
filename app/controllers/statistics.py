"""The figures of the statistics page, counted in the storage thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.core.errors import WardNoteError
from app.storage.statistics import StatisticsRepository
from app.workers.storage_thread import StorageThread


class StatisticsController(QObject):
    """Counts when asked.

    Signals:
        counted: Statistics.
        failed: a sentence.
    """

    counted = Signal(object)
    failed = Signal(str)

    def __init__(self, storage: StorageThread, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._storage = storage

    def count(self) -> None:
        """Ask for the figures as they are now."""
        self._storage.submit(
            lambda repositories: StatisticsRepository(repositories.database).read(),
            self.counted.emit,
            lambda error: self.failed.emit(
                str(error) if isinstance(error, WardNoteError) else "统计未能完成，请重试。"
            ),
        )
