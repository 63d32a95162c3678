"""What was done to documents: reviewed, signed, amended, countersigned, returned; kept for ever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from app.core import acts as feedback_acts
from app.core.acts import Act
from app.core.checks.diagnoses import named_diagnoses
from app.core.entities import Encounter, Patient
from app.core.errors import UsageFault
from app.core.notes import DISCHARGE_DIAGNOSIS, Note, NoteKind
from app.core.people import Person, Role
from app.core.provenance import AiSpan
from app.core.signing import ActKind, NoteAct, awaits_senior, is_returned, refusal, state_after
from app.storage.chain import NOTE_ACTS, append
from app.storage.codec import provenance_json, sections_json, text_hash, time_text
from app.storage.database import Database
from app.storage.encounters import EncounterRepository
from app.storage.feedback import FeedbackRepository
from app.storage.notes import NoteRepository, VersionReason

_DIFFERENTIAL_RUNS = f"""SELECT c.comparison_id, r.run_id FROM runs r JOIN comparisons c USING (comparison_id)
    JOIN notes n USING (note_id) WHERE n.encounter_id = ? AND n.kind = '{NoteKind.FIRST_PROGRESS}'
    ORDER BY c.seq, r.display_order"""
_CHANGED = "文书在别处有了改动，没有{act}：请重新打开后再试。"


@dataclass(frozen=True, slots=True)
class WaitingNote:
    """A signed document that waits for somebody: for a senior doctor, or (returned) for its author."""

    note: Note
    patient: Patient
    encounter: Encounter
    last: NoteAct


class SigningRepository:
    """Acts on documents in the database."""

    def __init__(
        self,
        database: Database,
        notes: NoteRepository,
        encounters: EncounterRepository,
        feedback: FeedbackRepository,
    ) -> None:
        """Nothing is read yet."""
        self._database = database
        self._feedback = feedback
        self._notes = notes
        self._encounters = encounters

    def acts(self, note_id: str) -> tuple[NoteAct, ...]:
        """All that was done to a document, oldest first."""
        with self._database.snapshot() as sql:
            rows = sql.query("SELECT * FROM note_acts WHERE note_id = ? ORDER BY seq", [note_id])
            return tuple(_act(row) for row in rows)

    def perform(self, kind: ActKind, note: Note, person: Person, now: datetime, comment: str = "") -> Note:
        """Do this to a document whose text is as `note` shows it, all or nothing; a signature keeps it as a version.

        Raises UsageFault where the rules refuse it, or if the stored text is another one than the doctor saw.
        """
        with self._database.transaction() as sql:
            stored = self._notes.get(note.note_id)
            if why := refusal(kind, person, stored.state, self.acts(note.note_id)):
                raise UsageFault(why)
            # An amendment begins on the signed text; what was typed while that was being signed then goes on top.
            if kind is not ActKind.AMENDED and dict(stored.sections) != dict(note.sections):
                raise UsageFault(_CHANGED.format(act=kind.words))
            if kind is ActKind.SIGNED and any(not span.reviewed for span in stored.provenance):
                raise UsageFault("还有 AI 文字未经审核，没有签名。")
            if kind in (ActKind.SIGNED, ActKind.REVIEWED):
                reason = VersionReason.SIGNED if kind is ActKind.SIGNED else VersionReason.REVIEWED
                stored = self._notes.checkpoint(
                    note.note_id, stored.sections, reason, person.name, now, stored.provenance
                )
            append(sql, NOTE_ACTS, _row(stored, kind, person, now, comment))
            if kind is ActKind.SIGNED:
                self._tell_of_signature(stored, person, now)
                self._tell_of_final_diagnosis(stored, person, now)
            return self._notes.set_state(note.note_id, state_after(kind), signed=kind is ActKind.SIGNED)

    def waiting(self, person: Person) -> tuple[WaitingNote, ...]:
        """What waits for this person, oldest first: a senior doctor's signature; what was returned, for its author."""
        query = """SELECT note_id FROM note_acts a WHERE (kind = 'returned' OR (? AND kind = 'signed' AND person <> ?))
            AND seq = (SELECT max(seq) FROM note_acts b WHERE b.note_id = a.note_id AND b.kind <> 'reviewed')"""
        with self._database.snapshot() as sql:
            ids = [note_id for (note_id,) in sql.execute(query, [person.role is Role.SENIOR, person.name])]
            found = [one for note_id in ids if (one := self._waiting(note_id, person))]
        return tuple(sorted(found, key=lambda one: one.last.occurred_at))

    def _waiting(self, note_id: str, person: Person) -> WaitingNote | None:
        acts = self.acts(note_id)
        signer = next((act.person for act in reversed(acts) if act.kind is ActKind.SIGNED), "")
        senior = person.role is Role.SENIOR and awaits_senior(acts) and signer != person.name
        if not senior and not (is_returned(acts) and signer == person.name):
            return None
        note = self._notes.get(note_id)
        patient, encounter = self._encounters.get(note.encounter_id)
        return WaitingNote(note, patient, encounter, acts[-1])

    def _tell_of_signature(self, note: Note, person: Person, now: datetime) -> None:
        """The models learn what their author left of their words: one event for each insertion, one for each run."""
        by_insertion: dict[tuple[str, str, datetime], list[AiSpan]] = {}
        for span in note.provenance:
            by_insertion.setdefault((span.origin.run_id, span.section, span.origin.inserted_at), []).append(span)
        for (run_id, section, _), spans in by_insertion.items():
            final = note.sections[section][spans[0].start : spans[-1].end]
            self._tell(
                run_id, feedback_acts.edited(section, self._inserted(run_id, section, spans), final), person, now
            )
        for run_id in dict.fromkeys(run_id for run_id, _, _ in by_insertion):
            self._tell(run_id, feedback_acts.signed(note.note_id, note.version), person, now)

    def _tell_of_final_diagnosis(self, note: Note, person: Person, now: datetime) -> None:
        """A signed discharge record says what the patient had: told to every differential of the stay."""
        diagnoses = [one.name for one in named_diagnoses(note.sections.get(DISCHARGE_DIAGNOSIS.key, ""))]
        if note.kind is not NoteKind.DISCHARGE or not diagnoses:
            return
        by_comparison: dict[str, list[str]] = {}
        with self._database.snapshot() as sql:
            for comparison_id, run_id in sql.execute(_DIFFERENTIAL_RUNS, [note.encounter_id]):
                by_comparison.setdefault(comparison_id, []).append(run_id)
        for run_ids in by_comparison.values():
            self._tell(run_ids[0], feedback_acts.final_diagnosis(run_ids, diagnoses), person, now)

    def _inserted(self, run_id: str, section: str, spans: Sequence[AiSpan]) -> str:
        """The text that came in with these sentences: the latest that has them all."""
        query = """SELECT json_extract(data, '$.text') FROM feedback_events
            WHERE generation_id = ? AND kind = 'backfill' AND item = ? ORDER BY seq DESC"""
        with self._database.snapshot() as sql:
            texts = [str(text) for (text,) in sql.execute(query, [run_id, section])]
        whole = (text for text in texts if all(span.original in text for span in spans))
        return next(whole, "\n".join(span.original for span in spans))

    def _tell(self, run_id: str, act: Act, person: Person, now: datetime) -> None:
        with self._database.snapshot() as sql:
            known = sql.execute("SELECT 1 FROM runs WHERE run_id = ?", [run_id]).fetchone()
        if known is not None:
            self._feedback.append(act.event(uuid4().hex, run_id, person.name, now))


def _row(note: Note, kind: ActKind, person: Person, now: datetime, comment: str) -> dict[str, Any]:
    return {
        "act_id": uuid4().hex,
        "note_id": note.note_id,
        "version": note.version,
        "kind": kind.value,
        "person_id": person.person_id,
        "person": person.name,
        "role": person.role.value,
        "occurred_at": time_text(now),
        "comment": comment,
        "text_hash": text_hash(sections_json(note.sections)),
        "provenance": provenance_json(note.provenance),
    }


def _act(row: Mapping[str, Any]) -> NoteAct:
    return NoteAct(
        note_id=row["note_id"],
        version=row["version"],
        kind=ActKind(row["kind"]),
        person=row["person"],
        role=Role(row["role"]),
        occurred_at=datetime.fromisoformat(row["occurred_at"]),
        comment=row["comment"],
    )
