"""Frozen dataclasses to JSON-ready values and back, strictly: what comes from a process is checked, not trusted.

Known types: str, int, float, bool, None, StrEnum, dataclasses, `tuple[X, ...]`, `tuple[X, Y]`, and unions with None.
"""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType


class WireError(ValueError):
    """A value that does not fit its type. The message names types and fields, never contents."""


def to_json(value: object) -> object:
    """A dataclass as nested dicts and lists. Raises WireError for what the other side would refuse."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, str):
        return _checked_text(value)
    if isinstance(value, float):
        return _checked_number(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    raise WireError(f"cannot send {type(value).__name__}")


def from_json(value: object, expected: typing.Any) -> object:
    """The value as `expected` (a type). Raises WireError for anything else, unknown and missing fields included."""
    if typing.get_origin(expected) in (typing.Union, UnionType):
        return _optional(value, typing.get_args(expected))
    if typing.get_origin(expected) is tuple:
        return _tuple(value, typing.get_args(expected))
    if dataclasses.is_dataclass(expected):
        return _record(value, expected)
    if isinstance(expected, type) and issubclass(expected, StrEnum):
        return _member(value, expected)
    return _scalar(value, expected)


def _optional(value: object, choices: tuple[object, ...]) -> object:
    if value is None and NoneType in choices:
        return None
    (choice,) = (choice for choice in choices if choice is not NoneType)
    return from_json(value, choice)


def _tuple(value: object, items: tuple[object, ...]) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise WireError(f"expected a list, got {type(value).__name__}")
    if len(items) == 2 and items[1] is Ellipsis:
        return tuple(from_json(item, items[0]) for item in value)
    if len(value) != len(items):
        raise WireError(f"expected {len(items)} items, got {len(value)}")
    return tuple(from_json(item, expected) for item, expected in zip(value, items, strict=True))


def _record(value: object, record: typing.Any) -> object:
    if not isinstance(value, Mapping):
        raise WireError(f"{record.__name__}: expected an object, got {type(value).__name__}")
    hints = _hints(record)
    if set(value) != set(hints):
        raise WireError(f"{record.__name__}: fields missing or unknown")
    return record(**{name: _field(value[name], record, name, hint) for name, hint in hints.items()})


def _field(value: object, record: typing.Any, name: str, hint: object) -> object:
    try:
        return from_json(value, hint)
    except WireError as error:
        raise WireError(f"{record.__name__}.{name}: {error}") from None


@cache
def _hints(record: typing.Any) -> Mapping[str, object]:
    hints = typing.get_type_hints(record)
    return {field.name: hints[field.name] for field in dataclasses.fields(record)}


def _member(value: object, enumeration: type[StrEnum]) -> StrEnum:
    try:
        return enumeration(_checked_text(value) if isinstance(value, str) else "")
    except ValueError:
        raise WireError(f"not a {enumeration.__name__}") from None


def _scalar(value: object, expected: object) -> object:
    if expected is float and type(value) in (int, float):
        return _checked_number(_as_float(value))
    if type(value) is not expected:
        raise WireError(f"expected {getattr(expected, '__name__', expected)}, got {type(value).__name__}")
    return _checked_text(value) if isinstance(value, str) else value


def _as_float(value: object) -> float:
    try:
        return float(typing.cast("int | float", value))
    except OverflowError:
        raise WireError("number too large") from None


def _checked_number(value: float) -> float:
    if not math.isfinite(value):
        raise WireError("number is not finite")
    return value


def _checked_text(text: str) -> str:
    """Half a surrogate pair can be neither tokenised nor stored; the sender must hear of it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise WireError("text with half a surrogate pair") from None
    return text
