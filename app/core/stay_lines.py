"""Orders and results as a ward writes them into a note."""

from __future__ import annotations

from app.core.stay import Abnormal, Order, Result


def result_line(result: Result) -> str:
    """`2026-11-20 血钾 3.1 mmol/L ↓`."""
    mark = "（异常）" if result.abnormal is Abnormal.YES else str(result.abnormal)
    return _joined(_day(result.date), result.name, result.value, result.unit, mark)


def order_line(order: Order) -> str:
    """`2026-11-18 阿司匹林肠溶片 100mg 口服 qd，至 2026-11-22`."""
    line = _joined(_day(order.date), order.name, order.dose, order.route, order.frequency)
    return f"{line}，至 {_day(order.until)}" if order.until else line


def entry_line(entry: Order | Result) -> str:
    """Either of them."""
    return order_line(entry) if isinstance(entry, Order) else result_line(entry)


def _day(text: str) -> str:
    """Without the time of day, which a ward does not write."""
    return text[:10]


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
