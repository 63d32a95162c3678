"""One connection to one server: exactly that address, no proxy, no redirect, certificates checked."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from app.core.errors import EngineFault

_CONNECT_S = 5.0
_ANSWER_S = 60.0
_STATUS = {
    400: "不接受这个请求（400），请核对 dialect 与模型的上下文长度",
    401: "要求身份认证（401），请由信息科核对",
    403: "拒绝了访问（403），请由信息科核对",
    404: "没有这个模型或接口（404），请核对 url 与 model",
    429: "正忙（429），请稍后重试",
    503: "尚未就绪或正忙（503），请稍后重试",
}


class Connection:
    """`url` is the protocol's base; every failure is an EngineFault with a sentence, without the server's words."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._base, self._root = url, f"{parts.scheme}://{parts.netloc}"
        self._server = f"服务器 {parts.netloc} "
        self._settings: dict[str, Any] = {
            "trust_env": False,
            "follow_redirects": False,
            # The workstation's own authorities, since a hospital's server has a certificate of the hospital's.
            "verify": ssl.create_default_context() if parts.scheme == "https" else True,
        }

    def ask(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        """The JSON answer to a request; a path that starts with `/` starts at the server's root."""
        with self._sentences(), httpx.Client(timeout=_timeout(_ANSWER_S), **self._settings) as client:
            response = client.request("GET" if body is None else "POST", self._url(path), json=body)
            self._check(response)
            return response.json()

    async def events(self, path: str, body: Mapping[str, object]) -> AsyncGenerator[dict[str, Any], None]:
        """The server-sent events of an answer. To stop early, cancel the task: that closes the connection."""
        with self._sentences():
            async with self._streamed(path, body) as response:
                self._check(response)
                async for line in response.aiter_lines():
                    if line == "data: [DONE]":
                        return
                    if line.startswith("data:"):
                        yield self._event(line.removeprefix("data:"))

    @asynccontextmanager
    async def _streamed(self, path: str, body: Mapping[str, object]) -> AsyncIterator[httpx.Response]:
        """Without a limit between two events: reading a long prompt takes its time, and the program watches it."""
        client = httpx.AsyncClient(timeout=_timeout(None), **self._settings)
        async with client, client.stream("POST", self._url(path), json=body) as response:
            yield response

    def _event(self, text: str) -> dict[str, Any]:
        event = json.loads(text)
        if not isinstance(event, dict):
            raise ValueError("an event is an object")
        if "error" in event:
            raise self.fault("报告生成出错，请重试；若仍出现，请由信息科查看服务器日志")
        return event

    def fault(self, reason: str) -> EngineFault:
        """A failure of this server; `reason` follows its address."""
        return EngineFault(f"{self._server}{reason}。")

    def _url(self, path: str) -> str:
        return f"{self._root}{path}" if path.startswith("/") else f"{self._base}/{path}"

    def _check(self, response: httpx.Response) -> None:
        if response.is_redirect:
            raise self.fault("要求转到另一地址，已拒绝：文字只发往策略允许的地址")
        if not response.is_success:
            raise self.fault(_STATUS.get(response.status_code, f"出错（{response.status_code}），请由信息科查看"))

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except httpx.ConnectError as error:
            if "CERTIFICATE" in str(error).upper():
                raise self.fault("的证书未通过校验，没有发送任何文字：请由信息科安装医院的根证书") from None
            raise self.fault("无法连接，请检查服务器是否在运行、院内网络是否连通") from None
        except httpx.TimeoutException:
            raise self.fault("没有及时回答，请检查服务器是否过忙") from None
        except httpx.HTTPError:
            raise self.fault("的连接中断，请重试") from None
        except ValueError:
            raise self.fault("的回答不符合 OpenAI 协议，请核对 url") from None


def _timeout(answer: float | None) -> httpx.Timeout:
    return httpx.Timeout(answer, connect=_CONNECT_S)
