"""An engine for tests that follows a script: real processes and protocol, no weights.

`LoadRequest.path` is a JSON file with the fields of `Script` (all but `answer` may be missing). A token is one
character. Greedy decoding writes `answer`; sampling writes its characters in an order drawn from the seed.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import cast

from app.core.errors import EngineFault, ModelFileFault
from app.core.runs import FinishReason, Message, ModelIdentity
from app.inference.engine import GenerationRequest, GenerationStats, LoadRequest, Score, TokenSink
from app.inference.prepared import CheckedFile, PreparedModel
from app.inference.wire import WireError, from_json


class FaultKind(StrEnum):
    """How the engine misbehaves. HANG keeps its heartbeat; FREEZE holds the interpreter, as native code may."""

    NONE = "none"
    ABORT = "abort"
    SEGV = "segv"
    EXIT = "exit"
    HANG = "hang"
    FREEZE = "freeze"
    RAISE = "raise"
    REFUSE = "refuse"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Script:
    """What the engine does. `{prompt}` in `answer` stands for the last message's content.

    The fault comes at `fault_at_token` (-1: while reading, -2: while loading), and only for prompts that contain
    `fault_when`.
    """

    answer: str
    token_ms: float = 0.0
    prefill_chunks: int = 4
    prefill_ms: float = 0.0
    load_ms: float = 0.0
    ignore_cancel: bool = False
    fault: FaultKind = FaultKind.NONE
    fault_at_token: int = 0
    fault_when: str = ""


READING = -1
LOADING = -2


def read_script(path: Path) -> Script:
    """The script in this file. Raises ModelFileFault."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return cast("Script", from_json({**asdict(Script("")), **values}, Script))
    except (OSError, ValueError, TypeError, WireError) as error:
        raise ModelFileFault(f"无法读取脚本 {path.name}（{type(error).__name__}）。") from error


def scripted_model(path: Path, script: Script, *, name: str = "scripted", context_tokens: int = 4096) -> PreparedModel:
    """A model that follows this script, which is written to `path`."""
    data = json.dumps(asdict(script), ensure_ascii=False).encode()
    path.write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    return PreparedModel(
        identity=ModelIdentity(name, f"脚本 {name}", sha256, "script", "scripted", ScriptedEngine.version, "none"),
        request=LoadRequest(name, str(path), chat_template="", context_tokens=context_tokens),
        files=(CheckedFile(str(path), sha256, len(data)),),
        demonstration=True,
    )


class ScriptedEngine:
    """See the module's words."""

    name = "scripted"
    version = "1"

    def __init__(self) -> None:
        self._script = Script("")

    def load(self, request: LoadRequest, report: Callable[[float], None]) -> None:
        """Read the script, then take its time."""
        self._script = read_script(Path(request.path))
        for step in range(4):
            report(step / 4)
            self._pause(self._script.load_ms / 4)
        self._misbehave(LOADING, "")

    def generate(self, generation: GenerationRequest, sink: TokenSink) -> GenerationStats:
        """Read for `prefill_chunks` steps, then write token by token."""
        total = self.count_tokens(generation.messages)
        prompt = generation.messages[-1].content
        for done in self._chunks(total):
            self._misbehave(READING, prompt)
            if self._cancelled(sink):
                return GenerationStats(FinishReason.CANCELLED, total, 0)
            sink.reading(done, total)
        text = "" if generation.reads_only else self._text(generation)
        for written, token in enumerate(text[: generation.decoding.max_tokens]):
            self._misbehave(written, prompt)
            if self._cancelled(sink):
                return GenerationStats(FinishReason.CANCELLED, total, written)
            self._pause(self._script.token_ms)
            sink.text(token, 1)
        cut = len(text) > generation.decoding.max_tokens
        written = min(len(text), generation.decoding.max_tokens)
        return GenerationStats(FinishReason.LENGTH if cut else FinishReason.STOP, total, written)

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        """One token a character."""
        return sum(len(message.content) for message in messages)

    def score(self, text: str) -> Score:
        """Every next character was the expected one, at one nat."""
        tokens = tuple(map(ord, text))
        return Score(tokens, (-1.0,) * (len(tokens) - 1), tokens[1:])

    def _chunks(self, total: int) -> Iterator[int]:
        steps = max(self._script.prefill_chunks, 1)
        for step in range(1, steps + 1):
            self._pause(self._script.prefill_ms)
            yield total * step // steps

    def _text(self, generation: GenerationRequest) -> str:
        text = self._script.answer.replace("{prompt}", generation.messages[-1].content)
        if generation.decoding.temperature == 0:
            return text
        shuffled = list(text)
        random.Random(generation.decoding.seed).shuffle(shuffled)
        return "".join(shuffled)

    def _cancelled(self, sink: TokenSink) -> bool:
        return sink.cancelled() and not self._script.ignore_cancel

    def _pause(self, milliseconds: float) -> None:
        if milliseconds:
            time.sleep(milliseconds / 1000)

    def _misbehave(self, token: int, prompt: str) -> None:
        if token == self._script.fault_at_token and self._script.fault_when in prompt:
            _MISBEHAVIOUR[self._script.fault]()


def _raise(error: Exception) -> None:
    raise error


def _hang() -> None:
    while True:
        time.sleep(3600)


def _freeze() -> None:
    if sys.platform == "win32":
        ctypes.PyDLL("kernel32").Sleep(2**31 - 1)
    else:
        ctypes.PyDLL(None).sleep(2**31 - 1)


_MISBEHAVIOUR: dict[FaultKind, Callable[[], None]] = {
    FaultKind.NONE: lambda: None,
    FaultKind.ABORT: os.abort,
    FaultKind.SEGV: lambda: signal.raise_signal(signal.SIGSEGV),
    FaultKind.EXIT: lambda: os._exit(3),
    FaultKind.HANG: _hang,
    FaultKind.FREEZE: _freeze,
    FaultKind.RAISE: lambda: _raise(ValueError("the prompt was: …")),
    FaultKind.REFUSE: lambda: _raise(EngineFault("此模型的格式不受支持。")),
    FaultKind.MEMORY: lambda: _raise(MemoryError()),
}
