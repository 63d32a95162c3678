from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clinical_text import clauses, unified
from app.core.differential import Diagnosis
from app.core.evidence import EvidenceIndex, Span, align, at

NOTE = {
    "chief_complaint": "转移性右下腹痛3天",
    "case_features": (
        "男，24岁。无发热、咳嗽，恶心，未呕吐。否认糖尿病史。查体：Ｔ 38.5℃，BP 120/80 mmHg，右下腹压痛、反跳痛。"
        "WBC 15.2×10^9/L，超敏C反应蛋白 45 mg/L。双下肢无水肿。"
    ),
}
INDEX = EvidenceIndex(NOTE)


def quotes(point: str) -> list[str]:
    return [NOTE[span.section][span.start : span.end].strip() for span in INDEX.find(point)]


@pytest.mark.parametrize(
    ("point", "found"),
    [
        ("转移性右下腹疼痛", ["转移性右下腹痛3天"]),
        ("体温38.5 °C", ["查体：Ｔ 38.5℃"]),
        ("白细胞15.2×10⁹/L", ["WBC 15.2×10^9/L"]),
        ("白细胞升高", ["WBC 15.2×10^9/L"]),
        ("CRP 45mg/L", ["超敏C反应蛋白 45 mg/L"]),
        ("反跳痛阳性", ["反跳痛"]),
        ("腹痛", ["转移性右下腹痛3天"]),
        ("无发烧，无咳嗽", ["无发热", "咳嗽"]),
        ("糖尿病史否认", ["否认糖尿病史"]),
        ("24岁男性", ["24岁"]),
    ],
)
def test_a_point_finds_its_place(point: str, found: list[str]) -> None:
    assert quotes(point) == found


@pytest.mark.parametrize(
    "point", ["发热", "咳嗽", "无恶心", "左下腹压痛", "血压150/90mmHg", "体温39.5℃", "双下肢水肿", "胸痛", "", "、，"]
)
def test_what_the_note_does_not_say_has_no_source(point: str) -> None:
    assert quotes(point) == []


def test_points_of_a_differential_and_back() -> None:
    found = align([Diagnosis("急性阑尾炎", ("反跳痛", "停经史"), ("无明显不支持点", "无发热"))], INDEX)
    assert [(one.field, one.point, one.text, bool(one.spans)) for one in found] == [
        ("supporting", 0, "反跳痛", True),
        ("supporting", 1, "停经史", False),
        ("opposing", 1, "无发热", True),
    ]
    place = NOTE["case_features"].index("反跳痛")
    assert [one.text for one in at(found, "case_features", place + 1)] == ["反跳痛"]
    assert at(found, "chief_complaint", 0) == ()


def test_places_count_code_points_and_survive_what_folds_to_more_or_less() -> None:
    index = EvidenceIndex({"case_features": "𠮷𠮷，㎎℃①，ＷＢＣ升高"})
    assert index.find("白细胞偏高") == (Span("case_features", 7, 12),)


TEXTS = st.text(alphabet="无否认发热咳嗽右左腹痛38.5℃ＴBP①ﬁ𠮷 ，、；。\n", max_size=60)


@given(TEXTS)
def test_every_clause_is_a_piece_of_its_text_in_order(text: str) -> None:
    spans = [(clause.start, clause.end) for clause in clauses(text)]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)


@given(TEXTS)
def test_unified_text_keeps_a_place_for_every_character(text: str) -> None:
    whole = unified(text)
    assert len(whole.text) == len(whole.starts) == len(whole.ends)
    assert list(whole.starts) == sorted(whole.starts)
    assert all(start < end <= len(text) for start, end in zip(whole.starts, whole.ends, strict=True))


@given(TEXTS)
def test_a_clause_finds_itself_in_its_own_text(text: str) -> None:
    index = EvidenceIndex({"note": text})
    for clause in clauses(text):
        if not clause.denied:
            assert index.find(text[clause.start : clause.end])
