"""What training rows are made from, as plain values: comparisons with their ends and events."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.core.events import FeedbackEvent
from app.core.runs import Message

Keyed = Callable[[str, str], str]
"""(kind, identifier) to hexadecimal digits that only the holder of the hospital's key can make."""

DETAILS = (
    *("model_title", "adapter_sha256", "engine_version", "template_id", "template_version", "template_hash"),
    *("temperature", "top_p", "top_k", "repetition_penalty", "max_tokens", "seed", "stop"),
    *("status", "input_tokens", "output_tokens", "load_ms", "tokens_per_second", "error", "note_version"),
    *("app_version", "schema_version"),
    *("doctor_pseudonym", "patient_pseudonym", "encounter_pseudonym", "pseudonym_key_id"),
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One generation as training sees it. `display_order` and the times are kept since they bias a choice.

    `details`: how it was made and ended, by the names in DETAILS.
    """

    generation_id: str
    model: str
    model_sha256: str
    base: str
    engine: str
    quantisation: str
    messages: tuple[Message, ...]
    output: str
    completed: bool
    finish_reason: str
    display_order: int
    ttft_ms: float | None
    duration_ms: float
    started_at: datetime
    finished_at: datetime
    details: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of_row(cls, row: Mapping[str, Any], *, completed: bool) -> Suggestion:
        """The suggestion of a row that has every field by its name, as the database and an export's SQLite file do."""
        return cls(
            generation_id=row["generation_id"],
            model=row["model"],
            model_sha256=row["model_sha256"],
            base=row["base"],
            engine=row["engine"],
            quantisation=row["quantisation"],
            messages=tuple(Message(one["role"], one["content"]) for one in json.loads(row["messages"])),
            output=row["output"],
            completed=completed,
            finish_reason=row["finish_reason"],
            display_order=row["display_order"],
            ttft_ms=row["ttft_ms"],
            duration_ms=row["duration_ms"],
            started_at=datetime.fromisoformat(row["started_at"]),
            finished_at=datetime.fromisoformat(row["finished_at"]),
            details={name: row[name] for name in DETAILS},
        )


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event and its place in the log; the places decide what came last, not the clock."""

    sequence: int
    event: FeedbackEvent


@dataclass(frozen=True, slots=True)
class ComparisonRecord:
    """One comparison. `runs` counts the runs that were started; one without a suggestion was cut off.

    `patient` and `encounter` are pseudonyms; `identities` is what is known of the patient, and stays inside.
    `sample`: the patient is an invented one that came with the program.
    """

    comparison_id: str
    patient: str
    encounter: str
    department: str
    task: str
    created_at: datetime
    runs: int
    suggestions: tuple[Suggestion, ...]
    events: tuple[LoggedEvent, ...]
    identities: Identities
    chief_complaint: str = ""
    case_features: str = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Identities:
    """What the record itself says about who the patient is."""

    name: str = ""
    mrn: str = ""
    bed: str = ""
    doctors: tuple[str, ...] = ()
