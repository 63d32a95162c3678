"""What the rest of a stay says, for the quality checks of one of its notes."""

from __future__ import annotations

from app.core.checks.finding import AbnormalResult, PastNote, StayFacts
from app.core.notes import Note, NoteKind, NoteSummary
from app.storage.repositories import Repositories


def read_stay_facts(repositories: Repositories, note: Note) -> StayFacts:
    """The last progress note before this one, the 首次病程记录, the orders and the abnormal results."""
    documents = repositories.notes.of_encounter(note.encounter_id)
    first = [one for one in documents if one.kind is NoteKind.FIRST_PROGRESS and one.note_id != note.note_id]
    earlier = [one for one in documents if _is_earlier_progress(one, note)]
    results = repositories.stays.results(note.encounter_id)
    return StayFacts(
        previous=_past(repositories, max(earlier, key=lambda one: one.recorded_at)) if earlier else None,
        admission=repositories.notes.get(first[0].note_id).sections if first else {},
        ordered=tuple(order.name for order in repositories.stays.orders(note.encounter_id)),
        abnormal=tuple(AbnormalResult(result.name, result.value) for result in results if result.abnormal),
    )


def _is_earlier_progress(document: NoteSummary, note: Note) -> bool:
    is_progress = document.kind is NoteKind.DAILY_PROGRESS and note.kind is NoteKind.DAILY_PROGRESS
    return is_progress and not document.empty and document.recorded_at < note.recorded_at


def _past(repositories: Repositories, document: NoteSummary) -> PastNote:
    sections = repositories.notes.get(document.note_id).sections
    return PastNote(document.recorded_at.astimezone().date(), sections)
