from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.provenance import (
    AiSpan,
    Known,
    Origin,
    changed_stretch,
    followed,
    recognised,
    reviewed,
    sentences,
    share_edited,
)
from tests.helpers.records import NOW

ORIGIN = Origin("r1", "模型 0", "scripted 1.0", NOW)
SUGGESTION = "1. 急性心肌梗死。\n   · 支持点：持续胸痛3小时，肌钙蛋白升高；\n   · 查心电图"
KNOWN = Known().learnt(SUGGESTION, ORIGIN)
TEXTS = st.text(alphabet="胸痛。\n𠮷a ", max_size=30)


def put_in(text: str, at: int = 0) -> tuple[str, tuple[AiSpan, ...]]:
    after = text[:at] + SUGGESTION + text[at:]
    return after, followed((), "differential", text, after, KNOWN)


def words(text: str, spans: tuple[AiSpan, ...]) -> list[str]:
    return [text[span.start : span.end] for span in spans]


def test_every_sentence_of_a_suggestion_is_a_span_of_its_own() -> None:
    text, spans = put_in("医师写的。\n", 6)
    expected = ["1. 急性心肌梗死。", "· 支持点：持续胸痛3小时，肌钙蛋白升高；", "· 查心电图"]
    assert words(text, spans) == expected
    assert [span.original for span in spans] == expected
    assert {span.origin for span in spans} == {ORIGIN}


def test_what_a_doctor_types_is_the_doctors() -> None:
    text = "患者持续胸痛，"
    assert followed((), "plan", text, text + "肌钙蛋白升高", KNOWN) == ()
    assert recognised("查心电图", KNOWN) == ()


def test_a_part_of_a_sentence_that_is_pasted_is_the_models() -> None:
    (span,) = recognised("持续胸痛3小时，肌钙蛋白升高", KNOWN)
    assert span.original == "· 支持点：持续胸痛3小时，肌钙蛋白升高；"


def test_an_edit_inside_belongs_to_the_sentence_and_one_at_its_edge_to_the_doctor() -> None:
    text, spans = put_in("")
    edited = text.replace("持续胸痛", "间断胸痛")
    inside = followed(spans, "differential", text, edited, KNOWN)
    assert words(edited, inside)[1] == "· 支持点：间断胸痛3小时，肌钙蛋白升高；"
    longer = edited + "，复查"
    assert words(longer, followed(inside, "differential", edited, longer, KNOWN)) == words(edited, inside)


def test_a_sentence_taken_out_and_put_back_keeps_its_review() -> None:
    text, spans = put_in("")
    done = reviewed(spans, "王医师", NOW, "differential", 0, 3)
    assert [span.reviewed for span in done] == [True, False, False]
    known = KNOWN.with_spans(done, text)
    gone = followed(done, "differential", text, "", known)
    assert gone == ()
    assert followed(gone, "differential", "", text, known) == done


def test_a_suggestion_put_in_again_waits_for_review_again() -> None:
    text, spans = put_in("")
    known = KNOWN.with_spans(reviewed(spans, "王医师", NOW), text)
    later = Origin("r1", "模型 0", "scripted 1.0", NOW + timedelta(hours=1))
    again = followed((), "plan", "", text, known.learnt(SUGGESTION, later))
    assert [span.reviewed for span in again] == [False] * 3
    assert again[0].origin == later


def test_spans_of_other_sections_stay() -> None:
    text, spans = put_in("")
    assert followed(spans, "plan", "监护", "", KNOWN) == spans
    assert len(followed(spans, "plan", "", text, KNOWN)) == 6


@pytest.mark.parametrize(
    ("original", "present", "share"),
    [("胸痛", "胸痛", 0.0), ("胸痛3小时", "胸痛5小时", 0.2), ("胸痛", "", 1.0), ("长" * 3000, "长" * 1500, 0.5)],
)
def test_the_share_that_was_edited(original: str, present: str, share: float) -> None:
    assert share_edited(original, present) == share


@given(TEXTS, TEXTS)
def test_the_changed_stretch_is_the_whole_change(before: str, after: str) -> None:
    start, end, inserted = changed_stretch(before, after)
    assert before[:start] + inserted + before[end:] == after


@given(TEXTS, st.lists(TEXTS, max_size=6), st.integers(0, 30))
def test_spans_stay_in_order_inside_the_text_and_apart(first: str, later: list[str], at: int) -> None:
    text, spans = put_in(first, min(at, len(first)))
    for piece in later:
        place = len(piece) * 7 % (len(text) + 1)
        changed = text[:place] + piece + text[place + len(piece) * 2 :]
        spans = followed(spans, "differential", text, changed, KNOWN)
        text = changed
        ends = [end for span in spans for end in (span.start, span.end)]
        assert ends == sorted(ends)
        assert all(0 <= span.start < span.end <= len(text) for span in spans)


@given(TEXTS)
def test_sentences_are_where_they_are_said_to_be(text: str) -> None:
    for start, end, piece in sentences(text):
        assert text[start:end] == piece
