"""The discharge record: records that must be flagged and records that must not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from app.core.checks.finding import AbnormalResult, CheckedNote, Finding, Severity, StayFacts
from app.core.checks.note import check_note
from app.core.entities import Encounter, Patient, Sex
from app.core.notes import SECTIONS, NoteKind

NOW = datetime(2026, 3, 9, 9, 30, tzinfo=timezone(timedelta(hours=8)))
ADMISSION = {
    "chief_complaint": "咳嗽咳痰5天",
    "case_features": "男，65岁。咳黄痰5天，体温38.6℃，右下肺湿性啰音，白细胞12.5×10^9/L。既往高血压10年。",
    "preliminary_diagnosis": "1. 右下肺炎\n2. 高血压病2级（很高危）",
}
RECORD = {section.key: "如上。" for section in SECTIONS[NoteKind.DISCHARGE]} | {
    "admission_date": "2026年3月2日",
    "discharge_date": "2026-03-09",
    "admission_condition": "患者因咳嗽咳痰5天入院，体温38.6℃，右下肺湿性啰音。",
    "admission_diagnosis": "1、右下肺炎；2、高血压病",
    "course": "予头孢曲松抗感染、氨溴索化痰，复查血常规、C反应蛋白正常。",
    "discharge_diagnosis": "右下肺炎 高血压病2级",
    "discharge_orders": "1. 头孢克肟胶囊 0.1 g 每日两次，共5天\n2. 硝苯地平控释片 30 mg 每日一次",
}
FACTS = StayFacts(
    admission=ADMISSION,
    ordered=("注射用头孢曲松钠", "盐酸氨溴索注射液", "硝苯地平控释片", "头孢克肟分散片"),
    abnormal=(AbnormalResult("白细胞", "12.5"), AbnormalResult("CRP", "86.3")),
)


def a_record(facts: StayFacts = FACTS, *, hours_since: float = 1, sex: str = "男", **sections: str) -> CheckedNote:
    encounter = Encounter("e", "p", "ZY1", "65岁", "呼吸科", "", "3", NOW - timedelta(days=7))
    left = replace(encounter, discharged_at=NOW - timedelta(hours=hours_since))
    patient = Patient("p", "测试甲", Sex(sex))
    return CheckedNote(RECORD | sections, patient, left, NOW, kind=NoteKind.DISCHARGE, facts=facts)


def told(note: CheckedNote) -> list[tuple[str, str]]:
    return [(finding.code, quoted(note, finding)) for finding in check_note(note)]


def quoted(note: CheckedNote, finding: Finding) -> str:
    return note.sections[finding.span.section][finding.span.start : finding.span.end]


def test_a_record_that_agrees_has_no_findings() -> None:
    assert told(a_record()) == []
    assert told(a_record(StayFacts(), discharge_orders="阿司匹林肠溶片 100 mg")) == [], "nothing is known of the stay"


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({"admission_date": "2026年3月1日"}, [("date_differs", "2026年3月1日")]),
        ({"discharge_date": "2026.3.10"}, [("date_differs", "2026.3.10")]),
        ({"admission_diagnosis": "右下肺炎"}, [("admission_diagnosis", "")]),
        ({"admission_diagnosis": "右下肺炎\n高血压病\n2型糖尿病"}, [("admission_diagnosis", "2型糖尿病")]),
        ({"admission_condition": "体温39.6℃，右下肺湿性啰音。"}, [("admission_condition", "39.6℃")]),
        ({"admission_condition": "体温38.6℃，左下肺湿性啰音。"}, [("admission_condition", "左下肺")]),
        ({"discharge_orders": "阿司匹林肠溶片 100 mg 每日一次"}, [("drug_not_ordered", "阿司匹林")]),
        ({"discharge_orders": "立普妥 20 mg 每晚"}, [("drug_not_ordered", "立普妥")]),
        ({"course": "予头孢曲松抗感染。"}, [("result_not_mentioned", "")]),
        ({"admission_condition": "左下肺炎", "admission_diagnosis": "右下肺炎，高血压病"}, [("side", "右下肺")]),
    ],
)
def test_a_record_that_differs(sections: dict[str, str], expected: list[tuple[str, str]]) -> None:
    found = told(a_record(**sections))
    assert [item for item in expected if item not in found] == []


@pytest.mark.parametrize(
    "sections",
    [
        {"admission_date": "3月2日", "discharge_date": "今日"},
        {"admission_diagnosis": "高血压病2级；右下肺炎（社区获得性）"},
        {"admission_condition": "咳嗽咳痰5天入院，既往高血压10年。"},
        {"discharge_orders": "拜新同 30 mg 每日一次"},
        {"discharge_orders": "停用阿司匹林，避免使用左氧氟沙星。"},
        {"course": "白细胞、CRP较前下降。"},
        {"course": "入院时白细胞 12.5×10^9/L，超敏C反应蛋白 86.3 mg/L。"},
    ],
)
def test_a_record_that_only_says_it_otherwise(sections: dict[str, str]) -> None:
    assert told(a_record(**sections)) == []


def test_the_result_that_is_not_mentioned_is_named() -> None:
    (finding,) = check_note(a_record(course="白细胞恢复正常。"))
    assert (finding.severity, finding.reason) == (Severity.ADVISED, "异常结果没有提到：CRP。")


@pytest.mark.parametrize(("hours", "expected"), [(23, ["missing_section"]), (24, ["missing_section", "overdue"])])
def test_overdue_a_day_after_discharge(hours: float, expected: list[str]) -> None:
    record = a_record(hours_since=hours, discharge_condition=" ", discharge_date="今日")
    assert [finding.code for finding in check_note(record)] == expected


def test_sex_and_age_are_checked_in_every_kind() -> None:
    codes = [finding.code for finding in check_note(a_record(sex="女", course="患者男，56岁，前列腺增生，白细胞、CRP"))]
    assert codes == ["sex_stated", "age_stated", "sex_organ"]
    daily = replace(a_record(), kind=NoteKind.DAILY_PROGRESS, sections={"condition": "", "measures": "", "results": ""})
    assert [finding.reason for finding in check_note(daily)] == ["尚未书写：病情变化、诊疗措施及效果。"]
