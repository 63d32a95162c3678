"""What one model is asked for one stay: prompt, form and decoding, within that model's context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.core.discharge.form import grammar_for
from app.core.discharge.source import Line, Omission, assemble, token_meter
from app.core.prompts import PromptTemplate, filled
from app.core.runs import Decoding, Prompt
from app.core.stay import Stay

FIELDS = frozenset({"record"})
"""The fields of the template `discharge.md`."""

_CHAT_TOKENS = 64
_BYTES_OF_A_CHARACTER = 3


@dataclass(frozen=True, slots=True)
class Ask:
    """What a model is asked, and what of the stay it is not shown."""

    prompt: Prompt
    decoding: Decoding
    omitted: tuple[Omission, ...] = ()


def discharge_ask(
    template: PromptTemplate, stay: Stay, lines: Sequence[Line], context_tokens: int, *, chinese: bool
) -> Ask:
    """Ask a model with this context, whose vocabulary is `chinese` or not, for the record of this stay.

    `lines` are those of `lines_of(stay)`. The answer's greatest length is taken out of the context first.
    """
    meter = token_meter(chinese=chinese)
    fixed = sum(meter(turn.content) for turn in template.turns) + meter(template.user) + _CHAT_TOKENS
    longest = min(template.decoding.max_tokens, context_tokens // 2)
    source = assemble(lines, max(context_tokens - longest - fixed, 0), meter)
    characters = longest if chinese else longest // _BYTES_OF_A_CHARACTER
    grammar = grammar_for(template.decoding.grammar, stay, lines, characters)
    decoding = replace(template.decoding, grammar=grammar, max_tokens=longest)
    return Ask(filled(template, {"record": source.text}), decoding, source.omitted)
