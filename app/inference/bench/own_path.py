"""The program's own path: ModelHost, its engine process, the pipe between them."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

from app.core.errors import EngineFault
from app.core.runs import Decoding, Message, RunStatus
from app.inference.bench.figures import Take, Timing
from app.inference.bench.machine import peak_rss_mib
from app.inference.bench.weights import file_bytes, weight_bytes
from app.inference.bench.workload import Workload, ask_all, warm_up
from app.inference.engine import GenerationRequest
from app.inference.live_run import Unobserved
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
        request = self._prepared.request
        asker = _Asker(host, copies=workload.copies)
        answers = ask_all(asker.answer, workload, tokens)
        assert host.pid is not None
        take = Take(load_s, answers, peak_rss_mib(host.pid), weight_bytes(request.path), file_bytes(request.path))
        guesses = workload.copies and dict(request.options).get("lookup", "0") != "0"
        if not guesses:
            return take
        written, unguessed = answers.cold.output_tokens, _Asker(host, copies=True, guesses=False)
        plain = _Asker(host).answer(workload.messages, written)
        unguessed.answer(workload.messages, written)
        return replace(take, plain=plain, same_text=unguessed.texts[0] == asker.texts[0])

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
        warm_up(_Asker(host).answer)
        return self._open


_ids = map("bench-{}".format, itertools.count())


class _Asker:
    def __init__(self, host: ModelHost, *, copies: bool = False, guesses: bool = True) -> None:
        self._host = host
        self._copies, self._guesses = copies, guesses
        self.texts: list[str] = []

    def answer(self, messages: tuple[Message, ...], tokens: int) -> Timing:
        arrivals = _Arrivals()
        generation = GenerationRequest(messages, Decoding(max_tokens=tokens), self._copies, self._guesses)
        outcome = self._host.generate(next(_ids), generation, arrivals)
        if outcome.status is not RunStatus.COMPLETED:
            raise EngineFault(outcome.error or "测速时模型没有完成输出")
        self.texts.append(outcome.text)
        return Timing(outcome.input_tokens, tuple(arrivals.seen))


class _Arrivals(Unobserved):
    """Notes when tokens come."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, int]] = []
        self._began = time.perf_counter()

    def text(self, delta: str, tokens: int) -> None:
        if tokens:
            self.seen.append((time.perf_counter() - self._began, tokens))
