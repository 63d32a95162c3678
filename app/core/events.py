"""Feedback events: one thing a doctor did to a suggestion. The log is append-only; everything else is a view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """What was done."""

    SHOWN = "shown"
    VOTE = "vote"
    BACKFILL = "backfill"
    COPIED = "copied"
    RERUN = "rerun"


class Vote(StrEnum):
    """A thumb; the last one of a doctor on a generation counts, and `withdrawn` takes it back."""

    UP = "up"
    DOWN = "down"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class FeedbackEvent:
    """One row of the log. `event_id` is made by the caller, so that storing it twice changes nothing.

    `item` names the diagnosis or section concerned, or is empty for the whole suggestion; `data` is JSON-ready.
    """

    event_id: str
    generation_id: str
    kind: EventKind
    actor: str
    occurred_at: datetime
    item: str = ""
    data: Mapping[str, object] = field(default_factory=dict)
