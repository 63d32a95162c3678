"""Writing with guesses and without: the same tokens, each computed in the same way, in fewer steps."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from app.core.runs import FinishReason
from app.inference.engines.bigdl_writer import Answer, AnswerWriter
from app.inference.engines.prompt_lookup import PromptLookup
from app.inference.text_stream import TextStream

WORDS, END, MOST = 6, 6, 60
TEXTS = st.lists(st.integers(0, WORDS - 1), min_size=1, max_size=40)


class Knowing:
    """A reader whose model wants to write one text after the prompt; it knows how each token of it was computed.

    In place of logits it tells the tokens.
    """

    def __init__(self, text: Sequence[int]) -> None:
        self._text = text
        self.first = text[:1]
        self.in_pairs: list[bool] = []
        self.steps = 0

    def step(self, ids: Sequence[int], *, in_pairs: bool) -> Sequence[int]:
        """See PromptReader."""
        self.steps += 1
        self.in_pairs += [in_pairs] * len(ids)
        after = len(self.in_pairs) + 1
        return self._text[after - len(ids) : after]

    def forget(self, count: int) -> None:
        """See PromptReader."""
        del self.in_pairs[len(self.in_pairs) - count :]


class Sink:
    """Nobody looks, nobody cancels."""

    def reading(self, done: int, total: int) -> None: ...
    def text(self, delta: str, tokens: int) -> None: ...
    def cancelled(self) -> bool:
        """Never."""
        return False


def written(
    prompt: list[int], text: list[int], longest: int, most: int = MOST
) -> tuple[list[int], FinishReason, Knowing]:
    """What was written, why it ended, and the reader."""
    reader = Knowing([*text, *[END] * MOST])
    answer = Answer(prompt, lambda history, tokens: tokens[0], TextStream(lambda ids: ""), Sink())
    writer = AnswerWriter(reader, {END}, PromptLookup(prompt, 7), longest)
    reason = writer.write(answer, reader.first, most)
    return answer.history[len(prompt) :], reason, reader


@given(TEXTS, TEXTS)
def test_with_guesses_and_without_every_token_is_computed_in_the_same_way(prompt: list[int], text: list[int]) -> None:
    plain, _, alone = written(prompt, text, 0)
    guessed, reason, several = written(prompt, text, 7)
    assert (plain, guessed, reason) == (text, text, FinishReason.STOP)
    assert several.in_pairs[: len(text)] == alone.in_pairs[: len(text)]
    assert several.steps <= alone.steps


def test_a_copied_text_takes_few_steps_and_a_new_one_is_never_computed_in_pairs() -> None:
    source = [0, 1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 0, 2, 4, 0, 3]
    _, _, reader = written(source, source, 7)
    assert reader.steps < len(source) // 2
    _, _, reader = written([0, 1, 2], [5, 4, 3], 7)
    assert not any(reader.in_pairs)


@given(TEXTS, TEXTS, st.integers(1, 40))
def test_no_more_is_written_than_was_asked_for(prompt: list[int], text: list[int], most: int) -> None:
    got, reason, reader = written(prompt, text, 7, most)
    assert got == text[:most]
    assert reason is (FinishReason.LENGTH if most <= len(text) else FinishReason.STOP)
    assert len(reader.in_pairs) < max(most, 2)
