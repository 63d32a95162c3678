from __future__ import annotations

import json
from typing import Any

import pytest

from app.core.case import Case
from app.core.entities import Sex
from app.core.errors import UsageFault

CASE: dict[str, Any] = {
    "patient": {"name": "张示例", "sex": "男", "age": "65岁", "bed": "3", "mrn": "S001"},
    "chief_complaint": "胸痛2小时",
    "case_features": "胸骨后压榨样疼痛，向左肩放射。",
}


def parsed(**changes: object) -> Case:
    return Case.parse(json.dumps(CASE | changes, ensure_ascii=False))


def test_a_whole_case() -> None:
    case = parsed()
    assert (case.patient.name, case.patient.sex, case.patient.context) == ("张示例", Sex.MALE, "男，65岁")
    assert case.chief_complaint == "胸痛2小时"
    assert not case.sample


@pytest.mark.parametrize("value", [None, {}])
def test_the_patient_may_be_missing(value: object) -> None:
    assert parsed(patient=value).patient.context == ""


def test_unknown_fields_are_kept() -> None:
    case = parsed(id="c-1", patient={"name": "甲", "blood": "A"})
    assert case.extra == {"id": "c-1"}
    assert case.patient.extra == {"blood": "A"}


@pytest.mark.parametrize(("age", "text"), [(65, "65岁"), ("65", "65岁"), ("3月", "3月"), (None, "")])
def test_an_age_is_text_as_a_ward_writes_it(age: object, text: str) -> None:
    assert parsed(patient={"age": age}).patient.age == text


@pytest.mark.parametrize(("written", "sex"), [("女", Sex.FEMALE), ("Male", Sex.MALE), ("", Sex.UNKNOWN)])
def test_sexes(written: str, sex: Sex) -> None:
    assert parsed(patient={"sex": written}).patient.sex is sex


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"chief_complaint": "  \n"}, "主诉（chief_complaint）为空"),
        ({"case_features": ""}, "病例特点（case_features）为空"),
        ({"case_features": 5}, "病例特点（case_features）应是文字"),
        ({"case_features": None}, "病例特点（case_features）应是文字"),
        ({"case_features": "痛" * 50_001}, "50001 个字符，最多 50000"),
        ({"patient": []}, "patient"),
        ({"patient": {"sex": "X"}}, "patient.sex"),
        ({"patient": {"name": ["a"]}}, "patient.name"),
        ({"patient": {"age": True}}, "patient.age"),
        ({"department": {}}, "department"),
        ({"sample": "yes"}, "sample"),
    ],
)
def test_a_wrong_field_is_named(changes: dict[str, object], words: str) -> None:
    with pytest.raises(UsageFault, match=words):
        parsed(**changes)


@pytest.mark.parametrize("key", ["chief_complaint", "case_features"])
def test_a_missing_field_is_named(key: str) -> None:
    with pytest.raises(UsageFault, match=f"缺少必填字段：.*{key}"):
        Case.parse(json.dumps({name: value for name, value in CASE.items() if name != key}))


def test_exactly_the_longest_text_is_accepted() -> None:
    assert len(parsed(case_features="痛" * 50_000).case_features) == 50_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1,\n x', "第 2 行第 2 列"),
        ("", "有效的 JSON"),
        ("[1]", "JSON 对象"),
        ("[" * 100_000, "有效的 JSON"),
        ('{"chief_complaint": "\\ud800", "case_features": "x"}', "有效的 JSON"),
        ('{"a": ' + "1" * 5_000 + "}", "有效的 JSON"),
    ],
)
def test_broken_json_is_one_sentence(text: str, words: str) -> None:
    with pytest.raises(UsageFault, match=words) as caught:
        Case.parse(text)
    assert "\n" not in str(caught.value)


def test_a_field_that_is_there_twice_is_refused_not_half_lost() -> None:
    text = '{"chief_complaint": "胸痛", "case_features": "第一段。", "case_features": "第二段。"}'
    with pytest.raises(UsageFault, match="有两个 case_features"):
        Case.parse(text)
    with pytest.raises(UsageFault, match="有两个 age"):
        Case.parse('{"patient": {"age": 1, "age": 2}, "chief_complaint": "胸痛", "case_features": "痛。"}')


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_a_number_that_json_does_not_know_is_refused(number: str) -> None:
    with pytest.raises(UsageFault, match="NaN"):
        Case.parse(f'{{"chief_complaint": "胸痛", "case_features": "痛。", "score": {number}}}')
