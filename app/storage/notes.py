"""Notes: the working text, which autosave overwrites, and the kept versions, which nothing overwrites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from app.core.notes import Note, NoteKind, empty_sections
from app.storage.chain import NOTE_VERSIONS, append, sealed
from app.storage.codec import sections_json, sections_of, time_text
from app.storage.database import Database
from app.storage.rows import insert, put


class VersionReason(StrEnum):
    """Why a version was kept."""

    SAVED = "saved"
    COMPARISON = "comparison"
    BACKFILL = "backfill"
    BEFORE_RESTORE = "before_restore"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class NoteVersion:
    """One kept state of a note: who, when, why; its texts are read apart, since a long note has many versions."""

    note_id: str
    version: int
    reason: VersionReason
    actor: str
    occurred_at: datetime


class NoteRepository:
    """Notes in the database."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database

    def open(self, encounter_id: str, kind: NoteKind, now: datetime) -> Note:
        """The stay's note of this kind, made empty at version 0 if there is none."""
        with self._database.transaction() as sql:
            query = "SELECT * FROM notes WHERE encounter_id = ? AND kind = ? ORDER BY created_at LIMIT 1"
            for row in sql.query(query, [encounter_id, kind.value]):
                return _note(row)
            note = Note(uuid4().hex, encounter_id, kind, 0, empty_sections(kind), now)
            insert(sql, "notes", _row(note, created_at=now))
            return note

    def get(self, note_id: str) -> Note:
        """One note's working text. Raises LookupError if there is none of this id."""
        with self._database.snapshot() as sql:
            return _note(_stored(sql, note_id))

    def save(self, note_id: str, sections: Mapping[str, str], now: datetime) -> Note:
        """Overwrite the working text. Raises ValueError if `sections` are not those of the note's kind."""
        with self._database.transaction() as sql:
            return _overwrite(sql, note_id, sections, now)

    def checkpoint(
        self, note_id: str, sections: Mapping[str, str], reason: VersionReason, actor: str, now: datetime
    ) -> Note:
        """Save, and keep this state as a version; a state equal to the newest version is not kept again."""
        with self._database.transaction() as sql:
            note = _overwrite(sql, note_id, sections, now)
            if note.version and _version_sections(sql, note_id, note.version) == sections_json(note.sections):
                return note
            note = replace(note, version=note.version + 1)
            append(sql, NOTE_VERSIONS, _version_row(note, reason, actor))
            created_at = datetime.fromisoformat(_stored(sql, note_id)["created_at"])
            put(sql, "notes", "note_id", _row(note, created_at))
            return note

    def versions(self, note_id: str) -> tuple[NoteVersion, ...]:
        """All kept versions, oldest first."""
        query = (
            "SELECT note_id, version, reason, actor, occurred_at FROM note_versions WHERE note_id = ? ORDER BY version"
        )
        with self._database.snapshot() as sql:
            return tuple(_version(row) for row in sql.query(query, [note_id]))

    def version_sections(self, note_id: str, version: int) -> Mapping[str, str]:
        """The texts of one kept version. Raises LookupError if there is none of this number."""
        with self._database.snapshot() as sql:
            return sections_of(_version_sections(sql, note_id, version))


def _overwrite(sql: Any, note_id: str, sections: Mapping[str, str], now: datetime) -> Note:
    row = _stored(sql, note_id)
    note = replace(_note(row), sections=dict(sections), updated_at=now)
    if set(sections) != set(empty_sections(note.kind)):
        raise ValueError("the sections are not those of this kind of note")
    put(sql, "notes", "note_id", _row(note, datetime.fromisoformat(row["created_at"])))
    return note


def _stored(sql: Any, note_id: str) -> Mapping[str, Any]:
    for row in sql.query("SELECT * FROM notes WHERE note_id = ?", [note_id]):
        return dict(row)
    raise LookupError("no such note")


def _version_sections(sql: Any, note_id: str, version: int) -> str:
    query = "SELECT sections FROM note_versions WHERE note_id = ? AND version = ?"
    for (sections,) in sql.execute(query, [note_id, version]):
        return str(sections)
    raise LookupError("no such version")


def _row(note: Note, created_at: datetime) -> dict[str, Any]:
    return sealed(
        {
            "note_id": note.note_id,
            "encounter_id": note.encounter_id,
            "kind": note.kind.value,
            "version": note.version,
            "sections": sections_json(note.sections),
            "characters": sum(len(text.strip()) for text in note.sections.values()),
            "created_at": time_text(created_at),
            "updated_at": time_text(note.updated_at),
        }
    )


def _note(row: Mapping[str, Any]) -> Note:
    return Note(
        note_id=row["note_id"],
        encounter_id=row["encounter_id"],
        kind=NoteKind(row["kind"]),
        version=row["version"],
        sections=sections_of(row["sections"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
    )


def _version_row(note: Note, reason: VersionReason, actor: str) -> dict[str, Any]:
    return {
        "version_id": f"{note.note_id}:{note.version}",
        "note_id": note.note_id,
        "version": note.version,
        "reason": reason.value,
        "actor": actor,
        "occurred_at": time_text(note.updated_at),
        "sections": sections_json(note.sections),
    }


def _version(row: Mapping[str, Any]) -> NoteVersion:
    return NoteVersion(
        note_id=row["note_id"],
        version=row["version"],
        reason=VersionReason(row["reason"]),
        actor=row["actor"],
        occurred_at=datetime.fromisoformat(row["occurred_at"]),
    )
