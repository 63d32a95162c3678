from __future__ import annotations

import pytest

from app.core.discharge.asks import FIELDS, Reader, discharge_ask
from app.core.discharge.form import candidate_diagnoses
from app.core.discharge.source import lines_of, source_hash
from app.core.prompts import PromptTemplate
from app.infra.resources import resource_text
from tests.helpers.stays import SampleStay, sample_stays

TEMPLATE = PromptTemplate.parse(resource_text("prompts", "discharge.md"), FIELDS)
SHORTEST, LONGEST = sample_stays()[0], sample_stays()[-1]


def test_instructions_first_and_the_stay_last_as_quoted_data() -> None:
    ask = discharge_ask(TEMPLATE, SHORTEST.stay, lines_of(SHORTEST.stay), Reader(8192, chinese=True))
    assert [message.role for message in ask.prompt.messages] == ["system", "user"]
    assert ask.prompt.messages[-1].content.startswith("<病历>\n入院：2026年3月2日，男，38岁\n")
    assert ask.prompt.messages[-1].content.endswith("\n</病历>")
    assert ask.omitted == () and ask.prompt.template_id == "discharge"


@pytest.mark.parametrize("chinese", [True, False])
@pytest.mark.parametrize("context", [2048, 4096, 8192])
def test_prompt_and_answer_fit_into_the_context(context: int, chinese: bool) -> None:
    lines = lines_of(LONGEST.stay)
    ask = discharge_ask(TEMPLATE, LONGEST.stay, lines, Reader(context, chinese=chinese))
    text = "".join(message.content for message in ask.prompt.messages)
    assert (len(text) if chinese else len(text.encode())) + ask.decoding.max_tokens <= context
    assert len([one for one in ask.omitted if not one.cut]) == len(lines) - text.count("\n病程") - sum(
        text.count(f"\n{words}") for words in ("医嘱", "结果", "入院：", "主诉：", "病例特点：", "入院诊断：", "出院：")
    )


@pytest.mark.parametrize("sample", sample_stays(), ids=lambda sample: sample.name)
def test_the_form_holds_the_days_the_diagnoses_and_the_numbers_of_the_stay(sample: SampleStay) -> None:
    ask = discharge_ask(TEMPLATE, sample.stay, lines_of(sample.stay), Reader(8192, chinese=True))
    rules = dict(line.split(" ::= ", 1) for line in ask.decoding.grammar.splitlines())
    assert all(f'"{name}\\n"' in ask.decoding.grammar for name in candidate_diagnoses(sample.stay))
    assert f"患者因{sample.stay.admission.complaint}于2026年" in rules["opening"]
    assert rules["course"].count("sentence") == len({note.date for note in sample.stay.notes})
    numbers = rules["number"].strip('"').split('" | "')
    source = "\n".join(line.text for line in lines_of(sample.stay))
    assert numbers and all(number in source for number in numbers)


def test_a_model_with_little_room_gets_fewer_days_and_the_first_and_the_last() -> None:
    ask = discharge_ask(TEMPLATE, LONGEST.stay, lines_of(LONGEST.stay), Reader(8192, chinese=False))
    course = next(line for line in ask.decoding.grammar.splitlines() if line.startswith("course"))
    assert 2 <= course.count("sentence") < len(LONGEST.stay.notes)
    assert "5月1日" in course and "5月31日" in course


def test_any_change_of_the_stay_changes_its_hash() -> None:
    hashes = {source_hash(lines_of(sample.stay)) for sample in sample_stays()}
    assert len(hashes) == len(sample_stays())
