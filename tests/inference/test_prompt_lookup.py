"""Guesses from the prompt: where they come from, and when they stop."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.inference.engines.prompt_lookup import PromptLookup


def grown(most: int, *judged: int) -> PromptLookup:
    """One whose guesses of so many tokens came true."""
    lookup = PromptLookup(most)
    for guessed in judged:
        lookup.judge(guessed, guessed)
    return lookup


def test_what_followed_the_last_three_tokens_is_guessed() -> None:
    assert grown(3, 1).guess([1, 2, 3, 4, 5, 6, 7, 1, 2, 3]) == [4, 5, 6]


def test_the_latest_place_counts_and_three_tokens_before_two() -> None:
    assert PromptLookup(1).guess([1, 2, 3, 4, 1, 2, 3, 5, 1, 2, 3]) == [5]
    assert PromptLookup(1).guess([1, 2, 3, 4, 9, 2, 3, 5, 1, 2, 3]) == [4]
    assert grown(2, 1).guess([9, 2, 3, 5, 6, 1, 2, 3]) == [5, 6]


def test_nothing_is_guessed_of_what_is_new_or_with_no_width() -> None:
    assert PromptLookup(3).guess([1, 2, 3, 4, 5]) == []
    assert PromptLookup(0).guess([1, 2, 3, 1, 2, 3]) == []
    assert grown(0, 0).guess([1, 2, 3, 1, 2, 3]) == []
    assert PromptLookup(3).guess([]) == []


def test_guesses_grow_while_they_come_true_as_a_whole_and_start_at_one_again_when_not() -> None:
    lookup, tokens = PromptLookup(7), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2, 3]
    assert lookup.guess(tokens) == [4]
    lookup.judge(1, 1)
    assert lookup.guess(tokens) == [4, 5, 6]
    lookup.judge(3, 3)
    assert lookup.guess(tokens) == [4, 5, 6, 7, 8, 9, 10]
    lookup.judge(7, 7)
    assert lookup.guess(tokens) == [4, 5, 6, 7, 8, 9, 10]
    lookup.judge(7, 6)
    assert lookup.guess(tokens) == [4]
    lookup.judge(0, 0)
    assert lookup.guess(tokens) == [4]


@given(st.lists(st.integers(0, 4), max_size=40), st.integers(1, 5))
def test_a_guess_is_always_a_piece_of_the_text(tokens: list[int], width: int) -> None:
    guess = grown(width, width).guess(tokens)
    assert len(guess) <= width
    pieces = [tokens[at : at + len(guess)] for at in range(len(tokens))]
    assert not guess or guess in pieces
