"""The quality checks of a note, by its kind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from app.core.checks.addressed import check_addressed
from app.core.checks.age import check_age
from app.core.checks.complaint import check_complaint
from app.core.checks.copied import check_copied
from app.core.checks.days import check_days
from app.core.checks.deadline import DISCHARGE_DUE, FIRST_PROGRESS_DUE, first_progress_left, left_words
from app.core.checks.discharge import check_discharge
from app.core.checks.finding import CheckedNote, Finding, Severity, Span
from app.core.checks.opposing import check_opposing
from app.core.checks.sex import check_sex
from app.core.checks.side import check_sides
from app.core.checks.systems import check_complaint_and_diagnosis
from app.core.notes import SECTIONS, NoteKind, Section


def check_note(note: CheckedNote) -> tuple[Finding, ...]:
    """All findings: what must be settled before what is advised, each in the order of the note.

    Every rule looks at the sections that it knows; a note without them has nothing to say to it.
    """
    order = {section.key: number for number, section in enumerate(SECTIONS[note.kind])}
    found = (
        *_missing(note),
        *check_complaint(note),
        *check_complaint_and_diagnosis(note),
        *check_sex(note),
        *check_age(note),
        *check_sides(note),
        *check_opposing(note),
        *check_copied(note),
        *check_days(note),
        *check_discharge(note),
        *check_addressed(note),
        *_unreviewed(note),
    )
    return tuple(sorted(found, key=lambda finding: _place(finding, order[finding.span.section])))


def _place(finding: Finding, section: int) -> tuple[bool, int, int]:
    return finding.severity is Severity.ADVISED, section, finding.span.start


def _missing(note: CheckedNote) -> Iterator[Finding]:
    """One finding for all empty sections, at the first of them: they are plain to see."""
    empty = [section for section in SECTIONS[note.kind] if section.required and not note.text(section.key).strip()]
    if not empty:
        return
    yield _finding("missing_section", empty[0], f"尚未书写：{'、'.join(section.title for section in empty)}。")
    yield from _overdue(note, empty[0])


def _overdue(note: CheckedNote, section: Section) -> Iterator[Finding]:
    if note.kind is NoteKind.FIRST_PROGRESS:
        left, rule, most = first_progress_left(note.encounter, note.now), "入院后 8 小时", FIRST_PROGRESS_DUE
    elif note.kind is NoteKind.DISCHARGE and note.encounter.discharged_at is not None:
        left, rule, most = note.encounter.discharged_at + DISCHARGE_DUE - note.now, "出院后 24 小时", DISCHARGE_DUE
    else:
        return
    if left <= timedelta(0):
        reason = f"{note.kind.heading}应在{rule}内完成，{left_words(left, most)}。"
        yield _finding("overdue", section, reason)


def _finding(code: str, section: Section, reason: str) -> Finding:
    return Finding(code, Severity.MUST, Span(section.key), reason)


def _unreviewed(note: CheckedNote) -> Iterator[Finding]:
    for section in SECTIONS[note.kind]:
        spans = [span for span in note.unreviewed_ai if span.section == section.key]
        if spans:
            reason = f"{section.title}有 {len(spans)} 句 AI 文字，尚未经医师审核。"
            yield Finding("unreviewed_ai", Severity.MUST, spans[0], reason)
