"""Comparisons and events as training data is made from, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from app.core import acts
from app.core.acts import ErrorReport
from app.core.events import EventKind, FeedbackEvent, Vote
from app.core.runs import Message
from app.learning.records import ComparisonRecord, Identities, LoggedEvent, Suggestion
from tests.helpers.records import NOW

MESSAGES = (Message("system", "你是医师"), Message("user", "胸痛3小时，血压186/102 mmHg"))
LATER = NOW + timedelta(minutes=5)


def a_suggestion(order: int, text: str = "", *, completed: bool = True) -> Suggestion:
    return Suggestion(
        generation_id=f"g{order}",
        model=f"model-{order}",
        model_sha256=str(order) * 64,
        base="base",
        engine="scripted",
        quantisation="int4",
        messages=MESSAGES,
        output=text or f"1. 诊断{'甲乙丙丁'[order]}",
        completed=completed,
        finish_reason="stop",
        display_order=order,
        ttft_ms=812.3456789,
        duration_ms=2400.0,
        started_at=NOW,
        finished_at=NOW + timedelta(seconds=3),
    )


def an_event(order: int, kind: EventKind, actor: str = "甲", **data: object) -> FeedbackEvent:
    return FeedbackEvent(f"{kind}-{order}", f"g{order}", kind, actor, LATER, data=data)


def a_vote_on(order: int, vote: Vote, actor: str = "甲") -> FeedbackEvent:
    return an_event(order, EventKind.VOTE, actor, vote=vote.value)


def shown(*orders: int) -> list[FeedbackEvent]:
    return [an_event(order, EventKind.SHOWN, milliseconds=3000) for order in orders]


def signed(order: int, inserted: str, final: str, section: str = "differential") -> list[FeedbackEvent]:
    """A suggestion's text was put into a note, left as `final`, and signed."""
    told = [
        acts.backfilled(section, inserted),
        acts.edited(section, inserted, final),
        acts.signed("n", 2),
    ]
    return [act.event(f"{act.kind}-{section}-{order}", f"g{order}", "甲", LATER) for act in told]


def reported(order: int, report: ErrorReport, actor: str = "甲") -> FeedbackEvent:
    return acts.error_reported(report).event(f"report-{order}-{actor}-{report.start}", f"g{order}", actor, LATER)


def a_record(
    events: Sequence[FeedbackEvent], suggestions: Sequence[Suggestion] = (), runs: int = 3
) -> ComparisonRecord:
    """A comparison of three, with these events in this order."""
    return ComparisonRecord(
        comparison_id="c",
        patient="p" * 32,
        encounter="e" * 32,
        department="心血管内科",
        task="differential",
        created_at=NOW,
        runs=runs,
        suggestions=tuple(suggestions) or tuple(map(a_suggestion, range(3))),
        events=tuple(LoggedEvent(place, event) for place, event in enumerate(events)),
        identities=Identities("欧阳明华", "ZY00123", "加3床", ("王建国",)),
    )


def of_patient(record: ComparisonRecord, patient: str, comparison: str) -> ComparisonRecord:
    """The record as another patient's, with ids of its own."""
    suggestions = tuple(replace(one, generation_id=f"{comparison}-{one.generation_id}") for one in record.suggestions)
    events = tuple(
        replace(
            logged,
            event=replace(
                logged.event,
                event_id=f"{comparison}-{logged.event.event_id}",
                generation_id=f"{comparison}-{logged.event.generation_id}",
                data=_with_ids(logged.event.data, comparison),
            ),
        )
        for logged in record.events
    )
    return replace(record, comparison_id=comparison, patient=patient, suggestions=suggestions, events=events)


def _with_ids(data: Mapping[str, object], comparison: str) -> dict[str, object]:
    named = data.get("generations")
    return {**data, **({"generations": [f"{comparison}-{one}" for one in named]} if isinstance(named, list) else {})}
