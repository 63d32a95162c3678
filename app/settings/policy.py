"""What the hospital's IT allows on this workstation: a small TOML file that the program reads and never writes."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from app.core.errors import ModelFileFault

_ADDRESS = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class Policy:
    """`servers`: the `host:port` of model servers that text may be sent to; none without a file."""

    servers: frozenset[str] = frozenset()

    @classmethod
    def read(cls, path: Path) -> Policy:
        """The file's policy. Raises ModelFileFault for one that cannot be understood: nothing is allowed by guess."""
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls()
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ModelFileFault(f"策略文件 {path} 不是有效的 TOML 文件：{error}") from error
        except OSError as error:
            raise ModelFileFault(f"策略文件 {path} 无法读取：{error.strerror}") from error
        return cls(_addresses(table.get("servers", {}), path))


def _addresses(servers: object, path: Path) -> frozenset[str]:
    allowed = servers.get("allowed", []) if isinstance(servers, dict) else None
    if not isinstance(allowed, list) or not all(isinstance(one, str) and _ADDRESS.fullmatch(one) for one in allowed):
        raise ModelFileFault(f'策略文件 {path} 的 servers.allowed 应是地址的列表，例如 ["10.1.2.3:8000"]，请修改')
    return frozenset(one.lower() for one in allowed)
