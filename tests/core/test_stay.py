from __future__ import annotations

import json
from typing import Any

import pytest

from app.core.errors import UsageFault
from app.core.stay import Abnormal, Stay, against_range

STAY: dict[str, Any] = {
    "patient": {"name": "测试甲", "sex": "男", "age": 65, "bed": 3, "mrn": "ZY0001"},
    "admission": {
        "date": "2026-11-18",
        "complaint": "胸痛3小时",
        "case_features": "突发胸骨后疼痛。",
        "diagnoses": ["急性心肌梗死", "高血压"],
    },
    "notes": [{"date": "2026-11-19 08:30", "text": "胸痛缓解。"}],
    "orders": [
        {"date": "2026-11-18", "name": "阿司匹林", "dose": "100mg", "route": "口服", "frequency": "qd", "until": None}
    ],
    "results": [
        {"date": "2026-11-20", "name": "血钾", "value": 3.1, "unit": "mmol/L", "range": "3.5-5.3", "abnormal": True}
    ],
    "discharge": {"date": "2026-11-25"},
}


def parse(**changes: Any) -> Stay:
    return Stay.parse(json.dumps({**STAY, **changes}, ensure_ascii=False))


def test_a_whole_stay_is_read() -> None:
    stay = parse()
    assert (stay.patient.age, stay.patient.bed) == ("65岁", "3")
    assert stay.admission.diagnoses == ("急性心肌梗死", "高血压")
    assert stay.notes[0].date == "2026-11-19T08:30"
    assert (stay.orders[0].name, stay.orders[0].until) == ("阿司匹林", "")
    assert (stay.results[0].value, stay.results[0].abnormal) == ("3.1", Abnormal.LOW)
    assert stay.discharge_date == "2026-11-25"


def test_unknown_fields_are_kept() -> None:
    stay = parse(
        insurance="城镇",
        results=[{**STAY["results"][0], "machine": 7}],
        orders=[{**STAY["orders"][0], "group": "长期"}],
        admission={**STAY["admission"], "way": "急诊"},
        notes=[{**STAY["notes"][0], "author": "某"}],
    )
    extras = (stay.extra, stay.results[0].extra, stay.orders[0].extra, stay.admission.extra, stay.notes[0].extra)
    assert extras == ({"insurance": "城镇"}, {"machine": 7}, {"group": "长期"}, {"way": "急诊"}, {"author": "某"})


def test_what_is_not_known_is_empty_and_a_stay_may_go_on() -> None:
    stay = Stay.parse(json.dumps({"admission": {"date": "2026-11-18", "complaint": "a", "case_features": "b"}}))
    assert (stay.notes, stay.orders, stay.results, stay.discharge_date) == ((), (), (), "")
    assert parse(discharge=None).discharge_date == ""


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"admission": {"complaint": "a", "case_features": "b"}}, "admission.date"),
        ({"admission": {**STAY["admission"], "complaint": " "}}, "admission.complaint"),
        ({"admission": {**STAY["admission"], "diagnoses": [1]}}, "admission.diagnoses[0]"),
        ({"admission": None}, "admission"),
        ({"orders": [STAY["orders"][0], {"date": "2026-11-18"}]}, "orders[1].name"),
        ({"orders": {}}, "orders"),
        ({"results": [{"date": "2026-11-20", "name": "血钾"}]}, "results[0].value"),
        ({"results": [{**STAY["results"][0], "date": "昨天"}]}, "results[0].date"),
        ({"results": [{**STAY["results"][0], "abnormal": "?"}]}, "results[0].abnormal"),
        ({"results": ["血钾"]}, "results[0]"),
        ({"notes": [{"text": "x"}]}, "notes[0].date"),
        ({"discharge": "2026-11-25"}, "discharge"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageFault) as caught:
        parse(**changes)
    assert named in str(caught.value)


def test_a_stay_without_an_admission_is_refused() -> None:
    with pytest.raises(UsageFault, match="admission"):
        Stay.parse("{}")


@pytest.mark.parametrize(
    ("value", "limits", "mark"),
    [
        ("3.1", "3.5-5.3", Abnormal.LOW),
        ("5.4", "3.5 ~ 5.3", Abnormal.HIGH),
        ("4", "3.5—5.3", Abnormal.NO),
        ("0.6", "<0.5", Abnormal.HIGH),
        ("80", "≥90", Abnormal.LOW),
        ("阳性", "阴性", Abnormal.NO),
        ("<0.01", "<0.04", Abnormal.NO),
        ("3.1", "见说明", Abnormal.NO),
    ],
)
def test_a_number_against_its_range(value: str, limits: str, mark: Abnormal) -> None:
    assert against_range(value, limits) is mark


def test_what_the_file_says_goes_before_the_range() -> None:
    marks = [
        parse(results=[{**STAY["results"][0], "abnormal": said}]).results[0].abnormal
        for said in (False, None, "H", "↓", "异常")
    ]
    assert marks == [Abnormal.NO, Abnormal.NO, Abnormal.HIGH, Abnormal.LOW, Abnormal.LOW]
    assert (
        parse(results=[{**STAY["results"][0], "value": "阳性", "abnormal": True}]).results[0].abnormal is Abnormal.YES
    )
