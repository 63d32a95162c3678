"""What the program and an engine process say to each other: small, typed, versioned messages as JSON bytes.

Every request carries an id and every answer repeats it, so that what comes late for an abandoned request is known
as such. `encode` and `decode` are inverse; `decode` refuses anything it does not know completely.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from app.core.runs import Message as ChatMessage
from app.core.runs import RunStatus
from app.inference import engine
from app.inference.wire import WireError, from_json, to_json

PROTOCOL_VERSION = 1

MAX_MESSAGE_BYTES = 64 * 2**20


class MessageError(ValueError):
    """Bytes that are no message of this version, or a message that cannot be sent. Names no contents."""


class FaultKind(StrEnum):
    """Why a request that is no generation failed."""

    MODEL_FILE = "model_file"
    ENGINE = "engine"
    MEMORY = "memory"
    BUG = "bug"


@dataclass(frozen=True, slots=True)
class Load:
    """Load this model; answered by Loading, then Loaded or Fault. Once per process."""

    request_id: str
    request: engine.LoadRequest


@dataclass(frozen=True, slots=True)
class Generate:
    """Write an answer; answered by Reading and Text, then Finished. `request_id` is the run's id."""

    request_id: str
    generation: engine.GenerationRequest


@dataclass(frozen=True, slots=True)
class Score:
    """Read a text teacher-forced; answered by Scored or Fault."""

    request_id: str
    text: str


@dataclass(frozen=True, slots=True)
class CountTokens:
    """Count the tokens of a rendered prompt; answered by Counted or Fault."""

    request_id: str
    messages: tuple[ChatMessage, ...]


@dataclass(frozen=True, slots=True)
class Cancel:
    """End that generation now; it is still answered by Finished."""

    request_id: str


@dataclass(frozen=True, slots=True)
class Shutdown:
    """End the process now."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The process runs and has imported its engine; comes before any answer."""

    engine: str
    engine_version: str


@dataclass(frozen=True, slots=True)
class Loading:
    """`fraction` (0-1) of the model is loaded."""

    request_id: str
    fraction: float


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model is ready; it took this long."""

    request_id: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Reading:
    """`done` of `total` prompt tokens are read."""

    request_id: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Text:
    """`delta` was appended to the answer, made of `tokens` new tokens."""

    request_id: str
    delta: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The generation ended; all its Text came before.

    Times count from the moment the process took up the request; `error` is a sentence and only with FAILED.
    """

    request_id: str
    status: RunStatus
    stats: engine.GenerationStats
    ttft_ms: float | None
    duration_ms: float
    error: str | None


@dataclass(frozen=True, slots=True)
class Scored:
    """The answer to Score."""

    request_id: str
    score: engine.Score


@dataclass(frozen=True, slots=True)
class Counted:
    """The answer to CountTokens."""

    request_id: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A Load, Score or CountTokens failed. `sentence` is for the user, without patient text."""

    request_id: str
    kind: FaultKind
    sentence: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The process is alive; once a second, whatever it does."""


ToChild = Load | Generate | Score | CountTokens | Cancel | Shutdown
FromChild = Hello | Loading | Loaded | Reading | Text | Finished | Scored | Counted | Fault | Heartbeat
Message = ToChild | FromChild

_TYPES = {kind.__name__: kind for kind in (*ToChild.__args__, *FromChild.__args__)}


def encode(message: Message) -> bytes:
    """The message as UTF-8 JSON. Raises MessageError if the other side would refuse it."""
    try:
        body = to_json(message)
    except WireError as error:
        raise MessageError(str(error)) from None
    envelope = {"v": PROTOCOL_VERSION, "type": type(message).__name__, "body": body}
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def decode(data: bytes) -> Message:
    """The message in these bytes. Raises MessageError for another version, type or field, and for broken JSON."""
    envelope = _envelope(data)
    if envelope.get("v") != PROTOCOL_VERSION or isinstance(envelope["v"], bool):
        raise MessageError("another protocol version")
    name = envelope.get("type")
    if not isinstance(name, str) or name not in _TYPES or set(envelope) != {"v", "type", "body"}:
        raise MessageError("unknown message")
    try:
        return cast("Message", from_json(envelope["body"], _TYPES[name]))
    except WireError as error:
        raise MessageError(str(error)) from None


def _envelope(data: bytes) -> dict[str, object]:
    try:
        envelope = json.loads(data.decode())
    except (ValueError, RecursionError):
        raise MessageError("not JSON") from None
    if not isinstance(envelope, dict):
        raise MessageError("not an object")
    return envelope
