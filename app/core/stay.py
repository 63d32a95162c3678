"""What a stay has besides its notes: orders and results; and a whole stay as it comes from outside (ENC.json)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from app.core.case import CasePatient
from app.core.errors import UsageFault
from app.core.json_fields import as_list, as_object, json_object, optional_text, required_text, unknown_fields

T = TypeVar("T")


class Abnormal(StrEnum):
    """How a result stands to its range, as a ward marks it."""

    NO = ""
    HIGH = "↑"
    LOW = "↓"
    YES = "异常"


@dataclass(frozen=True, slots=True)
class Order:
    """One order (医嘱). `date` and `until` are ISO 8601, with or without a time of day; `until` is empty while it runs.

    `extra` keeps the fields that this program does not know; `entry_id` is empty until it is stored.
    """

    date: str
    name: str
    dose: str = ""
    route: str = ""
    frequency: str = ""
    until: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)
    entry_id: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Result:
    """One result of an examination; `value` is text (3.1, <0.01, 阳性), `range` as the laboratory prints it."""

    date: str
    name: str
    value: str
    unit: str = ""
    range: str = ""
    abnormal: Abnormal = Abnormal.NO
    extra: Mapping[str, object] = field(default_factory=dict)
    entry_id: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Admission:
    """How a stay began."""

    date: str
    complaint: str
    case_features: str
    diagnoses: tuple[str, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DatedText:
    """A note of the stay."""

    date: str
    text: str
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stay:
    """A whole stay. `discharge_date` is empty while the patient is in; `extra` as in CasePatient."""

    patient: CasePatient
    admission: Admission
    notes: tuple[DatedText, ...] = ()
    orders: tuple[Order, ...] = ()
    results: tuple[Result, ...] = ()
    discharge_date: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def parse(cls, json_text: str) -> Stay:
        """Read one JSON object; missing lists are empty. Raises UsageFault naming the field that is wrong or absent."""
        data = json_object(json_text)
        if "admission" not in data:
            raise UsageFault("病例缺少必填字段：admission。")
        discharge = data.get("discharge")
        return cls(
            patient=CasePatient.parse(data.get("patient")),
            admission=_admission(data["admission"]),
            notes=_entries(data, "notes", _note),
            orders=_entries(data, "orders", order_of),
            results=_entries(data, "results", result_of),
            discharge_date="" if discharge is None else _discharge_date(discharge),
            extra=unknown_fields(data, _STAY_FIELDS),
        )


def order_of(data: Mapping[str, object], prefix: str = "") -> Order:
    """One order from its JSON object; `prefix` goes before the field's name in an error. Raises UsageFault."""
    return Order(
        date=_date(data, "date", prefix),
        name=required_text(data, "name", prefix),
        dose=optional_text(data, "dose", prefix),
        route=optional_text(data, "route", prefix),
        frequency=optional_text(data, "frequency", prefix),
        until=_date(data, "until", prefix) if data.get("until") else "",
        extra=unknown_fields(data, _ORDER_FIELDS),
    )


def result_of(data: Mapping[str, object], prefix: str = "") -> Result:
    """One result from its JSON object, as `order_of`."""
    value, limits = required_text(data, "value", prefix), optional_text(data, "range", prefix)
    return Result(
        date=_date(data, "date", prefix),
        name=required_text(data, "name", prefix),
        value=value,
        unit=optional_text(data, "unit", prefix),
        range=limits,
        abnormal=_abnormal(data.get("abnormal"), value, limits, prefix),
        extra=unknown_fields(data, _RESULT_FIELDS),
    )


def day_of(text: str) -> date:
    """The day of an ISO date or time. Raises ValueError for anything else."""
    return datetime.fromisoformat(text).date()


def against_range(value: str, limits: str) -> Abnormal:
    """Above or below a printed range (`3.5-5.3`, `<0.5`, `≥90`); NO where either is no number."""
    number = _NUMBER.fullmatch(value.strip())
    bounds = _BOUNDS.fullmatch(limits.strip())
    if number is None or bounds is None:
        return Abnormal.NO
    measured = float(number[0])
    low, high, sign, bound = bounds["low"], bounds["high"], bounds["sign"], bounds["bound"]
    if (low and measured < float(low)) or (sign in _AT_LEAST and measured < float(bound)):
        return Abnormal.LOW
    if (high and measured > float(high)) or (sign in _AT_MOST and measured > float(bound)):
        return Abnormal.HIGH
    return Abnormal.NO


