"""The child process around one engine: reads requests, runs them one after another, tells how they go.

Three threads: the reader takes messages from the pipe (so that Cancel and the end of the program are seen while
the engine works), the heart beats once a second while there is work, the main thread runs the engine. Started as
`python -m app.inference.engine_process HANDLE ENGINE`.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn, cast

from app.core.errors import EnvironmentFault, ModelFileFault, WardNoteError
from app.core.runs import FinishReason, RunStatus
from app.inference import messages
from app.inference.engine import Engine, GenerationStats
from app.inference.token_stream import BATCH_SECONDS, TokenStream

if TYPE_CHECKING:
    from app.inference.process import PipeEnd

HEARTBEAT_SECONDS = 1.0

ENGINES = {
    "bigdl": ("app.inference.engines.bigdl", "BigDLEngine"),
    "openvino": ("app.inference.engines.openvino", "OpenVINOEngine"),
    "openai": ("app.inference.engines.openai", "OpenAIEngine"),
    "scripted": ("app.inference.engines.scripted", "ScriptedEngine"),
}

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4


def make_engine(name: str) -> Engine:
    """The engine of this name; its library is imported now. Raises EnvironmentFault."""
    if name not in ENGINES:
        raise EnvironmentFault(f"没有名为“{name}”的推理引擎；可用的有：{'、'.join(ENGINES)}。")
    module, class_name = ENGINES[name]
    try:
        return cast("Engine", getattr(import_module(module), class_name)())
    except ImportError as error:
        raise EnvironmentFault(f"推理引擎 {name} 无法载入（缺少 {error.name}），请重新安装本程序。") from error


def protect() -> None:
    """No core dump and no reader of this process's memory (it holds patient text); low priority; offline."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # OpenVINO's converter falls back to a stub when its telemetry package cannot be imported.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.nice(5)
    if sys.platform == "linux":
        import ctypes

        prctl = ctypes.CDLL(None).prctl
        prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def describe(error: Exception) -> tuple[messages.FaultKind, str]:
    """A failure as a kind and a sentence. The words of unknown errors are left out: they may quote the prompt."""
    if isinstance(error, ModelFileFault):
        return messages.FaultKind.MODEL_FILE, str(error)
    if isinstance(error, WardNoteError):
        return messages.FaultKind.ENGINE, str(error)
    if isinstance(error, MemoryError) or any(words in str(error) for words in ("allocate memory", "bad_alloc")):
        return messages.FaultKind.MEMORY, "内存不足，模型无法继续。请关闭其他程序，或改用较小的模型。"
    return messages.FaultKind.BUG, f"推理引擎内部出错（{type(error).__name__}）。请重试；若仍出现，请联系管理员。"


class Mouth:
    """The pipe's writing side, for several threads. When nobody listens any more, the process ends."""

    def __init__(self, connection: PipeEnd) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def say(self, message: messages.FromChild) -> None:
        """Send a message. Raises MessageError."""
        data = messages.encode(message)
        with self._lock:
            try:
                self._connection.send_bytes(data)
            except OSError:
                leave()


def leave() -> NoReturn:
    """End at once: there is nothing to save, and native libraries are slow or unsafe to tear down."""
    os._exit(0)


class Ears(threading.Thread):
    """The pipe's reading side: requests into a queue, cancels into a set; the end of the pipe ends the process."""

    def __init__(self, connection: PipeEnd) -> None:
        super().__init__(name="engine-pipe", daemon=True)
        self._connection = connection
        self.requests: queue.SimpleQueue[messages.ToChild] = queue.SimpleQueue()
        self.cancelled: set[str] = set()

    def run(self) -> None:
        """Listen until the pipe ends. Anything that is no message ends the process, too."""
        while True:
            try:
                message = messages.decode(self._connection.recv_bytes(messages.MAX_MESSAGE_BYTES))
            except (OSError, EOFError, messages.MessageError):
                leave()
            if isinstance(message, messages.Shutdown):
                leave()
            if isinstance(message, messages.Cancel):
                self.cancelled.add(message.request_id)
            else:
                self.requests.put(cast("messages.ToChild", message))


class Heart(threading.Thread):
    """Beats while there is work, and flushes text that waits for a token to come."""

    def __init__(self, mouth: Mouth) -> None:
        super().__init__(name="engine-heart", daemon=True)
        self._mouth = mouth
        self.working = threading.Event()
        self.stream: TokenStream | None = None

    def run(self) -> None:
        """Beat for ever."""
        while True:
            self.working.wait()
            self._mouth.say(messages.Heartbeat())
            if stream := self.stream:
                stream.flush()
            time.sleep(HEARTBEAT_SECONDS)


