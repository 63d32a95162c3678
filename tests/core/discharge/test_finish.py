from __future__ import annotations

import pytest

from app.core.case import CasePatient
from app.core.discharge.draft import WRITTEN, is_whole
from app.core.discharge.finish import Finisher
from app.core.discharge.record import BLANK
from app.core.drugs import drug_stem
from app.core.stay import Abnormal, Admission, DatedText, Order, Result, Stay
from tests.helpers.stays import SampleStay, sample_stays

STAY = Stay(
    patient=CasePatient(),
    admission=Admission("2026-03-02", "胸痛4小时", "突发胸痛。", ("心绞痛",)),
    notes=(
        DatedText("2026-03-02", "行冠状动脉造影，予阿司匹林。嘱停用布洛芬。"),
        DatedText("2026-03-04", "无胸痛。"),
    ),
    orders=(
        Order("2026-03-02", "阿司匹林肠溶片", "100 mg", "口服", "每日1次"),
        Order("2026-03-02", "依诺肝素钠", "4000 U", "皮下", until="2026-03-04"),
        Order("2026-03-02", "瑞舒伐他汀钙片", route="口服"),
        Order("2026-03-02", "冠状动脉造影"),
    ),
    results=(
        Result("2026-03-02", "肌钙蛋白I", "1.8", "ng/mL", "0-0.04", Abnormal.HIGH),
        Result("2026-03-04", "肌钙蛋白I", "0.02", "ng/mL", "0-0.04"),
    ),
    discharge_date="2026-03-04",
)


def finished(**sections: str) -> dict[str, str]:
    return dict(Finisher(STAY).finish(sections).sections)


def test_drugs_are_copied_with_their_doses_and_a_missing_one_is_blank() -> None:
    assert finished(discharge_orders="心内科复诊。")["discharge_orders"] == (
        f"1. 阿司匹林肠溶片 100 mg 口服 每日1次\n2. 瑞舒伐他汀钙片 {BLANK} 口服 {BLANK}\n3. 心内科复诊。"
    )


def test_a_drug_that_was_never_ordered_is_taken_out_and_listed() -> None:
    record = Finisher(STAY).finish({"discharge_orders": "口服华法林抗凝。心内科复诊。"})
    assert "华法林" not in record.sections["discharge_orders"]
    assert [(one.text, one.reason) for one in record.removed] == [("口服华法林抗凝。", "住院医嘱中没有华法林")]


def test_an_ordered_drug_may_go_by_its_brand() -> None:
    def foreign(course: str) -> list[str]:
        record = Finisher(STAY).finish({"course": course})
        return [fact.quote for fact in record.unsupported if fact.kind == "drug"]

    assert foreign("予拜阿司匹灵治疗。") == []
    assert foreign("予波立维治疗。") == ["波立维"]


def test_to_avoid_a_drug_that_the_notes_name_needs_no_order() -> None:
    assert "3. 停用布洛芬。" in finished(discharge_orders="停用布洛芬。")["discharge_orders"]


def test_a_dose_that_was_not_ordered_becomes_blank() -> None:
    assert f"3. 阿司匹林{BLANK}长期服用。" in finished(discharge_orders="阿司匹林300mg长期服用。")["discharge_orders"]
    assert "3. 阿司匹林100mg长期服用。" in finished(discharge_orders="阿司匹林100mg长期服用。")["discharge_orders"]


def test_how_an_ordered_drug_is_taken_is_not_said_a_second_time() -> None:
    record = Finisher(STAY).finish({"discharge_orders": "继续阿司匹林，每日三次，直至症状消失。"})
    assert "每日三次" not in record.sections["discharge_orders"]
    assert record.removed[0].reason == "阿司匹林的用法以上面按医嘱列出的为准"


def test_results_are_copied_with_their_course() -> None:
    assert finished(course="行造影。")["course"] == (
        "行造影。\n异常检查结果：肌钙蛋白I 1.8 ng/mL（3月2日），0.02 ng/mL（3月4日）。"
    )


def test_dates_and_diagnoses_of_admission_are_copied() -> None:
    assert Finisher(STAY).finish({}).exact == {
        "入院日期": "2026年3月2日",
        "出院日期": "2026年3月4日",
        "入院诊断": "1. 心绞痛",
    }


def test_coverage_names_what_is_not_mentioned() -> None:
    prose = Finisher(STAY).finish({"course": "予阿司匹林。"}).prose_coverage
    assert prose.results.missing == ("肌钙蛋白I",)
    assert prose.drugs.missing == ("依诺肝素钠", "瑞舒伐他汀钙片")
    assert prose.procedures.missing == ("冠状动脉造影",)
    assert prose.days.missing == ("3月4日",)


def test_each_sentence_leads_to_its_note_and_a_sentence_without_one_is_marked() -> None:
    finisher = Finisher(STAY)
    record = finisher.finish({"course": "行冠状动脉造影。家属陪同散步愉快。"})
    first, second = record.links[:2]
    assert any("造影" in finisher.lines[line].text for line in first.lines) and second.lines == ()
    assert ("sentence", "家属陪同散步愉快。") in [(fact.kind, fact.quote) for fact in record.unsupported]


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("阿托伐他汀钙片", "阿托伐他汀"),
        ("美托洛尔缓释片", "美托洛尔"),
        ("注射用阿奇霉素", "阿奇霉素"),
        ("氯化钾注射液", "氯化钾"),
        ("甲硝唑氯化钠", "甲硝唑"),
        ("碳酸钙D3片", "碳酸钙D3"),
        ("胰岛素注射液", "胰岛素"),
    ],
)
def test_forms_and_salts_are_no_part_of_a_drugs_name(name: str, stem: str) -> None:
    assert drug_stem(name) == stem


@pytest.mark.parametrize("sample", sample_stays(), ids=lambda sample: sample.name)
def test_a_record_as_a_doctor_writes_it_is_whole_and_covers_the_stay(sample: SampleStay) -> None:
    record = Finisher(sample.stay).finish(sample.reference)
    assert [*record.sections] == [section.key for section in WRITTEN] and is_whole(record.sections)
    assert record.removed == ()
    assert record.coverage.share > 0.75 and record.coverage.results.missing == ()
