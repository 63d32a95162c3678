"""What a doctor is told of one run while it lives: phase, progress, speed, place in the queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.core.discharge.stages import RecordPlan
from app.core.runs import MOST_ESTIMATED, FinishReason, Run, RunOutcome, RunPhase, RunProgress, RunStatus
from app.inference.scheduler import Place

_ORDER = tuple(RunPhase)


class RunMonitor:
    """Follows a run. Its methods give the progress to show, or None for what comes too late: no phase goes back.

    A run with a `plan` goes in its stages, each with its phases; only what it writes in the last one is its text.
    """

    def __init__(self, run: Run, clock: Callable[[], float], plan: RecordPlan | None = None) -> None:
        self.run = run
        self.ended = False
        self._plan = plan
        self._stages: list[RunOutcome] = []
        self._clock = clock
        self._phase = RunPhase.QUEUED
        self._parts: list[str] = []
        self._tokens = 0
        self._first_tokens = 0
        self._first_at = 0.0
        self._reading_since = 0.0
        self._measured = False

    @property
    def is_writing(self) -> bool:
        """True from the first token on."""
        return self._phase is RunPhase.WRITING

    @property
    def in_last_stage(self) -> bool:
        """What it writes now is its answer."""
        return self._plan is None or len(self._stages) + 1 == self._plan.stages

    def enter_next_stage(self, outcome: RunOutcome) -> None:
        """A stage was completed with this outcome: from now on `run` is what the next one asks."""
        self._stages.append(outcome)
        stage = self._plan.stage([one.text for one in self._stages]) if self._plan else None
        assert stage is not None  # the caller looked at in_last_stage
        self.run = replace(self.run, prompt=stage.ask.prompt, decoding=stage.ask.decoding)
        self._phase = RunPhase.QUEUED
        self._parts.clear()
        self._tokens = 0

    def end_of(self, outcome: RunOutcome) -> RunOutcome:
        """The run's end: what was written of a period is no answer, and its times count from the first period on."""
        before = sum(stage.duration_ms for stage in self._stages)
        return replace(
            outcome,
            text=outcome.text if self.in_last_stage else "",
            ttft_ms=None if outcome.ttft_ms is None else before + outcome.ttft_ms,
            duration_ms=before + outcome.duration_ms,
            load_ms=self._stages[0].load_ms if self._stages else outcome.load_ms,
        )

    def queued(self, place: Place) -> RunProgress | None:
        """It waits at this place."""
        if not self._enter(RunPhase.QUEUED):
            return None
        return replace(
            self._now(RunPhase.QUEUED), queue_position=place.position, estimated_wait_s=place.estimated_wait_s
        )

    def loading(self, fraction: float | None) -> RunProgress | None:
        """Its model is being loaded."""
        return self._progress(RunPhase.LOADING, fraction)

    def reading(self, done: int, total: int) -> RunProgress | None:
        """It has read so many tokens of its prompt; `total` 0 if that is not known yet.

        Not every engine tells more than the beginning: nothing read is nothing known.
        """
        if self._phase is not RunPhase.READING:
            self._reading_since = self._clock()
        self._measured = done > 0
        return self._progress(RunPhase.READING, done / total if done and total else None)

    def reading_estimated(self, expected_s: float | None) -> RunProgress | None:
        """How far it must be by now, where its engine does not tell and reading takes `expected_s` seconds."""
        if self.ended or self._phase is not RunPhase.READING or self._measured or not expected_s:
            return None
        fraction = min(MOST_ESTIMATED, (self._clock() - self._reading_since) / expected_s)
        return replace(self._now(RunPhase.READING), fraction=fraction, estimated=True)

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
        return replace(self._now(RunPhase.WRITING), tokens_per_second=speed)

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
        return replace(self._now(phase), fraction=fraction) if self._enter(phase) else None

    def _now(self, phase: RunPhase) -> RunProgress:
        stages = self._plan.stages if self._plan else 1
        return RunProgress(self.run.run_id, phase, stage=len(self._stages) + 1, stages=stages)

    def _enter(self, phase: RunPhase) -> bool:
        if self.ended or _ORDER.index(phase) < _ORDER.index(self._phase):
            return False
        self._phase = phase
        return True
