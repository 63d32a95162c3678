"""Long stays in stages: what is asked, that it fits, and that nothing is left out without being listed."""

from __future__ import annotations

import llguidance
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llguidance.gbnf_to_lark import any_to_lark

from app.controllers.discharge_plans import discharge_templates
from app.core.discharge.asks import Ask, Reader, discharge_ask
from app.core.discharge.record import day_words
from app.core.discharge.source import Entry, is_note, lines_of
from app.core.discharge.stages import RecordPlan, plan_record
from app.core.stay import Stay
from tests.helpers.long_stay import long_stay
from tests.helpers.stays import SampleStay, sample_stays

TEMPLATES = discharge_templates()


def plan(stay: Stay, reader: Reader) -> RecordPlan:
    return plan_record(TEMPLATES, stay, lines_of(stay), reader)


def asks(staged: RecordPlan, answer: str) -> list[Ask]:
    """All questions, if every one is answered with this."""
    written: list[str] = []
    found = []
    while (stage := staged.stage(written)) is not None:
        assert (stage.number, stage.total) == (len(written) + 1, staged.stages)
        found.append(stage.ask)
        written.append(answer)
    return found


def text_of(ask: Ask) -> str:
    return "".join(message.content for message in ask.prompt.messages)


@pytest.mark.parametrize("chinese", [True, False])
@pytest.mark.parametrize("sample", sample_stays(), ids=lambda sample: sample.name)
def test_a_stay_that_fits_is_asked_for_in_one_piece(sample: SampleStay, chinese: bool) -> None:
    reader = Reader(8192, chinese)
    lines = lines_of(sample.stay)
    assert asks(plan(sample.stay, reader), "") == [discharge_ask(TEMPLATES.record, sample.stay, lines, reader)]


def test_each_period_is_read_with_its_notes_and_the_whole_with_what_was_written_of_them() -> None:
    stay = long_stay(60, characters=200)
    staged = plan(stay, Reader(8192, chinese=True))
    assert staged.stages >= 3
    *periods, last = asks(staged, "病情好转。")
    shown = "\n".join(map(text_of, periods))
    assert all(f"病程{day_words(note.date)}：" in shown for note in stay.notes)
    assert {ask.prompt.template_id for ask in periods} == {"discharge_period"}
    assert last.prompt.template_id == "discharge"
    assert text_of(last).count("起：病情好转。") == staged.stages - 1
    assert not any(f"病程{day_words(note.date)}：" in text_of(last) for note in stay.notes)
    assert "主诉：" in text_of(last) and "出院：" in text_of(last)


def test_the_stages_have_names_for_the_doctor() -> None:
    staged = plan(long_stay(60, characters=200), Reader(8192, chinese=True))
    first, last = staged.stage([]), staged.stage(["。"] * (staged.stages - 1))
    assert first and first.words.startswith("5月1日至5月") and first.words.endswith("日的病程")
    assert last and last.words == "出院记录"
    assert staged.stage(["。"] * staged.stages) is None


@given(
    days=st.integers(1, 120),
    characters=st.integers(20, 900),
    context=st.sampled_from([2048, 4096, 8192]),
    chinese=st.booleans(),
    answer=st.sampled_from(["", "好转。", "体温37.2℃，" * 2000, "\n【出院诊断】\n" * 40]),
)
@settings(max_examples=60)
def test_every_question_fits_and_what_none_shows_is_listed(
    days: int, characters: int, context: int, chinese: bool, answer: str
) -> None:
    stay = long_stay(days, characters=characters)
    reader = Reader(context, chinese)
    staged = plan(stay, reader)
    questions = asks(staged, answer)
    for ask in questions:
        assert reader.meter(text_of(ask)) + ask.decoding.max_tokens <= context
    shown = {line for ask in questions for line in text_of(ask).split("\n")}
    gone = {one.words for one in staged.omitted}
    for line in lines_of(stay):
        assert (line.text in shown) != (line.text in gone), line.text
    assert all(one.reason for one in staged.omitted)
    assert all(any(text.startswith(one.words[:8]) for text in shown) for one in staged.omitted if one.cut)


@given(days=st.integers(10, 120), chinese=st.booleans())
@settings(max_examples=20)
def test_stages_show_every_note_where_one_piece_would_not(days: int, chinese: bool) -> None:
    stay = long_stay(days, characters=300)
    lines = lines_of(stay)
    reader = Reader(8192, chinese)
    one_piece = discharge_ask(TEMPLATES.record, stay, lines, reader)
    staged = plan(stay, reader)
    assert (staged.stages > 1) == any(one.entry is Entry.NOTE for one in one_piece.omitted)
    if chinese:
        assert not any(one.entry is Entry.NOTE for one in staged.omitted)


@pytest.mark.parametrize("chinese", [True, False])
def test_what_is_written_of_a_period_ends_by_itself_within_its_length(chinese: bool) -> None:
    reader = Reader(8192, chinese)
    staged = plan(long_stay(60, characters=300), reader)
    stage = staged.stage([])
    assert stage is not None
    longest = reader.characters(stage.ask.decoding.max_tokens)
    matcher = llguidance.LLMatcher(llguidance.LLTokenizer("byte"), any_to_lark(stage.ask.decoding.grammar))
    assert not matcher.is_error(), matcher.get_error()
    course = next(line for line in stage.ask.decoding.grammar.splitlines() if line.startswith("course"))
    sentence = "".join(
        day.strip('" ') + "病情明显好转。" for day in course[len("course ::= ") :].split(" sentence") if day
    )
    assert matcher.try_consume_tokens(list(sentence.encode())) == len(sentence.encode()) and matcher.is_accepting()
    assert len(sentence) <= longest


def test_a_note_longer_than_any_period_is_cut_after_a_sentence_and_listed() -> None:
    stay = long_stay(3, characters=30_000)
    staged = plan(stay, Reader(8192, chinese=True))
    assert staged.stages == 4
    assert [(one.entry, one.cut, one.reason) for one in staged.omitted] == [
        (Entry.NOTE, True, "此条过长，只给了开头的整句")
    ] * 3


def test_the_notes_of_the_stay_are_those_that_count() -> None:
    stay = long_stay(60, characters=300)
    staged = plan(stay, Reader(8192, chinese=True))
    last = asks(staged, "好转。")[-1]
    course = next(line for line in last.decoding.grammar.splitlines() if line.startswith("course"))
    assert course.count("sentence") <= len([line for line in lines_of(stay) if is_note(line)])
    assert "5月1日" in course and "6月29日" in course
