"""Chat templates: the text they make, and that they get nowhere else."""

from __future__ import annotations

from datetime import datetime

import pytest

from app.controllers.model_library import open_library
from app.core.errors import ModelFileFault
from app.core.runs import Message
from app.inference.chat_template import render_chat, with_special_tokens
from app.infra.paths import Paths
from tests.helpers.catalog_models import CHATML

CHAT = (Message("system", "你是医师。"), Message("user", "胸痛3小时"))
QWEN = "<|im_start|>system\n你是医师。<|im_end|>\n<|im_start|>user\n胸痛3小时<|im_end|>\n<|im_start|>assistant\n"


def test_a_chat_ends_where_the_answer_begins() -> None:
    assert render_chat(CHATML, CHAT) == QWEN


def test_patient_text_is_no_template() -> None:
    text = "{{ 7 * 7 }}{% if x %}{# 注释 #}"
    assert text in render_chat(CHATML, [Message("user", text)])


def test_blocks_are_trimmed_as_transformers_does() -> None:
    template = "{% for message in messages %}\n    {% if true %}\n{{ message.role }}|\n    {% endif %}\n{% endfor %}\n"
    assert render_chat(template, CHAT) == "system|\nuser|\n"


def test_loops_may_break_and_the_date_be_asked() -> None:
    template = (
        "{% for message in messages %}{% if loop.index > 1 %}{% break %}{% endif %}{{ message.role }}{% endfor %}"
    )
    assert render_chat(template, CHAT) == "system"
    assert render_chat("{{ strftime_now('%Y') }}", CHAT) in {str(datetime.now().year + late) for late in (0, -1)}


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ ''['__class__']['__mro__'] }}",
        "{{ messages.__class__.__base__.__subclasses__() }}",
        "{{ (''|attr('__class__')).__mro__ }}",
        "{{ raise_exception.__globals__['os'].system('id') }}",
        "{{ strftime_now.__globals__ ['datetime'] }}{{ strftime_now.__globals__.os }}",
        "{{ self.__init__.__globals__ }}",
        "{{ lipsum.__globals__.os.popen('id').read() }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ '{0.__class__.__mro__}'.format('') }}",
        "{{ '{x.__class__.__mro__}'.format_map({'x': ''}) }}",
        "{% set _ = messages.append(1) %}",
        "{% set _ = messages[0].update({'role': 'x'}) %}",
        "{% for i in range(10 ** 9) %}x{% endfor %}",
        "{{ range(99999999)|list }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% extends 'x' %}",
        "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
        "{{ 1 // 0 }}",
        "{{ messages[0] | tojson(indent='x' * 3) | int(base=99) }}{{ undefined_function() }}",
        "{% for",
        "{{ messages[5].content.text }}",
        "{{ raise_exception('Conversation roles must alternate') }}",
    ],
)
def test_a_template_that_breaks_or_leaves_the_sandbox_is_refused(template: str) -> None:
    with pytest.raises(ModelFileFault, match=r"^模型自带的对话模板无法使用：\w+，请更换模型文件$"):
        render_chat(template, CHAT)


@pytest.mark.parametrize("template", ["{{ ''.__class__ }}", "{{ lipsum.__globals__ }}", "{{ ''|attr('__class__') }}"])
def test_what_is_private_is_not_shown(template: str) -> None:
    assert render_chat(template, CHAT) == ""


def test_nothing_is_kept_from_one_rendering_to_the_next() -> None:
    render_chat("{% set leaked = messages[1].content %}", CHAT)
    assert render_chat("{{ leaked }}", CHAT) == ""


def test_special_tokens_are_bound_where_they_are_named() -> None:
    template = "{{ bos_token }}{% for message in messages %}[{{ message.role }}]{{ eos_token }}{% endfor %}"
    tokens = {"bos_token": "<s>", "eos_token": "'</s>\\", "unk_token": "?"}
    bound = with_special_tokens(template, tokens)
    assert render_chat(bound, CHAT) == "<s>[system]'</s>\\[user]'</s>\\"
    assert "unk_token" not in bound
    assert with_special_tokens(CHATML, tokens) == CHATML


@pytest.mark.models
@pytest.mark.parametrize("engine", ["bigdl", "openvino"])
def test_the_demonstration_models_templates(engine: str) -> None:
    models = open_library(Paths.resolve(None)).choose(None, engine)
    for model in models:
        assert render_chat(model.request.chat_template, CHAT) == QWEN, model.identity.model
    smollm2 = models[-1].request.chat_template
    assert render_chat(smollm2, CHAT[1:]).startswith("<|im_start|>system\nYou are a helpful AI assistant named SmolLM")
