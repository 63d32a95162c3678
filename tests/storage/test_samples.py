from __future__ import annotations

import pytest

from app.core.entities import Sex
from app.core.stay import Abnormal
from app.storage.repositories import Repositories
from app.storage.samples import SampleEncounter, install_samples
from tests.helpers.records import a_stay

SAMPLE = {
    "patient": {"name": "钱某", "sex": "女", "age": "54岁", "bed": "7床", "mrn": "S007"},
    "department": "消化内科",
    "ward": "三病区",
    "chief_complaint": "黑便2天",
    "case_features": "女，54岁，柏油样便。",
}


def test_samples_fill_an_empty_database_and_are_marked(repositories: Repositories) -> None:
    sample = SampleEncounter.parse(SAMPLE)
    assert install_samples(repositories, [sample])
    (summary,) = repositories.encounters.summaries()
    assert summary.patient.name == "钱某（示例）"
    assert summary.patient.sex is Sex.FEMALE
    assert summary.encounter.bed == "7床"
    assert summary.note_id is not None
    sections = repositories.notes.get(summary.note_id).sections
    assert sections["chief_complaint"] == "黑便2天"
    assert sections["differential"] == ""


def test_samples_never_join_real_patients(repositories: Repositories) -> None:
    a_stay(repositories)
    assert not install_samples(repositories, [SampleEncounter.parse(SAMPLE)])
    assert len(repositories.encounters.summaries()) == 1


def test_a_sample_that_lacks_something_is_told() -> None:
    with pytest.raises(KeyError, match="ward"):
        SampleEncounter.parse({key: value for key, value in SAMPLE.items() if key != "ward"})


def test_a_sample_brings_its_orders_and_results(repositories: Repositories) -> None:
    entries = {
        "orders": [{"name": "阿司匹林", "dose": "100 mg"}],
        "results": [{"name": "血钾", "value": "3.1", "range": "3.5-5.3", "abnormal": True}],
    }
    install_samples(repositories, [SampleEncounter.parse({**SAMPLE, **entries})])
    (summary,) = repositories.encounters.summaries()
    (order,) = repositories.stays.orders(summary.encounter.encounter_id)
    (result,) = repositories.stays.results(summary.encounter.encounter_id)
    assert (order.name, result.abnormal) == ("阿司匹林", Abnormal.LOW)