class Worker:
    """Runs requests on one engine, one after another."""

    def __init__(self, engine: Engine, mouth: Mouth, ears: Ears, heart: Heart) -> None:
        self._engine = engine
        self._mouth = mouth
        self._ears = ears
        self._heart = heart
        self._context_tokens = 0

    def serve(self) -> NoReturn:
        """Answer every request until the process ends."""
        while True:
            request = self._ears.requests.get()
            self._heart.working.set()
            self._mouth.say(self._answer(request))
            self._heart.working.clear()

    def _answer(self, request: messages.ToChild) -> messages.FromChild:
        if isinstance(request, messages.Generate):
            return self._generate(request)
        request_id = getattr(request, "request_id", "")
        try:
            return self._answer_plainly(request)
        except Exception as error:
            traceback.print_exc()
            return messages.Fault(request_id, *describe(error))

    def _answer_plainly(self, request: messages.ToChild) -> messages.FromChild:
        if isinstance(request, messages.Load):
            return self._load(request)
        if isinstance(request, messages.CountTokens):
            return messages.Counted(request.request_id, self._engine.count_tokens(request.messages))
        if isinstance(request, messages.Score):
            return messages.Scored(request.request_id, self._engine.score(request.text))
        raise TypeError(type(request).__name__)

    def _load(self, request: messages.Load) -> messages.Loaded:
        started = time.monotonic()
        self._engine.load(request.request, self._loading_report(request.request_id))
        self._context_tokens = request.request.context_tokens
        return messages.Loaded(request.request_id, _milliseconds(started))

    def _loading_report(self, request_id: str) -> Callable[[float], None]:
        said = float("-inf")

        def report(fraction: float) -> None:
            nonlocal said
            if time.monotonic() - said >= BATCH_SECONDS:
                said = time.monotonic()
                self._mouth.say(messages.Loading(request_id, min(max(fraction, 0.0), 1.0)))

        return report

    def _generate(self, request: messages.Generate) -> messages.Finished:
        """Run it; the context limit and stop strings are held here, for every engine alike."""
        started = time.monotonic()
        cancelled = self._ears.cancelled
        stop = request.generation.decoding.stop
        stream = TokenStream(request.request_id, self._mouth.say, stop, lambda: request.request_id in cancelled)
        self._heart.stream = stream
        input_tokens, error = 0, None
        try:
            input_tokens = self._check_length(request)
            stream.reading(0, input_tokens)
            stats = self._engine.generate(request.generation, stream)
        except Exception as caught:
            error = self._sentence(caught)
            stats = GenerationStats(FinishReason.ERROR, input_tokens, stream.tokens)
        self._heart.stream = None
        stream.finish()
        cancelled.discard(request.request_id)
        return _finished(request.request_id, stats, stream, started, error)

    def _sentence(self, error: Exception) -> str:
        traceback.print_exc()
        return describe(error)[1]

    def _check_length(self, request: messages.Generate) -> int:
        """The prompt's tokens. Raises EnvironmentFault when prompt and answer do not fit: nothing is cut silently."""
        tokens = self._engine.count_tokens(request.generation.messages)
        answer = request.generation.decoding.max_tokens
        room = self._context_tokens - answer
        if tokens > room:
            raise EnvironmentFault(
                f"输入过长：需要 {tokens} 个词元，此模型最多能读 {max(room, 0)} 个"
                f"（上下文 {self._context_tokens} 个，其中 {answer} 个留给回答）。请精简病例特点后重试。"
            )
        return tokens


def _finished(
    request_id: str, stats: GenerationStats, stream: TokenStream, started: float, error: str | None
) -> messages.Finished:
    first = None if stream.first_token_at is None else (stream.first_token_at - started) * 1000
    if stats.finish_reason is FinishReason.CANCELLED and stream.stopped:
        stats = GenerationStats(FinishReason.STOP, stats.input_tokens, stats.output_tokens)
    status = {FinishReason.ERROR: RunStatus.FAILED, FinishReason.CANCELLED: RunStatus.CANCELLED}
    ended = status.get(stats.finish_reason, RunStatus.COMPLETED)
    if ended is RunStatus.FAILED and error is None:
        error = "推理引擎未能完成回答。请重试。"
    return messages.Finished(request_id, ended, stats, first, _milliseconds(started), error)


def _milliseconds(started: float) -> float:
    return (time.monotonic() - started) * 1000


def _open(handle: int) -> PipeEnd:
    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection

        return PipeConnection(handle)
    from multiprocessing.connection import Connection

    return Connection(handle)


def main(handle: int, engine_name: str) -> NoReturn:
    """Serve this engine over this pipe until told to end."""
    protect()
    connection = _open(handle)
    mouth, ears = Mouth(connection), Ears(connection)
    heart = Heart(mouth)
    heart.working.set()
    ears.start()
    heart.start()
    try:
        engine = make_engine(engine_name)
    except Exception as error:
        traceback.print_exc()
        mouth.say(messages.Fault("", *describe(error)))
        leave()
    mouth.say(messages.Hello(engine.name, engine.version))
    heart.working.clear()
    Worker(engine, mouth, ears, heart).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
