"""In which order a comparison's runs start, how many at once, and how long each has to wait. Pure: no clock, no thread.

One after another, three runs of length T end at T, 2T, 3T; together, all at 3T/A, where A is the measured gain in
total throughput. Together is better on the mean from A = 1.5 on, and for the first result never below A = 3. So the
pane that is read first always starts first, and where runs go together, each starts when the one before has its
first token: reading keeps every core busy, writing does not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.core.runs import RunOutcome, RunStatus
from app.inference.prepared import Speed

TOGETHER_FROM_GAIN = 1.5

# Chinese clinical text in the vocabularies of Qwen2 has about 0.7 tokens a character; learned from the first run on.
_TOKENS_PER_CHARACTER = 0.7

_MIN_LEARNING_TOKENS = 8

# Tokens of an answer before any was seen: a differential of three to five diagnoses.
_USUAL_ANSWER = 300

# The end of a prompt is always read anew, and the first token written: about this much of a usual prompt.
_LEAST_SHARE = 0.05

# From here on, the time to the first token tells how fast a model reads.
_TELLING_SHARE = 0.3


def slots_for(gain: float, models: int) -> int:
    """How many runs go at once on a machine where `models` together have `gain` times the throughput of one."""
    return max(models, 1) if gain > TOGETHER_FROM_GAIN else 1


@dataclass(frozen=True, slots=True)
class Job:
    """A run that waits for its turn, with the seconds that its phases will take (None: not known yet)."""

    run_id: str
    loading_s: float | None = None
    reading_s: float | None = None
    writing_s: float | None = None

    @property
    def to_first_token_s(self) -> float | None:
        """From its start to its first token."""
        return _sum(self.loading_s, self.reading_s)

    @property
    def whole_s(self) -> float | None:
        """From its start to its end."""
        return _sum(self.loading_s, self.reading_s, self.writing_s)


@dataclass(frozen=True, slots=True)
class Active:
    """A run that has started, at `started_at` seconds of any steady clock."""

    job: Job
    started_at: float
    writing: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A waiting run's place: how many runs go first, and seconds to its first token."""

    run_id: str
    position: int
    estimated_wait_s: float | None


@dataclass(frozen=True, slots=True)
class RunQueue:
    """The runs that wait, in pane order, and those that are active. Every change is a new queue."""

    slots: int = 1
    waiting: tuple[Job, ...] = ()
    active: tuple[Active, ...] = ()

    def next_job(self) -> Job | None:
        """The run to start now, if one may start."""
        held = len(self.active) >= self.slots or any(not active.writing for active in self.active)
        return self.waiting[0] if self.waiting and not held else None

    def with_started(self, run_id: str, now: float) -> RunQueue:
        """That waiting run has started."""
        job = next(job for job in self.waiting if job.run_id == run_id)
        return replace(self.without(run_id), active=(*self.active, Active(job, now)))

    def with_writing(self, run_id: str) -> RunQueue:
        """That active run has its first token."""
        active = (replace(each, writing=True) if each.job.run_id == run_id else each for each in self.active)
        return replace(self, active=tuple(active))

    def without(self, run_id: str) -> RunQueue:
        """That run has ended, or is not to start any more."""
        return replace(
            self,
            waiting=tuple(job for job in self.waiting if job.run_id != run_id),
            active=tuple(active for active in self.active if active.job.run_id != run_id),
        )

    def places(self, now: float) -> tuple[Place, ...]:
        """Where each waiting run stands."""
        ahead: list[float | None] = [self._remaining(active, now) for active in self.active]
        places = []
        for job in self.waiting:
            places.append(Place(job.run_id, len(ahead), _sum(*ahead, job.to_first_token_s)))
            ahead.append(self._blocking(job))
        return tuple(places)

    def _blocking(self, job: Job) -> float | None:
        """How long this run keeps the next one from starting."""
        return job.whole_s if self.slots == 1 else job.to_first_token_s

    def _remaining(self, active: Active, now: float) -> float | None:
        if self.slots > 1 and active.writing:
            return 0.0
        blocking = self._blocking(active.job)
        return None if blocking is None else max(0.0, blocking - (now - active.started_at))


@dataclass(frozen=True, slots=True)
class Habits:
    """What is known of a model's pace: tokens/s, seconds to load, tokens of its usual answer.

    `held` is the text of the prompt that it read last: what another has in common with its beginning is not read again.
    """

    reading: float | None = None
    writing: float | None = None
    load_seconds: float | None = None
    answer_tokens: int | None = None
    tokens_per_character: float = _TOKENS_PER_CHARACTER
    held: str = ""

    @staticmethod
    def from_speed(speed: Speed | None) -> Habits:
        """What calibration measured, if it did."""
        return Habits(speed.reading, speed.writing, speed.load_seconds) if speed else Habits()

    def after(self, outcome: RunOutcome, prompt: str) -> Habits:
        """With what a finished run of this prompt shows."""
        learned = replace(self, load_seconds=outcome.load_ms / 1000 if outcome.load_ms else self.load_seconds)
        if outcome.status is not RunStatus.COMPLETED or outcome.output_tokens < _MIN_LEARNING_TOKENS:
            return replace(learned, held="")
        new = self._new_share(prompt, loaded=outcome.load_ms is None)
        return replace(
            learned,
            reading=self._pace(outcome, new),
            writing=outcome.tokens_per_second or self.writing,
            answer_tokens=outcome.output_tokens,
            tokens_per_character=outcome.input_tokens / len(prompt) if prompt else self.tokens_per_character,
            held=prompt,
        )

    def having_read(self, prompt: str) -> Habits:
        """With this prompt read ahead."""
        return replace(self, held=prompt)

    def job(self, run_id: str, prompt: str, max_tokens: int, *, loaded: bool) -> Job:
        """What a run of this prompt will take."""
        new = len(prompt) * self.tokens_per_character * self._new_share(prompt, loaded=loaded)
        answer = min(self.answer_tokens or _USUAL_ANSWER, max_tokens)
        return Job(
            run_id,
            loading_s=0.0 if loaded else self.load_seconds,
            reading_s=new / self.reading if self.reading else None,
            writing_s=answer / self.writing if self.writing else None,
        )

    def _pace(self, outcome: RunOutcome, new: float) -> float | None:
        """Tokens/s while reading; a prompt that was mostly at hand tells nothing of it."""
        if not outcome.ttft_ms or new < _TELLING_SHARE:
            return self.reading
        return outcome.input_tokens * new / outcome.ttft_ms * 1000

    def _new_share(self, prompt: str, *, loaded: bool) -> float:
        """How much of a prompt is to be read (0-1)."""
        if not loaded or not prompt:
            return 1.0
        pairs = enumerate(zip(self.held, prompt, strict=False))
        common = next((at for at, (one, other) in pairs if one != other), min(len(self.held), len(prompt)))
        return max(1.0 - common / len(prompt), _LEAST_SHARE)


def _sum(*seconds: float | None) -> float | None:
    known = [each for each in seconds if each is not None]
    return sum(known) if len(known) == len(seconds) else None
