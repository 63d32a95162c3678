"""A bare library in a process of its own, so that it crashes alone and its memory is told apart."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from app.core.errors import EngineFault
from app.core.runs import Message
from app.inference.bench.figures import Answers, Take, Timing
from app.inference.bench.machine import peak_rss_mib
from app.inference.bench.peers import PEERS
from app.inference.bench.weights import file_bytes, weight_bytes
from app.inference.bench.workload import Workload, ask_all, warm_up
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
        self._open: tuple[SpawnProcess, Connection, float] | None = None

    def measure(self, workload: Workload, tokens: int) -> Take:
        """See Contestant."""
        process, pipe, load_s = self._open or self._start()
        pipe.send((workload, tokens))
        answers = self._receive(pipe)
        assert isinstance(answers, Answers)
        assert process.pid is not None
        place = self._request.path
        return Take(load_s, answers, peak_rss_mib(process.pid), weight_bytes(place), file_bytes(place))

    def close(self) -> None:
        """See Contestant."""
        if self._open is not None:
            process, pipe, _ = self._open
            process.kill()
            process.join()
            pipe.close()
        self._open = None

    def _start(self) -> tuple[SpawnProcess, Connection, float]:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_child, args=(theirs, self.path, self._request), daemon=True)
        began = time.perf_counter()
        process.start()
        theirs.close()
        self._open = (process, ours, 0.0)
        self._receive(ours)
        self._open = (process, ours, time.perf_counter() - began)
        return self._open

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


def _child(pipe: Connection, library: str, request: LoadRequest) -> None:
    os.environ.update(_OFFLINE)
    _silence()
    try:
        peer = PEERS[library]()
        peer.load(request)
        pipe.send("loaded")

        def answer(messages: tuple[Message, ...], count: int) -> Timing:
            return peer.answer(render_chat(request.chat_template, messages), count)

        warm_up(answer)
        # It goes when the program does, however that ends: the pipe breaks.
        while True:
            workload, tokens = pipe.recv()
            pipe.send(ask_all(answer, workload, tokens, keeps=peer.keeps))
    except ModuleNotFoundError as error:
        pipe.send(_Failure(f"没有安装 {error.name}，不与 {library} 比较"))
    except (EOFError, OSError):
        return
    except Exception as error:  # a library of others may fail in any way: the rest is still measured
        with contextlib.suppress(OSError):
            pipe.send(_Failure(f"{library} 无法完成测速（{type(error).__name__}）"))
    with contextlib.suppress(EOFError, OSError):
        pipe.recv()


def _silence() -> None:
    """Native libraries print to the standard streams, where the report goes."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
