"""A stay read back whole: nothing of what its discharge record is made from is lost on the way through the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.core.discharge.source import lines_of, source_hash
from app.core.notes import (
    ADMISSION_DIAGNOSIS,
    CONDITION,
    COURSE,
    DISCHARGE_DATE,
    PRELIMINARY_DIAGNOSIS,
    ROUNDS,
    Note,
    NoteKind,
)
from app.core.runs import Binding
from app.core.stay import Order, Stay
from app.storage.notes import BackfillRefused, VersionReason
from app.storage.repositories import Repositories
from app.storage.stay_import import import_stay
from tests.helpers.records import repositories_in
from tests.helpers.stays import SampleStay, sample_stays

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


@pytest.fixture
def repositories(tmp_path: Path) -> Iterator[Repositories]:
    opened = repositories_in(tmp_path)
    yield opened
    opened.close()


def stored(repositories: Repositories, stay: Stay) -> str:
    return import_stay(repositories, stay, "医师", NOW)


def in_hospital(repositories: Repositories, **admission: object) -> str:
    """A stay that goes on."""
    sample = sample_stays()[0].stay
    return stored(repositories, replace(sample, discharge_date="", admission=replace(sample.admission, **admission)))  # type: ignore[arg-type]


@pytest.mark.parametrize("sample", sample_stays(), ids=lambda sample: sample.name)
def test_what_a_record_is_made_from_comes_back(sample: SampleStay, repositories: Repositories) -> None:
    encounter_id = stored(repositories, sample.stay)
    read = repositories.stays.whole(encounter_id, {})
    assert [line.text for line in lines_of(read)] == [line.text for line in lines_of(sample.stay)]
    assert read.discharge_date == sample.stay.discharge_date
    assert read.admission.diagnoses == sample.stay.admission.diagnoses


def test_the_other_sections_of_a_daily_note_stand_under_their_titles(repositories: Repositories) -> None:
    encounter_id = in_hospital(repositories)
    note = repositories.notes.add(encounter_id, NoteKind.DAILY_PROGRESS, NOW, "医师")
    written = {**note.sections, CONDITION.key: "无腰痛。", ROUNDS.key: "李主任：继续抗感染。"}
    repositories.notes.save(note.note_id, written, NOW)
    assert (
        repositories.stays.whole(encounter_id, {}).notes[-1].text == "无腰痛。\n上级医师查房意见：李主任：继续抗感染。"
    )


@pytest.mark.parametrize(
    ("written", "day"),
    [("2026年3月9日", "2026-03-09"), ("2026-03-09", "2026-03-09"), ("＿＿", ""), ("2026年13月9日", "")],
)
def test_the_day_that_the_doctor_wrote_counts_while_the_patient_is_in(
    written: str, day: str, repositories: Repositories
) -> None:
    encounter_id = in_hospital(repositories)
    assert repositories.stays.whole(encounter_id, {DISCHARGE_DATE.key: written}).discharge_date == day


def test_diagnoses_of_admission_come_from_the_stay_the_first_note_or_the_record(repositories: Repositories) -> None:
    encounter_id = in_hospital(repositories, diagnoses=())
    record = {ADMISSION_DIAGNOSIS.key: "1. 右输尿管结石\n2. 右肾积水"}
    assert repositories.stays.whole(encounter_id, {}).admission.diagnoses == ()
    assert repositories.stays.whole(encounter_id, record).admission.diagnoses == ("右输尿管结石", "右肾积水")
    first = repositories.notes.open(encounter_id, NoteKind.FIRST_PROGRESS, NOW)
    repositories.notes.save(first.note_id, {**first.sections, PRELIMINARY_DIAGNOSIS.key: "尿路结石。"}, NOW)
    assert repositories.stays.whole(encounter_id, record).admission.diagnoses == ("尿路结石",)


def backfill(repositories: Repositories, note: Note, binding: Binding) -> Note:
    written = {**note.sections, COURSE.key: "入院后手术。"}
    return repositories.notes.checkpoint(note.note_id, written, VersionReason.BACKFILL, "医师", NOW, (), binding)


def test_a_record_takes_a_text_only_while_the_stay_is_as_the_doctor_saw_it(repositories: Repositories) -> None:
    encounter_id = stored(repositories, sample_stays()[0].stay)
    patient, _ = repositories.encounters.get(encounter_id)
    note = repositories.notes.open(encounter_id, NoteKind.DISCHARGE, NOW)
    seen = source_hash(lines_of(repositories.stays.whole(encounter_id, note.sections)))
    binding = Binding(patient.patient_id, encounter_id, note.note_id, note.version, seen)
    assert backfill(repositories, note, binding).version == 1
    repositories.stays.add_orders(encounter_id, [Order("2026-03-05", "呋塞米片", "20 mg", "口服")], "医师", NOW)
    with pytest.raises(BackfillRefused, match="住院资料"):
        backfill(repositories, note, binding)
