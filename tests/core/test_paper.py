from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from app.core.entities import Encounter, Patient, Sex
from app.core.notes import COURSE, Note, NoteKind, NoteState, empty_sections
from app.core.paper import AI_NOTICE, EMPTY, paper_of
from app.core.provenance import AI_ASSISTED_MARK, AiSpan, Origin

NOW = datetime.fromisoformat("2026-03-05T10:00:00+08:00")
PATIENT = Patient("p", "周示例", Sex.MALE)
STAY = Encounter("e", "p", "ZY0001", "38岁", "泌尿外科", "一病区", "5", NOW)
TEXT = "入院后行碎石术。\n术后恢复顺利。准予出院。"
ORIGIN = Origin("r", "模型", "1", NOW)


def note(text: str = TEXT, state: NoteState = NoteState.DRAFT) -> Note:
    sections = {**empty_sections(NoteKind.DISCHARGE), COURSE.key: text}
    return Note("n", "e", NoteKind.DISCHARGE, 1, sections, NOW, NOW, state=state)


def span(start: int, end: int) -> AiSpan:
    return AiSpan(COURSE.key, start, end, TEXT[start:end], ORIGIN)


def test_a_models_sentence_stands_apart_and_the_page_says_so() -> None:
    paper = paper_of(PATIENT, STAY, note(), [span(9, 16)], sample=True)
    course = next(section for section in paper.sections if section.title == "诊疗经过")
    assert [[(piece.text, piece.ai) for piece in line] for line in course.paragraphs] == [
        [("入院后行碎石术。", False)],
        [("术后恢复顺利。", True), ("准予出院。", False)],
    ]
    assert paper.has_ai and any(AI_NOTICE in notice for notice in paper.notices)
    assert paper.notices[0] == "示例病历，患者为虚构" and paper.notices[-1] == "草稿，尚未签名"


def test_a_reviewed_sentence_is_plain_and_counted() -> None:
    reviewed = replace(span(9, 16), reviewed_by="李医师", reviewed_at=NOW)
    paper = paper_of(PATIENT, STAY, note(state=NoteState.SIGNED), [reviewed], sample=False)
    assert not paper.has_ai and paper.notices == (AI_ASSISTED_MARK,)
    unsigned = paper_of(PATIENT, STAY, note(state=NoteState.DRAFT), [reviewed], sample=False)
    assert unsigned.notices == (AI_NOTICE, "草稿，尚未签名"), "the mark stays until the signature"
    assert "其中 1 句由模型书写，已由李医师审核" in paper.closing


def test_an_empty_section_says_so() -> None:
    paper = paper_of(PATIENT, STAY, note(""), [], sample=False)
    assert {line for section in paper.sections for line in section.paragraphs for line in [line[0].text]} == {EMPTY}


@given(st.lists(st.tuples(st.integers(0, len(TEXT)), st.integers(0, len(TEXT))), max_size=3))
def test_no_text_is_lost_or_doubled(pairs: list[tuple[int, int]]) -> None:
    points = sorted(point for pair in pairs for point in pair)
    spans = [span(start, end) for start, end in zip(points[::2], points[1::2], strict=True) if start < end]
    paper = paper_of(PATIENT, STAY, note(), spans, sample=False)
    course = next(section for section in paper.sections if section.title == "诊疗经过")
    assert "\n".join("".join(piece.text for piece in line) for line in course.paragraphs) == TEXT
    marked = "".join(piece.text for line in course.paragraphs for piece in line if piece.ai)
    assert marked == "".join(TEXT[one.start : one.end].replace("\n", "") for one in spans)
