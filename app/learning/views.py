"""Training rows from the event log.

One basis per generation, the strongest that applies: a choice (backfill) before a vote. A vote on one suggestion says
nothing about its siblings, and no vote is not a down-vote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from app.core.events import EventKind, FeedbackEvent, Vote
from app.core.unsupported import unsupported_facts
from app.learning.records import ComparisonRecord, Suggestion


class Basis(StrEnum):
    """What a row was made from."""

    CHOICE = "choice"
    VOTE = "vote"


@dataclass(frozen=True, slots=True)
class KtoRow:
    """Unpaired preference (TRL): a completion that a doctor accepted or did not."""

    suggestion: Suggestion
    label: bool
    basis: Basis
    actor: str


@dataclass(frozen=True, slots=True)
class DpoRow:
    """Preference (TRL): the chosen suggestion over one of n - 1 siblings, with the weight 1 / (n - 1)."""

    suggestion: Suggestion
    rejected: Suggestion
    weight: float
    basis: Basis
    actor: str


@dataclass(frozen=True, slots=True)
class SftRow:
    """A completion to be imitated. `invented` counts the facts that its prompt lacks: such a row is quarantined."""

    suggestion: Suggestion
    invented: int
    basis: Basis
    actor: str


TrainingRow = KtoRow | DpoRow | SftRow


def training_rows(record: ComparisonRecord) -> Iterator[TrainingRow]:
    """All rows of a comparison, by display order of the generation that they are about."""
    events = _by_generation(record)
    for suggestion in sorted(record.suggestions, key=lambda one: (one.display_order, one.generation_id)):
        if suggestion.completed and suggestion.output.strip():
            yield from _strongest(record, suggestion, events)


_Events = dict[str, list[FeedbackEvent]]
_Rows = list[TrainingRow]


def _strongest(record: ComparisonRecord, suggestion: Suggestion, events: _Events) -> _Rows:
    return next((rows for basis in _PRECEDENCE if (rows := basis(record, suggestion, events))), [])


def _choice_rows(record: ComparisonRecord, suggestion: Suggestion, events: _Events) -> _Rows:
    backfill = _last_backfill(suggestion, events)
    if backfill is None:
        return []
    invented = len(unsupported_facts(suggestion.output, suggestion.messages[-1].content))
    rows: _Rows = [
        SftRow(suggestion, invented, Basis.CHOICE, backfill.actor),
        KtoRow(suggestion, True, Basis.CHOICE, backfill.actor),
    ]
    if _was_a_choice(record, suggestion, backfill, events):
        weight = 1 / (record.runs - 1)
        rows += [
            DpoRow(suggestion, sibling, weight, Basis.CHOICE, backfill.actor)
            for sibling in record.suggestions
            if sibling.output.strip() != suggestion.output.strip()
        ]
    return rows


def _was_a_choice(record: ComparisonRecord, chosen: Suggestion, backfill: FeedbackEvent, events: _Events) -> bool:
    """One of several that were all there to be read, made from the same messages; nothing else was taken."""
    others = [one for one in record.suggestions if one.generation_id != chosen.generation_id]
    return (
        len(record.suggestions) == record.runs > 1
        and all(one.completed and one.output.strip() for one in others)
        and all(one.finished_at <= backfill.occurred_at for one in record.suggestions)
        and all(_was_shown(one, events) for one in record.suggestions)
        and all(one.messages == chosen.messages for one in others)
        and all(_last_backfill(one, events) is None for one in others)
    )


def _vote_rows(record: ComparisonRecord, suggestion: Suggestion, events: _Events) -> _Rows:
    last = {
        event.actor: Vote(str(event.data["vote"]))
        for event in events.get(suggestion.generation_id, [])
        if event.kind is EventKind.VOTE and not event.item
    }
    return [
        KtoRow(suggestion, vote is Vote.UP, Basis.VOTE, actor)
        for actor, vote in sorted(last.items())
        if vote is not Vote.WITHDRAWN
    ]


_PRECEDENCE: tuple[Callable[[ComparisonRecord, Suggestion, _Events], _Rows], ...] = (_choice_rows, _vote_rows)


def _by_generation(record: ComparisonRecord) -> _Events:
    events: _Events = {}
    for logged in sorted(record.events, key=lambda one: one.sequence):
        events.setdefault(logged.event.generation_id, []).append(logged.event)
    return events


def _last_backfill(suggestion: Suggestion, events: _Events) -> FeedbackEvent | None:
    own = events.get(suggestion.generation_id, [])
    return next((event for event in reversed(own) if event.kind is EventKind.BACKFILL), None)


def _was_shown(suggestion: Suggestion, events: _Events) -> bool:
    return any(event.kind is EventKind.SHOWN for event in events.get(suggestion.generation_id, []))
