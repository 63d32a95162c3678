from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.core import acts
from app.core.errors import UsageFault
from app.core.events import EventKind
from app.core.notes import Note, NoteKind, NoteState
from app.core.people import Person, Role
from app.core.provenance import AiSpan, Origin, reviewed
from app.core.runs import Comparison
from app.core.signing import ActKind
from app.storage.codec import provenance_of
from app.storage.driver import sqlite3
from app.storage.notes import VersionReason
from app.storage.repositories import Repositories
from tests.helpers.records import DOCTOR, NOW, a_full_comparison, a_stay


def people(repositories: Repositories) -> tuple[Person, Person]:
    doctor = repositories.people.known_as(DOCTOR, NOW)
    return doctor, repositories.people.add("李主任", Role.SENIOR, NOW)


def written(repositories: Repositories, text: str = "监护") -> Note:
    note = repositories.notes.get(a_stay(repositories).note_id)
    return repositories.notes.save(note.note_id, {**note.sections, "plan": text}, NOW)


def test_a_signed_text_cannot_change_and_an_amendment_is_a_version_on_top(repositories: Repositories) -> None:
    doctor, _ = people(repositories)
    note = written(repositories)
    signed = repositories.signing.perform(ActKind.SIGNED, note, doctor, NOW)
    assert (signed.state, signed.version, signed.signed_version) == (NoteState.SIGNED, 1, 1)
    changed = {**signed.sections, "plan": "改了"}
    with pytest.raises(UsageFault, match="已经签名"):
        repositories.notes.save(note.note_id, changed, NOW)
    with pytest.raises(sqlite3.IntegrityError, match="amended, not changed"):
        repositories.database.sql.execute("UPDATE notes SET sections = '{}' WHERE note_id = ?", [note.note_id])
    amended = repositories.signing.perform(ActKind.AMENDED, signed, doctor, NOW)
    assert (amended.state, amended.signed_version, amended.amending) == (NoteState.DRAFT, 1, True)
    again = repositories.notes.save(note.note_id, changed, NOW)
    final = repositories.signing.perform(ActKind.SIGNED, again, doctor, NOW)
    assert (final.version, final.signed_version) == (2, 2)
    assert repositories.notes.version_sections(note.note_id, 1)["plan"] == "监护"
    assert [one.kind for one in repositories.signing.acts(note.note_id)] == [
        ActKind.SIGNED,
        ActKind.AMENDED,
        ActKind.SIGNED,
    ]
    assert repositories.database.check().ok


def test_a_signature_is_refused_for_another_text_than_the_doctor_saw(repositories: Repositories) -> None:
    doctor, _ = people(repositories)
    seen = written(repositories)
    repositories.notes.save(seen.note_id, {**seen.sections, "plan": "别处改了"}, NOW)
    with pytest.raises(UsageFault, match="别处有了改动"):
        repositories.signing.perform(ActKind.SIGNED, seen, doctor, NOW)
    assert repositories.signing.acts(seen.note_id) == ()


def test_a_reviewed_text_that_changes_is_a_draft_again(repositories: Repositories) -> None:
    doctor, _ = people(repositories)
    note = repositories.signing.perform(ActKind.REVIEWED, written(repositories), doctor, NOW)
    assert note.state is NoteState.REVIEWED
    assert repositories.notes.save(note.note_id, note.sections, NOW).state is NoteState.REVIEWED
    assert repositories.notes.save(note.note_id, {**note.sections, "plan": "又改"}, NOW).state is NoteState.DRAFT


