"""One model and the process that runs it: start, load, generate, cancel, notice a crash or a hang, start again."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import NoReturn, TypeVar

from app.core.errors import EngineFault, ModelFileFault, UsageFault, WardNoteError
from app.core.runs import Message, RunOutcome
from app.inference import messages
from app.inference.engine import GenerationRequest, Score
from app.inference.files import verify_files
from app.inference.live_run import LiveRun, RunObserver
from app.inference.patience import CrashCounter, Limits, Patience
from app.inference.prepared import PreparedModel
from app.inference.process import EngineProcess, ProcessGone

POLL_SECONDS = 0.05

_Answer = TypeVar("_Answer", messages.Scored, messages.Counted)


class _Interrupted(Exception):
    """The caller does not want the answer any more: its run was cancelled, or the host was closed."""


class _Verification(threading.Thread):
    """Checks a model's files beside the start of the process, so that a cancel need not wait for it."""

    def __init__(self, verify: Callable[[PreparedModel], None], model: PreparedModel) -> None:
        super().__init__(name=f"verify-{model.identity.model}", daemon=True)
        self._verify = verify
        self._model = model
        self.fault: Exception | None = None

    def run(self) -> None:
        """Check; the fault is kept for the model's thread."""
        try:
            self._verify(self._model)
        except Exception as error:
            self.fault = error


