"""Chat templates come with model files and are programs: they run in Jinja's sandbox only.

The sandbox keeps them from files, code and long ranges. What one can still waste is time and memory; it runs in the
engine's own process, whose limits end that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NoReturn

from jinja2 import Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.core.errors import ModelFileFault
from app.core.runs import Message


def render_chat(template: str, messages: Sequence[Message]) -> str:
    """The prompt text of a chat, ending where the assistant's answer begins.

    The conventions (globals, trimmed blocks, loop controls) are those of transformers' `apply_chat_template`. Raises
    ModelFileFault if the template is broken, refuses the messages or leaves the sandbox.
    """
    chat = [{"role": message.role, "content": message.content} for message in messages]
    try:
        return _compiled(template).render(messages=chat, add_generation_prompt=True)
    except Exception as error:  # a program of others may fail in any way
        raise ModelFileFault(f"模型自带的对话模板无法使用：{type(error).__name__}，请更换模型文件") from error


@lru_cache(maxsize=8)
def _compiled(template: str) -> Template:
    """Compiling takes longer than everything else that is done before a prompt is read."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    return environment.from_string(template)


def with_special_tokens(template: str, tokens: dict[str, str]) -> str:
    """The template with the tokens that it names (`bos_token`, …) bound to their texts, as transformers passes them."""
    lines = [f"{{%- set {name} = {_literal(text)} -%}}\n" for name, text in tokens.items() if name in template]
    return "".join(lines) + template


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def _refuse(reason: str) -> NoReturn:
    raise TemplateError(reason)
