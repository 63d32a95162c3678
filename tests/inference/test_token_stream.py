"""Batches, stop strings and the first token."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.inference.messages import Reading, Text
from app.inference.token_stream import BATCH_SECONDS, StopFilter, TokenStream


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def make_stream(*stop: str) -> tuple[TokenStream, list[Reading | Text], Clock]:
    sent: list[Reading | Text] = []
    clock = Clock()
    return TokenStream("r", sent.append, stop, lambda: False, clock), sent, clock


def test_the_first_token_goes_out_at_once_and_the_next_in_a_batch() -> None:
    stream, sent, clock = make_stream()
    for delta in "急性心":
        stream.text(delta, 1)
    assert sent == [Text("r", "急", 1)]
    clock.now += BATCH_SECONDS
    stream.text("梗", 1)
    assert sent == [Text("r", "急", 1), Text("r", "性心梗", 3)]


def test_the_first_token_does_not_wait_for_the_batch_of_the_reading_before_it() -> None:
    stream, sent, _ = make_stream()
    stream.reading(3, 3)
    stream.text("急", 1)
    assert sent == [Reading("r", 3, 3), Text("r", "急", 1)]


def test_finish_sends_what_is_left_and_nothing_twice() -> None:
    stream, sent, _ = make_stream("。。")
    stream.text("完", 1)
    stream.text("。", 1)
    stream.finish()
    stream.finish()
    assert sent == [Text("r", "完", 1), Text("r", "。", 1)]


def test_tokens_without_text_are_progress() -> None:
    stream, sent, _ = make_stream()
    stream.text("", 1)
    assert sent == [Text("r", "", 1)]


def test_the_time_of_the_first_token_is_kept() -> None:
    stream, _, clock = make_stream()
    assert stream.first_token_at is None
    stream.text("", 1)
    clock.now += 9
    stream.text("后", 1)
    assert stream.first_token_at == 100.0


def test_reading_is_thinned_but_its_end_is_told() -> None:
    stream, sent, _ = make_stream()
    for done in (0, 1, 2, 3):
        stream.reading(done, 3)
    assert sent == [Reading("r", 0, 3), Reading("r", 3, 3)]


def test_a_stop_string_over_several_tokens_ends_the_text_before_it() -> None:
    stream, sent, _ = make_stream("\n\n完")
    for delta in ("一\n", "\n", "完二", "三"):
        stream.text(delta, 1)
    stream.finish()
    assert stream.cancelled()
    assert "".join(message.delta for message in sent if isinstance(message, Text)) == "一"


def test_no_stop_string_no_end() -> None:
    stream, _, _ = make_stream("", "完")
    stream.text("未", 1)
    assert not stream.stopped


def test_the_earliest_stop_string_counts() -> None:
    stop = StopFilter(("乙", "甲"))
    assert stop.feed("一甲乙") == "一"


@given(st.text("ab", max_size=40), st.lists(st.text("ab", max_size=4), max_size=3), st.data())
def test_the_cut_does_not_depend_on_how_the_text_arrives(text: str, stop: list[str], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    stopping = StopFilter(tuple(stop))
    shown = "".join(stopping.feed(piece) for piece in pieces) + stopping.rest()
    assert not stopping.stopped or not any(word in shown for word in stop if word)
    assert stopping.stopped or shown == text
    assert text.startswith(shown)
    assert stopping.stopped == any(word in text for word in stop if word)


@pytest.mark.parametrize("text", ["aab", "aaab", "aaaaab"])
def test_an_overlapping_beginning_is_held_back_rightly(text: str) -> None:
    stop = StopFilter(("aab",))
    assert "".join(map(stop.feed, text)) == text[:-3]
    assert stop.stopped
