from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from app.core.entities import Encounter, Patient, Sex
from app.core.notes import COURSE, Note, NoteKind, NoteState, empty_sections
from app.core.paper import AI_NOTICE, EMPTY, paper_of
from app.core.people import Role
from app.core.provenance import AI_ASSISTED_MARK, AiSpan, Origin
from app.core.signing import ActKind, NoteAct

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


def test_a_signed_paper_says_who_signed_and_when() -> None:
    def act(kind: ActKind, person: str, role: Role, hour: int) -> NoteAct:
        return NoteAct("n", 1, kind, person, role, NOW.replace(hour=hour))

    first = act(ActKind.SIGNED, "周医师", Role.DOCTOR, 8)
    again = act(ActKind.SIGNED, "李医师", Role.DOCTOR, 10)
    senior = act(ActKind.COUNTERSIGNED, "赵主任", Role.SENIOR, 11)
    amended = act(ActKind.AMENDED, "李医师", Role.DOCTOR, 9)

    def closing(state: NoteState, *acts: NoteAct) -> tuple[str, ...]:
        return paper_of(PATIENT, STAY, note(state=state), [], sample=False, acts=acts).closing[1:]

    signed = closing(NoteState.SIGNED, first, amended, again, senior)
    stamp = f"{NOW.astimezone():%Y年%m月%d日}"
    assert [line.split("　")[0] for line in signed] == [
        "医师签名：李医师（住院医师）",
        "上级医师签名：赵主任（上级医师）",
    ]
    assert all(stamp in line for line in signed)
    assert closing(NoteState.DRAFT, first, amended) == ("医师签名：________________",)
