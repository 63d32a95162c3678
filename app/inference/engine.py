"""The Engine protocol: what a library that runs models must do, inside its own process.

An engine lives in one process, holds one model, and is called from one thread. It never sees a patient, a note
or the database: only messages in, text out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.core.runs import Decoding, FinishReason, Message


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """A prepared model to load. `path` is a folder (INT4 folder, IR) or a GGUF file whose hashes are checked.

    `options` are engine settings from calibration (e.g. `("lookup", "7")`); `threads` 0 lets the engine choose.
    """

    model: str
    path: str
    chat_template: str
    context_tokens: int
    threads: int = 0
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What an engine is asked to write.

    `copies`: the answer will repeat much of the prompt (a discharge record), and may be guessed from it; with `guesses`
    off its tokens are the same, one at a time. `reads_only`: nothing is to be written; the prompt is read so that a
    later one with the same beginning need not be.
    """

    messages: tuple[Message, ...]
    decoding: Decoding
    copies: bool = False
    guesses: bool = True
    reads_only: bool = False


@dataclass(frozen=True, slots=True)
class GenerationStats:
    """What an engine reports at the end of a generation; its process adds the times."""

    finish_reason: FinishReason
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Score:
    """Teacher-forced reading of one text, to compare a converted model with its parent.

    `token_ids` (T) are the text's tokens, `log_likelihoods` (T-1, nats) of each next token, `top_tokens` (T-1) the
    token that was most likely there.
    """

    token_ids: tuple[int, ...]
    log_likelihoods: tuple[float, ...]
    top_tokens: tuple[int, ...]


class TokenSink(Protocol):
    """Where an engine puts its progress; called from the engine's thread, returns at once."""

    def reading(self, done: int, total: int) -> None:
        """`done` of `total` prompt tokens have been read."""

    def text(self, delta: str, tokens: int) -> None:
        """`delta` was appended to the answer; it took `tokens` new tokens."""

    def cancelled(self) -> bool:
        """True once the run should end; an engine asks between prefill chunks and between tokens."""


class Engine(Protocol):
    """A library that runs one model. Any exception ends the request, not the process, and is shown as a failure."""

    name: str
    version: str

    def load(self, request: LoadRequest, report: Callable[[float], None]) -> None:
        """Load a model; `report` takes the fraction done. Called once. Raises ModelFileFault or EngineFault."""

    def generate(self, generation: GenerationRequest, sink: TokenSink) -> GenerationStats:
        """Write an answer, streaming it into `sink`. A cancelled run returns FinishReason.CANCELLED.

        Stop strings and the context limit are no concern of an engine: its process holds them for all alike (a stop
        string looks like a cancel from here).
        """

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        """How many tokens the rendered prompt has."""

    def score(self, text: str) -> Score:
        """Read a text without writing (see Score)."""
