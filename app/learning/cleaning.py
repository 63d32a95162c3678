"""A comparison without people: texts cleaned, times moved, the doctor a pseudonym."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.core.events import FeedbackEvent
from app.core.runs import Message
from app.learning.deidentify import PatientText
from app.learning.records import ComparisonRecord, Identities, Keyed, LoggedEvent, Suggestion

_DOCTOR_DIGITS = 32


@dataclass(frozen=True, slots=True)
class RecordCleaner:
    """Cleans the records of one patient."""

    texts: PatientText
    keyed: Keyed
    _done: dict[tuple[str, Identities, int], str] = field(default_factory=dict)

    def clean(self, record: ComparisonRecord) -> ComparisonRecord:
        """The record as it may leave; it keeps nothing of `identities`."""
        return replace(
            record,
            created_at=self.texts.moved(record.created_at),
            suggestions=tuple(self._suggestion(one, record) for one in record.suggestions),
            events=tuple(replace(logged, event=self._event(logged, record)) for logged in record.events),
            identities=Identities(),
        )

    def _suggestion(self, suggestion: Suggestion, record: ComparisonRecord) -> Suggestion:
        messages = (Message(one.role, self._text(one.content, record)) for one in suggestion.messages)
        return replace(
            suggestion,
            messages=tuple(messages),
            output=self._text(suggestion.output, record),
            started_at=self.texts.moved(suggestion.started_at),
            finished_at=self.texts.moved(suggestion.finished_at),
        )

    def _event(self, logged: LoggedEvent, record: ComparisonRecord) -> FeedbackEvent:
        event = logged.event
        return replace(
            event,
            actor=self.keyed("doctor", event.actor)[:_DOCTOR_DIGITS],
            occurred_at=self.texts.moved(event.occurred_at),
            item=self._text(event.item, record),
            data=self._data(event.data, record),
        )

    def _data(self, data: Mapping[str, object], record: ComparisonRecord) -> dict[str, object]:
        return {key: self._value(value, record) for key, value in data.items()}

    def _value(self, value: object, record: ComparisonRecord) -> object:
        """Text is cleaned; whatever has parts becomes JSON text first, so that no part is missed."""
        if value is None or isinstance(value, bool | int | float):
            return value
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return self._text(text, record)

    def _text(self, text: str, record: ComparisonRecord) -> str:
        """Siblings answer the same messages: a patient's text is cleaned once."""
        key = text, record.identities, record.created_at.year
        if key not in self._done:
            self._done[key] = self.texts.clean(*key)
        return self._done[key]
