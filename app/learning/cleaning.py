"""A comparison without people: texts cleaned, times moved, the doctor a pseudonym."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.core.acts import report_of
from app.core.events import EventKind, FeedbackEvent
from app.core.runs import Message
from app.learning.deidentify import PatientText
from app.learning.records import ComparisonRecord, Identities, Keyed, Suggestion
from app.learning.spans import moved_span

_DOCTOR_DIGITS = 32
# Ids, numbers and words of the program; whatever else an event keeps is taken for text.
_CODES = frozenset(
    (
        "vote",
        "type",
        "severity",
        "start",
        "end",
        "milliseconds",
        "added",
        "struck",
        "generations",
        "note_id",
        "version",
        "changed",
    )
)


@dataclass(frozen=True, slots=True)
class RecordCleaner:
    """Cleans the records of one patient."""

    texts: PatientText
    keyed: Keyed
    _done: dict[tuple[str, Identities, int], str] = field(default_factory=dict)

    def clean(self, record: ComparisonRecord) -> ComparisonRecord:
        """The record as it may leave; it keeps nothing of `identities`.

        Suggestions go first: who was found in them is known in the doctor's own words too.
        """
        suggestions = tuple(self._suggestion(one, record) for one in record.suggestions)
        outputs = {
            old.generation_id: (old.output, new.output)
            for old, new in zip(record.suggestions, suggestions, strict=True)
        }
        return replace(
            record,
            created_at=self.texts.moved(record.created_at),
            suggestions=suggestions,
            chief_complaint=self._text(record.chief_complaint, record),
            case_features=self._text(record.case_features, record),
            events=tuple(replace(logged, event=self._event(logged.event, record, outputs)) for logged in record.events),
            identities=Identities(),
        )

    def _suggestion(self, suggestion: Suggestion, record: ComparisonRecord) -> Suggestion:
        messages = (Message(one.role, self._text(one.content, record)) for one in suggestion.messages)
        return replace(
            suggestion,
            messages=tuple(messages),
            output=self._text(suggestion.output, record),
            details={**suggestion.details, "error": self._value(suggestion.details.get("error"), record)},
            started_at=self.texts.moved(suggestion.started_at),
            finished_at=self.texts.moved(suggestion.finished_at),
        )

    def _event(
        self, event: FeedbackEvent, record: ComparisonRecord, outputs: Mapping[str, tuple[str, str]]
    ) -> FeedbackEvent:
        data = {key: value if key in _CODES else self._value(value, record) for key, value in event.data.items()}
        if event.kind is EventKind.ERROR_REPORTED and event.generation_id in outputs:
            data |= _quoted_anew(event, *outputs[event.generation_id])
        return replace(
            event,
            actor=self.keyed("doctor", event.actor)[:_DOCTOR_DIGITS],
            occurred_at=self.texts.moved(event.occurred_at),
            item=self._text(event.item, record),
            data=data,
        )

    def _value(self, value: object, record: ComparisonRecord) -> object:
        """Every text in a value, whatever holds it."""
        if isinstance(value, str):
            return self._text(value, record)
        if isinstance(value, Mapping):
            return {self._text(str(key), record): self._value(one, record) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._value(one, record) for one in value]
        return value

    def _text(self, text: str, record: ComparisonRecord) -> str:
        """Siblings answer the same messages: a patient's text is cleaned once."""
        if not text:
            return text
        key = text, record.identities, record.created_at.year
        if key not in self._done:
            self._done[key] = self.texts.clean(*key)
        return self._done[key]


def _quoted_anew(event: FeedbackEvent, old: str, new: str) -> dict[str, object]:
    """The span in the cleaned text, quoted from there: a part of a name would look like no name."""
    report = report_of(event)
    start, end = moved_span(old, new, report.start, report.end)
    return {"start": start, "end": end, "quote": new[start:end]}