class ModelHost:
    """Runs one model in a child process, and starts that process again when it is lost.

    All methods but `cancel` and `close` belong to one thread, which must outlive the process: on Linux a child dies
    with the thread that started it. Nothing here waits without bound, and no failure of an engine is an exception
    of `generate`. `engine_version` is what the engine says of itself, once it is loaded.
    """

    def __init__(
        self,
        model: PreparedModel,
        *,
        verify: Callable[[PreparedModel], None] = verify_files,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.model = model
        self.engine_version = ""
        self._verify = verify
        self._limits = limits or Limits()
        self._clock = clock
        self._crashes = CrashCounter(self._limits, clock)
        self._ids = map("request-{}".format, itertools.count())
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._cancelled: set[str] = set()
        self._process: EngineProcess | None = None
        self._verification: _Verification | None = None
        self._load_id: str | None = None
        self._loaded_fraction = 0.0
        self._ready = False
        self._abandoned: str | None = None
        self._abandoned_at = 0.0

    @property
    def is_ready(self) -> bool:
        """True while a process lives that has the model loaded."""
        return self._ready and self._process is not None and self._process.is_alive()

    @property
    def pid(self) -> int | None:
        """The child's process id, if there is a child."""
        process = self._process
        return process.pid if process else None

    def load(self, on_progress: Callable[[float], None], interrupted: Callable[[], bool] = lambda: False) -> bool:
        """Start the process and load the model, unless that is done. Raises EnvironmentFault.

        Once `interrupted`, it returns False while the process goes on loading; the next call takes it up again.
        """
        try:
            self.settle()
            self._ensure_loaded(on_progress, lambda: self._closed.is_set() or interrupted())
        except _Interrupted:
            if self._closed.is_set():
                raise self._closing() from None
            return False
        return True

    def generate(self, run_id: str, generation: GenerationRequest, observer: RunObserver) -> RunOutcome:
        """Write an answer, loading the model first if needed. A cancelled run returns at once, see `settle`."""
        run = LiveRun(run_id, observer, self._clock)
        try:
            self.settle()
            run.load_ms = self._ensure_loaded(observer.loading, lambda: self._is_unwanted(run_id))
            return self._run(run, generation)
        except _Interrupted:
            return run.cancelled()
        except WardNoteError as fault:
            return run.failed(str(fault))
        finally:
            self._cancelled.discard(run_id)

    def score(self, text: str) -> Score:
        """Read a text teacher-forced. Raises EnvironmentFault, UsageFault."""
        return self._ask(messages.Score(next(self._ids), text), messages.Scored).score

    def count_tokens(self, prompt: tuple[Message, ...]) -> int:
        """How many tokens the rendered prompt has. Raises EnvironmentFault, UsageFault."""
        return self._ask(messages.CountTokens(next(self._ids), prompt), messages.Counted).tokens

    def settle(self) -> None:
        """After a cancelled run: wait until the engine lets go of it, and end the process if it does not.

        Takes at most `Limits.cancelling` seconds from the cancel. To be called soon after a cancelled `generate`,
        so that the CPU is free; every other method begins with it.
        """
        if self._abandoned is None or self._process is None:
            return
        deadline = self._abandoned_at + self._limits.cancelling
        try:
            for message in self._listen(Patience(60, 60), lambda: self._clock() > deadline or self._closed.is_set()):
                if isinstance(message, messages.Finished) and message.request_id == self._abandoned:
                    break
        except (_Interrupted, EngineFault):
            self._drop_process()
        self._abandoned = None

    def cancel(self, run_id: str) -> None:
        """End that run soon, even if it has not begun. Thread-safe, returns at once."""
        self._cancelled.add(run_id)

    def allow_restart(self) -> None:
        """Forget earlier crashes: somebody asked for a new start."""
        self._crashes.forget()

    def close(self) -> None:
        """End the process for good; a run under way ends as cancelled. Thread-safe, takes a second at most."""
        self._closed.set()
        with self._lock:
            process = self._process
        if process:
            process.end()

    def _is_unwanted(self, run_id: str) -> bool:
        return run_id in self._cancelled or self._closed.is_set()

    def _ensure_loaded(self, on_progress: Callable[[float], None], interrupted: Callable[[], bool]) -> float | None:
        """Load unless loaded; milliseconds that took, or None. May be interrupted, and continued by the next call."""
        if interrupted():
            raise _Interrupted
        if self.is_ready:
            return None
        started = self._clock()
        if self._ready:
            self._note_crash()
        if self._process is None:
            self._start()
        self._follow_loading(on_progress, interrupted)
        return (self._clock() - started) * 1000

    def _start(self) -> None:
        if self._crashes.is_exhausted():
            raise EngineFault(
                f"模型“{self.model.identity.title}”的引擎在 {self._limits.crash_window / 60:.0f} 分钟内异常结束 "
                f"{self._limits.crashes} 次，已停止自动重启。请关闭其他程序后重新启动该模型，或换用另一引擎。"
            )
        with self._lock:
            if self._closed.is_set():
                raise _Interrupted
            self._process = EngineProcess.spawn(self.model.identity.engine)
        self._verification = _Verification(self._verify, self.model)
        self._verification.start()

    def _follow_loading(self, on_progress: Callable[[float], None], interrupted: Callable[[], bool]) -> None:
        on_progress(self._loaded_fraction)
        if self._load_id is None:
            self._await_verification(interrupted)
            self._load_id = next(self._ids)
            self._send(messages.Load(self._load_id, self.model.request))
        patience = Patience(self._limits.loading_heartbeat, self._limits.loading)
        for message in self._listen(patience, interrupted):
            if isinstance(message, messages.Hello):
                self.engine_version = message.engine_version
            elif isinstance(message, messages.Loading):
                self._loaded_fraction = message.fraction
                on_progress(message.fraction)
            elif isinstance(message, messages.Fault):
                self._refused(message)
            elif isinstance(message, messages.Loaded):
                break
        self._ready = True

    def _await_verification(self, interrupted: Callable[[], bool]) -> None:
        verification = self._verification
        assert verification is not None
        while verification.is_alive():
            if interrupted():
                raise _Interrupted
            verification.join(POLL_SECONDS)
        if verification.fault is not None:
            self._drop_process()
            raise verification.fault

    def _refused(self, fault: messages.Fault) -> NoReturn:
        self._drop_process()
        kind = ModelFileFault if fault.kind is messages.FaultKind.MODEL_FILE else EngineFault
        raise kind(f"模型“{self.model.identity.title}”无法加载：{fault.sentence}")

    def _run(self, run: LiveRun, generation: GenerationRequest) -> RunOutcome:
        self._send(messages.Generate(run.run_id, generation))
        self._abandoned = run.run_id
        run.begin()
        patience = Patience(self._limits.heartbeat, self._limits.reading)
        try:
            for message in self._listen(patience, lambda: self._is_unwanted(run.run_id)):
                if isinstance(message, messages.Finished) and message.request_id == run.run_id:
                    self._abandoned = None
                    return run.finished(message)
                if isinstance(message, messages.Text):
                    patience.progress = self._limits.writing
                run.note(message)
            raise AssertionError("listening ends with an answer or an exception")
        finally:
            self._abandon()

    def _abandon(self) -> None:
        """Tell the engine to let go of a run whose end was not seen."""
        if self._abandoned is None or self._closed.is_set():
            return
        self._abandoned_at = self._clock()
        with contextlib.suppress(EngineFault):
            self._send(messages.Cancel(self._abandoned))

    def _ask(self, request: messages.Score | messages.CountTokens, kind: type[_Answer]) -> _Answer:
        try:
            self.settle()
            self._ensure_loaded(lambda fraction: None, self._closed.is_set)
            self._send(request)
            for message in self._listen(Patience(self._limits.heartbeat, self._limits.reading), self._closed.is_set):
                if isinstance(message, messages.Fault) and message.request_id == request.request_id:
                    raise EngineFault(message.sentence)
                if isinstance(message, kind) and message.request_id == request.request_id:
                    return message
        except _Interrupted:
            pass
        raise self._closing()

    def _send(self, message: messages.ToChild) -> None:
        assert self._process is not None
        try:
            self._process.send(message)
        except ProcessGone as gone:
            self._lost(str(gone))
        except messages.MessageError:
            raise UsageFault("输入中有无法处理的字符（半个 Unicode 代理对），请删去后重试。") from None

    def _listen(self, patience: Patience, interrupted: Callable[[], bool]) -> Iterator[messages.FromChild]:
        """What the process says, until interrupted (raises) or lost (raises EngineFault)."""
        assert self._process is not None
        while not interrupted():
            started = self._clock()
            try:
                message = self._process.receive(POLL_SECONDS)
            except ProcessGone as gone:
                self._lost(str(gone))
            except messages.MessageError:
                self._lost("引擎进程发来无法理解的消息，已强制结束")
            if message is not None:
                patience.heard(message)
                yield message
                continue
            patience.waited(self._clock() - started)
            if reason := patience.lost():
                self._lost(reason)
        raise _Interrupted

    def _lost(self, reason: str) -> NoReturn:
        """The process died, hangs or speaks nonsense: end it, count it, say it."""
        if self._closed.is_set():
            raise _Interrupted
        self._note_crash()
        raise EngineFault(f"模型“{self.model.identity.title}”：{reason}。已写出的文字不会丢失，下次使用时自动重启。")

    def _note_crash(self) -> None:
        self._crashes.add()
        self._drop_process()

    def _drop_process(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        self._verification = self._load_id = self._abandoned = None
        self._loaded_fraction = 0.0
        self._ready = False
        if process:
            process.kill()
            process.end()

    def _closing(self) -> EngineFault:
        return EngineFault("程序正在关闭，模型已停止。")
