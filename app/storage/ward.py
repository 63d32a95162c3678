"""Changes of stays, each kept as a move in the same transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import sqlite_utils

from app.core.entities import Encounter
from app.core.errors import UsageFault
from app.core.moves import Move, MoveKind, move_between, of_patient
from app.storage.database import Database
from app.storage.encounters import encounter_row, read_stay
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
            query = "SELECT encounter_id FROM encounters WHERE patient_id = ? ORDER BY admitted_at"
            stays = [encounter_id for (encounter_id,) in sql.execute(query, [other])]
            if not stays:
                raise UsageFault(CHANGED_MEANWHILE)
            for encounter_id in stays:
                before = read_stay(sql, encounter_id)[1]
                _store(sql, before, of_patient(before, kept), MoveKind.MERGE, actor, now)
            return tuple(stays)

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
    query = "SELECT created_at FROM encounters WHERE encounter_id = ?"
    created_at = datetime.fromisoformat(sql.execute(query, [before.encounter_id]).fetchone()[0])
    put(sql, "encounters", "encounter_id", encounter_row(after, created_at))
    append_move(sql, move_between(uuid4().hex, kind, before, after, actor, now))
