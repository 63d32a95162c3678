"""The storage thread and the model threads without threads: a test says who takes the next step, and when."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QObject, Signal

from app.core.errors import DatabaseFault
from app.core.runs import FinishReason, RunOutcome, RunStatus
from app.inference.engine import GenerationRequest
from app.inference.engines.scripted import ScriptedEngine
from app.inference.prepared import PreparedModel
from app.storage.repositories import Repositories
from app.workers.background import BackgroundWorker
from app.workers.storage_thread import StorageThread

T = TypeVar("T")

TOKENS_A_STEP = 60


class StepwiseStorage(StorageThread):
    """The storage thread's own queue, worked off one job at a time in the test's thread, on a real database."""

    def __init__(self, open_repositories: Callable[[], Repositories]) -> None:
        super().__init__(open_repositories)
        self.repositories = open_repositories()
        self._repositories = self.repositories
        self.refusing = 0

    @property
    def waiting(self) -> int:
        """How many jobs are in the queue."""
        return len(self._jobs)

    def step(self) -> None:
        """Do the next job and deliver what it tells."""
        if self._jobs:
            self._perform(self._jobs.popleft())
            QCoreApplication.sendPostedEvents(self)

    def _once(self, work: Callable[[Repositories], T]) -> T:
        if self.refusing:
            self.refusing -= 1
            raise DatabaseFault("磁盘已满，没有写入。")
        return super()._once(work)

    def settle(self) -> None:
        """Do all jobs, and those that they lead to."""
        while self._jobs:
            self.step()

    def crash(self) -> None:
        """What was not done is lost, and nobody is told anything more."""
        self._jobs.clear()
        self.blockSignals(True)
        self.repositories.close()


class StepwiseWorker(BackgroundWorker):
    """The background worker's queue, worked off one piece at a time in the test's thread."""

    def __init__(self) -> None:
        super().__init__()
        self._left: deque[Callable[[], None]] = deque()

    def submit(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """See BackgroundWorker."""
        self._left.append(lambda: done(work()))

    def step(self) -> None:
        """Do the next piece and tell its result."""
        if self._left:
            self._left.popleft()()


class StepwiseThread(QObject):
    """A model's thread that runs the scripted engine here and hands out its text a step at a time."""

    loading = Signal(str, float)
    ready = Signal(str)
    load_failed = Signal(str, str)
    lost = Signal(str)
    run_reading = Signal(str, int, int)
    run_text = Signal(str, str, int)
    run_finished = Signal(object)
    ahead_ended = Signal(str)

    def __init__(self, model: PreparedModel, sent: list[tuple[str, GenerationRequest]]) -> None:
        """`sent` collects everything that reaches the engine, by run."""
        super().__init__()
        self.model_name = model.identity.model
        self._engine = ScriptedEngine()
        self._engine.load(model.request, lambda fraction: None)
        self._sent = sent
        self._runs: dict[str, Iterator[None]] = {}
        self._cancelled: set[str] = set()

    @property
    def busy(self) -> bool:
        """A run is under way here."""
        return bool(self._runs)

    def load(self) -> None:
        """See ModelThread."""
        self.ready.emit(self.model_name)

    def restart(self) -> None:
        """See ModelThread."""
        self.ready.emit(self.model_name)

    def generate(self, run_id: str, generation: GenerationRequest) -> None:
        """See ModelThread."""
        self._sent.append((run_id, generation))
        self._runs[run_id] = self._steps(run_id, generation)

    def read_ahead(self, ahead_id: str, generation: GenerationRequest) -> None:
        """See ModelThread."""
        self._sent.append((ahead_id, generation))
        self.ahead_ended.emit(ahead_id)

    def cancel(self, run_id: str) -> None:
        """See ModelThread: the run ends at one of the next steps."""
        self._cancelled.add(run_id)

    def step(self) -> None:
        """The oldest run goes on by some tokens, or ends."""
        for run_id, steps in list(self._runs.items())[:1]:
            if next(steps, self) is self:
                self._runs.pop(run_id, None)

    def stop(self) -> None:
        """See ModelThread."""
        for run_id in list(self._runs):
            self.cancel(run_id)
        while self.busy:
            self.step()

    def close(self) -> bool:
        """See ModelThread."""
        return True

    def _steps(self, run_id: str, generation: GenerationRequest) -> Iterator[None]:
        sink = _Kept()
        self._engine.generate(generation, sink)
        self.run_reading.emit(run_id, 1, 1)
        yield
        written = ""
        while len(written) < len(sink.answer) and run_id not in self._cancelled:
            delta = sink.answer[len(written) : len(written) + TOKENS_A_STEP]
            written += delta
            self.run_text.emit(run_id, delta, len(delta))
            yield
        self.run_finished.emit(_outcome(run_id, written, whole=written == sink.answer))


class _Kept:
    """A token sink that keeps the answer."""

    def __init__(self) -> None:
        self.answer = ""

    def reading(self, done: int, total: int) -> None:
        """See TokenSink."""

    def text(self, delta: str, tokens: int) -> None:
        """See TokenSink."""
        self.answer += delta

    def cancelled(self) -> bool:
        """See TokenSink."""
        return False


class Tally(Counter[str]):
    """How often what happened, over all examples: a machine that does nothing proves nothing."""

    def __str__(self) -> str:
        return ", ".join(f"{name} {count}" for name, count in sorted(self.items()))


def copied_database(template: Path, folder: Path) -> None:
    """A fresh, migrated data folder, without paying for the migrations each time."""
    for file in template.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())


def _outcome(run_id: str, text: str, *, whole: bool) -> RunOutcome:
    status = RunStatus.COMPLETED if whole else RunStatus.CANCELLED
    reason = FinishReason.STOP if whole else FinishReason.CANCELLED
    return RunOutcome(run_id, status, reason, text, 10, len(text), 5.0, 20.0)
