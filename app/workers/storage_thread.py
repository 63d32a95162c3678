"""The one thread that touches the database: work goes in by order of call, results come back on the caller's thread."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QCoreApplication, QObject, Qt, QThread, Signal, Slot

from app.core.errors import DatabaseFault, WardNoteError
from app.core.runs import Comparison, Generation
from app.storage.faults import DatabaseBusy
from app.storage.repositories import Repositories

logger = logging.getLogger(__name__)

T = TypeVar("T")

BUSY_RETRIES_S = (0.1, 0.4, 1.5)
CLOSE_TIMEOUT_S = 10.0
INTERRUPT_TIMEOUT_S = 3.0

_CLOSED = "数据库已经关闭，这一次没有写入：请重新打开病程助手。"
_BEHIND = "数据库暂时写不进去，这条记录先留在内存中，恢复后自动补写：请检查磁盘空间，先不要关闭病程助手。"


@dataclass(frozen=True, slots=True)
class _Job:
    """`kept` work is tried again later if the environment refused it; its ids make that safe."""

    work: Callable[[Repositories], Any]
    done: Callable[[Any], None]
    failed: Callable[[Exception], None]
    kept: bool = False


class StorageThread(QThread):
    """A serialised executor over the repositories.

    Callbacks run on the thread that created this object, in the order of the work. The database is opened by the first
    work, and again by the next one if that failed. A database that another process has locked is tried again a few
    times. Nothing waits here but `close`.
    """

    _delivered = Signal(object)

    def __init__(self, open_repositories: Callable[[], Repositories], parent: QObject | None = None) -> None:
        """`open_repositories` is called in this thread. Call `start` to begin and `close` to end."""
        super().__init__(parent)
        self.setObjectName("storage")
        self._open = open_repositories
        self._repositories: Repositories | None = None
        self._jobs: deque[_Job] = deque()
        self._unrecorded: deque[_Job] = deque()
        self._condition = threading.Condition()
        self._working = False
        self._closing = False
        self._delivered.connect(self._on_delivered, Qt.ConnectionType.QueuedConnection)

    def submit(
        self,
        work: Callable[[Repositories], T],
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Do this after everything that was submitted before; exactly one of the two callbacks will be called."""
        self._enqueue(_Job(work, done, failed))

    def record(self, work: Callable[[Repositories], None], done: Callable[[Exception | None], None]) -> None:
        """Store something that must not be lost and whose ids make storing twice harmless.

        `done` is told how the first try went. After a refusal by the environment (disk full, locked) the work is kept
        and tried again before the next record, after the next success, and on closing.
        """
        self._enqueue(_Job(work, lambda _: done(None), done, kept=True))

    def record_comparison(self, comparison: Comparison, done: Callable[[Exception | None], None]) -> None:
        """Store a comparison as it starts."""
        self.record(lambda repositories: repositories.comparisons.record(comparison), done)

    def record_generation(self, generation: Generation, done: Callable[[Exception | None], None]) -> None:
        """Store a run's end."""
        self.record(lambda repositories: repositories.comparisons.record_generation(generation), done)

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> bool:
        """Finish all work, deliver all callbacks, and end; to be called on the creating thread.

        Work that the timeout cuts off is told as failed. False if the thread still hangs in the operating system: then
        this object must be kept until the process ends.
        """
        deadline = time.monotonic() + timeout_s
        while self.isRunning() and self._wait_until_idle(deadline):
            self._deliver_now()
            if self._idle():
                break
        abandoned = self._begin_closing()
        ended = self.wait(max(0, round((deadline - time.monotonic()) * 1000))) or self._end_by_force()
        for job in abandoned:
            job.failed(DatabaseFault(_CLOSED))
        self._deliver_now()
        return ended

    def run(self) -> None:
        """The thread's life."""
        while (job := self._next_job()) is not None:
            self._perform(job)
            with self._condition:
                self._working = False
                self._condition.notify_all()
        self._catch_up()
        if self._unrecorded:
            logger.error("%d records could not be stored before closing", len(self._unrecorded))
        if self._repositories is not None:
            self._repositories.close()
            self._repositories = None

    def _enqueue(self, job: _Job) -> None:
        with self._condition:
            if not self._closing:
                self._jobs.append(job)
                self._condition.notify_all()
                return
        self._delivered.emit(partial(job.failed, DatabaseFault(_CLOSED)))

    def _next_job(self) -> _Job | None:
        with self._condition:
            self._condition.wait_for(lambda: self._jobs or self._closing)
            if not self._jobs:
                return None
            self._working = True
            return self._jobs.popleft()

    def _perform(self, job: _Job) -> None:
        try:
            if job.kept and not self._catch_up():
                self._unrecorded.append(job)
                raise DatabaseFault(_BEHIND)
            result = self._attempt(job)
        except Exception as error:
            if not isinstance(error, WardNoteError):
                logger.exception("storage work failed")
            self._delivered.emit(partial(job.failed, error))
            return
        self._delivered.emit(partial(job.done, result))
        if not job.kept:
            self._catch_up()

    def _attempt(self, job: _Job) -> Any:
        try:
            return self._with_patience(job.work)
        except WardNoteError:
            if job.kept:
                self._unrecorded.append(job)
            raise

    def _with_patience(self, work: Callable[[Repositories], T]) -> T:
        for pause in BUSY_RETRIES_S:
            try:
                return self._once(work)
            except DatabaseBusy:
                with self._condition:
                    self._condition.wait_for(lambda: self._closing, pause)
        return self._once(work)

    def _once(self, work: Callable[[Repositories], T]) -> T:
        if self._repositories is None:
            self._repositories = self._open()
        return work(self._repositories)

    def _catch_up(self) -> bool:
        """Store what was refused before, in order; True if nothing is left."""
        while self._unrecorded:
            try:
                self._once(self._unrecorded[0].work)
            except WardNoteError:
                return False
            except Exception:
                logger.exception("a kept record cannot be stored")
            self._unrecorded.popleft()
        return True

    def _idle(self) -> bool:
        with self._condition:
            return not self._jobs and not self._working

    def _wait_until_idle(self, deadline: float) -> bool:
        with self._condition:
            return self._condition.wait_for(
                lambda: not self._jobs and not self._working, max(0.0, deadline - time.monotonic())
            )

    def _begin_closing(self) -> list[_Job]:
        with self._condition:
            self._closing = True
            abandoned = list(self._jobs)
            self._jobs.clear()
            self._condition.notify_all()
            return abandoned

    def _end_by_force(self) -> bool:
        repositories = self._repositories
        if repositories is not None:
            repositories.database.interrupt()
        return self.wait(round(INTERRUPT_TIMEOUT_S * 1000))

    def _deliver_now(self) -> None:
        QCoreApplication.sendPostedEvents(self)

    @Slot(object)
    def _on_delivered(self, callback: Callable[[], None]) -> None:
        callback()
