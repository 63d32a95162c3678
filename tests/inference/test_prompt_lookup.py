"""Guesses from the prompt: where they come from, how long they are, and when they are made in silence."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from app.inference.engines.prompt_lookup import PromptLookup

SOURCE = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]


def followed(prompt: Sequence[int], written: Sequence[int], most: int = 7) -> PromptLookup:
    """One that has read a prompt and seen what was written after it."""
    lookup = PromptLookup(prompt, most)
    for token in written:
        lookup.add(token)
    return lookup


def test_what_followed_the_last_place_of_the_last_three_tokens_is_guessed_else_of_two() -> None:
    assert PromptLookup([1, 2, 3, 4, 1, 2, 3, 5, 1, 2, 3], 7).guess() == [5]
    assert PromptLookup([1, 2, 3, 4, 9, 2, 3, 5, 1, 2, 3], 7).guess() == [4]
    assert PromptLookup([9, 2, 3, 5, 6, 1, 2, 3], 7).guess() == [5]


def test_nothing_is_guessed_of_what_is_new_or_with_no_width() -> None:
    for lookup in (PromptLookup([1, 2, 3, 4, 5], 7), PromptLookup([1, 2, 3, 1, 2, 3], 0), PromptLookup([], 7)):
        assert lookup.guess() == []
        assert not lookup.copies


def test_guesses_grow_with_the_tokens_that_came_true_and_start_at_one_again_when_one_did_not() -> None:
    prompt = [*SOURCE, 1, 2, 3]
    assert followed(prompt, []).guess() == [4]
    assert followed(prompt, [4]).guess() == [5, 6, 7]
    assert followed(prompt, [4, 5, 6]).guess() == [7, 8, 9]
    assert followed(prompt, [4, 5, 6, 7]).guess() == [8, 9, 10, 11, 12, 13, 14]
    assert followed(prompt, [4, 5, 6, 7], most=5).guess() == [8, 9, 10, 11, 12]
    assert followed(prompt, [4, 5, 6, 7, 99, 2, 3]).guess() == [4]


def test_a_place_is_followed_though_the_end_of_the_text_stood_elsewhere_since() -> None:
    prompt = [1, 2, 3, 4, 5, 9, 2, 3, 4, 7, 8, 1, 2]
    assert followed(prompt, [3, 4]).guess()[0] == 5
    assert followed(prompt, [3, 4, 6, 2, 3, 4]).guess() == [6, 2, 3]


def test_after_four_places_that_led_astray_guesses_are_silent_until_one_comes_true() -> None:
    astray = [token for pair in range(4) for token in (2 * pair + 1, 2 * pair + 2, 99 - pair)]
    assert followed(SOURCE, astray[:-1]).copies
    lookup = followed(SOURCE, [*astray, 10, 11])
    assert not lookup.copies
    assert lookup.guess() == []
    lookup.add(12)
    assert lookup.guess() == [13, 14, 15]


@given(st.lists(st.integers(0, 4), max_size=40), st.lists(st.integers(0, 4), max_size=20))
def test_a_guess_is_a_piece_of_the_text_and_each_of_its_tokens_comes_while_it_copies(
    prompt: list[int], written: list[int]
) -> None:
    lookup = followed(prompt, written)
    guess, text = lookup.guess(), [*prompt, *written]
    assert bool(guess) == lookup.copies
    assert not guess or guess in [text[at : at + len(guess)] for at in range(len(text))]
    for token in guess:
        lookup.add(token)
        assert lookup.copies
