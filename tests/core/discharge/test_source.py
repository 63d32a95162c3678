from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.discharge.source import Entry, assemble, lines_of, token_meter
from app.core.stay import DatedText
from tests.helpers.stays import SampleStay, sample_stays

CHARACTERS = token_meter(chinese=True)
LONGEST = sample_stays()[-1]


@pytest.mark.parametrize("sample", sample_stays(), ids=lambda sample: sample.name)
def test_with_room_for_all_nothing_is_left_out(sample: SampleStay) -> None:
    source = assemble(lines_of(sample.stay), 100_000, CHARACTERS)
    assert source.omitted == ()
    for words in (sample.stay.admission.complaint, sample.stay.notes[-1].text, sample.stay.orders[0].name):
        assert words in source.text


@pytest.mark.parametrize("budget", [0, 50, 400, 900, 1500, 2000])
def test_what_is_left_out_is_listed_and_the_rest_fits(budget: int) -> None:
    lines = lines_of(LONGEST.stay)
    source = assemble(lines, budget, CHARACTERS)
    assert CHARACTERS(source.text) <= budget
    whole = [one for one in source.omitted if not one.cut]
    shown = source.text.split("\n") if source.text else []
    assert len(whole) + len(shown) == len(lines)
    assert not {one.words for one in whole} & set(shown)


def test_normal_results_go_before_abnormal_ones_and_notes() -> None:
    lines = lines_of(LONGEST.stay)
    room = sum(CHARACTERS(line.text) + 1 for line in lines)
    omitted = assemble(lines, room - 40, CHARACTERS).omitted
    assert {one.entry for one in omitted} == {Entry.RESULT}
    assert all("↑" not in one.words and "↓" not in one.words for one in omitted)


def test_a_note_too_long_even_alone_is_cut_after_a_sentence_and_listed() -> None:
    stay = LONGEST.stay
    long = DatedText(stay.notes[0].date, "患者病情稳定。" * 200)
    source = assemble(lines_of(replace(stay, notes=(long,))), 900, CHARACTERS)
    cut = [one for one in source.omitted if one.cut]
    assert [one.entry for one in cut] == [Entry.NOTE]
    assert source.text.endswith("患者病情稳定。")


def test_a_byte_level_vocabulary_is_given_less() -> None:
    text = "尿红细胞 286/μL"
    assert token_meter(chinese=False)(text) == len(text.encode()) > CHARACTERS(text)
