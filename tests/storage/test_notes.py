from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.core.errors import UsageFault
from app.core.notes import NoteKind, NoteState, empty_sections
from app.storage.driver import sqlite3
from app.storage.notes import VersionReason
from app.storage.repositories import Repositories
from tests.helpers.records import DOCTOR, NOW, a_stay


def with_text(**texts: str) -> dict[str, str]:
    return {**empty_sections(NoteKind.FIRST_PROGRESS), **texts}


def test_a_note_is_made_once(repositories: Repositories) -> None:
    binding = a_stay(repositories)
    again = repositories.notes.open(binding.encounter_id, NoteKind.FIRST_PROGRESS, NOW)
    assert again.note_id == binding.note_id
    assert again.version == 0
    assert again.sections == empty_sections(NoteKind.FIRST_PROGRESS)


def test_saving_overwrites_the_working_text_only(repositories: Repositories) -> None:
    note_id = a_stay(repositories).note_id
    later = NOW + timedelta(minutes=1)
    repositories.notes.save(note_id, with_text(plan="监护"), NOW)
    repositories.notes.save(note_id, with_text(plan="监护，吸氧"), later)
    note = repositories.notes.get(note_id)
    assert note.sections["plan"] == "监护，吸氧"
    assert note.updated_at == later
    assert note.version == 0
    assert repositories.notes.versions(note_id) == ()


def test_a_checkpoint_keeps_who_when_why_and_what(repositories: Repositories) -> None:
    note_id = a_stay(repositories).note_id
    note = repositories.notes.checkpoint(note_id, with_text(plan="监护"), VersionReason.SAVED, DOCTOR, NOW)
    assert note.version == 1
    assert repositories.notes.get(note_id).version == 1
    (version,) = repositories.notes.versions(note_id)
    assert (version.version, version.reason, version.actor, version.occurred_at) == (
        1,
        VersionReason.SAVED,
        DOCTOR,
        NOW,
    )
    assert repositories.notes.version_sections(note_id, 1)["plan"] == "监护"


def test_versions_are_read_by_number_and_stay_as_they_were(repositories: Repositories) -> None:
    note_id, other = a_stay(repositories).note_id, a_stay(repositories, "测试乙", "5床").note_id
    for text in ("一", "二", "三"):
        repositories.notes.checkpoint(note_id, with_text(plan=text), VersionReason.SAVED, DOCTOR, NOW)
    repositories.notes.checkpoint(other, with_text(plan="别人"), VersionReason.SAVED, DOCTOR, NOW)
    repositories.notes.save(note_id, with_text(plan="四"), NOW)
    versions = repositories.notes.versions(note_id)
    assert [version.version for version in versions] == [1, 2, 3]
    assert [repositories.notes.version_sections(note_id, n)["plan"] for n in (1, 2, 3)] == ["一", "二", "三"]
    with pytest.raises(LookupError):
        repositories.notes.version_sections(note_id, 4)


def test_the_same_state_is_not_kept_twice(repositories: Repositories) -> None:
    note_id = a_stay(repositories).note_id
    for reason in VersionReason:
        assert repositories.notes.checkpoint(note_id, with_text(plan="监护"), reason, DOCTOR, NOW).version == 1
    assert repositories.notes.checkpoint(note_id, with_text(), VersionReason.SAVED, DOCTOR, NOW).version == 2
    assert len(repositories.notes.versions(note_id)) == 2


