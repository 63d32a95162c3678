"""What a doctor is told of one run while it lives: phase, progress, speed, place in the queue."""

from __future__ import annotations

from collections.abc import Callable

from app.core.runs import FinishReason, Run, RunOutcome, RunPhase, RunProgress, RunStatus
from app.inference.scheduler import Place

_ORDER = tuple(RunPhase)


class RunMonitor:
    """Follows a run. Its methods give the progress to show, or None for what comes too late: no phase goes back."""

    def __init__(self, run: Run, clock: Callable[[], float]) -> None:
        self.run = run
        self.ended = False
        self._clock = clock
        self._phase = RunPhase.QUEUED
        self._parts: list[str] = []
        self._tokens = 0
        self._first_tokens = 0
        self._first_at = 0.0

    @property
    def is_writing(self) -> bool:
        """True from the first token on."""
        return self._phase is RunPhase.WRITING

    def queued(self, place: Place) -> RunProgress | None:
        """It waits at this place."""
        if not self._enter(RunPhase.QUEUED):
            return None
        return RunProgress(
            self.run.run_id,
            RunPhase.QUEUED,
            queue_position=place.position,
            estimated_wait_s=place.estimated_wait_s,
        )

    def loading(self, fraction: float | None) -> RunProgress | None:
        """Its model is being loaded."""
        return self._progress(RunPhase.LOADING, fraction)

    def reading(self, done: int, total: int) -> RunProgress | None:
        """It has read so many tokens of its prompt; `total` 0 if that is not known yet."""
        return self._progress(RunPhase.READING, done / total if total else None)

    def writing(self, delta: str, tokens: int) -> RunProgress | None:
        """It wrote on. The speed counts from the first batch of tokens on, which took the reading too."""
        now = self._clock()
        if not self.is_writing:
            self._first_at, self._first_tokens = now, tokens
        self._parts.append(delta)
        self._tokens += tokens
        if not self._enter(RunPhase.WRITING):
            return None
        fresh, elapsed = self._tokens - self._first_tokens, now - self._first_at
        speed = fresh / elapsed if fresh > 0 and elapsed > 0 else None
        return RunProgress(self.run.run_id, RunPhase.WRITING, tokens_per_second=speed)

    def cancelled(self) -> RunOutcome:
        """The end of a run that no engine will report, with what is known here."""
        return RunOutcome(
            run_id=self.run.run_id,
            status=RunStatus.CANCELLED,
            finish_reason=FinishReason.CANCELLED,
            text="".join(self._parts),
            input_tokens=0,
            output_tokens=self._tokens,
            ttft_ms=None,
            duration_ms=0.0,
        )

    def _progress(self, phase: RunPhase, fraction: float | None) -> RunProgress | None:
        return RunProgress(self.run.run_id, phase, fraction) if self._enter(phase) else None

    def _enter(self, phase: RunPhase) -> bool:
        if self.ended or _ORDER.index(phase) < _ORDER.index(self._phase):
            return False
        self._phase = phase
        return True
