"""What a 出院记录 must agree with: the admission note, the orders, the results, the dates of the stay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from app.core.checks.diagnoses import named_diagnoses
from app.core.checks.finding import CheckedNote, Finding, Severity, Span, sentence_before
from app.core.diagnosis_table import normalised_name
from app.core.drugs import NOT_TAKEN, drugs_in, is_among
from app.core.notes import (
    ADMISSION_CONDITION,
    ADMISSION_DATE,
    ADMISSION_DIAGNOSIS,
    CASE_FEATURES,
    CHIEF_COMPLAINT,
    COURSE,
    DISCHARGE_CONDITION,
    DISCHARGE_DATE,
    DISCHARGE_DIAGNOSIS,
    DISCHARGE_ORDERS,
    PRELIMINARY_DIAGNOSIS,
    NoteKind,
    Section,
)
from app.core.result_names import is_told, plain
from app.core.unsupported import unsupported_facts

_MOST_NAMED = 5
_DATE = re.compile(r"(20\d\d)\s{0,2}[-./年]\s{0,2}(\d{1,2})\s{0,2}[-./月]\s{0,2}(\d{1,2})(?!\d)日?")


def check_discharge(note: CheckedNote) -> Iterator[Finding]:
    """All rules of the discharge record; nothing is concluded from what the stay does not have."""
    if note.kind is not NoteKind.DISCHARGE:
        return
    yield from _dates(note)
    yield from _admission_diagnoses(note)
    yield from _admission_condition(note)
    yield from _drugs(note)
    yield from _results(note)


def _dates(note: CheckedNote) -> Iterator[Finding]:
    left = note.encounter.discharged_at
    days = ((ADMISSION_DATE, note.encounter.admitted_at.date()), (DISCHARGE_DATE, left.date() if left else None))
    for section, day in days:
        match = _DATE.search(note.text(section.key))
        if match and day and _day(match) != day:
            reason = f"{section.title}写“{match[0]}”，登记为 {day:%Y-%m-%d}，请核对。"
            yield Finding("date_differs", Severity.MUST, Span(section.key, *match.span()), reason)


def _day(match: re.Match[str]) -> date | None:
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def _admission_diagnoses(note: CheckedNote) -> Iterator[Finding]:
    """入院诊断 lists what the 首次病程记录 does, in any order and with any words of degree around."""
    text = note.text(ADMISSION_DIAGNOSIS.key)
    before = [item.name for item in named_diagnoses(note.facts.admission.get(PRELIMINARY_DIAGNOSIS.key, ""))]
    written = list(named_diagnoses(text))
    if not before or not written:
        return
    missing = [name for name in before if not any(_same(name, item.name) for item in written)]
    if missing:
        reason = f"首次病程记录的初步诊断“{_listed(missing)}”不在入院诊断中，请核对。"
        yield Finding("admission_diagnosis", Severity.ADVISED, Span(ADMISSION_DIAGNOSIS.key), reason)
    for item in written:
        if not any(_same(name, item.name) for name in before):
            span = Span(ADMISSION_DIAGNOSIS.key, item.start, item.start + len(item.name))
            reason = f"首次病程记录的初步诊断中没有“{item.name}”，请核对。"
            yield Finding("admission_diagnosis", Severity.ADVISED, span, reason)
            return


def _admission_condition(note: CheckedNote) -> Iterator[Finding]:
    """Figures and sides of 入院情况 that the 首次病程记录 does not have."""
    source = "\n".join(note.facts.admission.get(section.key, "") for section in (CHIEF_COMPLAINT, CASE_FEATURES))
    if not source.strip():
        return
    facts = unsupported_facts(note.text(ADMISSION_CONDITION.key), source)
    differing = [fact for fact in facts if fact.kind in ("number", "side")]
    if differing:
        quotes = _listed(list(dict.fromkeys(fact.quote for fact in differing)))
        reason = f"首次病程记录中没有“{quotes}”，入院情况应与之一致，请核对。"
        span = Span(ADMISSION_CONDITION.key, differing[0].start, differing[0].end)
        yield Finding("admission_condition", Severity.ADVISED, span, reason)


def _drugs(note: CheckedNote) -> Iterator[Finding]:
    """A drug of the 出院医嘱 that no order of the stay names, under any of its names."""
    if not note.facts.ordered:
        return
    text, told = note.text(DISCHARGE_ORDERS.key), set[str]()
    for match in drugs_in(text):
        known = is_among(match[0], note.facts.ordered)
        if not known and match[0] not in told and not NOT_TAKEN.search(sentence_before(text, match.start())):
            told.add(match[0])
            reason = f"出院医嘱有“{match[0]}”，住院医嘱中没有，请核对。"
            yield Finding("drug_not_ordered", Severity.ADVISED, Span(DISCHARGE_ORDERS.key, *match.span()), reason)


def _results(note: CheckedNote) -> Iterator[Finding]:
    """Abnormal results of which the record says neither the name, in a usual form, nor the value."""
    sections: Iterable[Section] = (
        ADMISSION_CONDITION,
        ADMISSION_DIAGNOSIS,
        COURSE,
        DISCHARGE_DIAGNOSIS,
        DISCHARGE_CONDITION,
        DISCHARGE_ORDERS,
    )
    text = plain("\n".join(note.text(section.key) for section in sections))
    if not text.strip():
        return
    names = dict.fromkeys(one.name for one in note.facts.abnormal if not is_told(one.name, text, one.value))
    if names:
        count = f"等 {len(names)} 项" if len(names) > _MOST_NAMED else ""
        reason = f"异常结果没有提到：{_listed(list(names))}{count}。"
        yield Finding("result_not_mentioned", Severity.ADVISED, Span(COURSE.key), reason)


def _same(one: str, other: str) -> bool:
    first, second = normalised_name(one), normalised_name(other)
    return first in second or second in first


def _listed(names: list[str]) -> str:
    return "、".join(names[:_MOST_NAMED])
