"""What every contestant is asked, and in which order: the same for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.core.runs import Message
from app.inference.bench.figures import Answers, Take, Timing

Answer = Callable[[tuple[Message, ...], int], Timing]

# Libraries compile kernels and allocate buffers for their first answer: that belongs to no measurement. It shares
# nothing with a workload but the first words of the chat template.
_WARM_UP = (Message("user", "Please count from one to twenty, and then back again. 请从一数到二十。"),)
_WARM_UP_TOKENS = 4


@dataclass(frozen=True, slots=True)
class Workload:
    """One prompt. `task` is differential or discharge, `prompt` says which of its prompts.

    `edited` are the same messages after an edit in the last tenth of the patient's text.
    """

    task: str
    prompt: str
    messages: tuple[Message, ...]
    edited: tuple[Message, ...]


class Contestant(Protocol):
    """One way to run one model. `path` is wardnote, openvino, bigdl or llama.cpp; `engine` the library beneath it."""

    path: str
    engine: str
    model: str

    def measure(self, workload: Workload, tokens: int) -> Take:
        """One take in a fresh process: load, warm up, answer. Raises EnvironmentFault."""


def ask_all(answer: Answer, workload: Workload, tokens: int) -> Answers:
    """The order of one take: a prompt never seen, the same again, and the edited one."""
    answer(_WARM_UP, _WARM_UP_TOKENS)
    cold = answer(workload.messages, tokens)
    warm = answer(workload.messages, tokens)
    return Answers(cold, warm, answer(workload.edited, tokens))
