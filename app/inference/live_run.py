"""One run as seen from the program's side: it collects what the engine process tells, and makes the outcome of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from app.core.runs import FinishReason, RunOutcome, RunStatus
from app.inference.messages import Finished, FromChild, Reading, Text


class RunObserver(Protocol):
    """Who wants to see a run live; called from the model's own background thread, must return at once."""

    def loading(self, fraction: float) -> None:
        """`fraction` (0-1) of the model is loaded; only if the run has to wait for that."""

    def reading(self, done: int, total: int) -> None:
        """`done` of `total` prompt tokens are read."""

    def text(self, delta: str, tokens: int) -> None:
        """`delta` was appended to the answer, made of `tokens` new tokens."""


class Unobserved:
    """A RunObserver that lets everything pass."""

    def loading(self, fraction: float) -> None: ...
    def reading(self, done: int, total: int) -> None: ...
    def text(self, delta: str, tokens: int) -> None: ...


class LiveRun:
    """Collects a run. `text` is exactly what the observer was given."""

    def __init__(self, run_id: str, observer: RunObserver, clock: Callable[[], float]) -> None:
        self.run_id = run_id
        self.load_ms: float | None = None
        self._observer = observer
        self._clock = clock
        self._started = clock()
        self._first_token_at: float | None = None
        self._parts: list[str] = []
        self._input_tokens = 0
        self._output_tokens = 0

    def begin(self) -> None:
        """The engine has the request: the run's times count from here."""
        self._started = self._clock()

    def note(self, message: FromChild) -> None:
        """Take up a message about this run, and pass it on."""
        if isinstance(message, Reading) and message.request_id == self.run_id:
            self._input_tokens = message.total
            self._observer.reading(message.done, message.total)
        elif isinstance(message, Text) and message.request_id == self.run_id:
            self._first_token_at = self._first_token_at or self._clock()
            self._output_tokens += message.tokens
            self._parts.append(message.delta)
            self._observer.text(message.delta, message.tokens)

    def finished(self, end: Finished) -> RunOutcome:
        """The outcome as the engine process reports it, with its exact times."""
        return RunOutcome(
            run_id=self.run_id,
            status=end.status,
            finish_reason=end.stats.finish_reason,
            text="".join(self._parts),
            input_tokens=end.stats.input_tokens,
            output_tokens=end.stats.output_tokens,
            ttft_ms=end.ttft_ms,
            duration_ms=end.duration_ms,
            error=end.error,
            load_ms=self.load_ms,
        )

    def cancelled(self) -> RunOutcome:
        """The outcome of a run that nobody waits for any more."""
        return self._broken_off(RunStatus.CANCELLED, FinishReason.CANCELLED, None)

    def failed(self, sentence: str) -> RunOutcome:
        """The outcome of a run whose engine failed, with the text that came."""
        return self._broken_off(RunStatus.FAILED, FinishReason.ERROR, sentence)

    def _broken_off(self, status: RunStatus, reason: FinishReason, error: str | None) -> RunOutcome:
        first = self._first_token_at
        return RunOutcome(
            run_id=self.run_id,
            status=status,
            finish_reason=reason,
            text="".join(self._parts),
            input_tokens=self._input_tokens,
            output_tokens=self._output_tokens,
            ttft_ms=None if first is None else (first - self._started) * 1000,
            duration_ms=(self._clock() - self._started) * 1000,
            error=error,
            load_ms=self.load_ms,
        )
