from __future__ import annotations

import pytest

from app.core.consensus import Agreement, consensus, for_attention
from app.core.diagnosis_table import DiagnosisTable, normalised_name
from app.core.differential import Diagnosis
from app.infra.resources import resource_text


def differential(*names: str) -> tuple[Diagnosis, ...]:
    return tuple(Diagnosis(name) for name in names)


def test_most_models_first_then_the_higher_rank() -> None:
    found = consensus(
        {
            "a": differential("主动脉夹层", "急性心肌梗死"),
            "b": differential("肺栓塞", "急性心肌梗死（可能性大）"),
            "c": differential("急性心肌梗死", "主动脉夹层？"),
        }
    )
    assert found == (
        Agreement("急性心肌梗死", ("a", "b", "c"), "急性心肌梗死"),
        Agreement("主动脉夹层", ("a", "c"), "主动脉夹层"),
        Agreement("肺栓塞", ("b",), "肺栓塞"),
    )


def test_a_model_counts_once() -> None:
    assert consensus({"a": differential("肺炎", "肺炎待查")}) == (Agreement("肺炎", ("a",), "肺炎"),)


def test_nothing_agrees_with_nothing() -> None:
    assert consensus({}) == consensus({"a": (), "b": differential("？")}) == ()


@pytest.mark.parametrize(
    "written", ["考虑急性阑尾炎", "急性阑尾炎 待查", "疑似急性阑尾炎？", "急性阑尾炎（可能性大）", "急性 阑尾炎。"]
)
def test_doubt_and_punctuation_do_not_count(written: str) -> None:
    assert normalised_name(written) == "急性阑尾炎"


@pytest.mark.parametrize(
    ("one", "other"),
    [("急性胰腺炎", "慢性胰腺炎"), ("1型糖尿病", "2型糖尿病"), ("左肾结石", "右肾结石"), ("肺炎", "肺癌")],
)
def test_different_diseases_stay_apart(one: str, other: str) -> None:
    assert normalised_name(one) != normalised_name(other)


def test_width_and_case_do_not_count() -> None:
    assert normalised_name("ＣＯＰＤ急性加重") == normalised_name("copd急性加重")


TABLE = DiagnosisTable.parse(resource_text("terms", "diagnoses.csv"))


def test_other_names_of_a_diagnosis_agree_under_the_usual_one() -> None:
    found = consensus({"a": differential("STEMI"), "b": differential("急性心梗（可能性大）")}, TABLE)
    assert found == (Agreement("急性心肌梗死", ("a", "b"), "急性心肌梗死", "I21", must_not_miss=True),)


def test_sides_stay_apart_and_are_named() -> None:
    found = consensus({"a": differential("左侧自发性气胸"), "b": differential("右侧气胸")}, TABLE)
    assert [(one.name, len(one.models)) for one in found] == [("左侧自发性气胸", 1), ("右侧气胸", 1)]


def test_the_dangerous_and_the_disputed_come_first() -> None:
    answers = {"a": ("慢性胃炎", "消化道穿孔"), "b": ("慢性胃炎", "消化性溃疡"), "c": ("慢性胃炎", "胃穿孔")}
    found = for_attention(consensus({model: differential(*names) for model, names in answers.items()}, TABLE))
    assert [(one.name, len(one.models)) for one in found] == [("消化道穿孔", 2), ("消化性溃疡", 1), ("慢性胃炎", 3)]
