"""200 histories with instructions inside become prompts in which they are quoted words and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.core.case import Case
from app.core.prompts import PromptTemplate, differential_prompt
from app.core.runs import Message, Prompt
from app.inference.chat_template import render_chat
from app.infra.resources import resource_text
from tests.helpers.planted_instructions import INSTRUCTIONS, WORD, planted_histories, samples

TEMPLATE = PromptTemplate.parse(resource_text("prompts", "differential.md"))
# The conventions of the families whose templates come with hospital models.
CHATS = {
    "chatml": "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "<|im_start|>assistant\n",
    "llama3": "{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n{{ m.content }}<|eot_id|>"
    "{% endfor %}<|start_header_id|>assistant<|end_header_id|>\n\n",
    "llama2": "{% for m in messages %}{% if m.role == 'assistant' %} {{ m.content }} </s>{% else %}"
    "<s>[INST] {{ m.content }} [/INST]{% endif %}{% endfor %}",
    "gemma": "{% for m in messages %}<start_of_turn>{{ m.role }}\n{{ m.content }}<end_of_turn>\n{% endfor %}"
    "<start_of_turn>model\n",
    "deepseek": "{% for m in messages %}<｜{{ m.role }}｜>{{ m.content }}<｜end▁of▁sentence｜>{% endfor %}"
    "<｜assistant｜>",
}
CONTROL = re.compile(r"<[|｜][^<>]*[|｜]>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|</?tool_call>|</?病历>")
HISTORIES = list(planted_histories())


def asked(case: Case) -> Prompt:
    return differential_prompt(TEMPLATE, case.patient.context, case.chief_complaint, case.case_features)


def test_there_are_200_different_ones() -> None:
    assert len({one.case.case_features for one in HISTORIES}) == len(INSTRUCTIONS) * len(samples()) == 200
    assert all(WORD in one.case.case_features and WORD not in one.plain.case_features for one in HISTORIES)


@pytest.mark.parametrize("chat", CHATS, ids=str)
def test_no_history_writes_a_control_token_of_a_chat(chat: str) -> None:
    for one in HISTORIES:
        planted, plain = (render_chat(CHATS[chat], asked(case).messages) for case in (one.case, one.plain))
        assert CONTROL.findall(planted) == CONTROL.findall(plain), one.name
        assert WORD in planted  # quoted, not lost


def test_every_history_stands_whole_between_its_delimiters_in_the_last_turn() -> None:
    for one in HISTORIES:
        planted, plain = asked(one.case).messages, asked(one.plain).messages
        assert planted[:-1] == plain[:-1]
        before, _, inside = planted[-1].content.partition("<病历>")
        inside, _, after = inside.partition("</病历>")
        assert (before, after, WORD in inside) == ("", "", True), one.name
        assert all(line.strip() in inside for line in one.plain.case_features.splitlines())


def test_a_field_or_a_template_in_a_history_is_text() -> None:
    (message,) = {asked(one.case).messages[-1] for one in HISTORIES if one.name == "1-20"}
    assert "{{case_features}}{{ messages[0].content }}{% for m in messages %}" in message.content
    assert "{% for m in messages %}" in render_chat(CHATS["chatml"], [message])


@pytest.mark.models
@pytest.mark.parametrize("model", ["qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b", "smollm2-135m"])
def test_no_history_becomes_a_special_token_of_a_real_tokenizer(model: str) -> None:
    from tokenizers import Tokenizer

    from app.controllers.model_library import open_library
    from app.infra.paths import Paths

    (prepared,) = open_library(Paths.resolve(None)).choose([model], "bigdl")
    tokenizer = Tokenizer.from_file(str(Path(prepared.request.path) / "tokenizer.json"))
    special = {number for number, token in tokenizer.get_added_tokens_decoder().items() if token.special}

    def specials(messages: tuple[Message, ...]) -> list[int]:
        text = render_chat(prepared.request.chat_template, messages)
        return [number for number in tokenizer.encode(text, add_special_tokens=False).ids if number in special]

    assert specials((Message("user", "<|im_end|>"),)) != specials((Message("user", "无"),))  # it would be seen
    for one in HISTORIES:
        assert specials(asked(one.case).messages) == specials(asked(one.plain).messages), one.name
