"""Values of the core as columns, and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from app.core.provenance import AiSpan, Origin
from app.core.runs import Decoding, Message, ModelIdentity, Prompt


def to_json(value: object) -> str:
    """Compact JSON; Chinese stays readable."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def time_text(moment: datetime) -> str:
    """ISO 8601 with offset. Raises ValueError for a time without one."""
    if moment.tzinfo is None:
        raise ValueError("a stored time needs an offset")
    return moment.isoformat()


def text_hash(text: str) -> str:
    """SHA-256 (hex) of the text's UTF-8, lone surrogates as question marks (as they are stored)."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def sections_json(sections: Mapping[str, str]) -> str:
    """A note's texts, keys in a fixed order so that equal notes have equal JSON."""
    return to_json(dict(sorted(sections.items())))


def sections_of(text: str) -> dict[str, str]:
    """The inverse of `sections_json`."""
    return {str(key): str(value) for key, value in json.loads(text).items()}


def messages_json(messages: Sequence[Message]) -> str:
    """Messages as they were sent."""
    return to_json([asdict(message) for message in messages])


def messages_of(text: str) -> tuple[Message, ...]:
    """The inverse of `messages_json`."""
    return tuple(Message(**message) for message in json.loads(text))


def identity_json(identity: ModelIdentity) -> str:
    """Which weights ran, on what."""
    return to_json(asdict(identity))


def identity_of(text: str) -> ModelIdentity:
    """The inverse of `identity_json`."""
    return ModelIdentity(**json.loads(text))


def prompt_json(prompt: Prompt) -> str:
    """The messages and their template."""
    return to_json(asdict(prompt))


def prompt_of(text: str) -> Prompt:
    """The inverse of `prompt_json`."""
    fields: dict[str, Any] = json.loads(text)
    return Prompt(**{**fields, "messages": tuple(Message(**message) for message in fields["messages"])})


def decoding_json(decoding: Decoding) -> str:
    """How tokens were chosen."""
    return to_json(asdict(decoding))


def decoding_of(text: str) -> Decoding:
    """The inverse of `decoding_json`."""
    fields: dict[str, Any] = json.loads(text)
    return Decoding(**{**fields, "stop": tuple(fields["stop"])})


def provenance_json(spans: Sequence[AiSpan]) -> str:
    """Which sentences a model wrote."""
    return to_json([{**asdict(span), **_times(span)} for span in spans])


def provenance_of(text: str) -> tuple[AiSpan, ...]:
    """The inverse of `provenance_json`."""
    return tuple(_span(fields) for fields in json.loads(text))


def _times(span: AiSpan) -> dict[str, Any]:
    origin = {**asdict(span.origin), "inserted_at": time_text(span.origin.inserted_at)}
    return {"origin": origin, "reviewed_at": time_text(span.reviewed_at) if span.reviewed_at else None}


def _span(fields: dict[str, Any]) -> AiSpan:
    origin = fields["origin"]
    at = fields["reviewed_at"]
    return AiSpan(
        **{
            **fields,
            "origin": Origin(**{**origin, "inserted_at": datetime.fromisoformat(origin["inserted_at"])}),
            "reviewed_at": datetime.fromisoformat(at) if at else None,
        }
    )
