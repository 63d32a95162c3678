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
    EDITED = "edited"
    ERROR_REPORTED = "error_reported"
    NONE_CORRECT = "none_correct"
    ALL_ACCEPTABLE = "all_acceptable"
    RERUN = "rerun"
    SIGNED = "signed"
    FINAL_DIAGNOSIS = "final_diagnosis"


class Vote(StrEnum):
    """A thumb; the last one of a doctor on a generation counts, and `withdrawn` takes it back."""

    UP = "up"
    DOWN = "down"
    WITHDRAWN = "withdrawn"


class ErrorType(StrEnum):
    """What is wrong with a span of a suggestion."""

    FABRICATION = "编造"
    OMISSION = "遗漏"
    SIDE = "侧别"
    NEGATION = "否定"
    DOSE = "剂量"
    TIME = "时间"
    DIAGNOSIS = "诊断"
    FORMAT = "格式"
    OTHER = "其他"


class ErrorSeverity(StrEnum):
    """How much harm an error could do, had nobody seen it."""

    MINOR = "轻微"
    MAJOR = "严重"
    DANGEROUS = "危险"

    @property
    def is_severe(self) -> bool:
        """The whole suggestion is a bad example because of it."""
        return self is not ErrorSeverity.MINOR


@dataclass(frozen=True, slots=True)
class FeedbackEvent:
    """One row of the log. `event_id` is made by the caller, so that storing it twice changes nothing.

    `item` names the diagnosis or section concerned, or is empty for the whole suggestion; `data` is JSON-ready.

    What is about a whole comparison (`none_correct`, `all_acceptable`, `rerun`, `final_diagnosis`) is one event as
    well: it stands on the comparison's first run that it concerns, and `data["generations"]` names them all.
    """

    event_id: str
    generation_id: str
    kind: EventKind
    actor: str
    occurred_at: datetime
    item: str = ""
    data: Mapping[str, object] = field(default_factory=dict)
