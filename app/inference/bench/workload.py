"""What every contestant is asked, and in which order: the same for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.core.runs import Message
from app.inference.bench.figures import Answers, Take, Timing

Answer = Callable[[tuple[Message, ...], int], Timing]

# Libraries compile kernels and allocate buffers for their first answer, and for their first long prompt: that belongs
# to no measurement. It shares nothing with a workload but the first words of the chat template.
_WARM_UP = (Message("user", f"请数完：{'、'.join(str(number) for number in range(1, 130))}"),)
_WARM_UP_TOKENS = 4
_REPEATED_TOKENS = 2


@dataclass(frozen=True, slots=True)
class Workload:
    """One prompt. `task` is differential or discharge, `prompt` says which of its prompts.

    `edited` are the same messages after an edit in the last tenth of the patient's text. `copies`: the answer repeats
    much of the prompt. `rounds` is the most rounds it takes part in: a long record is read for minutes. `length` is
    how many times the usual number of tokens is written.
    """

    task: str
    prompt: str
    messages: tuple[Message, ...]
    edited: tuple[Message, ...]
    copies: bool = False
    rounds: int = 1_000
    length: int = 1


class Contestant(Protocol):
    """One way to run one model. `path` is wardnote, openvino, bigdl or llama.cpp; `engine` the library beneath it."""

    path: str
    engine: str
    model: str

    def measure(self, workload: Workload, tokens: int) -> Take:
        """One take: load and warm up if that is not done, answer. Raises EnvironmentFault."""

    def close(self) -> None:
        """End its process; the next take begins with a fresh one."""


def warm_up(answer: Answer) -> None:
    """The answer that is not measured."""
    answer(_WARM_UP, _WARM_UP_TOKENS)


def ask_all(answer: Answer, workload: Workload, tokens: int, *, keeps: bool = True) -> Answers:
    """The order of one take: a prompt never seen, the same again, and the edited one.

    Of the last two only the first token matters. A path that keeps nothing (not `keeps`) is asked once: the others
    would be as the first.
    """
    cold = answer(workload.messages, tokens * workload.length)
    if not keeps:
        return Answers(cold)
    return Answers(cold, answer(workload.messages, _REPEATED_TOKENS), answer(workload.edited, _REPEATED_TOKENS))