_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_BOUNDS = re.compile(
    r"(?P<low>-?\d+(?:\.\d+)?)\s*(?:[-~～－–—]|--)\s*(?P<high>-?\d+(?:\.\d+)?)"
    r"|(?P<sign>[<>≤≥＜＞]|<=|>=)\s*(?P<bound>-?\d+(?:\.\d+)?)"
)
_AT_LEAST = frozenset({">", "≥", "＞", ">="})
_AT_MOST = frozenset({"<", "≤", "＜", "<="})
_ABNORMAL_WORDS: Mapping[str, Abnormal] = {
    **dict.fromkeys(("", "否", "正常", "n", "normal", "no", "false"), Abnormal.NO),
    **dict.fromkeys(("↑", "h", "hh", "high", "高", "偏高", "升高"), Abnormal.HIGH),
    **dict.fromkeys(("↓", "l", "ll", "low", "低", "偏低", "降低"), Abnormal.LOW),
    **dict.fromkeys(("是", "异常", "a", "*", "abnormal", "yes", "true", "阳性", "+"), Abnormal.YES),
}
_STAY_FIELDS = frozenset({"patient", "admission", "notes", "orders", "results", "discharge"})
_ADMISSION_FIELDS = frozenset({"date", "complaint", "case_features", "diagnoses"})
_NOTE_FIELDS = frozenset({"date", "text"})
_ORDER_FIELDS = frozenset({"date", "name", "dose", "route", "frequency", "until"})
_RESULT_FIELDS = frozenset({"date", "name", "value", "unit", "range", "abnormal"})


def _admission(value: object) -> Admission:
    data, prefix = as_object(value, "入院（admission）"), "admission."
    diagnoses = as_list(data.get("diagnoses"), "admission.diagnoses")
    return Admission(
        date=_date(data, "date", prefix),
        complaint=required_text(data, "complaint", prefix),
        case_features=required_text(data, "case_features", prefix),
        diagnoses=tuple(_diagnosis(item, number) for number, item in enumerate(diagnoses)),
        extra=unknown_fields(data, _ADMISSION_FIELDS),
    )


def _diagnosis(value: object, number: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UsageFault(f"病例字段 admission.diagnoses[{number}] 应是文字。")
    return value.strip()


def _note(data: Mapping[str, object], prefix: str) -> DatedText:
    return DatedText(
        _date(data, "date", prefix), required_text(data, "text", prefix), unknown_fields(data, _NOTE_FIELDS)
    )


def _discharge_date(value: object) -> str:
    data = as_object(value, "出院（discharge）")
    return _date(data, "date", "discharge.") if data.get("date") else ""


def _entries(data: Mapping[str, object], key: str, parse: Callable[[Mapping[str, object], str], T]) -> tuple[T, ...]:
    entries = as_list(data.get(key), key)
    return tuple(
        parse(as_object(entry, f" {key}[{number}] "), f"{key}[{number}].") for number, entry in enumerate(entries)
    )


def _date(data: Mapping[str, object], key: str, prefix: str) -> str:
    """ISO 8601 as it stands, with T between date and time, so that texts sort by time."""
    text = required_text(data, key, prefix)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageFault(f"病例字段 {prefix}{key} 应是日期，如 2026-11-20 或 2026-11-20 08:30。") from None
    return f"{moment:%Y-%m-%d}" if len(text) <= _DATE_LENGTH else moment.isoformat(timespec="minutes")


_DATE_LENGTH = 10


def _abnormal(value: object, result: str, limits: str, prefix: str) -> Abnormal:
    """Whether the file says abnormal; the direction, where it does not say, from the range."""
    words = "" if value is None else str(value).strip().lower() if isinstance(value, str | bool) else "?"
    mark = _ABNORMAL_WORDS.get(words)
    if mark is None:
        raise UsageFault(f"病例字段 {prefix}abnormal 应是 true、false，或“↑”“↓”“异常”。")
    return against_range(result, limits) or mark if mark is Abnormal.YES else mark
