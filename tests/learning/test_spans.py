from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.learning.spans import moved_span

OLD = "患者李秀英，右侧胸痛3天，李秀英否认发热"
NEW = "患者[姓名1]，右侧胸痛3天，[姓名1]否认发热"


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("右侧胸痛", "右侧胸痛"),
        ("李秀英", "[姓名1]"),
        ("秀英，右", "[姓名1]，右"),
        ("胸痛3天，李秀", "胸痛3天，[姓名1]"),
    ],
)
def test_a_span_follows_its_words_and_takes_a_placeholder_whole(quote: str, expected: str) -> None:
    start = OLD.index(quote)
    moved = moved_span(OLD, NEW, start, start + len(quote))
    assert NEW[slice(*moved)] == expected


def test_an_empty_span_stays_where_it_is() -> None:
    assert moved_span(OLD, NEW, len(OLD), len(OLD)) == (len(NEW), len(NEW))


@given(st.text("甲乙，。1"), st.text("甲乙，。1"), st.data())
def test_a_span_is_always_one_of_the_text(old: str, new: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(old)))
    end = data.draw(st.integers(start, len(old)))
    moved = moved_span(old, new, start, end)
    assert 0 <= moved[0] <= moved[1] <= len(new)
