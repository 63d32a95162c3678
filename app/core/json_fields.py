"""Reading JSON that comes from outside: what is missing or mistyped is named, in a sentence for the user."""

from __future__ import annotations

import json
from collections.abc import Mapping

from app.core.errors import UsageFault

FILE = "病例文件"
_NAME_CHARACTERS = 40


class _TwiceNamed(Exception):
    """An object has a name twice: which text the ward meant is not ours to choose."""


def json_object(text: str) -> dict[str, object]:
    """One JSON object that can be stored again as it is. Raises UsageFault."""
    try:
        data = json.loads(text, object_pairs_hook=_named_once)
        json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
    except _TwiceNamed as error:
        raise UsageFault(f"{FILE}中同一个对象里有两个 {error}，不知道以哪个为准：请删去一个。") from None
    except json.JSONDecodeError as error:
        raise UsageFault(f"{FILE}不是有效的 JSON（第 {error.lineno} 行第 {error.colno} 列），请检查。") from None
    except (RecursionError, UnicodeEncodeError, ValueError):
        raise UsageFault(f"{FILE}不是有效的 JSON（嵌套过深、数字过长、有 NaN 或无效字符），请检查后重试。") from None
    if not isinstance(data, dict):
        raise UsageFault(f"{FILE}的最外层应是一个 JSON 对象（{{…}}），请检查后重试。")
    return data


def _named_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    named: dict[str, object] = {}
    for name, value in pairs:
        if name in named:
            raise _TwiceNamed(name[:_NAME_CHARACTERS])
        named[name] = value
    return named


def as_object(value: object, name: str) -> Mapping[str, object]:
    """A field that must be an object. Raises UsageFault."""
    if not isinstance(value, dict):
        raise UsageFault(f"病例字段{name}应是一个 JSON 对象（{{…}}）。")
    return value


def as_list(value: object, name: str) -> list[object]:
    """A field that must be a list; null and missing are an empty one. Raises UsageFault."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise UsageFault(f"病例字段 {name} 应是一个列表（[…]）。")
    return value


def optional_text(data: Mapping[str, object], key: str, prefix: str = "") -> str:
    """Text, or a number where a ward writes text (a bed, a 住院号); null is as good as missing. Raises UsageFault."""
    value = data.get(key)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UsageFault(f"病例字段 {prefix}{key} 应是文字。")
    return str(value).strip()


def required_text(data: Mapping[str, object], key: str, prefix: str = "") -> str:
    """Text that must be there and say something. Raises UsageFault naming the field."""
    text = optional_text(data, key, prefix)
    if not text:
        raise UsageFault(f"病例缺少必填字段：{prefix}{key}。")
    return text


def unknown_fields(data: Mapping[str, object], known: frozenset[str]) -> dict[str, object]:
    """What this program does not know, to be kept."""
    return {key: value for key, value in data.items() if key not in known}
