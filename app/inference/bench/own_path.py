"""The program's own path: ModelHost, its engine process, the pipe between them."""

from __future__ import annotations

import itertools
import time

from app.core.errors import EngineFault
from app.core.runs import Decoding, Message, RunStatus
from app.inference.bench.figures import Take, Timing
from app.inference.bench.machine import peak_rss_mib
from app.inference.bench.weights import weight_bytes
from app.inference.bench.workload import Workload, ask_all, warm_up
from app.inference.engine import GenerationRequest
from app.inference.prepared import PreparedModel
from app.inference.supervisor import ModelHost


class OwnPath:
    """A Contestant. Times are taken in this process, where a window would show the text."""

    path = "wardnote"

    def __init__(self, model: PreparedModel) -> None:
        self.engine = model.identity.engine
        self.model = model.identity.model
        self._prepared = model
        self._open: tuple[ModelHost, float] | None = None

    def measure(self, workload: Workload, tokens: int) -> Take:
        """See Contestant."""
        host, load_s = self._open or self._start()
        answers = ask_all(_Asker(host, copies=workload.copies).answer, workload, tokens)
        assert host.pid is not None
        return Take(load_s, answers, peak_rss_mib(host.pid), weight_bytes(self._prepared.request.path))

    def close(self) -> None:
        """See Contestant."""
        if self._open is not None:
            self._open[0].close()
        self._open = None

    def _start(self) -> tuple[ModelHost, float]:
        host, began = ModelHost(self._prepared), time.perf_counter()
        self._open = (host, 0.0)
        host.load(lambda fraction: None)
        self._open = (host, time.perf_counter() - began)
        warm_up(_Asker(host, copies=False).answer)
        return self._open


_ids = map("bench-{}".format, itertools.count())


class _Asker:
    def __init__(self, host: ModelHost, *, copies: bool) -> None:
        self._host = host
        self._copies = copies

    def answer(self, messages: tuple[Message, ...], tokens: int) -> Timing:
        arrivals = _Arrivals()
        generation = GenerationRequest(messages, Decoding(max_tokens=tokens), self._copies)
        outcome = self._host.generate(next(_ids), generation, arrivals)
        if outcome.status is not RunStatus.COMPLETED:
            raise EngineFault(outcome.error or "测速时模型没有完成输出")
        return Timing(outcome.input_tokens, tuple(arrivals.seen))


class _Arrivals:
    """A RunObserver that notes when tokens come."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, int]] = []
        self._began = time.perf_counter()

    def loading(self, fraction: float) -> None: ...
    def reading(self, done: int, total: int) -> None: ...

    def text(self, delta: str, tokens: int) -> None:
        if tokens:
            self.seen.append((time.perf_counter() - self._began, tokens))
