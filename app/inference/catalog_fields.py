"""Reading TOML tables field by field: what is wrong is said with the file, the model and the field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.core.errors import ModelFileFault


class Fields:
    """One table. `where` names it in sentences (`own.toml 中模型 ward-7b`), `prefix` its place in the model."""

    def __init__(self, table: Mapping[str, Any], where: str, prefix: str = "") -> None:
        self._table = table
        self._where = where
        self._prefix = prefix

    def fault(self, key: str, reason: str) -> ModelFileFault:
        """What to raise for a field; `reason` follows its name (`应是文字`)."""
        return ModelFileFault(f"模型目录 {self._where} 的字段 {self._prefix}{key} {reason}，请修改")

    def of_model(self, name: str) -> Fields:
        """The same table, once the name of its model is known."""
        return Fields(self._table, f"{self._where} 中模型 {name}")

    def __contains__(self, key: str) -> bool:
        return key in self._table

    def text(self, key: str, default: str | None = None) -> str:
        """Text without a NUL, and not empty if it is required (no default)."""
        value = self._value(key, default)
        if not isinstance(value, str) or "\0" in value or (default is None and not value.strip()):
            raise self.fault(key, "应是文字")
        return value

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """A list of texts, with at least one."""
        value = self._value(key, list(default))
        if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
            raise self.fault(key, '应是文字的列表，例如 ["zh"]')
        return tuple(value)

    def number(self, key: str, default: int | None = None) -> int:
        """A whole number above zero."""
        value = self._value(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
            raise self.fault(key, "应是正整数")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        value = self._value(key, default)
        if not isinstance(value, bool):
            raise self.fault(key, "应是 true 或 false")
        return value

    def matching(self, key: str, fits: Callable[[str], object], reason: str) -> str:
        """A required text that `fits`."""
        value = self.text(key)
        if not fits(value):
            raise self.fault(key, reason)
        return value

    def table(self, key: str) -> Fields:
        """A table within this one."""
        value = self._value(key, None)
        if not isinstance(value, dict):
            raise self.fault(key, "应是一个表（[…]）")
        return Fields(value, self._where, f"{self._prefix}{key}.")

    def tables(self, key: str) -> list[Fields]:
        """A list of tables within this one, with at least one."""
        value = self._value(key, None)
        if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
            raise self.fault(key, "应是表的列表（[[…]]），且不能为空")
        return [Fields(one, self._where, f"{self._prefix}{key}[{index}].") for index, one in enumerate(value)]

    def _value(self, key: str, default: Any) -> Any:
        if key not in self._table and default is None:
            raise self.fault(key, "缺失")
        return self._table.get(key, default)
