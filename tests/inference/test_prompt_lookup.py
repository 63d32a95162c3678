"""Guesses from the prompt: where they come from, and when they stop."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.inference.engines.prompt_lookup import PromptLookup


def test_what_followed_the_last_three_tokens_is_guessed() -> None:
    assert PromptLookup(3).guess([1, 2, 3, 4, 5, 6, 7, 1, 2, 3]) == [4, 5, 6]


def test_the_latest_place_counts_and_three_tokens_before_two() -> None:
    assert PromptLookup(1).guess([1, 2, 3, 4, 1, 2, 3, 5, 1, 2, 3]) == [5]
    assert PromptLookup(1).guess([1, 2, 3, 4, 9, 2, 3, 5, 1, 2, 3]) == [4]
    assert PromptLookup(2).guess([9, 2, 3, 5, 6, 1, 2, 3]) == [5, 6]


def test_nothing_is_guessed_of_what_is_new_or_with_no_width() -> None:
    assert PromptLookup(3).guess([1, 2, 3, 4, 5]) == []
    assert PromptLookup(0).guess([1, 2, 3, 1, 2, 3]) == []
    assert PromptLookup(3).guess([]) == []


def test_wrong_guesses_stop_for_a_while() -> None:
    lookup, tokens = PromptLookup(3), [1, 2, 3, 4, 5, 6, 1, 2, 3]
    for _ in range(8):
        assert lookup.guess(tokens)
        lookup.judge(3, 0)
    assert [lookup.guess(tokens) for _ in range(32)] == [[]] * 32
    assert lookup.guess(tokens) == [4, 5, 6]


def test_right_guesses_go_on() -> None:
    lookup, tokens = PromptLookup(3), [1, 2, 3, 4, 5, 6, 1, 2, 3]
    for _ in range(100):
        lookup.judge(3, 1)
        assert lookup.guess(tokens)


def test_after_a_guess_that_came_true_as_a_whole_the_next_is_longer() -> None:
    lookup, tokens = PromptLookup(2), [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3]
    lookup.judge(2, 2)
    assert lookup.guess(tokens) == [4, 5, 6, 7, 8]
    lookup.judge(5, 4)
    assert lookup.guess(tokens) == [4, 5]
    lookup.judge(0, 0)
    assert lookup.guess(tokens) == [4, 5]


@given(st.lists(st.integers(0, 4), max_size=40), st.integers(1, 5))
def test_a_guess_is_always_a_piece_of_the_text(tokens: list[int], width: int) -> None:
    guess = PromptLookup(width).guess(tokens)
    assert len(guess) <= width
    pieces = [tokens[at : at + len(guess)] for at in range(len(tokens))]
    assert not guess or guess in pieces
