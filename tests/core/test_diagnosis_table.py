from __future__ import annotations

import csv
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.diagnosis_table import DiagnosisTable, normalised_name
from app.core.errors import EnvironmentFault
from app.infra.resources import resource_text

TEXT = resource_text("terms", "diagnoses.csv")
TABLE = DiagnosisTable.parse(TEXT)
ROWS = list(csv.DictReader(TEXT.splitlines()))
HEADER = "名称,别名,ICD-10,危急\n"


def test_no_name_stands_twice_and_codes_have_their_form() -> None:
    names = [normalised_name(name) for row in ROWS for name in (row["名称"], *row["别名"].split("；")) if name]
    assert len(names) == len(set(names))
    assert len(TABLE) == len(ROWS) > 200
    assert all(re.fullmatch(r"([A-Z]\d\d(\.\d)?)?", row["ICD-10"]) for row in ROWS)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("急性ST段抬高型心肌梗死", "急性心肌梗死"),
        ("急性冠脉综合征（ACS）", "急性冠脉综合征"),
        ("AECOPD", "慢性阻塞性肺疾病急性加重"),
        ("重度支气管哮喘急性发作", "支气管哮喘急性发作"),
        ("高血压病3级 极高危", "高血压病"),
        ("Ⅱ型糖尿病", "2型糖尿病"),
        ("考虑主动脉夹层？", "主动脉夹层"),
        ("右侧输尿管结石", "输尿管结石"),
        ("左心衰竭", ""),
        ("急性肾衰", "急性肾损伤"),
        ("继发性高血压", ""),
    ],
)
def test_a_written_name_finds_its_entry(written: str, name: str) -> None:
    entry = TABLE.find(written)
    assert (entry.name if entry else "") == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("急性胰腺炎", "慢性胰腺炎"),
        ("1型糖尿病", "2型糖尿病"),
        ("左肾结石", "右肾结石"),
        ("肺炎", "肺癌"),
        ("脑梗死", "脑出血"),
        ("慢性阻塞性肺疾病", "慢性阻塞性肺疾病急性加重"),
    ],
)
def test_different_diseases_have_different_keys(one: str, other: str) -> None:
    assert TABLE.key(one) != TABLE.key(other)


def test_a_hospitals_rows_go_before_ours() -> None:
    own = HEADER + "院内胸痛综合征,急性心梗；胸综,,是\n"
    table = DiagnosisTable.parse(TEXT, "\ufeff" + own)
    assert [table.key(name) for name in ("急性心梗", "胸综", "STEMI")] == ["院内胸痛综合征"] * 2 + ["急性心肌梗死"]


@pytest.mark.parametrize("text", ["名称,别名\n", HEADER + "胃炎\n", HEADER + "胃炎,,,,\n", HEADER + ",胃痛,,\n", ""])
def test_a_broken_table_is_refused_in_words(text: str) -> None:
    with pytest.raises(EnvironmentFault, match="诊断名称表"):
        DiagnosisTable.parse(text)


@given(st.sampled_from(ROWS), st.sampled_from(["{}", "考虑{}", "{}待查", "{}（可能性大）", " {} ？", "{}。"]))
def test_doubt_around_any_name_changes_nothing(row: dict[str, str], form: str) -> None:
    for name in (row["名称"], *filter(None, row["别名"].split("；"))):
        entry = TABLE.find(form.format(name))
        assert entry is not None
        assert entry.name == row["名称"]


@given(st.text(max_size=40))
def test_any_text_has_a_key(name: str) -> None:
    assert bool(TABLE.key(name)) == bool(normalised_name(name))
