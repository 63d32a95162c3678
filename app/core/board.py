"""The deadline board (待办): what is to be written, signed and looked through, what is late first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.core.checks.deadline import DAILY_EVERY, DISCHARGE_DUE, FIRST_PROGRESS_DUE
from app.core.entities import Encounter, Patient
from app.core.notes import NoteKind, NoteState
from app.core.signing import ActKind, NoteAct

DAILY_SHOWN_AHEAD = timedelta(hours=24)


class TaskKind(StrEnum):
    """What is to be done with a document."""

    WRITE = "待书写"
    SIGN = "未签名"
    REVIEW = "待我审签"
    AMEND = "退回待修正"
    CHECK_AI = "AI 文字未审核"


@dataclass(frozen=True, slots=True)
class BoardDocument:
    """A document as the board needs it. `complete`: no required section is blank; `unreviewed_ai`: a model's sentence
    in it was not reviewed yet."""

    note_id: str
    kind: NoteKind
    state: NoteState
    recorded_at: datetime
    empty: bool
    complete: bool
    unreviewed_ai: bool


@dataclass(frozen=True, slots=True)
class BoardStay:
    """A stay with its documents, in any order."""

    patient: Patient
    encounter: Encounter
    documents: tuple[BoardDocument, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the board. `note_id` is None where the document is still to be begun; `since` orders what has no
    deadline (`due` is None)."""

    kind: TaskKind
    document: NoteKind
    patient: Patient
    encounter: Encounter
    note_id: str | None
    since: datetime
    due: datetime | None = None

    def late(self, now: datetime) -> bool:
        """Its time is over."""
        return self.due is not None and self.due <= now


def tasks(stays: Iterable[BoardStay], waiting: Iterable[Task], now: datetime) -> tuple[Task, ...]:
    """All tasks at this moment: the late ones, longest first; those with a deadline; the others, oldest first.

    `waiting` are those that `waiting_task` made for the doctor at the program.
    """
    found = [*waiting, *(task for stay in stays for task in _of_stay(stay, now))]
    return tuple(sorted(found, key=lambda task: _order(task, now)))


def waiting_task(last: NoteAct, document: NoteKind, patient: Patient, encounter: Encounter) -> Task:
    """A signed document that waits for the doctor at the program, since this act: to be signed, or to be amended."""
    kind = TaskKind.AMEND if last.kind is ActKind.RETURNED else TaskKind.REVIEW
    return Task(kind, document, patient, encounter, last.note_id, last.occurred_at)


def late_count(found: Iterable[Task], now: datetime) -> int:
    """How many are late."""
    return sum(task.late(now) for task in found)


def _order(task: Task, now: datetime) -> tuple[int, datetime, str]:
    rank = 0 if task.late(now) else 1 if task.due else 2
    return rank, task.due or task.since, task.encounter.encounter_id


def _of_stay(stay: BoardStay, now: datetime) -> Iterator[Task]:
    yield from _to_write(stay, now)
    for document in stay.documents:
        if not document.empty and document.state is not NoteState.SIGNED:
            if document.unreviewed_ai:
                yield _finishing(TaskKind.CHECK_AI, stay, document)
            elif document.complete:
                yield _finishing(TaskKind.SIGN, stay, document)


def _to_write(stay: BoardStay, now: datetime) -> Iterator[Task]:
    encounter = stay.encounter
    first, last = _one(stay, NoteKind.FIRST_PROGRESS), _one(stay, NoteKind.DISCHARGE)
    if first is None or not first.complete:
        yield _writing(stay, NoteKind.FIRST_PROGRESS, first, encounter.admitted_at, FIRST_PROGRESS_DUE)
    if encounter.discharged_at is not None:
        if last is None or not last.complete:
            yield _writing(stay, NoteKind.DISCHARGE, last, encounter.discharged_at, DISCHARGE_DUE)
        return
    daily = _writing(stay, NoteKind.DAILY_PROGRESS, None, _last_progress(stay), DAILY_EVERY[encounter.severity])
    if daily.due is not None and daily.due - now <= DAILY_SHOWN_AHEAD and first is not None and first.complete:
        yield daily


def _writing(
    stay: BoardStay, kind: NoteKind, document: BoardDocument | None, start: datetime, allowed: timedelta
) -> Task:
    note_id = document.note_id if document else None
    return Task(TaskKind.WRITE, kind, stay.patient, stay.encounter, note_id, start, start + allowed)


def _last_progress(stay: BoardStay) -> datetime:
    """When the last progress note of any kind was written; the admission, if none was."""
    written = [one.recorded_at for one in stay.documents if not one.empty and one.kind is not NoteKind.DISCHARGE]
    return max(written, default=stay.encounter.admitted_at)


def _finishing(kind: TaskKind, stay: BoardStay, document: BoardDocument) -> Task:
    return Task(kind, document.kind, stay.patient, stay.encounter, document.note_id, document.recorded_at)


def _one(stay: BoardStay, kind: NoteKind) -> BoardDocument | None:
    return next((document for document in stay.documents if document.kind is kind), None)
