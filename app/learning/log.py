"""The events of one comparison, by generation and kind."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from app.core.acts import JUDGEMENTS
from app.core.events import EventKind, FeedbackEvent, Vote
from app.learning.records import ComparisonRecord

_JUDGED = {EventKind.NONE_CORRECT: Vote.DOWN, EventKind.ALL_ACCEPTABLE: Vote.UP}


class Log:
    """What was done in a comparison, oldest first: the places in the log decide, not the clock.

    Of each doctor's judgements of all the suggestions at once only the last is told, and none that was withdrawn.
    """

    def __init__(self, record: ComparisonRecord) -> None:
        """Reads the events of this record."""
        ordered = sorted(record.events, key=lambda one: one.sequence)
        self._events = _standing([logged.event for logged in ordered])

    def of(self, generation_id: str, *kinds: EventKind) -> list[FeedbackEvent]:
        """A generation's events of these kinds."""
        return [event for event in self._by_generation.get(generation_id, []) if event.kind in kinds]

    def last(self, generation_id: str, kind: EventKind) -> FeedbackEvent | None:
        """A generation's latest event of a kind."""
        return next(reversed(self.of(generation_id, kind)), None)

    def about_comparison(self, kind: EventKind) -> list[FeedbackEvent]:
        """The events of a kind, wherever they stand."""
        return [event for event in self._events if event.kind is kind]

    def votes(self, generation_id: str) -> dict[str, Vote]:
        """Each doctor's last word on a whole suggestion: a vote, or a judgement of all the suggestions at once."""
        last = {}
        for event in self._events:
            vote = _word_on(event, generation_id)
            if vote is not None:
                last[event.actor] = vote
        return {actor: vote for actor, vote in last.items() if vote is not Vote.WITHDRAWN}

    @cached_property
    def _by_generation(self) -> dict[str, list[FeedbackEvent]]:
        found: dict[str, list[FeedbackEvent]] = {}
        for event in self._events:
            found.setdefault(event.generation_id, []).append(event)
        return found


def _standing(events: Sequence[FeedbackEvent]) -> list[FeedbackEvent]:
    last = {event.actor: event for event in events if event.kind in JUDGEMENTS}
    standing = [event for event in last.values() if not event.data.get("withdrawn")]
    return [event for event in events if event.kind not in JUDGEMENTS or event in standing]


def generations_of(event: FeedbackEvent) -> Sequence[str]:
    """The generations that an event about a comparison names."""
    named = event.data.get("generations")
    return [str(one) for one in named] if isinstance(named, list) else []


def _word_on(event: FeedbackEvent, generation_id: str) -> Vote | None:
    if event.kind is EventKind.VOTE and event.generation_id == generation_id and not event.item:
        return Vote(str(event.data["vote"]))
    if event.kind in _JUDGED and generation_id in generations_of(event):
        return _JUDGED[event.kind]
    return None
