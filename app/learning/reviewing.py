"""What a person sees of a record before it may leave: every text of it, as it is and as it would leave."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from app.learning.records import ComparisonRecord

_ROLES = {"system": "对模型的要求", "user": "病历", "assistant": "示范的回答"}


@dataclass(frozen=True, slots=True)
class ReviewedText:
    """One text with its title, before and after de-identification."""

    title: str
    before: str
    after: str

    @property
    def changed(self) -> bool:
        """Whether something was replaced in it."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Review:
    """A record to be approved. `key` names exactly what was seen: what changes afterwards is another record."""

    key: str
    department: str
    day: date
    texts: tuple[ReviewedText, ...]


def review_of(record: ComparisonRecord, cleaned: ComparisonRecord) -> Review:
    """The review of a record and what it was cleaned to. A text that stands in it twice is seen once."""
    texts = {(text.before, text.after): text for text in reversed([*_texts(record, cleaned)]) if text.before.strip()}
    return Review(review_key(cleaned), record.department, record.created_at.date(), tuple(reversed(texts.values())))


def review_key(cleaned: ComparisonRecord) -> str:
    """SHA-256 over all that a cleaned record holds."""
    return hashlib.sha256(repr(cleaned).encode("utf-8", "backslashreplace")).hexdigest()


def _texts(record: ComparisonRecord, cleaned: ComparisonRecord) -> Iterator[ReviewedText]:
    pairs = list(zip(record.suggestions, cleaned.suggestions, strict=True))
    for old, new in pairs:
        for before, after in zip(old.messages, new.messages, strict=True):
            yield ReviewedText(_ROLES.get(before.role, before.role), before.content, after.content)
    for number, (old, new) in enumerate(pairs, 1):
        yield ReviewedText(f"第 {number} 份建议（{old.model}）", old.output, new.output)
    for logged, left in zip(record.events, cleaned.events, strict=True):
        told = zip(
            _strings(logged.event.item, logged.event.data), _strings(left.event.item, left.event.data), strict=True
        )
        for words, cleared in told:
            yield ReviewedText("医生的反馈", words, cleared)


def _strings(*values: object) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from _strings(*value.values())
        elif isinstance(value, list | tuple):
            yield from _strings(*value)