def test_a_kept_version_cannot_be_changed(repositories: Repositories) -> None:
    note_id = a_stay(repositories).note_id
    repositories.notes.checkpoint(note_id, with_text(), VersionReason.SAVED, DOCTOR, NOW)
    for statement in ("UPDATE note_versions SET actor = 'x'", "DELETE FROM note_versions"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            repositories.database.sql.execute(statement)


def test_sections_of_another_kind_are_refused_and_nothing_changes(repositories: Repositories) -> None:
    note_id = a_stay(repositories).note_id
    with pytest.raises(ValueError, match="sections"):
        repositories.notes.save(note_id, {"plan": "监护"}, NOW)
    assert repositories.notes.get(note_id).sections["plan"] == ""


def test_an_unknown_note_is_told(repositories: Repositories) -> None:
    with pytest.raises(LookupError):
        repositories.notes.save("none", with_text(), NOW)


def test_a_stay_has_one_first_note_one_discharge_record_and_many_daily_notes(repositories: Repositories) -> None:
    stay = a_stay(repositories).encounter_id
    record = repositories.notes.add(stay, NoteKind.DISCHARGE, NOW, DOCTOR)
    for day in (2, 1):
        repositories.notes.add(stay, NoteKind.DAILY_PROGRESS, NOW + timedelta(days=day), DOCTOR)
    for kind in (NoteKind.FIRST_PROGRESS, NoteKind.DISCHARGE):
        with pytest.raises(UsageFault, match=kind.heading):
            repositories.notes.add(stay, kind, NOW, DOCTOR)
    listed = repositories.notes.of_encounter(stay)
    assert [(one.kind, one.recorded_at) for one in listed] == [
        (NoteKind.FIRST_PROGRESS, NOW),
        (NoteKind.DAILY_PROGRESS, NOW + timedelta(days=1)),
        (NoteKind.DAILY_PROGRESS, NOW + timedelta(days=2)),
        (NoteKind.DISCHARGE, NOW),
    ]
    assert all(one.empty and one.state is NoteState.DRAFT for one in listed)
    assert record.sections == empty_sections(NoteKind.DISCHARGE)
    assert repositories.notes.get(record.note_id) == record
    assert record.author == DOCTOR


def test_a_document_bears_the_date_that_it_is_given(repositories: Repositories) -> None:
    note = repositories.notes.add(a_stay(repositories).encounter_id, NoteKind.DAILY_PROGRESS, NOW, DOCTOR)
    later = NOW + timedelta(days=1)
    assert repositories.notes.set_recorded_at(note.note_id, later).recorded_at == later
    assert repositories.notes.get(note.note_id) == replace(note, recorded_at=later)
    assert repositories.database.check().ok


def test_only_a_document_that_was_never_written_can_be_deleted(repositories: Repositories) -> None:
    stay = a_stay(repositories).encounter_id
    empty = repositories.notes.add(stay, NoteKind.DAILY_PROGRESS, NOW, DOCTOR)
    repositories.notes.delete_empty(empty.note_id)
    with pytest.raises(LookupError):
        repositories.notes.get(empty.note_id)
    kept = repositories.notes.add(stay, NoteKind.DAILY_PROGRESS, NOW, DOCTOR)
    texts = {**kept.sections, "condition": "无发热"}
    repositories.notes.checkpoint(kept.note_id, texts, VersionReason.SAVED, DOCTOR, NOW)
    repositories.notes.save(kept.note_id, kept.sections, NOW)
    with pytest.raises(UsageFault, match="不能删除"):
        repositories.notes.delete_empty(kept.note_id)
    with pytest.raises(sqlite3.IntegrityError, match="not deleted"):
        repositories.database.sql.execute("DELETE FROM notes WHERE note_id = ?", [kept.note_id])


def test_any_text_survives(repositories: Repositories) -> None:
    note_id = a_stay(repositories).note_id
    text = "𠮷野家\u0000\u200f\r\n'\"\\;--" + "长" * 50_000
    repositories.notes.save(note_id, with_text(plan=text), NOW)
    assert repositories.notes.get(note_id).sections["plan"] == text


def test_a_lone_surrogate_does_not_lose_the_rest(repositories: Repositories) -> None:
    note_id = a_stay(repositories).note_id
    repositories.notes.checkpoint(note_id, with_text(plan="前\ud83d后"), VersionReason.SAVED, DOCTOR, NOW)
    assert repositories.notes.get(note_id).sections["plan"] == "前?后"
    assert repositories.database.check().ok
