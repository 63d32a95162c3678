"""Models on a server in the hospital's network: where it is, and whether this workstation may send text there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from app.core.errors import EnvironmentFault
from app.inference.catalog_fields import Fields

ENGINE = "openai"
PROTOCOL = "v1"


class Dialect(StrEnum):
    """What the server understands beyond the OpenAI protocol; `openai` is no more than the protocol."""

    OPENAI = "openai"
    LLAMA_CPP = "llama.cpp"
    VLLM = "vllm"


@dataclass(frozen=True, slots=True)
class ServedModel:
    """`url` is the protocol's base (`https://10.1.2.3:8000/v1`), `model_id` what the server calls the model."""

    url: str
    model_id: str
    dialect: Dialect

    @property
    def address(self) -> str:
        """`host:port`, as the policy lists it."""
        return urlsplit(self.url).netloc.lower()

    @property
    def holds_form(self) -> bool:
        """Whether the server can hold an answer to a grammar."""
        return self.dialect is not Dialect.OPENAI


def read_served(source: Fields) -> ServedModel:
    """The `[model.source]` of a served model. Raises ModelFileFault."""
    url = source.matching("url", _is_base, "应写作 http(s)://主机:端口/v1，不带用户名和参数")
    dialects = tuple(one.value for one in Dialect)
    dialect = source.text("dialect", Dialect.OPENAI)
    if dialect not in dialects:
        raise source.fault("dialect", f"= {dialect} 无效（可用 {'、'.join(dialects)}）")
    return ServedModel(url.rstrip("/"), source.text("model"), Dialect(dialect))


def _is_base(url: str) -> bool:
    try:
        parts = urlsplit(url)
        whole = bool(parts.hostname) and parts.port is not None
    except ValueError:
        return False
    plain = "@" not in parts.netloc and not parts.query and not parts.fragment and url.isprintable() and " " not in url
    return whole and plain and parts.scheme in ("http", "https")


def refusal(name: str, served: ServedModel) -> EnvironmentFault:
    """What to say of a server that the policy does not list."""
    return EnvironmentFault(
        f"模型 {name} 在服务器 {served.address} 上，而本机的策略不允许把病历文字发送到这个地址："
        f"请由信息科在数据文件夹的 policy.toml 中加入 [servers] allowed，或停用这个模型。"
    )
