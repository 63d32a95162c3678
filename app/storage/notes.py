"""Notes: the working text, which autosave overwrites, and the kept versions, which nothing overwrites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from app.core.backfill import Decision, check_backfill
from app.core.errors import UsageFault
from app.core.notes import Note, NoteKind, NoteState, NoteSummary, empty_sections, input_hash_of
from app.core.provenance import AiSpan, Known, followed
from app.core.runs import Binding
from app.storage.chain import NOTE_VERSIONS, append, sealed
from app.storage.codec import provenance_json, provenance_of, sections_json, sections_of, time_text
from app.storage.database import Database
from app.storage.rows import insert, update
from app.storage.whole_stay import stay_hash

SIGNED_SENTENCE = "这份文书已经签名，内容不能改动：请用“修正”在其上另起一版。"


class BackfillRefused(UsageFault):
    """The stored note is not, or no longer, the one that a suggestion was made for."""


class VersionReason(StrEnum):
    """Why a version was kept."""

    SAVED = "saved"
    COMPARISON = "comparison"
    BACKFILL = "backfill"
    BEFORE_RESTORE = "before_restore"
    RESTORED = "restored"
    REVIEWED = "reviewed"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True)
class NoteVersion:
    """One kept state of a note: who, when, why; its texts are read apart, since a long note has many versions."""

    note_id: str
    version: int
    reason: VersionReason
    actor: str
    occurred_at: datetime


_KIND_ORDER = {kind: order for order, kind in enumerate(NoteKind)}
_OF_ENCOUNTER = """SELECT note_id, kind, state, recorded_at, author, version, signed_version, characters
    FROM notes WHERE encounter_id = ?"""


class NoteRepository:
    """Notes in the database."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database

    def open(self, encounter_id: str, kind: NoteKind, now: datetime, author: str = "") -> Note:
        """The stay's oldest note of this kind, made empty at version 0 if there is none."""
        with self._database.transaction() as sql:
            query = "SELECT * FROM notes WHERE encounter_id = ? AND kind = ? ORDER BY created_at LIMIT 1"
            for row in sql.query(query, [encounter_id, kind.value]):
                return _note(row)
            return self.add(encounter_id, kind, now, author)

    def add(self, encounter_id: str, kind: NoteKind, now: datetime, author: str) -> Note:
        """A new empty note, dated now. Raises UsageFault where the stay has its only one of this kind already."""
        with self._database.transaction() as sql:
            if kind.is_single and _exists(sql, encounter_id, kind):
                raise UsageFault(f"这次住院已经有{kind.heading}，没有再建一份。")
            note = Note(uuid4().hex, encounter_id, kind, 0, empty_sections(kind), now, now, author)
            insert(sql, "notes", _new_row(note, created_at=now))
            return note

    def of_encounter(self, encounter_id: str) -> tuple[NoteSummary, ...]:
        """A stay's documents: the first note, the daily ones by their date, the discharge record."""
        with self._database.snapshot() as sql:
            summaries = [_summary(row) for row in sql.query(_OF_ENCOUNTER, [encounter_id])]
        return tuple(sorted(summaries, key=lambda summary: (_KIND_ORDER[summary.kind], summary.recorded_at)))

    def set_recorded_at(self, note_id: str, moment: datetime) -> Note:
        """The document bears this date from now on."""
        with self._database.transaction() as sql:
            return _change(sql, _stored(sql, note_id), recorded_at=time_text(moment))

    def set_state(self, note_id: str, state: NoteState, *, signed: bool) -> Note:
        """The document has come so far; with `signed` its newest version is the one that was signed."""
        with self._database.transaction() as sql:
            row = _stored(sql, note_id)
            version = row["version"] if signed else row["signed_version"]
            return _change(sql, row, state=state.value, signed_version=version)

    def delete_empty(self, note_id: str) -> None:
        """Remove a document in which nothing was ever kept. Raises UsageFault for any other: those stay."""
        with self._database.transaction() as sql:
            row = _stored(sql, note_id)
            if row["characters"] or row["version"] or row["state"] != NoteState.DRAFT:
                raise UsageFault("这份文书写过内容或留存过版本，按规定保留，不能删除。")
            if sql.execute("SELECT 1 FROM comparisons WHERE note_id = ? LIMIT 1", [note_id]).fetchone():
                raise UsageFault("模型已为这份文书起草过内容，起草的记录按规定保留，这份文书不能删除。")
            sql.execute("DELETE FROM notes WHERE note_id = ?", [note_id])

    def get(self, note_id: str) -> Note:
        """One note's working text. Raises LookupError if there is none of this id."""
        with self._database.snapshot() as sql:
            return _note(_stored(sql, note_id))

    def save(
        self, note_id: str, sections: Mapping[str, str], now: datetime, provenance: Sequence[AiSpan] | None = None
    ) -> Note:
        """Overwrite the working text, and which of it a model wrote (None: what was known follows the text).

        Raises ValueError if `sections` are not those of the note's kind, UsageFault if a signed text would change.
        """
        with self._database.transaction() as sql:
            return _overwrite(sql, note_id, sections, now, provenance)

    def checkpoint(
        self,
        note_id: str,
        sections: Mapping[str, str],
        reason: VersionReason,
        actor: str,
        now: datetime,
        provenance: Sequence[AiSpan] | None = None,
        expected: Binding | None = None,
    ) -> Note:
        """Save, and keep this state as a version; a state equal to the newest version is not kept again.

        With `expected` (a backfill) only if the note is still the one that the suggestion was made for: the same
        patient, stay and note, at least that version, and the input that the doctor saw. Raises UsageFault if not.
        """
        with self._database.transaction() as sql:
            if expected is not None:
                _require_bound(sql, note_id, sections, expected)
            note = _overwrite(sql, note_id, sections, now, provenance)
            if note.version and _version_sections(sql, note_id, note.version) == sections_json(note.sections):
                return note
            note = replace(note, version=note.version + 1)
            append(sql, NOTE_VERSIONS, _version_row(note, reason, actor))
            return _change(sql, _stored(sql, note_id), version=note.version)

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


