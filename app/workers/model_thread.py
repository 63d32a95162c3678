"""The background thread of one model: it owns the conversation with the model's process, and tells it by signals."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable

from PySide6.QtCore import QObject, QThread, Signal

from app.core.errors import WardNoteError
from app.core.runs import FinishReason, RunOutcome, RunStatus
from app.inference.engine import GenerationRequest
from app.inference.live_run import Unobserved
from app.inference.prepared import PreparedModel
from app.inference.supervisor import ModelHost

log = logging.getLogger(__name__)

# How soon the death of an idle process is noticed.
_LOOK_EVERY_S = 2.0

_CLOSE_MS = 10_000


class ModelThread(QThread):
    """Runs one model's loads and generations, one after another. Its methods return at once and may come early.

    Signals (all from this thread, the first argument is the model's name or the run's id):
        loading: the model is so far loaded (0-1).
        ready: the model is loaded.
        load_failed: it could not be loaded, with a sentence.
        lost: its process is gone, by a crash or a cancel; the next load or run starts it again.
        run_reading, run_text: how a run goes.
        ahead_ended: the prompt of this `read_ahead` was read, or was not and will not be.
        run_finished: the RunOutcome; exactly once for every `generate`, after everything else of that run.
    """

    loading = Signal(str, float)
    ready = Signal(str)
    load_failed = Signal(str, str)
    lost = Signal(str)
    run_reading = Signal(str, int, int)
    run_text = Signal(str, str, int)
    run_finished = Signal(object)
    ahead_ended = Signal(str)

    def __init__(
        self,
        model: PreparedModel,
        make_host: Callable[[PreparedModel], ModelHost] = ModelHost,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(f"model-{model.identity.model}")
        self.model_name = model.identity.model
        self._host = make_host(model)
        self._commands: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._was_ready = False
        self._stopping = False

    def load(self) -> None:
        """Load the model in the background; answered by `ready` or `load_failed`.

        A run that is asked for meanwhile goes ahead: it takes the loading over, and can be cancelled.
        """
        self._do(self._load)

    def restart(self) -> None:
        """As `load`, even if the process crashed so often that it is no longer started by itself."""
        self._do(self._restart)

    def generate(self, run_id: str, generation: GenerationRequest) -> None:
        """Write an answer; answered by `run_finished`."""
        self._do(lambda: self._generate(run_id, generation))

    def read_ahead(self, ahead_id: str, generation: GenerationRequest) -> None:
        """Read a prompt without writing, if the model is loaded; answered by `ahead_ended`, whatever happened."""
        self._do(lambda: self._read_ahead(ahead_id, generation))

    def cancel(self, run_id: str) -> None:
        """End that run soon, even if it has not begun."""
        self._host.cancel(run_id)

    def stop(self) -> None:
        """Begin to end: a run under way or waiting here finishes as cancelled, the process goes."""
        self._stopping = True
        self._commands.put(None)
        self._host.close()

    def close(self) -> bool:
        """Stop, and wait for the thread; False if it did not end in time (a bug)."""
        self.stop()
        return self.wait(_CLOSE_MS)

    def _do(self, command: Callable[[], None]) -> None:
        self._commands.put(command)
        if not self._stopping:
            self.start()

    def run(self) -> None:
        """The thread's life; called by Qt."""
        while True:
            try:
                command = self._commands.get(timeout=_LOOK_EVERY_S)
            except queue.Empty:
                self._tell_state()
                continue
            if command is None:
                break
            command()
        self._host.close()

    def _load(self) -> None:
        try:
            loaded = self._host.load(self._tell_loading, interrupted=lambda: not self._commands.empty())
        except WardNoteError as fault:
            self._fail_to_load(str(fault))
        except Exception:
            log.exception("loading %s failed", self.model_name)
            self._fail_to_load("程序内部错误，模型未能加载。请重启程序；若仍出现，请联系管理员。")
        else:
            if loaded:
                self.tell_ready()

    def _tell_loading(self, fraction: float) -> None:
        self.loading.emit(self.model_name, fraction)

    def _fail_to_load(self, sentence: str) -> None:
        self._was_ready = False
        if not self._stopping:
            self.load_failed.emit(self.model_name, sentence)

    def _restart(self) -> None:
        self._host.allow_restart()
        self._load()

    def _generate(self, run_id: str, generation: GenerationRequest) -> None:
        observer = _Observer(self, run_id)
        try:
            outcome = self._host.generate(run_id, generation, observer)
        except Exception:
            log.exception("run of %s failed", self.model_name)
            outcome = _failed(run_id, observer.written)
        self.run_finished.emit(outcome)
        self._host.settle()
        if observer.is_loading and not self._host.is_ready and outcome.status is RunStatus.FAILED:
            self._fail_to_load(outcome.error or "")
            return
        self._tell_state(anyway=observer.is_loading)

    def _read_ahead(self, ahead_id: str, generation: GenerationRequest) -> None:
        try:
            if self._host.is_ready and self._commands.empty():
                self._host.generate(ahead_id, generation, Unobserved())
                self._host.settle()
        except Exception:
            log.exception("reading ahead with %s failed", self.model_name)
        self.ahead_ended.emit(ahead_id)
        self._tell_state()

    def tell_ready(self) -> None:
        """The model became ready in the course of a run; for the observer."""
        self._was_ready = True
        self.ready.emit(self.model_name)

    def _tell_state(self, *, anyway: bool = False) -> None:
        """Say `ready` or `lost` when that is news."""
        is_ready = self._host.is_ready
        if anyway or is_ready != self._was_ready:
            (self.ready if is_ready else self.lost).emit(self.model_name)
        self._was_ready = is_ready


class _Observer:
    """Turns what the host tells of a run into the thread's signals."""

    def __init__(self, thread: ModelThread, run_id: str) -> None:
        self._thread = thread
        self._run_id = run_id
        self.is_loading = False
        self.parts: list[str] = []

    @property
    def written(self) -> str:
        """All text so far."""
        return "".join(self.parts)

    def loading(self, fraction: float) -> None:
        """See RunObserver."""
        self.is_loading = True
        self._thread.loading.emit(self._thread.model_name, fraction)

    def reading(self, done: int, total: int) -> None:
        """See RunObserver."""
        if self.is_loading:
            self.is_loading = False
            self._thread.tell_ready()
        self._thread.run_reading.emit(self._run_id, done, total)

    def text(self, delta: str, tokens: int) -> None:
        """See RunObserver."""
        self.parts.append(delta)
        self._thread.run_text.emit(self._run_id, delta, tokens)


def _failed(run_id: str, text: str) -> RunOutcome:
    sentence = "程序内部错误，生成未完成。请重试；若仍出现，请联系管理员。"
    return RunOutcome(run_id, RunStatus.FAILED, FinishReason.ERROR, text, 0, 0, None, 0.0, sentence)
