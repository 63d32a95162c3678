"""The stays that have something on the deadline board."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.core.board import BoardDocument, BoardStay
from app.core.notes import SECTIONS, NoteKind, NoteState
from app.storage.database import Database
from app.storage.encounters import BLANKS, ENCOUNTER_COLUMNS, stay_of

_REQUIRED = ", ".join(f"'{section.key}'" for sections in SECTIONS.values() for section in sections if section.required)
# A stay is done with when the patient has left, the discharge record is signed, and nothing written is unsigned.
_OPEN = f"""(e.discharged_at IS NULL
    OR NOT EXISTS (SELECT 1 FROM notes n WHERE n.encounter_id = e.encounter_id
        AND n.kind = '{NoteKind.DISCHARGE}' AND n.state = '{NoteState.SIGNED}')
    OR EXISTS (SELECT 1 FROM notes n WHERE n.encounter_id = e.encounter_id
        AND n.characters > 0 AND n.state <> '{NoteState.SIGNED}'))"""
_STAYS = f"SELECT {ENCOUNTER_COLUMNS} FROM encounters e JOIN patients p USING (patient_id) WHERE {_OPEN}"
_DOCUMENTS = f"""SELECT n.encounter_id, n.note_id, n.kind, n.state, n.recorded_at, n.characters,
    n.characters > 0 AND (n.state = '{NoteState.SIGNED}' OR NOT EXISTS (SELECT 1 FROM json_each(n.sections) s
        WHERE s.key IN ({_REQUIRED}) AND trim(s.value, {BLANKS}) = '')),
    n.provenance <> '[]' AND EXISTS (SELECT 1 FROM json_each(n.provenance) s
        WHERE json_extract(s.value, '$.reviewed_at') IS NULL)
    FROM notes n JOIN encounters e USING (encounter_id) WHERE {_OPEN}"""


def read_board(database: Database) -> tuple[BoardStay, ...]:
    """All stays that may have tasks, with all of their documents."""
    documents: dict[str, list[BoardDocument]] = defaultdict(list)
    with database.snapshot() as sql:
        for row in sql.execute(_DOCUMENTS):
            documents[row[0]].append(_document(row))
        stays = [stay_of(row) for row in sql.execute(_STAYS)]
    return tuple(
        BoardStay(patient, encounter, tuple(documents[encounter.encounter_id])) for patient, encounter in stays
    )


def _document(row: Sequence[Any]) -> BoardDocument:
    _, note_id, kind, state, recorded_at, characters, complete, unreviewed = row
    return BoardDocument(
        note_id=note_id,
        kind=NoteKind(kind),
        state=NoteState(state),
        recorded_at=datetime.fromisoformat(recorded_at),
        empty=not characters,
        complete=bool(complete),
        unreviewed_ai=bool(unreviewed),
    )