def _require_bound(sql: Any, note_id: str, sections: Mapping[str, str], expected: Binding) -> None:
    row = _stored(sql, note_id)
    query = "SELECT patient_id FROM encounters WHERE encounter_id = ?"
    (patient_id,) = sql.execute(query, [row["encounter_id"]]).fetchone()
    of_stay = row["kind"] == NoteKind.DISCHARGE
    seen = stay_hash(sql, row["encounter_id"], sections) if of_stay else input_hash_of(sections)
    here = Binding(patient_id, row["encounter_id"], note_id, row["version"], seen)
    verdict = check_backfill(expected, here, of_stay=of_stay)
    if verdict.decision is not Decision.ALLOWED:
        raise BackfillRefused(verdict.reason)


def _overwrite(
    sql: Any, note_id: str, sections: Mapping[str, str], now: datetime, provenance: Sequence[AiSpan] | None
) -> Note:
    row = _stored(sql, note_id)
    if set(sections) != set(empty_sections(NoteKind(row["kind"]))):
        raise ValueError("the sections are not those of this kind of note")
    text = sections_json(sections)
    if row["state"] == NoteState.SIGNED:
        # What was reviewed at the signature stays so, whatever a save that was under way then knows of it.
        return _signed_as_it_is(row, text)
    known = _followed(row, sections) if provenance is None else provenance
    # What was reviewed and then changed is to be reviewed again.
    changed = row["state"] == NoteState.REVIEWED and text != row["sections"]
    return _change(
        sql,
        row,
        state=NoteState.DRAFT.value if changed else row["state"],
        sections=text,
        characters=_characters(sections),
        updated_at=time_text(now),
        provenance=provenance_json(known),
    )


def _signed_as_it_is(row: Mapping[str, Any], text: str) -> Note:
    if text != row["sections"]:
        raise UsageFault(SIGNED_SENTENCE)
    return _note(row)


def _followed(row: Mapping[str, Any], sections: Mapping[str, str]) -> tuple[AiSpan, ...]:
    spans, before = provenance_of(row["provenance"]), sections_of(row["sections"])
    for key, text in sections.items():
        if spans and text != before.get(key, ""):
            spans = followed(spans, key, before.get(key, ""), text, Known())
    return spans


def _change(sql: Any, row: Mapping[str, Any], **changes: Any) -> Note:
    changed = sealed({**row, **changes})
    update(sql, "notes", "note_id", changed)
    return _note(changed)


def _exists(sql: Any, encounter_id: str, kind: NoteKind) -> bool:
    query = "SELECT 1 FROM notes WHERE encounter_id = ? AND kind = ? LIMIT 1"
    return sql.execute(query, [encounter_id, kind.value]).fetchone() is not None


def _stored(sql: Any, note_id: str) -> Mapping[str, Any]:
    for row in sql.query("SELECT * FROM notes WHERE note_id = ?", [note_id]):
        return dict(row)
    raise LookupError("no such note")


def _version_sections(sql: Any, note_id: str, version: int) -> str:
    query = "SELECT sections FROM note_versions WHERE note_id = ? AND version = ?"
    for (sections,) in sql.execute(query, [note_id, version]):
        return str(sections)
    raise LookupError("no such version")


def _new_row(note: Note, created_at: datetime) -> dict[str, Any]:
    return sealed(
        {
            "note_id": note.note_id,
            "encounter_id": note.encounter_id,
            "kind": note.kind.value,
            "version": note.version,
            "sections": sections_json(note.sections),
            "characters": _characters(note.sections),
            "created_at": time_text(created_at),
            "updated_at": time_text(note.updated_at),
            "recorded_at": time_text(note.recorded_at),
            "author": note.author,
            "state": note.state.value,
            "signed_version": note.signed_version,
            "provenance": provenance_json(note.provenance),
        }
    )


def _characters(sections: Mapping[str, str]) -> int:
    return sum(len(text.strip()) for text in sections.values())


def _note(row: Mapping[str, Any]) -> Note:
    return Note(
        note_id=row["note_id"],
        encounter_id=row["encounter_id"],
        kind=NoteKind(row["kind"]),
        version=row["version"],
        sections=sections_of(row["sections"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        recorded_at=datetime.fromisoformat(row["recorded_at"]),
        author=row["author"],
        state=NoteState(row["state"]),
        signed_version=row["signed_version"],
        provenance=provenance_of(row["provenance"]),
    )


def _summary(row: Mapping[str, Any]) -> NoteSummary:
    return NoteSummary(
        note_id=row["note_id"],
        kind=NoteKind(row["kind"]),
        state=NoteState(row["state"]),
        recorded_at=datetime.fromisoformat(row["recorded_at"]),
        author=row["author"],
        version=row["version"],
        signed_version=row["signed_version"],
        empty=not row["characters"],
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
