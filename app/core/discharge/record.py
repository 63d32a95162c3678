"""What of a discharge record is copied and not generated: dates, diagnoses of admission, drugs, results."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from app.core.stay import Abnormal, Order, Result, Stay, day_of

BLANK = "＿＿"
"""Stands where a doctor must write: the record does not say it."""

_PROCEDURE = re.compile(r"术|造影|活检|插管|穿刺|引流|透析|替代治疗|置换|通气|起搏|电复律|输血|康复训练|放疗")
_MOST_RESULTS = 40


def day_words(date: str, *, year: bool = False) -> str:
    """An ISO date as a ward writes it: 3月5日, or 2026年3月5日."""
    day = day_of(date)
    words = f"{day.month}月{day.day}日"
    return f"{day.year}年{words}" if year else words


def is_procedure(order: Order) -> bool:
    """An operation or another act with a name of its own: without a dose, and named like one."""
    return not order.dose and _PROCEDURE.search(order.name) is not None


def is_drug(order: Order) -> bool:
    """An order of something to be taken or given."""
    return not is_procedure(order) and bool(order.dose or order.route)


def discharge_drugs(stay: Stay) -> tuple[Order, ...]:
    """The drugs that still run when the patient leaves, each name once, as it was last ordered."""
    last = {order.name: order for order in sorted(stay.orders, key=lambda order: order.date) if is_drug(order)}
    return tuple(order for order in last.values() if _runs_on(order, stay.discharge_date))


def abnormal_results(stay: Stay) -> tuple[Result, ...]:
    """The results outside their range, by time."""
    return tuple(sorted((one for one in stay.results if one.abnormal), key=lambda one: one.date))


def exact_sections(stay: Stay) -> dict[str, str]:
    """入院日期, 出院日期 and 入院诊断 by their titles, as the record has them; what it lacks is blank."""
    return {
        "入院日期": day_words(stay.admission.date, year=True),
        "出院日期": day_words(stay.discharge_date, year=True) if stay.discharge_date else BLANK,
        "入院诊断": numbered(stay.admission.diagnoses) or BLANK,
    }


def drug_words(order: Order) -> str:
    """A drug of the 出院医嘱: name, dose, route, frequency; what was not ordered is blank."""
    return " ".join((order.name, order.dose or BLANK, order.route, order.frequency or BLANK)).replace("  ", " ")


def order_words(order: Order) -> str:
    """An order on one line, with its end."""
    words = " ".join(part for part in (order.name, order.dose, order.route, order.frequency) if part)
    if not is_drug(order):
        return words
    return f"{words}（{day_words(order.until)}停）" if order.until else f"{words}（出院时在用）"


def result_words(result: Result) -> str:
    """A result on one line, with its range and its mark."""
    limits = f"（参考 {result.range}）" if result.range else ""
    return f"{result.name} {measured(result)}{limits}{'' if result.abnormal is Abnormal.NO else result.abnormal.value}"


def measured(result: Result) -> str:
    """Value and unit as a ward writes them: 98 μmol/L, 48%, 16.8×10^9/L, 阳性."""
    joined = result.unit.startswith(("×", "%", "％", "/"))
    return f"{result.value}{'' if joined or not result.unit else ' '}{result.unit}"


def key_results(stay: Stay) -> str:
    """Every abnormal result with its course, one examination after another, for the end of 诊疗经过."""
    by_name: dict[str, list[Result]] = {}
    for result in abnormal_results(stay)[:_MOST_RESULTS]:
        by_name.setdefault(result.name, []).append(result)
    courses = [_course(name, _with_last(stay, same)) for name, same in by_name.items()]
    return f"异常检查结果：{'；'.join(courses)}。" if courses else ""


def numbered(items: Iterable[str]) -> str:
    """One item a line, numbered."""
    return "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))


def _with_last(stay: Stay, abnormal: Sequence[Result]) -> Iterator[Result]:
    """The abnormal results of one examination, and its last one if that has become normal."""
    yield from abnormal
    last = max((one for one in stay.results if one.name == abnormal[0].name), key=lambda one: one.date)
    if not last.abnormal:
        yield last


def _course(name: str, results: Iterable[Result]) -> str:
    return f"{name} " + "，".join(f"{measured(one)}（{day_words(one.date)}）" for one in results)


def _runs_on(order: Order, discharge_date: str) -> bool:
    return not order.until or (bool(discharge_date) and day_of(order.until) > day_of(discharge_date))
