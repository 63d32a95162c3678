"""Chat templates come with model files and are programs: they run in Jinja's sandbox only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NoReturn

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.core.errors import ModelFileFault
from app.core.runs import Message


def render_chat(template: str, messages: Sequence[Message]) -> str:
    """The prompt text of a chat, ending where the assistant's answer begins.

    The conventions (globals, trimmed blocks) are those of transformers' `apply_chat_template`. Raises ModelFileFault
    if the template is broken, refuses the messages or leaves the sandbox.
    """
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    chat = [{"role": message.role, "content": message.content} for message in messages]
    try:
        return environment.from_string(template).render(messages=chat, add_generation_prompt=True)
    except (TemplateError, TypeError, ValueError, OverflowError) as error:
        raise ModelFileFault(f"模型自带的对话模板无法使用：{type(error).__name__}，请更换模型文件") from error


def _refuse(reason: str) -> NoReturn:
    raise TemplateError(reason)
