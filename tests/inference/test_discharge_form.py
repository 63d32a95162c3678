"""The form of a discharge record, as the library that holds BigDL's answers to it reads it."""

from __future__ import annotations

import llguidance
import pytest
from llguidance.gbnf_to_lark import any_to_lark

from app.core.discharge.asks import FIELDS, Reader, discharge_ask
from app.core.discharge.form import candidate_diagnoses
from app.core.discharge.record import day_words
from app.core.discharge.source import lines_of
from app.core.prompts import PromptTemplate
from app.infra.resources import resource_text
from tests.helpers.stays import SampleStay, sample_stays

TEMPLATE = PromptTemplate.parse(resource_text("prompts", "discharge.md"), FIELDS)


def written(sample: SampleStay, diagnoses: list[str], value: str = "36.7") -> str:
    stay = sample.stay
    opening = f"患者因{stay.admission.complaint}于{day_words(stay.admission.date, year=True)}入院。"
    course = "".join(f"{day_words(note.date)}，病情好转。" for note in stay.notes)
    return (
        "【出院诊断】\n" + "\n".join(diagnoses) + f"\n【入院情况】\n{opening}体温{value}℃。\n【诊疗经过】\n{course}"
        "\n【出院情况】\n患者出院时无不适。\n【出院医嘱】\n门诊复诊。"
    )


def accepts(sample: SampleStay, text: str) -> bool:
    ask = discharge_ask(TEMPLATE, sample.stay, lines_of(sample.stay), Reader(8192, chinese=True))
    matcher = llguidance.LLMatcher(llguidance.LLTokenizer("byte"), any_to_lark(ask.decoding.grammar))
    assert not matcher.is_error(), matcher.get_error()
    data = text.encode()
    return matcher.try_consume_tokens(list(data)) == len(data) and matcher.is_accepting()


@pytest.mark.parametrize("sample", sample_stays(), ids=lambda sample: sample.name)
def test_every_choice_of_diagnoses_in_their_order_is_a_record(sample: SampleStay) -> None:
    names = list(candidate_diagnoses(sample.stay))
    number = sample.stay.results[0].value
    for diagnoses in (names, names[:1], names[-1:]):
        assert accepts(sample, written(sample, diagnoses, number))


def test_an_unknown_number_another_day_or_a_drug_of_its_own_cannot_be_written() -> None:
    sample = sample_stays()[0]
    right = written(sample, ["右输尿管结石"])
    assert accepts(sample, right)
    assert not accepts(sample, right.replace("36.7", "39.7"))
    assert not accepts(sample, right.replace("3月4日", "3月6日"))
    assert not accepts(sample, right.replace("右输尿管结石\n", "肾癌\n"))
    assert not accepts(sample, right.replace("门诊复诊", "口服华法林2 mg"))
