"""A server that goes wrong: each failure is a sentence, and nothing is sent anywhere else."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from app.core.errors import EngineFault
from app.core.runs import Decoding, FinishReason, Message
from app.inference.engine import GenerationRequest, LoadRequest
from app.inference.engines.openai import OpenAIEngine

Respond = Callable[[BaseHTTPRequestHandler, str], None]
REQUEST = GenerationRequest((Message("user", "主诉：胸痛2小时"),), Decoding(max_tokens=8, grammar="root ::= [a-z]+"))


class Sink:
    """Keeps the text; never cancels."""

    def __init__(self) -> None:
        self.written = ""

    def reading(self, done: int, total: int) -> None:
        """Not of interest."""

    def text(self, delta: str, tokens: int) -> None:
        """Keep it."""
        self.written += delta

    def cancelled(self) -> bool:
        """No."""
        return False


@contextmanager
def serving(respond: Respond) -> Iterator[str]:
    """A server that answers each request by `respond(handler, body)`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            respond(self, self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def reply(handler: BaseHTTPRequestHandler, body: str, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body.encode())


def load(url: str, dialect: str = "openai") -> OpenAIEngine:
    engine = OpenAIEngine()
    options = (("model", "m"), ("dialect", dialect))
    engine.load(LoadRequest("ward", url, "", 4096, 0, options), lambda fraction: None)
    return engine


def offering(chat: Respond, models: str = '{"data": [{"id": "m"}]}') -> Respond:
    return lambda handler, body: reply(handler, models) if handler.path == "/v1/models" else chat(handler, body)


def event(text: str = "", reason: str | None = None) -> str:
    return "data: " + json.dumps({"choices": [{"delta": {"content": text}, "finish_reason": reason}]}) + "\n\n"


@pytest.mark.parametrize(
    ("status", "words"),
    [(302, "要求转到另一地址，已拒绝"), (401, "身份认证"), (404, "没有这个模型或接口"), (500, "出错（500）")],
)
def test_a_status_is_told_in_words(status: int, words: str) -> None:
    elsewhere: list[str] = []
    with serving(lambda handler, _: elsewhere.append(handler.path)) as other:
        answer = offering(lambda handler, _: reply(handler, "secret", status, Location=f"{other}/chat/completions"))
        with serving(answer) as url, pytest.raises(EngineFault, match=words) as caught:
            load(url).generate(REQUEST, Sink())
    assert "secret" not in str(caught.value)
    assert elsewhere == []


@pytest.mark.parametrize("stream", ["data: {broken\n\n", "data: [1]\n\n"])
def test_nonsense_is_no_answer(stream: str) -> None:
    with serving(offering(lambda handler, _: reply(handler, stream))) as url, pytest.raises(EngineFault, match="协议"):
        load(url).generate(REQUEST, Sink())


def test_an_answer_that_breaks_off_keeps_its_text_and_fails() -> None:
    sink = Sink()
    answer = offering(lambda handler, _: reply(handler, event("胸痛")))
    with serving(answer) as url, pytest.raises(EngineFault, match="没有写完"):
        load(url).generate(REQUEST, sink)
    assert sink.written == "胸痛"


def test_an_error_in_the_stream_is_told_without_its_words() -> None:
    stream = event("胸") + 'data: {"error": {"message": "prompt was 张三"}}\n\n'
    answer = offering(lambda handler, _: reply(handler, stream))
    with serving(answer) as url, pytest.raises(EngineFault, match="报告生成出错") as caught:
        load(url).generate(REQUEST, Sink())
    assert "张三" not in str(caught.value)


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ('{"data": [{"id": "other"}]}', "没有名为 m 的模型（有：other）"),
        ('{"data": 7}', "不符合 OpenAI 协议"),
        ("<html>", "不符合 OpenAI 协议"),
        ('{"data": [{"id": "m", "max_model_len": 512}]}', "最多能读 512 个词元"),
    ],
)
def test_another_server_than_the_catalog_says_is_refused(models: str, words: str) -> None:
    with serving(offering(lambda handler, _: None, models)) as url, pytest.raises(EngineFault, match=words):
        load(url)


def test_a_server_that_is_not_there_is_told() -> None:
    with serving(lambda handler, _: None) as url:
        pass
    with pytest.raises(EngineFault, match="无法连接，请检查服务器是否在运行"):
        load(url)


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving(offering(lambda handler, _: reply(handler, event("好", "stop")))) as url:
        stats = load(url).generate(REQUEST, Sink())
    assert stats.finish_reason is FinishReason.STOP


@pytest.mark.parametrize(
    ("dialect", "field"), [("openai", None), ("vllm", "structured_outputs"), ("llama.cpp", "grammar")]
)
def test_the_grammar_goes_where_the_dialect_has_it(dialect: str, field: str | None) -> None:
    bodies: list[dict[str, object]] = []

    def chat(handler: BaseHTTPRequestHandler, body: str) -> None:
        if handler.path == "/props":
            reply(handler, '{"default_generation_settings": {"n_ctx": 4096}}')
        else:
            bodies.append(json.loads(body))
            reply(handler, event("好", "length"))

    with serving(offering(chat)) as url:
        stats = load(url, dialect).generate(REQUEST, Sink())
    assert stats.finish_reason is FinishReason.LENGTH
    assert {"structured_outputs", "grammar"} & set(bodies[0]) == ({field} if field else set())
