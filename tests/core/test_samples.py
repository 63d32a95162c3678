"""The sample encounters that come with the program, read as cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.case import Case
from app.core.entities import Sex
from app.core.unsupported import unsupported_facts
from app.infra.resources import resource_path

SAMPLES = sorted(resource_path("samples").glob("*.json"))
WARDS = ("呼吸", "心", "消化", "神经", "普通外科", "骨", "泌尿", "妇产", "儿", "内分泌")


def read(path: Path) -> Case:
    return Case.parse(path.read_text(encoding="utf-8"))


def test_ten_wards_and_nobody_twice() -> None:
    cases = [read(path) for path in SAMPLES]
    assert all(any(case.department.startswith(ward) for case in cases) for ward in WARDS)
    assert len({case.patient.name for case in cases}) == len({case.patient.mrn for case in cases}) == len(WARDS)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_complete_and_cannot_be_taken_for_a_person(path: Path) -> None:
    case = read(path)
    assert case.sample and case.extra.keys() <= {"orders", "results"} and not case.patient.extra
    assert case.patient.name.endswith("示例") and case.patient.mrn.startswith("SL")
    assert case.patient.sex is not Sex.UNKNOWN and all((case.patient.age, case.patient.bed, case.department, case.ward))
    assert len(case.chief_complaint) <= 20
    assert 400 <= len(case.case_features) <= 1_000


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_supports_its_own_facts(path: Path) -> None:
    case = read(path)
    assert unsupported_facts(case.case_features, case.case_features) == ()
    assert case.patient.context.split("，")[0] in case.case_features
