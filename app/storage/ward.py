"""Changes of stays, each kept as a move in the same transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import sqlite_utils

from app.core.entities import Encounter, Patient
from app.core.errors import UsageFault
from app.core.moves import Move, MoveKind, correction_between, move_between, of_patient
from app.storage.database import Database
from app.storage.encounters import encounter_row, put_patient, read_stay
from app.storage.moves import append_move, read_moves
from app.storage.rows import put

CHANGED_MEANWHILE = "这位患者的信息刚才已被改动，这一次没有写入：请核对后重新操作。"


class WardRepository:
    """What happens to stays after their admission."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database

    def change(self, before: Encounter, after: Encounter, kind: MoveKind, actor: str, now: datetime) -> None:
        """Store a stay's new state and the move. Raises UsageFault if it is no longer as it was seen (`before`)."""
        if before.encounter_id != after.encounter_id or before.patient_id != after.patient_id:
            raise ValueError("a change cannot make one stay or person another")
        with self._database.transaction() as sql:
            if read_stay(sql, before.encounter_id)[1] != before:
                raise UsageFault(CHANGED_MEANWHILE)
            _store(sql, before, after, kind, actor, now)

    def correct(
        self, before: tuple[Patient, Encounter], after: tuple[Patient, Encounter], actor: str, now: datetime
    ) -> None:
        """Store name, sex, age and 住院号 as they should have been; each stay of the person keeps what changed in it.

        Raises UsageFault if the stay or the person is no longer as it was seen (`before`).
        """
        ids = [(patient.patient_id, stay.encounter_id, stay.patient_id) for patient, stay in (before, after)]
        if ids[0] != ids[1]:
            raise ValueError("a correction cannot make one stay or person another")
        with self._database.transaction() as sql:
            encounter_id = before[1].encounter_id
            if read_stay(sql, encounter_id) != before:
                raise UsageFault(CHANGED_MEANWHILE)
            _put_stay(sql, after[1])
            put_patient(sql, after[0])
            append_move(sql, correction_between(uuid4().hex, before, after, actor, now))
            for other in _stays_of(sql, before[0].patient_id) if before[0] != after[0] else ():
                if other.encounter_id != encounter_id:
                    move = correction_between(uuid4().hex, (before[0], other), (after[0], other), actor, now)
                    append_move(sql, move)

    def merge(self, kept: str, other: str, actor: str, now: datetime) -> tuple[str, ...]:
        """Put all stays of the patient `other` under the patient `kept`; returns the ids of those stays.

        Both patients' records stay. What was started under the old patient id keeps it. Raises LookupError if `kept`
        is unknown, UsageFault if `other` has no stays (any more).
        """
        if kept == other:
            raise ValueError("a record cannot be merged with itself")
        with self._database.transaction() as sql:
            if not sql.execute("SELECT 1 FROM patients WHERE patient_id = ?", [kept]).fetchone():
                raise LookupError("no such patient")
            stays = _stays_of(sql, other)
            if not stays:
                raise UsageFault(CHANGED_MEANWHILE)
            for before in stays:
                _store(sql, before, of_patient(before, kept), MoveKind.MERGE, actor, now)
            return tuple(stay.encounter_id for stay in stays)

    def unmerge(self, encounter_id: str, actor: str, now: datetime) -> str:
        """Put a stay back under the patient from whom its last merge took it; returns that patient's id.

        Raises UsageFault if it is under that patient already or was never merged.
        """
        with self._database.transaction() as sql:
            before = read_stay(sql, encounter_id)[1]
            merges = [move for move in read_moves(sql, encounter_id) if move.kind is MoveKind.MERGE]
            if not merges or merges[-1].after["patient_id"] != before.patient_id:
                raise UsageFault("这次住院没有可以撤销的病案合并。")
            former = merges[-1].before["patient_id"]
            _store(sql, before, of_patient(before, former), MoveKind.UNMERGE, actor, now)
            return former

    def moves(self, encounter_id: str) -> tuple[Move, ...]:
        """What happened to a stay, oldest first; a stay from before this was kept has no admission."""
        with self._database.snapshot() as sql:
            return read_moves(sql, encounter_id)


def _store(
    sql: sqlite_utils.Database, before: Encounter, after: Encounter, kind: MoveKind, actor: str, now: datetime
) -> None:
    _put_stay(sql, after)
    append_move(sql, move_between(uuid4().hex, kind, before, after, actor, now))


def _put_stay(sql: sqlite_utils.Database, stay: Encounter) -> None:
    query = "SELECT created_at FROM encounters WHERE encounter_id = ?"
    created_at = datetime.fromisoformat(sql.execute(query, [stay.encounter_id]).fetchone()[0])
    put(sql, "encounters", "encounter_id", encounter_row(stay, created_at))


def _stays_of(sql: sqlite_utils.Database, patient_id: str) -> list[Encounter]:
    """A person's stays, the oldest first."""
    query = "SELECT encounter_id FROM encounters WHERE patient_id = ? ORDER BY admitted_at"
    ids = [encounter_id for (encounter_id,) in sql.execute(query, [patient_id])]
    return [read_stay(sql, encounter_id)[1] for encounter_id in ids]
