"""What one model is asked for one stay: prompt, form and decoding, within that model's context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.core.discharge.form import grammar_for
from app.core.discharge.source import Line, Meter, Omission, Source, assemble, token_meter
from app.core.prompts import PromptTemplate, filled
from app.core.runs import Decoding, Prompt
from app.core.stay import Stay

FIELDS = frozenset({"record"})
"""The fields of the templates `discharge.md` and `discharge_period.md`."""

_CHAT_TOKENS = 64
_BYTES_OF_A_CHARACTER = 3


@dataclass(frozen=True, slots=True)
class Reader:
    """How much a model takes; `chinese`: its vocabulary was made for Chinese."""

    context_tokens: int
    chinese: bool

    @property
    def meter(self) -> Meter:
        """An upper bound of the tokens of a text."""
        return token_meter(chinese=self.chinese)

    def longest(self, template: PromptTemplate) -> int:
        """The greatest length of an answer, in tokens; never more than half the context."""
        return min(template.decoding.max_tokens, self.context_tokens // 2)

    def room(self, template: PromptTemplate, answer: int) -> int:
        """The tokens that this template and an answer of so many leave for the stay."""
        fixed = sum(self.meter(turn.content) for turn in template.turns) + self.meter(template.user) + _CHAT_TOKENS
        return max(self.context_tokens - answer - fixed, 0)

    def characters(self, tokens: int) -> int:
        """How many characters so many tokens write at least."""
        return tokens if self.chinese else tokens // _BYTES_OF_A_CHARACTER


@dataclass(frozen=True, slots=True)
class Ask:
    """What a model is asked, and what of the stay it is not shown."""

    prompt: Prompt
    decoding: Decoding
    omitted: tuple[Omission, ...] = ()


def discharge_ask(template: PromptTemplate, stay: Stay, lines: Sequence[Line], reader: Reader) -> Ask:
    """Ask a model for the record of this stay in one piece. `lines` are those of `lines_of(stay)`.

    The answer's greatest length is taken out of the context first.
    """
    source = assemble(lines, reader.room(template, reader.longest(template)), reader.meter)
    return record_ask(template, stay, lines, reader, source)


def record_ask(template: PromptTemplate, stay: Stay, lines: Sequence[Line], reader: Reader, source: Source) -> Ask:
    """Ask for the record from this source; days, diagnoses and numbers of the form are those of all `lines`."""
    longest = reader.longest(template)
    grammar = grammar_for(template.decoding.grammar, stay, lines, reader.characters(longest))
    return ask_of(template, source, grammar, longest)


def ask_of(template: PromptTemplate, source: Source, grammar: str, longest: int) -> Ask:
    """The template with this source, form and greatest length."""
    decoding = replace(template.decoding, grammar=grammar, max_tokens=longest)
    return Ask(filled(template, {"record": source.text}), decoding, source.omitted)
