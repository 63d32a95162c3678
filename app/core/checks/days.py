"""Words of time that contradict the day of the note: 今日 with another date, 术后第N天 that did not move on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from app.core.checks.finding import CheckedNote, Finding, PastNote, Severity, Span, sentence_after, sentence_before
from app.core.notes import NoteKind

_OFFSETS = {
    **dict.fromkeys(("今日", "今天", "今晨", "今早"), 0),
    **dict.fromkeys(("昨日", "昨天", "昨晚", "昨夜"), 1),
    **dict.fromkeys(("前日", "前天"), 2),
}
# 3/4 alone may be a score or a number of times; a date has a 月 or a year.
_DATED = re.compile(
    rf"(?P<word>{'|'.join(_OFFSETS)})\s{{0,2}}[（(]?\s{{0,2}}(?:"
    r"(?:20\d\d\s{0,2}年\s{0,2})?(?P<month>1[0-2]|0?[1-9])\s{0,2}月\s{0,2}(?P<day>3[01]|[12]\d|0?[1-9])\s{0,2}日"
    r"|20\d\d[-./](?P<month2>1[0-2]|0?[1-9])[-./](?P<day2>3[01]|[12]\d|0?[1-9])(?!\d))"
)
_AFTER_OPERATION = re.compile(r"术后\s{0,2}(?:第\s{0,2})?(?P<number>\d{1,3}|[一二三四五六七八九十]{1,3})\s{0,2}[天日]")
_OF_STAY = re.compile(r"(?:入院|住院)\s{0,2}第\s{0,2}(?P<number>\d{1,3}|[一二三四五六七八九十]{1,3})\s{0,2}[天日]")
# "术后第3天拔管" tells of a plan or a rule, "既往…术后10天" of an earlier operation.
_NOT_NOW = re.compile(r"既往|曾|年前|月前|拟|计划|预计|建议|如|若|待|当时|以后|于")
_DIGITS = {digit: number for number, digit in enumerate("一二三四五六七八九", 1)}
_TODAY = re.compile(r"(?:今日|今天|今晨|今早)[^。；;\n]{6,}")


def check_days(note: CheckedNote) -> Iterator[Finding]:
    """What a copied or late note gives away: each kind of slip once in a section."""
    for key, text in note.sections.items():
        yield from _dated(key, text, note.day)
        yield from _day_of_stay(key, text, note)
        if note.facts.previous is not None:
            yield from _operation_days(key, text, note.day, note.facts.previous)
            yield from _old_today(key, text, note.day, note.facts.previous)


def _dated(key: str, text: str, day: date) -> Iterator[Finding]:
    """今日 or 昨日 beside a date that is another day."""
    for match in _DATED.finditer(text):
        meant = day - timedelta(days=_OFFSETS[match["word"]])
        written = int(match["month"] or match["month2"]), int(match["day"] or match["day2"])
        if written != (meant.month, meant.day):
            reason = f"“{match[0].strip()}”与记录日期（{day:%m月%d日}）不符，请核对。"
            yield Finding("stale_day", Severity.MUST, Span(key, *match.span()), reason)
            return


def _day_of_stay(key: str, text: str, note: CheckedNote) -> Iterator[Finding]:
    """入院第N天 of a daily note; both ways of counting are right: the day of admission as the first, or as none."""
    if note.kind is not NoteKind.DAILY_PROGRESS:
        return
    passed = (note.day - note.encounter.admitted_at.date()).days
    for match in _OF_STAY.finditer(text):
        if _number(match["number"]) not in (passed, passed + 1) and not _is_not_now(text, match):
            reason = f"文中写“{match[0]}”，按入院日期应为第 {passed + 1} 天，请核对。"
            yield Finding("stay_day", Severity.ADVISED, Span(key, *match.span()), reason)
            return


def _operation_days(key: str, text: str, day: date, previous: PastNote) -> Iterator[Finding]:
    """术后第N天 must have moved on by the days since the last note, where that had one such number."""
    before = {number for past in previous.sections.values() for number, _ in _operation_numbers(past)}
    passed = (day - previous.day).days
    if len(before) != 1 or passed < 0:
        return
    expected = before.pop() + passed
    for number, match in _operation_numbers(text):
        if number != expected:
            reason = f"文中写“{match[0]}”，按 {previous.day:%m月%d日} 的病程推算应为第 {expected} 天，请核对。"
            yield Finding("operation_day", Severity.MUST, Span(key, *match.span()), reason)
            return


def _old_today(key: str, text: str, day: date, previous: PastNote) -> Iterator[Finding]:
    """A sentence of 今日 that stood, letter by letter, in the note of another day."""
    if previous.day == day:
        return
    before = "\n".join(previous.sections.values())
    for match in _TODAY.finditer(text):
        if match[0].strip() in before:
            reason = f"这句“{match[0][:2]}”与 {previous.day:%m月%d日} 的病程一字不差，请核对。"
            yield Finding("stale_today", Severity.ADVISED, Span(key, *match.span()), reason)
            return


def _operation_numbers(text: str) -> Iterator[tuple[int, re.Match[str]]]:
    for match in _AFTER_OPERATION.finditer(text):
        if not _is_not_now(text, match):
            yield _number(match["number"]), match


def _is_not_now(text: str, match: re.Match[str]) -> bool:
    before, after = sentence_before(text, match.start()), sentence_after(text, match.end())
    return _NOT_NOW.search(before[-20:]) is not None or after.startswith(("以", "后", "内", "时", "起"))


def _number(words: str) -> int:
    if words.isdecimal():
        return int(words)
    tens, ten, ones = words.partition("十")
    if not ten:
        return _DIGITS[words[0]]
    return 10 * _DIGITS.get(tens[:1], 1) + _DIGITS.get(ones[:1], 0)
