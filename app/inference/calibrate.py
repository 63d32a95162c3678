"""A short measurement on this machine: how fast each prepared model loads, reads and writes."""

from __future__ import annotations

import time
from collections.abc import Sequence

from app.core.errors import EngineFault
from app.core.runs import Decoding, Message, RunOutcome, RunStatus
from app.inference.engine import GenerationRequest
from app.inference.prepared import PreparedModel, Speed
from app.inference.supervisor import ModelHost

_TOKENS = 48


class _Silent:
    """An observer that lets everything pass."""

    def loading(self, fraction: float) -> None: ...
    def reading(self, done: int, total: int) -> None: ...
    def text(self, delta: str, tokens: int) -> None: ...


def measure_speed(model: PreparedModel, prompts: Sequence[tuple[Message, ...]]) -> Speed:
    """Load a model and let it answer each prompt shortly; the best of the rounds counts.

    Prompts should differ in their text, so that no engine answers from its cache. Raises EnvironmentFault.
    """
    host = ModelHost(model)
    try:
        began = time.monotonic()
        host.load(lambda fraction: None)
        seconds = time.monotonic() - began
        decoding = Decoding(max_tokens=_TOKENS)
        outcomes = [
            host.generate(f"calibrate-{index}", GenerationRequest(prompt, decoding), _Silent())
            for index, prompt in enumerate(prompts)
        ]
    finally:
        host.close()
    speeds = [_speeds(outcome) for outcome in outcomes]
    return Speed(max(reading for reading, _ in speeds), max(writing for _, writing in speeds), seconds)


def _speeds(outcome: RunOutcome) -> tuple[float, float]:
    """Tokens/s while reading and while writing; one token of either is too few to tell the speed from."""
    if outcome.status is not RunStatus.COMPLETED or not outcome.ttft_ms:
        raise EngineFault(outcome.error or "校准时模型没有输出，请重试")
    reading = outcome.input_tokens / outcome.ttft_ms * 1000
    return reading, outcome.tokens_per_second or reading
