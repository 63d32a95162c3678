"""A document as it is printed or handed out: header, sections, signatures, and the marks of what a model wrote.

A sentence of a model that no doctor has reviewed stands behind a mark, and the page says so
(人工智能生成合成内容标识办法, 2025); how many reviewed ones there are is told at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.core.entities import Encounter, Patient
from app.core.notes import SECTIONS, Note, NoteState
from app.core.provenance import AI_ASSISTED_MARK, AiSpan
from app.core.signing import ActKind, NoteAct, signatures_in_force

AI_NOTICE = "AI生成，须医师审核"
AI_WORD = "［AI］"
EMPTY = "（未填写）"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a paragraph; `ai`: a model wrote it, and no doctor has reviewed it."""

    text: str
    ai: bool = False


@dataclass(frozen=True, slots=True)
class PaperSection:
    """A titled part; each paragraph is a line of the note."""

    title: str
    paragraphs: tuple[tuple[Piece, ...], ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """A document ready for any format. `header` are label and value, `notices` stand above, `closing` below."""

    title: str
    header: tuple[tuple[str, str], ...]
    notices: tuple[str, ...]
    sections: tuple[PaperSection, ...]
    closing: tuple[str, ...]

    @property
    def has_ai(self) -> bool:
        """Something in it is a model's and not reviewed."""
        return any(piece.ai for section in self.sections for line in section.paragraphs for piece in line)


def paper_of(
    patient: Patient,
    encounter: Encounter,
    note: Note,
    spans: Sequence[AiSpan],
    *,
    sample: bool,
    acts: Sequence[NoteAct] = (),
) -> Paper:
    """The paper of a note as it is; `spans` are the model's sentences in it, `sample` marks an invented patient.

    `acts` are those on the document, oldest first; from them comes who signed.
    """
    sections = tuple(
        PaperSection(section.title, tuple(_paragraphs(note.sections.get(section.key, ""), section.key, spans)))
        for section in SECTIONS[note.kind]
    )
    waiting = sum(not span.reviewed for span in spans)
    return Paper(
        title=note.kind.heading,
        header=_header(patient, encounter),
        notices=tuple(_notices(note, waiting, assisted=bool(spans), sample=sample)),
        sections=sections,
        closing=tuple(_closing(note, spans, acts)),
    )


def _header(patient: Patient, encounter: Encounter) -> tuple[tuple[str, str], ...]:
    return (
        ("姓名", patient.name),
        ("性别", str(patient.sex)),
        ("年龄", encounter.age),
        ("科室", encounter.department),
        ("病区", encounter.ward),
        ("床号", encounter.bed),
        ("住院号", encounter.mrn),
    )


def _notices(note: Note, waiting: int, *, assisted: bool, sample: bool) -> Iterator[str]:
    if sample:
        yield "示例病历，患者为虚构"
    if waiting:
        yield f"{AI_NOTICE}：{AI_WORD}之后的 {waiting} 句由模型书写，尚未经医师审核"
    elif assisted:
        yield AI_ASSISTED_MARK if note.state is NoteState.SIGNED else AI_NOTICE
    if note.state is not NoteState.SIGNED:
        yield f"{note.state.words}，尚未签名"


def _closing(note: Note, spans: Sequence[AiSpan], acts: Sequence[NoteAct]) -> Iterator[str]:
    yield f"记录时间：{note.recorded_at:%Y年%m月%d日 %H:%M}"
    reviewed = [span for span in spans if span.reviewed]
    if reviewed:
        doctors = "、".join(dict.fromkeys(span.reviewed_by for span in reviewed if span.reviewed_by))
        yield f"其中 {len(reviewed)} 句由模型书写，已由{doctors or '医师'}审核"
    signatures = signatures_in_force(acts) if note.state is NoteState.SIGNED else ()
    for act in signatures:
        title = "上级医师签名" if act.kind is ActKind.COUNTERSIGNED else "医师签名"
        yield f"{title}：{act.person}（{act.role.words}）　{act.occurred_at.astimezone():%Y年%m月%d日 %H:%M}"
    if not signatures:
        yield "医师签名：________________"


def _paragraphs(text: str, key: str, spans: Sequence[AiSpan]) -> Iterator[tuple[Piece, ...]]:
    """The lines of a section, cut where a model's sentence begins or ends."""
    waiting = sorted((span.start, span.end) for span in spans if span.section == key and not span.reviewed)
    if not text.strip():
        yield (Piece(EMPTY),)
        return
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        yield tuple(_pieces(text, start, end, waiting))
        start = end + 1


def _pieces(text: str, start: int, end: int, waiting: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    at = start
    for first, last in waiting:
        if first < end and last > at:
            if first > at:
                yield Piece(text[at:first])
            yield Piece(text[max(first, at) : min(last, end)], ai=True)
            at = min(last, end)
    if at < end or start == end:
        yield Piece(text[at:end])
