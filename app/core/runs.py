"""Comparisons and their runs: what is asked of a model, how it goes, and how it ends (exactly once)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class RunPhase(StrEnum):
    """Where a live run is. A run passes through these in order, may skip some, and never goes back."""

    QUEUED = "queued"
    LOADING = "loading"
    READING = "reading"
    WRITING = "writing"


class RunStatus(StrEnum):
    """How a run ended."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


class FinishReason(StrEnum):
    """Why the text ends where it does."""

    STOP = "stop"
    LENGTH = "length"
    CANCELLED = "cancelled"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Binding:
    """What a run was started for; a late answer can reach nothing else (see clinical rule 2)."""

    patient_id: str
    encounter_id: str
    note_id: str
    note_version: int
    input_hash: str


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message; `role` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Decoding:
    """How tokens are chosen. `temperature` 0 is greedy decoding, in which the other three are not used.

    `repetition_penalty` follows Keskar et al. 2019 (1.0 = none) and applies to greedy decoding too. `grammar` is a
    form that the answer cannot leave, in GBNF (llama.cpp's notation for EBNF); empty for free text.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    repetition_penalty: float = 1.0
    max_tokens: int = 512
    seed: int = 0
    stop: tuple[str, ...] = ()
    grammar: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """The messages as sent, and which versioned template made them (`template_hash`: SHA-256 of its text)."""

    messages: tuple[Message, ...]
    template_id: str
    template_version: str
    template_hash: str


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which weights ran, on what. `quantisation` is e.g. `asym_int4` or `int4 g32 asym + int8 head`."""

    model: str
    title: str
    model_sha256: str
    base: str
    engine: str
    engine_version: str
    quantisation: str


MOST_ESTIMATED = 0.95
"""What an estimated fraction never exceeds: here it takes longer than was expected."""


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A live run at one moment. `fraction` is of the present phase (0-1), None if it cannot be known.

    `estimated`: the fraction follows from the time and the model's speed; the engine has not told any.

    `queue_position` counts the runs that go first; `estimated_wait_s` is the time to this run's first token. A run in
    stages begins its phases anew in each `stage` (1 to `stages`).
    """

    run_id: str
    phase: RunPhase
    fraction: float | None = None
    queue_position: int = 0
    estimated_wait_s: float | None = None
    tokens_per_second: float | None = None
    stage: int = 1
    stages: int = 1
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """The end of a run. Times in milliseconds, monotonic; `ttft_ms` is None if no token came.

    `text` is what was streamed, whole or partial; `error` is a sentence for the user and only with FAILED.
    """

    run_id: str
    status: RunStatus
    finish_reason: FinishReason
    text: str
    input_tokens: int
    output_tokens: int
    ttft_ms: float | None
    duration_ms: float
    error: str | None = None
    load_ms: float | None = None

    @property
    def is_whole(self) -> bool:
        """The model itself ended its text: it was not broken off, and not cut at the greatest length."""
        return self.status is RunStatus.COMPLETED and self.finish_reason is not FinishReason.LENGTH

    @property
    def tokens_per_second(self) -> float | None:
        """Decode speed: tokens after the first, over the time after the first."""
        if self.ttft_ms is None or self.output_tokens < 2 or self.duration_ms <= self.ttft_ms:
            return None
        return (self.output_tokens - 1) / (self.duration_ms - self.ttft_ms) * 1000


@dataclass(frozen=True, slots=True)
class Run:
    """One generation by one model, as it was started. `display_order` is the pane, from 0."""

    run_id: str
    comparison_id: str
    binding: Binding
    identity: ModelIdentity
    prompt: Prompt
    decoding: Decoding
    display_order: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Generation:
    """A run with its end: the row that is stored, exported and trained from."""

    run: Run
    outcome: RunOutcome
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class Comparison:
    """The runs that one request started, with the input they were made from."""

    comparison_id: str
    binding: Binding
    chief_complaint: str
    case_features: str
    created_at: datetime
    runs: tuple[Run, ...] = field(default=())
