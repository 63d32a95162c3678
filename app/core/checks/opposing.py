"""鉴别诊断: each diagnosis needs what speaks against it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.core.checks.finding import CheckedNote, Finding, Severity, Span
from app.core.differential import Diagnosis, parse_differential
from app.core.notes import DIFFERENTIAL

_LABELLED = re.compile(r"支持(?:诊断)?(?:点|依据|证据|理由)?\s{0,4}[:：]")
_NOTHING = re.compile(r"(?:病历|病史|资料)?中?(?:尚|暂)?(?:未|无)(?:记录|提及|明确|描述|记载|提供)?")
_CONTRAST = re.compile(
    r"不|无|未|非|否|阴性|正常|排除|除外|缺乏|缺少|但|然而|与.{0,12}有别|区别|待排|可能性小|依据不足|相反|罕见|少见|较低|低于"
)


def check_opposing(note: CheckedNote) -> Iterator[Finding]:
    """Diagnoses with neither an opposing point nor, in free text, any word that weighs against them."""
    text = note.text(DIFFERENTIAL.key)
    diagnoses = parse_differential(text)
    starts = list(_starts(text, diagnoses))
    for diagnosis, start, end in zip(diagnoses, starts, [*starts[1:], len(text)][: len(starts)], strict=True):
        if not _has_opposing(diagnosis, text[start + len(diagnosis.name) : end]):
            span = Span(DIFFERENTIAL.key, start, start + len(diagnosis.name))
            yield Finding("no_opposing", Severity.ADVISED, span, f"“{diagnosis.name}”没有写不支持点。")


def _starts(text: str, diagnoses: tuple[Diagnosis, ...]) -> Iterator[int]:
    position = 0
    for diagnosis in diagnoses:
        position = max(position, text.find(diagnosis.name, position))
        yield position


def _has_opposing(diagnosis: Diagnosis, words: str) -> bool:
    if _LABELLED.search(words):
        return any(not _NOTHING.fullmatch(point) for point in diagnosis.opposing)
    return _CONTRAST.search(words) is not None
