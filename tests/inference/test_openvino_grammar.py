"""Grammars spelt so that xgrammar keeps them: the same language, no digit behind what it prints in hexadecimal."""

from __future__ import annotations

import re

import llguidance
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llguidance.gbnf_to_lark import any_to_lark

from app.controllers.discharge_plans import discharge_templates
from app.core.discharge.asks import Reader, discharge_ask
from app.core.discharge.source import lines_of
from app.inference.engines.openvino import place_of
from app.inference.engines.openvino_grammar import kept_whole
from tests.helpers.stays import SampleStay, sample_stays

_CHARACTERS = st.text("×°±é10aFx^天℃μ ", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("grammar", "expected"),
    [
        ('root ::= "9.2×10^9"', 'root ::= "9.2×" "10^9"'),
        ('root ::= "38°C" | "5±3"', 'root ::= "38°" "C" | "5±" "3"'),
        (r'root ::= "9\u00d710"', r'root ::= "9\u00d7" "10"'),
        (r'root ::= "a\"×1" "℃10 ×^"', r'root ::= "a\"×" "1" "℃10 ×^"'),
        ("root ::= [×A-F]{6}", "root ::= [A-F×]{6}"),
        ("root ::= [^×1-3°]", "root ::= [^1-3×°]"),
        (r"root ::= [\u4e00-\u9fff×^μα-ω +°-]", r"root ::= [\u4e00-\u9fff^μα-ω +×°-]"),
        (r"root ::= [\]×1\-]", r"root ::= [\]1\-×]"),
        ("root ::= [À-ÿa]", "root ::= [aÀ-ÿ]"),
    ],
)
def test_no_digit_follows(grammar: str, expected: str) -> None:
    assert kept_whole(grammar) == expected


@given(st.lists(_CHARACTERS, min_size=1, max_size=4))
def test_a_literal_says_the_same_in_pieces(texts: list[str]) -> None:
    grammar = f"root ::= {' | '.join(map(_quoted, texts))}"
    kept = kept_whole(grammar)
    assert ["".join(re.findall(r'"([^"]*)"', one)) for one in kept.removeprefix("root ::= ").split(" | ")] == texts
    assert not re.search(r"[\x80-\xff][0-9a-fA-F]", kept)


@pytest.mark.parametrize("sample", sample_stays(), ids=lambda sample: sample.name)
def test_the_form_of_a_record_is_the_same_language(sample: SampleStay) -> None:
    template = discharge_templates().record
    ask = discharge_ask(template, sample.stay, lines_of(sample.stay), Reader(8192, chinese=True))
    kept = kept_whole(ask.decoding.grammar)
    assert not re.search(r"[\x80-\xff][0-9a-fA-F]", kept)
    matcher = llguidance.LLMatcher(llguidance.LLTokenizer("byte"), any_to_lark(kept))
    assert not matcher.is_error(), matcher.get_error()


def _quoted(text: str) -> str:
    return f'"{text}"'


def test_a_failure_of_the_library_is_told_by_its_place_and_none_of_its_words() -> None:
    words = (
        "Exception from /build/src/cpp/src/generate_pipeline.cpp:33:\nCheck failed at cache_manager.hpp:92:\n患者周示例"
    )
    assert place_of(RuntimeError(words)) == "，cache_manager.hpp:92"
    assert place_of(RuntimeError("患者周示例")) == ""
