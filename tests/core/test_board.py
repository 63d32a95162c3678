from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from app.core.board import BoardDocument, BoardStay, Task, TaskKind, late_count, tasks, waiting_task
from app.core.entities import Encounter, Patient, Severity, Sex
from app.core.notes import NoteKind, NoteState
from app.core.people import Role
from app.core.signing import ActKind, NoteAct

NOW = datetime(2026, 3, 5, 9, 30, tzinfo=timezone(timedelta(hours=8)))
FIRST, DAILY, DISCHARGE = NoteKind.FIRST_PROGRESS, NoteKind.DAILY_PROGRESS, NoteKind.DISCHARGE
SIGNED, DRAFT, REVIEWED = NoteState.SIGNED, NoteState.DRAFT, NoteState.REVIEWED


def a_document(kind: NoteKind = FIRST, *, hours: float = 1, state: NoteState = SIGNED, **more: object) -> BoardDocument:
    usual = {"empty": False, "complete": True, "unreviewed_ai": False}
    return BoardDocument(f"n-{kind}", kind, state, NOW - timedelta(hours=hours), **{**usual, **more})


def a_stay(
    *documents: BoardDocument,
    hours: float = 100,
    left: float | None = None,
    severity: Severity = Severity.STABLE,
    name: str = "e",
) -> BoardStay:
    encounter = Encounter(name, "p", "ZY1", "65岁", "心内科", "", "3", NOW - timedelta(hours=hours), severity=severity)
    discharged_at = None if left is None else NOW - timedelta(hours=left)
    return BoardStay(Patient("p", "测试甲", Sex.MALE), replace(encounter, discharged_at=discharged_at), documents)


def told(*stays: BoardStay) -> list[tuple[TaskKind, NoteKind, float | None]]:
    return [(task.kind, task.document, hours_left(task)) for task in tasks(stays, (), NOW)]


def hours_left(task: Task) -> float | None:
    return (task.due - NOW) / timedelta(hours=1) if task.due else None


@pytest.mark.parametrize(
    ("stay", "expected"),
    [
        (a_stay(hours=2), [(TaskKind.WRITE, FIRST, 6)]),
        (a_stay(hours=11), [(TaskKind.WRITE, FIRST, -3)]),
        (a_stay(a_document(complete=False, state=DRAFT), hours=2), [(TaskKind.WRITE, FIRST, 6)]),
        (a_stay(a_document(empty=True, complete=False, state=DRAFT), hours=2), [(TaskKind.WRITE, FIRST, 6)]),
        (a_stay(a_document(state=DRAFT), hours=2), [(TaskKind.SIGN, FIRST, None)]),
        (a_stay(a_document(state=DRAFT, unreviewed_ai=True), hours=2), [(TaskKind.CHECK_AI, FIRST, None)]),
        (a_stay(a_document(hours=50), severity=Severity.STABLE), [(TaskKind.WRITE, DAILY, 22)]),
        (a_stay(a_document(hours=50), severity=Severity.SERIOUS), [(TaskKind.WRITE, DAILY, -2)]),
        (a_stay(a_document(hours=20), severity=Severity.CRITICAL), [(TaskKind.WRITE, DAILY, 4)]),
        (a_stay(a_document(hours=90), a_document(DAILY, hours=5)), []),
        (a_stay(a_document(hours=90), a_document(DAILY, hours=5, empty=True)), [(TaskKind.WRITE, DAILY, -18)]),
        (a_stay(a_document(hours=90), left=2), [(TaskKind.WRITE, DISCHARGE, 22)]),
        (a_stay(a_document(hours=90), a_document(DISCHARGE), left=30), []),
        (a_stay(a_document(hours=90), a_document(DISCHARGE, state=DRAFT), left=30), [(TaskKind.SIGN, DISCHARGE, None)]),
        (a_stay(left=30), [(TaskKind.WRITE, FIRST, -92), (TaskKind.WRITE, DISCHARGE, -6)]),
    ],
)
def test_the_tasks_of_a_stay(stay: BoardStay, expected: list[tuple[TaskKind, NoteKind, float | None]]) -> None:
    assert told(stay) == expected


@pytest.mark.parametrize(("kind", "task"), [(ActKind.SIGNED, TaskKind.REVIEW), (ActKind.RETURNED, TaskKind.AMEND)])
def test_what_waits_for_the_reader_stands_among_what_is_unsigned_by_its_age(kind: ActKind, task: TaskKind) -> None:
    stay = a_stay(a_document(state=REVIEWED, hours=2), hours=3)
    act = NoteAct("n", 1, kind, "王医师", Role.DOCTOR, NOW - timedelta(hours=1))
    waiting = waiting_task(act, DAILY, stay.patient, stay.encounter)
    found = tasks([stay], [waiting], NOW)
    assert [(one.kind, one.document, one.note_id) for one in found] == [
        (TaskKind.SIGN, FIRST, f"n-{FIRST}"),
        (task, DAILY, "n"),
    ]


def test_what_is_late_comes_first_the_longest_late_at_the_top() -> None:
    stays = [
        a_stay(a_document(state=DRAFT, hours=3), hours=4, name="unsigned"),
        a_stay(hours=2, name="soon"),
        a_stay(a_document(state=DRAFT, hours=30), hours=31, name="long unsigned"),
        a_stay(hours=9, name="late"),
        a_stay(hours=12, name="very late"),
    ]
    found = tasks(stays, (), NOW)
    order = ["very late", "late", "soon", "long unsigned", "unsigned"]
    assert [task.encounter.encounter_id for task in found] == order
    assert late_count(found, NOW) == 2
    assert late_count(found, NOW + timedelta(hours=7)) == 3
