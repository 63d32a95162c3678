"""The form of the answer: both real engines keep it, whatever the model would rather write."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.case import Case
from app.core.differential import parse_differential
from app.core.prompts import PromptTemplate, differential_prompt
from app.core.runs import Decoding, FinishReason, Message, RunStatus
from app.inference.engine import GenerationRequest
from app.inference.prepared import PreparedModel
from app.inference.supervisor import ModelHost
from app.infra.resources import resource_path, resource_text

from .conftest import Record

TEMPLATE = PromptTemplate.parse(resource_text("prompts", "differential.md"))
QUESTION = (Message("user", "Say anything."),)


@pytest.fixture(scope="module", params=["bigdl", "openvino"])
def host(request: pytest.FixtureRequest) -> Iterator[ModelHost]:
    prepared: Callable[[str], PreparedModel] = request.getfixturevalue("prepared_smollm2")
    host = ModelHost(prepared(request.param))
    host.load(lambda fraction: None)
    yield host
    host.close()


@pytest.mark.models
def test_a_grammar_holds_from_the_first_to_the_last_token(host: ModelHost) -> None:
    decoding = Decoding(max_tokens=32, grammar='root ::= "编号" [0-9]{3} "。"')
    outcome = host.generate("form", GenerationRequest(QUESTION, decoding), Record())
    assert outcome.finish_reason is FinishReason.STOP
    assert re.fullmatch(r"编号\d{3}。", outcome.text)


@pytest.mark.models
def test_a_digit_after_a_sign_of_latin_1_stays_a_digit(host: ModelHost) -> None:
    """xgrammar read "×10" back as U+D710, and [×1] as U+0D71."""
    decoding = Decoding(max_tokens=32, grammar='root ::= "9.2×10^9" [×1]{2} "°C"')
    outcome = host.generate("power", GenerationRequest(QUESTION, decoding), Record())
    assert re.fullmatch(r"9\.2×10\^9[×1]{2}°C", outcome.text)


@pytest.mark.models
def test_the_next_answer_is_free_again(host: ModelHost) -> None:
    outcome = host.generate("free", GenerationRequest(QUESTION, Decoding(max_tokens=8)), Record())
    assert outcome.status is RunStatus.COMPLETED
    assert not outcome.text.startswith("编号")


@pytest.mark.models
def test_a_sampled_answer_keeps_the_form(host: ModelHost) -> None:
    decoding = Decoding(max_tokens=32, temperature=1.5, seed=3, grammar='root ::= ("甲" | "乙"){4}')
    outcome = host.generate("sampled", GenerationRequest(QUESTION, decoding), Record())
    assert re.fullmatch("[甲乙]{4}", outcome.text)


@pytest.mark.models
def test_a_broken_grammar_fails_the_run_with_a_sentence(host: ModelHost) -> None:
    outcome = host.generate("broken", GenerationRequest(QUESTION, Decoding(grammar="root ::= missing")), Record())
    assert outcome.status is RunStatus.FAILED
    assert outcome.error


@pytest.mark.models
def test_a_model_that_knows_no_chinese_writes_a_differential(host: ModelHost) -> None:
    case = Case.parse(resource_path("samples", "01_respiratory.json").read_text(encoding="utf-8"))
    prompt = differential_prompt(TEMPLATE, case.patient.context, case.chief_complaint, case.case_features)
    outcome = host.generate(
        "case", GenerationRequest(prompt.messages, replace(TEMPLATE.decoding, max_tokens=160)), Record()
    )
    assert outcome.text.startswith("1. **")
    assert parse_differential(outcome.text)[0].supporting


_WORDS = st.text("急性胃炎Ab3/%℃×^~<>≥≤=μα. +°-", min_size=1, max_size=24)
_MARKS = st.text("（）()、，,：:“”", min_size=1, max_size=2)
_POINTS = st.lists(st.tuples(_WORDS, _MARKS, _WORDS).map("".join), min_size=1, max_size=4).map("；".join)
_NAMES = st.text("急性胃炎Ab3（）/+- ", min_size=1, max_size=23).map("胃".__add__)


@st.composite
def _answers(draw: st.DrawFn) -> str:
    """Texts that the shipped grammar derives."""
    items = []
    for number in range(1, draw(st.integers(2, 5)) + 1):
        fields = "".join(f"\n   - {label}：{draw(_POINTS)}" for label in ("支持点", "不支持点", "缺什么", "建议检查"))
        items.append(f"{number}. **{draw(_NAMES)}**{fields}")
    return "\n".join(items)


@given(_answers())
def test_whatever_the_form_allows_can_be_read(answer: str) -> None:
    assert 1 <= len(parse_differential(answer)) <= 5


@given(_answers())
def test_the_shipped_grammar_allows_it(answer: str) -> None:
    assert re.fullmatch(_as_regex(TEMPLATE.decoding.grammar), answer)


def _as_regex(grammar: str) -> str:
    """The rules of a GBNF without recursion, put into one another."""
    rules = dict(re.findall(r"^([a-z]+) ::= (.*)$", grammar, re.MULTILINE))

    def expand(rule: str) -> str:
        pieces = re.findall(r'"(?:\\.|[^"])*"|\[(?:\\.|[^\]])*\]|[a-z]+|\{\d+,\d+\}|[()?]', rule)
        return "".join(map(piece, pieces))

    def piece(text: str) -> str:
        if text.startswith('"'):
            return re.escape(text[1:-1].replace("\\n", "\n"))
        return f"(?:{expand(rules[text])})" if text.isalpha() else text

    return expand(rules["root"])
