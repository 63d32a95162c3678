"""What is read and shown of one stay when a document of it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.core.entities import Encounter, Patient
from app.core.events import Vote
from app.core.notes import Note, NoteSummary, input_hash_of
from app.core.runs import Binding, Comparison, Generation
from app.storage.repositories import Repositories


@dataclass(frozen=True, slots=True)
class OpenNote:
    """What the window shows of one stay. `comparisons`: newest first, generations by pane; a run without a generation
    was cut off. `votes`: this doctor's standing votes by generation id. `documents`: all of the stay's, with this."""

    patient: Patient
    encounter: Encounter
    note: Note
    comparisons: tuple[tuple[Comparison, tuple[Generation, ...]], ...]
    votes: Mapping[str, Vote]
    documents: tuple[NoteSummary, ...] = ()

    @property
    def binding(self) -> Binding:
        """What a suggestion for it is made for, and a backfill must match."""
        return Binding(
            patient_id=self.patient.patient_id,
            encounter_id=self.encounter.encounter_id,
            note_id=self.note.note_id,
            note_version=self.note.version,
            input_hash=input_hash_of(self.note.sections),
        )


def load(repositories: Repositories, note: Note, actor: str) -> OpenNote:
    """Read all of it, in the storage thread; `actor` is the doctor whose votes are meant."""
    patient, encounter = repositories.encounters.get(note.encounter_id)
    return OpenNote(
        patient=patient,
        encounter=encounter,
        note=note,
        comparisons=repositories.comparisons.of_note(note.note_id),
        votes=repositories.feedback.votes(note.note_id, actor),
        documents=repositories.notes.of_encounter(note.encounter_id),
    )
