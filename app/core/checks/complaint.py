"""主诉: symptom (or sign) and how long, in about twenty characters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.core.checks.finding import CheckedNote, Finding, Severity, Span
from app.core.notes import CHIEF_COMPLAINT

CUSTOM_CHARACTERS = 20

_COUNT = r"[\d一二两三四五六七八九十百半数多几廿卅]"
_MEASURE = r"(?:秒|min|分|小时|钟头|h|时|天|日|d|夜|晚|周|星期|w|旬|月|年|载|岁|余年|余月|余天|余日)"
_TIME = re.compile(
    rf"{_COUNT}\s{{0,4}}[+＋余多来几]{{0,4}}\s{{0,4}}个?(?:多|半)?\s{{0,4}}{_MEASURE}"
    r"|[今昨前当次]\s{0,4}[天日晨晚夜早]|凌晨|自幼|自小|生后|出生后|出生时|生来|终身|常年|长年|长期",
    re.IGNORECASE,
)


def complaint_characters(text: str) -> int:
    """The length that the custom is about: without white space at the ends and without a final stop."""
    return len(_body(text).strip())


def check_complaint(note: CheckedNote) -> Iterator[Finding]:
    """Too long, or without a time. An empty 主诉 is a missing section, not a finding of this rule."""
    text = note.text(CHIEF_COMPLAINT.key)
    start, end = len(text) - len(text.lstrip()), len(_body(text))
    length = complaint_characters(text)
    if length > CUSTOM_CHARACTERS:
        span = Span(CHIEF_COMPLAINT.key, start + CUSTOM_CHARACTERS, end)
        reason = f"主诉 {length} 字，习惯上不超过 {CUSTOM_CHARACTERS} 字。"
        yield Finding("complaint_too_long", Severity.ADVISED, span, reason)
    if length and not _TIME.search(text):
        span = Span(CHIEF_COMPLAINT.key, end, end)
        yield Finding("complaint_without_time", Severity.ADVISED, span, "主诉没有写持续时间。")


def _body(text: str) -> str:
    return text.rstrip().rstrip("。.；;，,")
