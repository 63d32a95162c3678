"""Each rule has notes that it must flag and notes that it must not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.core.checks.finding import CheckedNote, Finding, Severity, Span, blocking
from app.core.checks.note import check_note
from app.core.entities import Encounter, Patient, Sex
from app.core.notes import (
    CASE_FEATURES,
    CHIEF_COMPLAINT,
    DIAGNOSTIC_BASIS,
    DIFFERENTIAL,
    PRELIMINARY_DIAGNOSIS,
    SECTIONS,
    NoteKind,
)
from app.infra.resources import resource_path

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
COMPLETE = {section.key: "已书写" for section in SECTIONS[NoteKind.FIRST_PROGRESS]} | {
    CHIEF_COMPLAINT.key: "胸痛3小时",
    DIFFERENTIAL.key: "主动脉夹层：双上肢血压对称，不支持。",
}


def a_note(sex: str = "男", age: str = "65岁", *, hours: float = 1, **sections: str) -> CheckedNote:
    admitted = NOW - timedelta(hours=hours)
    encounter = Encounter("e", "p", "ZY1", age, "心内科", "", "3", admitted)
    return CheckedNote(COMPLETE | sections, Patient("p", "测试甲", Sex(sex)), encounter, NOW)


def codes(note: CheckedNote) -> list[str]:
    return [finding.code for finding in check_note(note)]


def only(note: CheckedNote, code: str) -> Finding:
    (finding,) = [finding for finding in check_note(note) if finding.code == code]
    return finding


def test_a_complete_note_has_no_findings() -> None:
    assert codes(a_note()) == []


@pytest.mark.parametrize(
    ("complaint", "expected"),
    [
        ("胸痛3小时", []),
        ("停经47天，腹痛伴阴道流血1天", []),
        ("发现左肺结节半月", []),
        ("反复咳嗽十余年，加重3d", []),
        ("自幼口唇发绀", []),
        ("今晨突发右侧肢体无力", []),
        ("一二三四五六七八九十一二三四五六七八九天。", []),
        ("  胸痛3小时\n", []),
        ("胸痛", ["complaint_without_time"]),
        ("发热待查", ["complaint_without_time"]),
        ("三叉神经痛", ["complaint_without_time"]),
        ("腰痛伴左下肢放射痛1年，加重伴双下肢麻木1月", ["complaint_too_long"]),
        ("反复发作性胸闷、胸痛、心悸、气促伴双下肢水肿", ["complaint_too_long", "complaint_without_time"]),
    ],
)
def test_complaint(complaint: str, expected: list[str]) -> None:
    assert codes(a_note("未知", chief_complaint=complaint)) == expected


def test_a_long_complaint_is_marked_from_its_twenty_first_character() -> None:
    text = " 腰痛伴左下肢放射痛1年，加重伴双下肢麻木1月。"
    finding = only(a_note(chief_complaint=text), "complaint_too_long")
    assert text[finding.span.start : finding.span.end] == "1月"
    assert finding.reason == "主诉 22 字，习惯上不超过 20 字。"


def test_empty_sections_are_told_at_once_at_the_first() -> None:
    note = a_note(preliminary_diagnosis=" \n", plan="")
    finding = only(note, "missing_section")
    assert finding.span == Span(PRELIMINARY_DIAGNOSIS.key)
    assert finding.reason == "尚未书写：初步诊断、诊疗计划。"


@pytest.mark.parametrize(
    ("hours", "sections", "expected"),
    [
        (7.9, {"plan": ""}, ["missing_section"]),
        (8, {"plan": ""}, ["missing_section", "overdue"]),
        (300, {}, []),
    ],
)
def test_overdue_only_while_incomplete(hours: float, sections: dict[str, str], expected: list[str]) -> None:
    assert codes(a_note(hours=hours, **sections)) == expected


@pytest.mark.parametrize(
    ("sex", "text", "word"),
    [
        ("女", "1. 直肠指检：前列腺II度增大", "前列腺"),
        ("女", "左侧睾丸肿大", "睾丸"),
        ("男", "子宫稍大稍软", "子宫"),
        ("男", "平素月经规律", "月经"),
        ("男", "妊娠38周", "妊娠"),
        ("男", "母亲体健。右侧卵巢囊肿", "卵巢"),
    ],
)
def test_organs_of_the_other_sex(sex: str, text: str, word: str) -> None:
    finding = only(a_note(sex, case_features=text), "sex_organ")
    assert (finding.severity, text[finding.span.start : finding.span.end]) == (Severity.MUST, word)


@pytest.mark.parametrize(
    ("sex", "age", "text"),
    [
        ("男", "65岁", "前列腺II度增大，睾丸无触痛"),
        ("女", "65岁", "子宫及双附件未见异常，绝经15年"),
        ("女", "65岁", "静滴前列腺素E1 10 μg"),
        ("女", "65岁", "丈夫患前列腺癌"),
        ("女", "65岁", "其父因前列腺癌去世"),
        ("男", "65岁", "母亲患子宫内膜癌，姐姐患卵巢癌"),
        ("男", "65岁", "婚育史：23岁结婚，配偶月经规律"),
        ("男", "65岁", "避孕措施不详，孕激素受体阳性，M蛋白带阳性"),
        ("男", "65岁", "妊娠期禁用"),
        ("男", "65岁", "性交时阴茎勉强能插入阴道"),
        ("男", "3岁2月", "第1胎第1产，孕39周经阴道分娩，出生体重3.2 kg"),
        ("男", "5天", "母亲妊娠期糖尿病，孕38周剖宫产出生"),
        ("男", "65岁", "患者为男性，不考虑异位妊娠"),
        ("未知", "65岁", "前列腺增生，子宫切除术后"),
    ],
)
def test_organs_that_are_no_contradiction(sex: str, age: str, text: str) -> None:
    assert codes(a_note(sex, age, case_features=text)) == []


@pytest.mark.parametrize(
    ("sex", "text", "contradicts"),
    [
        ("男", "1. 患者女，65岁，急性起病", True),
        ("男", "患者为女性，因胸痛入院", True),
        ("男", "老年女性，慢性病程", True),
        ("女", "刘某，男，65岁，货车司机", True),
        ("女", "男性，65岁。胸痛3小时", True),
        ("男", "患者男，65岁，急性起病", False),
        ("男", "患者女儿代述病史", False),
        ("男", "患者女婿代述病史", False),
        ("男", "育1子1女，女，25岁，体健", False),
        ("男", "母亲，女，65岁，体健", False),
        ("女", "该病好发于中年男性，本例不符", False),
    ],
)
def test_the_sex_that_the_text_states(sex: str, text: str, contradicts: bool) -> None:
    assert ("sex_stated" in codes(a_note(sex, case_features=text))) is contradicts


@pytest.mark.parametrize(
    ("age", "text", "expected"),
    [
        ("65岁", "患者男，56岁，急性起病", ["age_stated"]),
        ("65岁", "男性，75岁。", ["age_stated"]),
        ("3月", "患儿男，3岁，咳嗽", ["age_stated"]),
        ("65岁", "患儿男，咳嗽3天", ["age_group"]),
        ("30岁", "1. 老年男性，慢性病程", ["age_group"]),
        ("70岁", "患者为青年男性，急性起病", ["age_group"]),
        ("9岁", "绝经15年", ["age_group"]),
        ("65岁", "患者男，65岁，急性起病", []),
        ("65", "患者男，65周岁，急性起病", []),
        ("3岁2月", "患儿男，3岁2月，急性起病", []),
        ("8月", "患儿男，8月，急性起病", []),
        ("65岁", "患者男，22岁时患肺结核", []),
        ("65岁", "胸痛3小时。父亲60岁时猝死，兄，男，70岁，体健", []),
        ("65岁", "护理水痘患儿后出现皮疹", []),
        ("9岁", "外婆绝经后骨折", []),
        ("30岁", "肺癌：老年患者多见，本例不支持", []),
        ("30岁", "该病好发于老年男性，本例不支持", []),
        ("成人", "患者男，65岁", []),
    ],
)
def test_ages(age: str, text: str, expected: list[str]) -> None:
    assert codes(a_note("未知", age, case_features=text)) == expected


@pytest.mark.parametrize(
    ("complaint", "features", "diagnosis", "quoted"),
    [
        ("右膝肿痛4天", "右膝弥漫性肿胀", "左膝化脓性关节炎", ["左膝"]),
        ("左侧腰痛1天", "右侧腰部叩击痛", "输尿管结石", ["右侧腰"]),
        ("肿痛1天", "左踝肿胀", "右踝骨折", ["右踝"]),
        ("右膝肿痛4天", "右膝弥漫性肿胀，左膝无红热", "右膝化脓性关节炎", []),
        ("右膝肿痛4天", "双膝骨赘，左膝骨摩擦感", "双膝骨关节炎", []),
        ("左侧肢体无力2天", "左侧肢体肌力3级", "右侧基底节区脑梗死", []),
        ("咳嗽3天", "左肺陈旧结节，右下肺片状影", "右肺炎", []),
        ("左上肢麻木1天", "左上肢浅感觉减退", "右下肢深静脉血栓", []),
        ("胸闷3天", "左氧氟沙星治疗，左心室肥厚", "右心衰竭", []),
        ("转移性右下腹痛1天", "左下腹无压痛，右下腹压痛", "急性阑尾炎", []),
    ],
)
def test_sides(complaint: str, features: str, diagnosis: str, quoted: list[str]) -> None:
    note = a_note(chief_complaint=complaint, case_features=features, preliminary_diagnosis=diagnosis)
    findings = [finding for finding in check_note(note) if finding.code == "side"]
    assert [
        note.sections[finding.span.section][finding.span.start : finding.span.end] for finding in findings
    ] == quoted


def test_a_basis_on_the_other_side_than_its_diagnosis() -> None:
    note = a_note(preliminary_diagnosis="左股骨颈骨折", diagnostic_basis="右股骨颈骨皮质不连续")
    finding = only(note, "side")
    assert finding.span.section == DIAGNOSTIC_BASIS.key
    assert "请核对左右" in finding.reason


@pytest.mark.parametrize(
    ("differential", "names"),
    [
        ("1. 急性胰腺炎：腹痛，淀粉酶升高。\n2. 肠梗阻：有排气，平片未见气液平，可排除。", ["急性胰腺炎"]),
        ("1. 急性胰腺炎\n   支持点：腹痛\n   不支持点：病历未记录\n   缺什么：脂肪酶未查", ["急性胰腺炎"]),
        ("1. 急性胰腺炎\n   支持点：腹痛\n   缺什么：脂肪酶未查", ["急性胰腺炎"]),
        ("1. 急性胰腺炎\n   支持点：腹痛\n   不支持点：淀粉酶仅轻度升高\n2. 肠梗阻\n   不支持点：有排气", []),
        ("（1）主动脉夹层：双上肢血压对称，可能性小。（2）肺栓塞：D-二聚体正常。", []),
        ("患者腹痛，需与阑尾炎鉴别，右下腹压痛阴性，不支持。", []),
        ("", []),
    ],
)
def test_opposing_points(differential: str, names: list[str]) -> None:
    note = a_note(differential=differential)
    findings = [finding for finding in check_note(note) if finding.code == "no_opposing"]
    assert [differential[finding.span.start : finding.span.end] for finding in findings] == names


def test_unreviewed_ai_lines_are_told_once_for_a_section_at_the_first() -> None:
    spans = (Span(DIFFERENTIAL.key, 0, 6), Span(DIFFERENTIAL.key, 7, 12), Span(CASE_FEATURES.key, 1, 2))
    plain = a_note()
    note = CheckedNote(plain.sections, plain.patient, plain.encounter, plain.now, spans)
    findings = check_note(note)
    assert [(finding.code, finding.span) for finding in findings] == [
        ("unreviewed_ai", spans[2]),
        ("unreviewed_ai", spans[0]),
    ]
    assert findings[1].reason == "鉴别诊断有 2 句 AI 文字，尚未经医师审核。"


def test_what_must_be_settled_comes_before_what_is_advised() -> None:
    note = a_note("女", chief_complaint="胸痛", plan="", case_features="前列腺增生")
    assert codes(note) == ["sex_organ", "missing_section", "complaint_without_time"]


@pytest.mark.parametrize("path", sorted(resource_path("samples").glob("*.json")), ids=lambda path: path.stem)
def test_the_sample_encounters_raise_nothing(path: Path) -> None:
    sample = json.loads(path.read_text(encoding="utf-8"))
    texts = {CHIEF_COMPLAINT.key: sample["chief_complaint"], CASE_FEATURES.key: sample["case_features"]}
    note = a_note(sample["patient"]["sex"], sample["patient"]["age"], **COMPLETE | texts)
    assert codes(note) == []


@pytest.mark.parametrize("piece", ["\n", " ", "患者男", "左", "性交阴道", "1. ", "老年", "支持点：", "3"])
def test_a_long_text_of_one_kind_costs_no_more_than_its_length(piece: str) -> None:
    """The rules are bounded: 50,000 characters in each section end at once, whatever they are."""
    text = (piece * 50_000)[:50_000]
    check_note(a_note("女", **dict.fromkeys(COMPLETE, text)))


@pytest.mark.parametrize(
    ("complaint", "diagnosis", "quoted"),
    [
        ("咳嗽咳痰3天", "1. 右膝骨关节炎\n2. 肺炎", ["右膝骨关节炎"]),
        ("右膝疼痛2天", "急性阑尾炎？", ["急性阑尾炎"]),
        ("视物模糊1周", "（1）肺炎（可能性大） 2、高血压病", ["肺炎"]),
        ("皮疹2天", "急性心肌梗死", ["急性心肌梗死"]),
        ("咳嗽咳痰3天", "1. 肺炎\n2. 右膝骨关节炎", []),
        ("上腹痛2小时", "急性下壁心肌梗死", []),
        ("腰痛1天", "左输尿管结石", []),
        ("左侧肢体无力2天", "右侧基底节区脑梗死", []),
        ("胸闷3周", "纵隔畸胎瘤", []),
        ("右膝肿痛伴发热4天", "肺炎", []),
        ("发现血糖升高1周", "2型糖尿病", []),
        ("咳嗽3天", "系统性红斑狼疮", []),
        ("咳嗽3天", "", []),
        ("", "肺炎", []),
    ],
)
def test_complaint_and_first_diagnosis(complaint: str, diagnosis: str, quoted: list[str]) -> None:
    note = a_note("未知", chief_complaint=complaint, preliminary_diagnosis=diagnosis)
    findings = [finding for finding in check_note(note) if finding.code == "complaint_unrelated"]
    assert [diagnosis[finding.span.start : finding.span.end] for finding in findings] == quoted


def test_only_what_must_be_settled_blocks_the_signing() -> None:
    findings = check_note(a_note("女", chief_complaint="胸痛", plan="", case_features="前列腺增生"))
    assert [finding.code for finding in blocking(findings)] == ["sex_organ", "missing_section"]
