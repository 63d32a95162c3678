"""Reviews and exports of the feedback for the window, in a storage thread of their own: notes are saved meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.controllers.feedback_export import export, reviews
from app.core.errors import UsageFault, WardNoteError
from app.infra.paths import Paths
from app.learning.filters import Filters
from app.storage.feedback_source import FeedbackSource, StoredChoices
from app.storage.repositories import Repositories
from app.workers.storage_thread import StorageThread

ExportChoices = StoredChoices


class ExportController(QObject):
    """One review or export at a time.

    Signals:
        choices_read: StoredChoices.
        progressed: how many comparisons were read, how many there are.
        reviewed: tuple[Review, ...].
        exported: ExportResult.
        failed: a sentence.
    """

    choices_read = Signal(object)
    progressed = Signal(int, int)
    reviewed = Signal(object)
    exported = Signal(object)
    failed = Signal(str)

    def __init__(self, storage: StorageThread, paths: Paths, parent: QObject | None = None) -> None:
        """`storage` is not the thread that the notes are stored in."""
        super().__init__(parent)
        self._storage = storage
        self._paths = paths
        self._stopped = False

    def read_choices(self) -> None:
        """Ask what an export can be narrowed to."""
        self._submit(lambda repositories: FeedbackSource(repositories.database).choices(), self.choices_read.emit)

    def review(self, filters: Filters, *, only_new: bool) -> None:
        """Ask for all records that an export with these filters would write."""

        def work(repositories: Repositories) -> object:
            return reviews(repositories.database, self._paths, filters, only_new=only_new, progress=self._tell)

        self._submit(work, self.reviewed.emit)

    def export(
        self, formats: Sequence[str], filters: Filters, target: Path, approved: frozenset[str], *, only_new: bool
    ) -> None:
        """Write the approved records into the new folder `target`."""

        def work(repositories: Repositories) -> object:
            return export(
                repositories.database,
                self._paths,
                formats,
                filters,
                target,
                only_new=only_new,
                approved=approved,
                progress=self._tell,
            )

        self._submit(work, self.exported.emit)

    def stop(self) -> None:
        """End what is at work; nothing of it is kept."""
        self._stopped = True

    def _submit(self, work: Callable[[Repositories], Any], done: Callable[[Any], None]) -> None:
        self._stopped = False
        self._storage.submit(work, done, self._fail)

    def _tell(self, done: int, total: int) -> None:
        """Called in the storage thread."""
        if self._stopped:
            raise UsageFault("已停止，没有写出任何文件。")
        self.progressed.emit(done, total)

    def _fail(self, error: Exception) -> None:
        self.failed.emit(str(error) if isinstance(error, WardNoteError) else "导出未能完成，没有写出任何文件，请重试。")
