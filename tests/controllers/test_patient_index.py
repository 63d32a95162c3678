from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.controllers.note import EncounterSummary
from app.controllers.patient_index import PatientIndex
from app.controllers.pinyin import name_readings, sounds_like
from app.core.entities import Encounter, Patient, Sex
from tests.helpers.records import NOW


def a_summary(name: str, bed: str, mrn: str = "", ward: str = "一病区", *, gone: bool = False) -> EncounterSummary:
    patient = Patient(f"p-{name}-{bed}", name, Sex.MALE)
    encounter = Encounter(f"{name}{bed}", patient.patient_id, mrn, "65岁", "心内科", ward, bed, NOW)
    encounter = replace(encounter, discharged_at=NOW + timedelta(days=1) if gone else None)
    return EncounterSummary(encounter, patient, None, "首次病程记录", None, empty=True, complete=False)


WARD = (
    a_summary("单雄信", "2床", "ZY5"),
    a_summary("张三", "5", "ZY0012"),
    a_summary("李四", "+5", "ZY0013"),
    a_summary("张三丰", "15床", "ZY0055"),
    a_summary("吕布", "19床", "ZY0105"),
    a_summary("O'Brien 王", "走廊", "ZY0200"),
    a_summary("张三", "5床", "ZY9", "二病区", gone=True),
)


def found(text: str) -> list[str]:
    return [one.encounter.encounter_id for one in PatientIndex(WARD).search(text)]


@pytest.mark.parametrize("letters", ["zhangsanfeng", "zsf", "zhangsf", "zsanfeng", "zhsf", "sanfeng"])
def test_a_name_is_found_by_its_sound(letters: str) -> None:
    assert found(letters) == ["张三丰15床"]


def test_a_surname_with_two_readings_is_found_by_either() -> None:
    assert found("shanxx") == found("danxx") == ["单雄信2床"]
    assert found("lvbu") == ["吕布19床"]


def test_letters_that_fit_nobody_find_nobody() -> None:
    assert found("zhangsif") == []
    assert not sounds_like("zf", name_readings("张三丰"))


def test_the_exact_bed_comes_first_and_who_has_left_comes_last() -> None:
    assert found("5")[0] == "张三5"
    assert found("5床")[0] == "张三5"
    assert found("5")[-1] == "张三5床"
    assert found("+5") == found("加5") == ["李四+5"]


def test_every_word_must_fit() -> None:
    assert found("张三 15") == ["张三丰15床"]
    assert found("zs 一病区") == ["张三5", "张三丰15床"]
    assert found("zy0012") == ["张三5"]
    assert found("o'b") == ["O'Brien 王走廊"]


def test_namesakes_are_other_people_who_are_in() -> None:
    again = a_summary("张 三", "7床")
    index = PatientIndex((*WARD, again))
    assert [one.encounter.bed for one in index.namesakes("张三5")] == ["7床"]
    assert [one.encounter.bed for one in index.namesakes("张 三7床")] == ["5"]
    assert index.namesakes("张三5床") == () == index.namesakes("李四+5")
    same_person = replace(again, patient=WARD[1].patient)
    assert PatientIndex((*WARD, same_person)).namesakes("张三5") == ()


def test_who_lies_in_a_bed() -> None:
    index = PatientIndex(WARD)
    assert [one.patient.name for one in index.in_bed("05床")] == ["张三", "张三"]
    assert [one.patient.name for one in index.in_bed("走廊")] == ["O'Brien 王"]
    assert index.in_bed(" ") == ()