def test_what_was_done_is_kept_for_ever(repositories: Repositories) -> None:
    doctor, _ = people(repositories)
    repositories.signing.perform(ActKind.SIGNED, written(repositories), doctor, NOW)
    for statement in ("UPDATE note_acts SET person = 'x'", "DELETE FROM note_acts"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            repositories.database.sql.execute(statement)


def test_the_senior_doctors_list_and_the_way_back(repositories: Repositories) -> None:
    doctor, senior = people(repositories)
    note = repositories.signing.perform(ActKind.SIGNED, written(repositories), doctor, NOW)
    assert [one.note.note_id for one in repositories.signing.waiting(senior)] == [note.note_id]
    assert repositories.signing.waiting(doctor) == ()
    repositories.signing.perform(ActKind.RETURNED, note, senior, NOW, "补充鉴别")
    assert repositories.signing.waiting(senior) == ()
    (back,) = repositories.signing.waiting(doctor)
    assert back.last.comment == "补充鉴别"
    draft = repositories.signing.perform(ActKind.AMENDED, note, doctor, NOW)
    signed = repositories.signing.perform(ActKind.SIGNED, draft, doctor, NOW)
    done = repositories.signing.perform(ActKind.COUNTERSIGNED, signed, senior, NOW)
    assert done.state is NoteState.SIGNED
    assert repositories.signing.waiting(senior) == repositories.signing.waiting(doctor) == ()


def with_ai(repositories: Repositories, text: str) -> tuple[Note, Comparison]:
    binding = a_stay(repositories)
    comparison, _ = a_full_comparison(repositories, binding)
    run_id = comparison.runs[0].run_id
    event = acts.backfilled("differential", "1. 急性心肌梗死").event("e1", run_id, DOCTOR, NOW)
    repositories.feedback.append(event)
    note = repositories.notes.get(binding.note_id)
    span = AiSpan("differential", 3, len(text), "1. 急性心肌梗死", Origin(run_id, "模型 0", "1", NOW))
    texts = {**note.sections, "differential": text}
    kept = repositories.notes.checkpoint(note.note_id, texts, VersionReason.BACKFILL, DOCTOR, NOW, [span])
    return kept, comparison


def test_nothing_with_unreviewed_ai_text_is_signed(repositories: Repositories) -> None:
    doctor, _ = people(repositories)
    note, _ = with_ai(repositories, "自己写1. 急性心梗")
    with pytest.raises(UsageFault, match="未经审核"):
        repositories.signing.perform(ActKind.SIGNED, note, doctor, NOW)


def test_a_signature_tells_what_the_author_left_of_the_models_words(repositories: Repositories) -> None:
    doctor, _ = people(repositories)
    note, comparison = with_ai(repositories, "自己写1. 急性心梗")
    done = reviewed(note.provenance, DOCTOR, NOW)
    stored = repositories.notes.save(note.note_id, note.sections, NOW, done)
    signed = repositories.signing.perform(ActKind.SIGNED, stored, doctor, NOW)
    events = repositories.feedback.events(comparison.runs[0].run_id)
    assert [event.kind for event in events] == [EventKind.BACKFILL, EventKind.EDITED, EventKind.SIGNED]
    assert events[1].data == {"inserted": "1. 急性心肌梗死", "final": "1. 急性心梗", "added": 1, "struck": 3}
    assert events[2].data == {"note_id": note.note_id, "version": signed.version}
    assert signed.provenance == done, "the record stays"


def test_two_diagnoses_that_came_in_one_by_one_are_told_one_by_one(repositories: Repositories) -> None:
    """The second insertion alone was compared with both: what nobody had edited became an edit."""
    doctor, _ = people(repositories)
    binding = a_stay(repositories)
    comparison, _ = a_full_comparison(repositories, binding)
    run_id = comparison.runs[0].run_id
    parts = ("1. 急性心肌梗死", "2. 主动脉夹层")
    spans, text = [], ""
    for number, part in enumerate(parts):
        came = NOW + timedelta(minutes=number)
        repositories.feedback.append(acts.backfilled("differential", part).event(f"e{number}", run_id, DOCTOR, came))
        text = f"{text}\n\n{part}" if text else part
        span = AiSpan("differential", len(text) - len(part), len(text), part, Origin(run_id, "模型 0", "1", came))
        spans += reviewed([span], DOCTOR, came)
    note = repositories.notes.get(binding.note_id)
    texts = {**note.sections, "differential": text}
    kept = repositories.notes.checkpoint(note.note_id, texts, VersionReason.BACKFILL, DOCTOR, NOW, spans)
    repositories.signing.perform(ActKind.SIGNED, kept, doctor, NOW)
    told = [one.data for one in repositories.feedback.events(run_id) if one.kind is EventKind.EDITED]
    assert told == [{"inserted": part, "final": part, "added": 0, "struck": 0} for part in parts]


def test_people_have_names_of_their_own(repositories: Repositories) -> None:
    doctor, senior = people(repositories)
    with pytest.raises(UsageFault, match="已经有一位"):
        repositories.people.add(senior.name, Role.DOCTOR, NOW)
    with pytest.raises(UsageFault, match="姓名"):
        repositories.people.add(" ", Role.DOCTOR, NOW)
    changed = repositories.people.change(doctor.person_id, role=Role.SENIOR, pin="aa:bb")
    assert changed == replace(doctor, role=Role.SENIOR, pin="aa:bb")
    assert repositories.people.all() == (changed, senior)
    assert repositories.database.check().ok


def test_a_save_that_was_under_way_leaves_a_signed_text_reviewed(repositories: Repositories) -> None:
    doctor, _ = people(repositories)
    note = written(repositories)
    span = AiSpan("plan", 0, 2, "监护", Origin("run", "模型", "1", NOW))
    seen = reviewed((span,), DOCTOR, NOW)
    repositories.notes.save(note.note_id, note.sections, NOW, seen)
    repositories.signing.perform(ActKind.SIGNED, repositories.notes.get(note.note_id), doctor, NOW)
    for late in (
        repositories.notes.save(note.note_id, note.sections, NOW, (span,)),
        repositories.notes.checkpoint(note.note_id, note.sections, VersionReason.SAVED, DOCTOR, NOW, (span,)),
    ):
        assert late.provenance == seen
    assert repositories.notes.get(note.note_id).provenance == seen


def test_what_was_typed_during_the_signature_goes_on_top_of_it(repositories: Repositories) -> None:
    doctor, _ = people(repositories)
    note = written(repositories)
    signed = repositories.signing.perform(ActKind.SIGNED, note, doctor, NOW)
    typed = replace(signed, sections={**signed.sections, "plan": "监护，吸氧"})
    repositories.signing.perform(ActKind.AMENDED, typed, doctor, NOW)
    assert repositories.notes.save(note.note_id, typed.sections, NOW).sections["plan"] == "监护，吸氧"
    assert repositories.notes.version_sections(note.note_id, 1)["plan"] == "监护"


def test_a_signed_discharge_record_tells_every_differential_of_the_stay_what_it_was(repositories: Repositories) -> None:
    doctor, _ = people(repositories)
    binding = a_stay(repositories)
    comparisons = [a_full_comparison(repositories, binding)[0] for _ in range(2)]
    stay = binding.encounter_id
    record = repositories.notes.open(stay, NoteKind.DISCHARGE, NOW)
    diagnoses = "1. 急性下壁心肌梗死（好转）\n2. 2型糖尿病；高血压病3级"
    record = repositories.notes.save(record.note_id, {**record.sections, "discharge_diagnosis": diagnoses}, NOW)
    repositories.signing.perform(ActKind.SIGNED, record, doctor, NOW)
    for comparison in comparisons:
        first, *others = [run.run_id for run in comparison.runs]
        (event,) = repositories.feedback.events(first)
        assert (event.kind, event.actor) == (EventKind.FINAL_DIAGNOSIS, DOCTOR)
        assert event.data["generations"] == [first, *others]
        assert event.data["diagnoses"] == ["急性下壁心肌梗死（好转）", "2型糖尿病", "高血压病3级"]
        assert not any(repositories.feedback.events(run_id) for run_id in others)


def signed_with_ai(repositories: Repositories) -> Note:
    doctor = repositories.people.known_as(DOCTOR, NOW)
    note, _ = with_ai(repositories, "自己写1. 急性心梗")
    stored = repositories.notes.save(note.note_id, note.sections, NOW, reviewed(note.provenance, DOCTOR, NOW))
    return repositories.signing.perform(ActKind.SIGNED, stored, doctor, NOW)


@pytest.mark.parametrize(
    "change",
    [
        "provenance = '[]'",
        "provenance = replace(provenance, '模型 0', '模型 9')",
        "author = '别人'",
        "version = version + 1",
        "signed_version = NULL",
        "recorded_at = '2020-01-01T00:00:00+08:00'",
        "updated_at = '2020-01-01T00:00:00+08:00'",
        "encounter_id = 'another'",
        "kind = 'daily_progress'",
    ],
)
def test_nothing_of_a_signed_document_changes_in_the_database(repositories: Repositories, change: str) -> None:
    note = signed_with_ai(repositories)
    with pytest.raises(sqlite3.IntegrityError, match="amended, not changed"):
        repositories.database.sql.execute(f"UPDATE notes SET {change} WHERE note_id = ?", [note.note_id])
    assert repositories.notes.get(note.note_id) == note


@pytest.mark.parametrize("state", ["draft", "reviewed"])
def test_a_signature_is_left_only_by_an_amendment(repositories: Repositories, state: str) -> None:
    note = signed_with_ai(repositories)
    with pytest.raises(sqlite3.IntegrityError, match="amended, not changed"):
        repositories.database.sql.execute("UPDATE notes SET state = ? WHERE note_id = ?", [state, note.note_id])


def test_a_document_is_signed_only_by_a_kept_signature_on_what_it_says(repositories: Repositories) -> None:
    note, _ = with_ai(repositories, "自己写1. 急性心梗")
    by_hand = "UPDATE notes SET state = 'signed', signed_version = version WHERE note_id = ?"
    with pytest.raises(sqlite3.IntegrityError, match="signed by a person"):
        repositories.database.sql.execute(by_hand, [note.note_id])
    doctor, _ = people(repositories)
    stored = repositories.notes.save(note.note_id, note.sections, NOW, reviewed(note.provenance, DOCTOR, NOW))
    repositories.signing.perform(ActKind.SIGNED, stored, doctor, NOW)
    repositories.signing.perform(ActKind.AMENDED, stored, doctor, NOW)
    with pytest.raises(sqlite3.IntegrityError, match="signed by a person"):
        repositories.database.sql.execute(by_hand, [note.note_id])


def test_nothing_that_was_signed_is_replaced(repositories: Repositories) -> None:
    """REPLACE deletes without asking the triggers that hold against DELETE."""
    note = signed_with_ai(repositories)
    for table, change in (
        ("notes", "'[]' AS provenance"),
        ("notes", "'another' AS note_id"),
        ("note_versions", "'{}' AS sections"),
        ("note_acts", "'[]' AS provenance"),
        ("note_acts", "seq + 1 AS seq"),
    ):
        name = change.split(" AS ")[1]
        columns = [column.name for column in repositories.database.sql.table(table).columns]
        values = ", ".join(change if column == name else column for column in columns)
        with pytest.raises(sqlite3.IntegrityError, match="not replaced"):
            repositories.database.sql.execute(f"INSERT OR REPLACE INTO {table} SELECT {values} FROM {table}")
    assert repositories.notes.get(note.note_id) == note
    assert repositories.database.check().ok


def test_the_provenance_of_a_signed_version_outlives_its_amendment(repositories: Repositories) -> None:
    note = signed_with_ai(repositories)
    doctor = repositories.people.known_as(DOCTOR, NOW)
    draft = repositories.signing.perform(ActKind.AMENDED, note, doctor, NOW)
    repositories.notes.save(note.note_id, {**draft.sections, "differential": "全部重写"}, NOW, ())
    assert repositories.notes.get(note.note_id).provenance == ()
    kept = "SELECT provenance FROM note_acts WHERE kind = 'signed' AND note_id = ? AND version = ?"
    ((provenance,),) = repositories.database.sql.execute(kept, [note.note_id, note.version])
    assert provenance_of(provenance) == note.provenance
