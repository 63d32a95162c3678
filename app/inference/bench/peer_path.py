"""A bare library in a process of its own, so that it crashes alone and its memory is told apart."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

from app.core.errors import EngineFault
from app.core.runs import Message
from app.inference.bench.figures import Answers, Take, Timing
from app.inference.bench.machine import peak_rss_mib
from app.inference.bench.peers import PEERS
from app.inference.bench.weights import weight_bytes
from app.inference.bench.workload import Workload, ask_all
from app.inference.chat_template import render_chat
from app.inference.engine import LoadRequest

# Nothing is fetched; threads and everything else are left as a user of the library would have them.
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}
_TAKE_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class _Failure:
    sentence: str


class PeerPath:
    """A Contestant."""

    def __init__(self, library: str, request: LoadRequest) -> None:
        self.path = self.engine = library
        self.model = request.model
        self._request = request

    def measure(self, workload: Workload, tokens: int) -> Take:
        """See Contestant."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_child, args=(theirs, self.path, self._request, workload, tokens), daemon=True)
        began = time.perf_counter()
        process.start()
        theirs.close()
        try:
            self._receive(ours)
            load_s = time.perf_counter() - began
            answers = self._receive(ours)
            assert isinstance(answers, Answers)
            assert process.pid is not None
            return Take(load_s, answers, peak_rss_mib(process.pid), weight_bytes(self._request.path))
        finally:
            process.kill()
            process.join()
            ours.close()

    def _receive(self, pipe: Connection) -> object:
        try:
            if not pipe.poll(_TAKE_SECONDS):
                raise EngineFault(f"{self.path} 测速超过 {_TAKE_SECONDS // 60} 分钟没有结果，已结束")
            message = pipe.recv()
        except (EOFError, OSError):
            raise EngineFault(f"{self.path} 的测速进程意外退出，可能是内存不足") from None
        if isinstance(message, _Failure):
            raise EngineFault(message.sentence)
        return message


def _child(pipe: Connection, library: str, request: LoadRequest, workload: Workload, tokens: int) -> None:
    os.environ.update(_OFFLINE)
    _silence()
    try:
        peer = PEERS[library]()
        peer.load(request)
        pipe.send("loaded")

        def answer(messages: tuple[Message, ...], count: int) -> Timing:
            return peer.answer(render_chat(request.chat_template, messages), count)

        pipe.send(ask_all(answer, workload, tokens))
    except ModuleNotFoundError as error:
        pipe.send(_Failure(f"没有安装 {error.name}，不与 {library} 比较"))
    except Exception as error:  # a library of others may fail in any way: the rest is still measured
        with contextlib.suppress(OSError):
            pipe.send(_Failure(f"{library} 无法完成测速（{type(error).__name__}）"))
    # Its peak is read from outside while it lives; it goes when the program does, however that ends.
    with contextlib.suppress(EOFError, OSError):
        pipe.recv()


def _silence() -> None:
    """Native libraries print to the standard streams, where the report goes."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
