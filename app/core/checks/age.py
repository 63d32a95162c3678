"""Ages and words of age that contradict the recorded age."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.core.checks.finding import CheckedNote, Finding, Severity, Span, speaks_in_general, speaks_of_relative
from app.core.notes import ADMISSION_CONDITION, CASE_FEATURES, CONDITION, DIAGNOSTIC_BASIS

ADULT_YEARS = 18
_INTRODUCTION_CHARACTERS = 120

_RECORDED = re.compile(r"\s{0,4}(\d{1,3})\s{0,4}(?:周?岁.*)?\s{0,4}")
_INFANT = re.compile(r"\s{0,4}\d+\s{0,4}(?:个?月|天|日|周|小时).*")
_OPENING = r"(?:^|[。；;\n]|\d[.、．]|[（(]\d[)）]|患者[，,\s]{0,4}(?:为|系|是)?)\s{0,4}"
_STATED = re.compile(
    r"(?:患[者儿]|病人|[男女]性?)(?:患[者儿])?[，,、：:\s]{0,4}(?P<years>\d{1,3})\s{0,4}周?岁(?=[，,。；;、\s（(]|\d{1,2}\s{0,4}个?月|$)"
)
_GROUPS = (
    (re.compile(rf"{_OPENING}(?P<word>老年)(?=男|女|患者)"), 45, 200),
    (re.compile(rf"{_OPENING}(?P<word>中年)(?=男|女|患者)"), 30, 75),
    (re.compile(rf"{_OPENING}(?P<word>青年)(?=男|女|患者)"), 12, 50),
    (re.compile(rf"{_OPENING}(?P<word>患儿)"), 0, ADULT_YEARS - 1),
    (re.compile(r"(?P<word>(?<!未)绝经|更年期)"), ADULT_YEARS, 200),
)


def years(age: str) -> int | None:
    """The whole years of an age as a ward writes it (65岁, 3岁2月, 8月: 0); None if it cannot be read."""
    if match := _RECORDED.fullmatch(age):
        return int(match[1])
    return 0 if _INFANT.fullmatch(age) else None


def check_age(note: CheckedNote) -> Iterator[Finding]:
    """Where a section introduces the patient with another age, or with a word for another time of life."""
    recorded = years(note.encounter.age)
    if recorded is None:
        return
    for key, text in note.sections.items():
        yield from _stated(key, text, recorded, note.encounter.age)
    for section in (CASE_FEATURES, DIAGNOSTIC_BASIS, CONDITION, ADMISSION_CONDITION):
        yield from _groups(section.key, note.text(section.key), recorded, note.encounter.age)


def _stated(key: str, text: str, recorded: int, age: str) -> Iterator[Finding]:
    match = _STATED.search(text, 0, _INTRODUCTION_CHARACTERS)
    if match is None or int(match["years"]) == recorded or speaks_of_relative(text, match.start()):
        return
    reason = f"文中年龄“{match['years']}岁”与登记年龄“{age}”不符，请核对是否写错患者。"
    yield Finding("age_stated", Severity.MUST, Span(key, *match.span("years")), reason)


def _groups(key: str, text: str, recorded: int, age: str) -> Iterator[Finding]:
    for pattern, youngest, oldest in _GROUPS:
        if youngest <= recorded <= oldest:
            continue
        for match in pattern.finditer(text):
            start, end = match.span("word")
            if not speaks_of_relative(text, start) and not speaks_in_general(text, start, end):
                reason = f"登记年龄“{age}”，文中写作“{match['word']}”，请核对。"
                yield Finding("age_group", Severity.MUST, Span(key, start, end), reason)
                break
