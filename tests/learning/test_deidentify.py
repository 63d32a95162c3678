from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.case import Case
from app.infra.resources import resource_path
from app.learning.deidentify import MAXIMUM_SHIFT_DAYS, PatientText
from app.learning.identities import KnownIdentities
from app.learning.records import Identities
from tests.helpers.planted import PlantedNote, planted_notes

NOBODY = KnownIdentities.of([], [])


def keyed(kind: str, identifier: str) -> str:
    return hashlib.sha256(f"key:{kind}:{identifier}".encode()).hexdigest()


def text_of(patient: str = "p", known: KnownIdentities = NOBODY) -> PatientText:
    return PatientText(patient, keyed, known, Counter())


def clean(text: str, own: Identities | None = None) -> str:
    return text_of().clean(text, own or Identities(), 2024)


def cleaned(note: PlantedNote) -> str:
    return clean(note.text, Identities(note.name, note.mrn, note.bed))


def test_what_the_record_knows_is_always_found() -> None:
    missed = [value for note in planted_notes(300) for value in note.known if value in cleaned(note)]
    assert missed == []


def test_the_rules_find_what_no_record_knows() -> None:
    planted = [(value, cleaned(note)) for note in planted_notes(300) for value in note.unknown]
    missed = [value for value, text in planted if value in text]
    recall = 1 - len(missed) / len(planted)
    print(f"recall {recall:.4f} of {len(planted)} planted identities; missed: {missed}")
    assert recall >= 0.995


def test_numbers_units_drugs_and_findings_survive() -> None:
    lost = [(value, cleaned(note)) for note in planted_notes(300) for value in note.kept if value not in cleaned(note)]
    assert lost == []


def test_clinical_text_without_people_stays_as_it_is() -> None:
    for path in sorted(resource_path("samples").glob("*.json")):
        case = Case.parse(path.read_text(encoding="utf-8"))
        assert clean(case.chief_complaint) == case.chief_complaint
        assert clean(case.case_features) == case.case_features


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("患者王 小 明，12床", "患者[姓名1]，[床号1]"),
        ("王小明（王小明之母）", "[姓名1]（[姓名1]之母）"),
        ("男，92岁", "男，90+岁"),
        ("年龄：103，体重95 kg", "年龄：90+，体重95 kg"),
        ("89岁", "89岁"),
        ("外院、我院、当地医院、上级医师", "外院、我院、当地医院、上级医师"),
        ("邮箱a.b@c.com，QQ：1234567", "邮箱[邮箱1]，QQ：[账号1]"),
        ("血小板计数300×10^9/L，16.123456789012345", "血小板计数300×10^9/L，16.123456789012345"),
        ("卡号6217001234567890123", "卡号[证件号1]"),
        ("助手：郑成功；护士张敏执行，长女周小燕", "助手：[姓名1]；护士[姓名2]执行，长女[姓名3]"),
        ("患者弟弟患病，患者温和，患者全身乏力，患者常年吸烟", "患者弟弟患病，患者温和，患者全身乏力，患者常年吸烟"),
        ("110101900307123", "[证件号1]"),
        ("手术2024年2月30日", "手术[日期1]日"),
        ("病房医师、责任护士、值班医生、有关医师", "病房医师、责任护士、值班医生、有关医师"),
        ("房医师查房，另有王医师", "[姓名1]医师查房，另有[姓名2]医师"),
        ("二〇二四年三月五日入院", "[日期1]入院"),
    ],
)
def test_single_rules(text: str, expected: str) -> None:
    assert clean(text, Identities(name="王小明（示例）", bed="12")) == expected


def test_the_words_that_models_are_asked_with_stay_as_they_are() -> None:
    for name in ("differential.md", "review.md"):
        text = resource_path("prompts", name).read_text(encoding="utf-8")
        assert clean(text) == text


def test_placeholders_are_consistent_within_a_patient() -> None:
    texts = text_of()
    first = texts.clean("家属李秀英，家属张建国", Identities(), 2024)
    second = texts.clean("家属张建国签字，家属李秀英", Identities(), 2024)
    assert first == "家属[姓名1]，家属[姓名2]"
    assert second == "家属[姓名2]签字，家属[姓名1]"


def test_dates_keep_their_distances_and_move_by_patient() -> None:
    text = "2024年3月1日起病，2024-03-05入院，20240307手术，3月9日出院"
    outcomes = {patient: text_of(patient).clean(text, Identities(), 2024) for patient in ("a", "b")}
    assert outcomes["a"] != outcomes["b"]
    start = datetime.strptime(outcomes["a"].split("日起病")[0], "%Y年%m月%d")
    assert 1 <= (datetime(2024, 3, 1) - start).days <= MAXIMUM_SHIFT_DAYS
    assert f"{start + timedelta(days=4):%Y-%m-%d}入院" in outcomes["a"]
    assert f"{start + timedelta(days=6):%Y%m%d}手术" in outcomes["a"]
    assert text_of("a").moved(datetime(2024, 3, 1)) == start


def test_everyone_known_to_the_hospital_is_removed_from_every_text() -> None:
    known = KnownIdentities.of(["诸葛海燕（示例）", "root", "医师"], ["ZY00123", "12"])
    texts = text_of(known=known)
    text = "与诸葛海燕同室，root 记录，ZY00123，医师，chiroot，ZY001234，12"
    assert (
        texts.clean(text, Identities(), 2024) == "与[姓名1]同室，[姓名2] 记录，[住院号1]，医师，chiroot，ZY001234，12"
    )


@settings(deadline=None)
@given(
    st.text(alphabet="患者张王医师床号12年月日，。 \n", max_size=40), st.text(alphabet="于高a1(）\u3000·", max_size=20)
)
def test_a_known_name_survives_nowhere(before: str, after: str) -> None:
    known = KnownIdentities.of(["欧阳明华", "张王"], [])
    out = text_of(known=known).clean(f"{before}欧阳明华{after}张王{before}", Identities(name="欧阳明华"), 2024)
    assert "欧阳明华" not in out and "张王" not in out
