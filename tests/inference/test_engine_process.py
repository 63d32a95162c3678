"""The child's side of the pipe: it ends with the pipe, and with anything that is no message."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from multiprocessing.connection import Connection, Pipe

import pytest

from app.core.errors import EngineFault, EnvironmentFault, ModelFileFault
from app.core.runs import Message
from app.inference.engine_process import describe, make_engine
from app.inference.messages import Counted, CountTokens, FaultKind, Heartbeat, Hello, Shutdown, decode, encode

Child = tuple[subprocess.Popen[bytes], Connection]


@pytest.fixture
def child() -> Iterator[Child]:
    """An engine process that was started by hand, after its Hello."""
    ours, theirs = Pipe()
    command = [sys.executable, "-m", "app.inference.engine_process", str(theirs.fileno()), "scripted"]
    with theirs:
        process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
    while decode(ours.recv_bytes()) != Hello("scripted", "1"):
        pass
    yield process, ours
    ours.close()
    process.kill()
    process.wait()


def test_it_ends_with_the_pipe(child: Child) -> None:
    process, pipe = child
    pipe.close()
    assert process.wait(10) == 0


def test_it_ends_when_told(child: Child) -> None:
    process, pipe = child
    pipe.send_bytes(encode(Shutdown()))
    assert process.wait(10) == 0


@pytest.mark.parametrize("data", [b"no message", encode(Heartbeat()).replace(b'"v":1', b'"v":2')])
def test_it_ends_when_it_is_spoken_to_in_another_tongue(child: Child, data: bytes) -> None:
    process, pipe = child
    pipe.send_bytes(data)
    assert process.wait(10) == 0


def test_it_is_silent_without_work(child: Child) -> None:
    _, pipe = child
    pipe.send_bytes(encode(CountTokens("1", (Message("user", "胸痛"),))))
    messages = [decode(pipe.recv_bytes()) for _ in islice(iter(lambda: pipe.poll(2.5), False), 6)]
    assert Counted("1", 2) in messages
    assert messages.count(Heartbeat()) <= 2


def test_an_engine_that_does_not_exist_is_named() -> None:
    with pytest.raises(EnvironmentFault, match="llama"):
        make_engine("llama")


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (ModelFileFault("文件 a 不完整。"), FaultKind.MODEL_FILE, "文件 a 不完整。"),
        (EngineFault("格式不支持。"), FaultKind.ENGINE, "格式不支持。"),
        (MemoryError(), FaultKind.MEMORY, "内存不足"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), FaultKind.MEMORY, "内存不足"),
        (RuntimeError("prompt: 李某"), FaultKind.BUG, "内部出错（RuntimeError）"),
    ],
)
def test_a_failure_is_said_without_quoting_the_prompt(error: Exception, kind: FaultKind, words: str) -> None:
    said, sentence = describe(error)
    assert said is kind
    assert words in sentence
    assert "李" not in sentence
