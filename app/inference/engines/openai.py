"""A model on a server that speaks the OpenAI protocol: OpenVINO Model Server, vLLM, llama.cpp's server.

The only engine that opens a connection, to the one address that the catalog names and the policy allows. The server
renders its own chat template; its weights cannot be compared with a parent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress
from typing import Any

from app.core.errors import EngineFault
from app.core.runs import Decoding, FinishReason, Message
from app.inference.engine import GenerationRequest, GenerationStats, LoadRequest, Score, TokenSink
from app.inference.engines.openai_connection import Connection
from app.inference.served import ENGINE, PROTOCOL, Dialect

# How soon a cancel is seen.
_LOOK_S = 0.02


class OpenAIEngine:
    """The Engine protocol over `/v1/chat/completions`."""

    name = ENGINE
    version = PROTOCOL

    def __init__(self) -> None:
        self._server: Connection
        self._model = ""
        self._dialect = Dialect.OPENAI
        self._counted = 0

    def load(self, request: LoadRequest, report: Callable[[float], None]) -> None:
        """Ask the server for its models; `path` is the URL, options are `model` and `dialect`. Raises EngineFault."""
        options = dict(request.options)
        self._server = Connection(request.path)
        self._model, self._dialect = options["model"], Dialect(options["dialect"])
        report(0.1)
        offered = {str(one.get("id")): one for one in self._list(self._server.ask("models"))}
        if self._model not in offered:
            raise self._server.fault(f"上没有名为 {self._model} 的模型（有：{'、'.join(sorted(offered)) or '无'}）")
        limit = self._context(offered[self._model])
        if limit and limit < request.context_tokens:
            raise self._server.fault(
                f"上的模型最多能读 {limit} 个词元，少于模型目录中的 context_tokens = {request.context_tokens}，请改小"
            )
        report(1.0)

    def _list(self, answer: object) -> list[dict[str, Any]]:
        models = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(models, list) or not all(isinstance(one, dict) for one in models):
            raise self._server.fault("的回答不符合 OpenAI 协议，请核对 url")
        return models

    def _context(self, model: Mapping[str, Any]) -> int:
        """The longest text that the server takes, in tokens; 0 where it does not tell."""
        if self._dialect is Dialect.LLAMA_CPP:
            return int(self._server.ask("/props")["default_generation_settings"]["n_ctx"])
        return int(model.get("max_model_len") or 0)

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        """How many tokens the rendered prompt has; an estimate where the server cannot tell (`openai`)."""
        self._counted = self._count(messages)
        return self._counted

    def _count(self, messages: tuple[Message, ...]) -> int:
        if self._dialect is Dialect.LLAMA_CPP:
            prompt = self._server.ask("/apply-template", {"messages": _plain(messages)})["prompt"]
            body = {"content": prompt, "add_special": True, "parse_special": True}
            return len(self._server.ask("/tokenize", body)["tokens"])
        if self._dialect is Dialect.VLLM:
            return int(self._server.ask("/tokenize", {"model": self._model, "messages": _plain(messages)})["count"])
        return sum(_estimate(message.content) for message in messages)

    def generate(self, generation: GenerationRequest, sink: TokenSink) -> GenerationStats:
        """Write an answer. A cancel closes the connection, from which the server knows, whatever it is doing."""
        if generation.reads_only:
            return GenerationStats(FinishReason.STOP, self._counted, 0)
        return asyncio.run(self._generate(generation, sink))

    async def _generate(self, generation: GenerationRequest, sink: TokenSink) -> GenerationStats:
        answer = _Answer(sink, self._counted)
        following = asyncio.create_task(self._follow(generation, answer))
        while not following.done() and not sink.cancelled():
            await asyncio.wait({following}, timeout=_LOOK_S)
        if not following.done():
            following.cancel()
            with suppress(asyncio.CancelledError, EngineFault):
                await following
        elif not sink.cancelled():
            following.result()
        return answer.stats(self._server)

    async def _follow(self, generation: GenerationRequest, answer: _Answer) -> None:
        async with aclosing(self._server.events("chat/completions", self._body(generation))) as events:
            async for event in events:
                answer.take(event)

    def _body(self, generation: GenerationRequest) -> dict[str, object]:
        decoding = generation.decoding
        return {
            "model": self._model,
            "messages": _plain(generation.messages),
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": decoding.max_tokens,
            "temperature": max(decoding.temperature, 0.0),
            "top_p": decoding.top_p,
            "seed": decoding.seed,
            **_EXTRAS[self._dialect](decoding),
        }

    def score(self, text: str) -> Score:
        """No server of this protocol reads a text teacher-forced: raises EngineFault."""
        raise self._server.fault("上的模型无法与原模型比对：这种协议不提供所需的数据")


class _Answer:
    """What the events of one answer have told so far."""

    def __init__(self, sink: TokenSink, prompt_tokens: int) -> None:
        self._sink = sink
        self._ended: FinishReason | None = None
        self._prompt_tokens = prompt_tokens
        self._tokens = 0

    def take(self, event: Mapping[str, Any]) -> None:
        """One event: reading goes on, text came, the end with its reason, or the count of tokens."""
        if progress := event.get("prompt_progress"):
            self._sink.reading(int(progress["processed"]), int(progress["total"]))
        for choice in event.get("choices") or ():
            if text := (choice.get("delta") or {}).get("content"):
                self._write(str(text), 1)
            if reason := choice.get("finish_reason"):
                self._ended = FinishReason.LENGTH if reason == "length" else FinishReason.STOP
        if usage := event.get("usage"):
            self._prompt_tokens = int(usage["prompt_tokens"])
            self._write("", max(int(usage["completion_tokens"]) - self._tokens, 0))

    def _write(self, text: str, tokens: int) -> None:
        self._tokens += tokens
        self._sink.text(text, tokens)

    def stats(self, server: Connection) -> GenerationStats:
        """How it ended. Raises EngineFault for an answer that just stopped."""
        if self._sink.cancelled():
            return GenerationStats(FinishReason.CANCELLED, self._prompt_tokens, self._tokens)
        if self._ended is None:
            raise server.fault("没有写完就结束了回答，请重试")
        return GenerationStats(self._ended, self._prompt_tokens, self._tokens)


def _plain(messages: tuple[Message, ...]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]


def _estimate(text: str) -> int:
    """Rather too many: a token for a Chinese character, and for three letters or signs of others."""
    wide = sum(character > "\u2e7f" for character in text)
    return wide + (len(text) - wide) // 3 + 8


def _of_llama_cpp(decoding: Decoding) -> dict[str, object]:
    grammar = {"grammar": decoding.grammar} if decoding.grammar else {}
    own = {"top_k": decoding.top_k, "min_p": 0.0, "repeat_penalty": decoding.repetition_penalty}
    return {**own, "return_progress": True, **grammar}


def _of_vllm(decoding: Decoding) -> dict[str, object]:
    grammar = {"structured_outputs": {"grammar": decoding.grammar}} if decoding.grammar else {}
    return {"top_k": decoding.top_k, "repetition_penalty": decoding.repetition_penalty, **grammar}


_EXTRAS: Mapping[Dialect, Callable[[Decoding], dict[str, object]]] = {
    Dialect.OPENAI: lambda decoding: {},
    Dialect.LLAMA_CPP: _of_llama_cpp,
    Dialect.VLLM: _of_vllm,
}
