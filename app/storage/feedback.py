"""The append-only log of what doctors did; votes are a view of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core import acts
from app.core.events import EventKind, FeedbackEvent, Vote
from app.storage.chain import FEEDBACK_EVENTS, append
from app.storage.codec import time_text, to_json
from app.storage.database import Database
from app.storage.rows import Row


@dataclass(frozen=True, slots=True)
class OwnFeedback:
    """What a doctor said, about whose suggestion: `model` is the title as the window shows it."""

    event: FeedbackEvent
    patient: str
    bed: str
    model: str


_SAID = (EventKind.VOTE, EventKind.ERROR_REPORTED, *acts.JUDGEMENTS)
_MOST = 1_000


class FeedbackRepository:
    """Feedback events in the database."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database

    def append(self, event: FeedbackEvent) -> bool:
        """Store an event; twice changes nothing (False). The run that it concerns must be stored."""
        with self._database.transaction() as sql:
            return append(sql, FEEDBACK_EVENTS, _row(event))

    def events(self, generation_id: str) -> tuple[FeedbackEvent, ...]:
        """What was done with one generation, in the order in which it was stored."""
        query = "SELECT * FROM feedback_events WHERE generation_id = ? ORDER BY seq"
        with self._database.snapshot() as sql:
            return tuple(_event(row) for row in sql.query(query, [generation_id]))

    def votes(self, note_id: str, actor: str) -> Mapping[str, Vote]:
        """A doctor's standing votes on whole suggestions of a note, by generation; withdrawn ones are absent.

        The last vote by storage order counts, so that a clock set back changes nothing.
        """
        return {run_id: vote for (run_id, item), vote in self._standing(note_id, actor).items() if not item}

    def item_votes(self, note_id: str, actor: str) -> Mapping[tuple[str, str], Vote]:
        """A doctor's standing votes on single diagnoses of a note, by generation and name, as in `votes`."""
        return {key: vote for key, vote in self._standing(note_id, actor).items() if key[1]}

    def judgements(self, note_id: str, actor: str) -> Mapping[str, EventKind]:
        """What a doctor last said of all suggestions at once, by comparison; what was withdrawn is absent."""
        query = f"""SELECT r.comparison_id, f.kind, json_extract(f.data, '$.withdrawn') AS withdrawn
            FROM feedback_events f JOIN runs r ON r.run_id = f.generation_id JOIN comparisons c USING (comparison_id)
            WHERE c.note_id = ? AND f.actor = ? AND f.kind IN ({_marks(acts.JUDGEMENTS)}) ORDER BY f.seq"""
        with self._database.snapshot() as sql:
            rows = sql.query(query, [note_id, actor, *(kind.value for kind in acts.JUDGEMENTS)])
            last = {row["comparison_id"]: (EventKind(row["kind"]), row["withdrawn"]) for row in rows}
        return {comparison_id: kind for comparison_id, (kind, withdrawn) in last.items() if not withdrawn}

    def of_actor(self, actor: str) -> tuple[OwnFeedback, ...]:
        """What this doctor said about suggestions, the newest first, at most 1,000."""
        query = f"""SELECT f.*, p.name AS patient, e.bed, json_extract(r.identity, '$.title') AS title
            FROM feedback_events f JOIN runs r ON r.run_id = f.generation_id JOIN comparisons c USING (comparison_id)
            JOIN patients p USING (patient_id) JOIN encounters e USING (encounter_id)
            WHERE f.actor = ? AND f.kind IN ({_marks(_SAID)}) ORDER BY f.seq DESC LIMIT {_MOST}"""
        with self._database.snapshot() as sql:
            rows = sql.query(query, [actor, *(kind.value for kind in _SAID)])
            return tuple(OwnFeedback(_event(row), row["patient"], row["bed"], row["title"]) for row in rows)

    def _standing(self, note_id: str, actor: str) -> dict[tuple[str, str], Vote]:
        query = """SELECT f.generation_id, f.item, json_extract(f.data, '$.vote') AS vote
            FROM feedback_events f JOIN runs r ON r.run_id = f.generation_id JOIN comparisons c USING (comparison_id)
            WHERE c.note_id = ? AND f.actor = ? AND f.kind = ? ORDER BY f.seq"""
        with self._database.snapshot() as sql:
            rows = sql.query(query, [note_id, actor, EventKind.VOTE.value])
            last = {(row["generation_id"], row["item"]): Vote(row["vote"]) for row in rows}
        return {key: vote for key, vote in last.items() if vote is not Vote.WITHDRAWN}


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _row(event: FeedbackEvent) -> Row:
    return {
        "event_id": event.event_id,
        "generation_id": event.generation_id,
        "kind": event.kind.value,
        "actor": event.actor,
        "occurred_at": time_text(event.occurred_at),
        "item": event.item,
        "data": to_json(dict(event.data)),
    }


def _event(row: Mapping[str, Any]) -> FeedbackEvent:
    return FeedbackEvent(
        event_id=row["event_id"],
        generation_id=row["generation_id"],
        kind=EventKind(row["kind"]),
        actor=row["actor"],
        occurred_at=datetime.fromisoformat(row["occurred_at"]),
        item=row["item"],
        data=json.loads(row["data"]),
    )
