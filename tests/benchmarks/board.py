"""The deadline board of 5,000 stays, all open: reading it from the database, and working out its tasks.

`pytest tests/benchmarks/board.py -s`; CPU time of the storage thread, which does both; the window does not wait.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from app.core.board import tasks
from app.core.notes import NoteKind
from app.storage.board import read_board
from tests.helpers.records import DOCTOR, NOW, a_patient, an_encounter, repositories_in

STAYS = 5_000
READ_MS, TASKS_MS = 500, 150


def test_the_board_of_5_000_stays(tmp_path: Path) -> None:
    repositories = repositories_in(tmp_path)
    with repositories.database.transaction():
        for number in range(STAYS):
            patient = a_patient(f"测试{number}")
            encounter = replace(an_encounter(patient, f"{number}床"), admitted_at=NOW - timedelta(hours=number % 200))
            repositories.encounters.add(patient, encounter, NOW)
            note = repositories.notes.open(encounter.encounter_id, NoteKind.FIRST_PROGRESS, NOW, DOCTOR)
            repositories.notes.save(note.note_id, dict.fromkeys(note.sections, "已写。" * 100), NOW)
    started = time.thread_time()
    stays = read_board(repositories.database)
    read_ms = 1_000 * (time.thread_time() - started)
    started = time.thread_time()
    found = tasks(stays, (), NOW)
    tasks_ms = 1_000 * (time.thread_time() - started)
    print(f"\n{len(stays)} stays read in {read_ms:.0f} ms, {len(found)} tasks worked out in {tasks_ms:.0f} ms")
    assert read_ms < READ_MS
    assert tasks_ms < TASKS_MS
    repositories.close()
