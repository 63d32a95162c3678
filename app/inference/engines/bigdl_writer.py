"""Writing an answer: a token at a time, or as many as were guessed and come true."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from app.core.runs import FinishReason
from app.inference.engine import TokenSink
from app.inference.engines.prompt_lookup import PromptLookup
from app.inference.text_stream import TextStream

if TYPE_CHECKING:
    import torch

    from app.inference.engines.bigdl_reader import PromptReader

    # The tokens so far and the logits (1, vocabulary) after them -> the next token.
    Choice = Callable[[list[int], torch.Tensor], int]


class Answer:
    """An answer as it grows: `history` are the prompt's tokens and its own, `written` how many were chosen."""

    def __init__(self, prompt: Sequence[int], choose: Choice, stream: TextStream, sink: TokenSink) -> None:
        self.history = list(prompt)
        self.sink = sink
        self.written = 0
        self._choose = choose
        self._stream = stream

    def take(self, logits: torch.Tensor) -> int:
        """The token that comes next by these logits (1, vocabulary)."""
        self.written += 1
        return self._choose(self.history, logits)

    def add(self, token: int) -> None:
        """It belongs to the text."""
        self.history.append(token)
        self.sink.text(self._stream.push(token), 1)

    def end(self, tokens: int) -> None:
        """No more text comes; `tokens` were taken that have none."""
        self.sink.text(self._stream.flush(), tokens)


class AnswerWriter:
    """Writes by what a reader makes of the tokens. The tokens do not depend on `longest`, the most of a guess."""

    def __init__(self, reader: PromptReader, ends: Collection[int], lookup: PromptLookup, longest: int) -> None:
        self._reader = reader
        self._ends = ends
        self._lookup = lookup
        self._longest = longest

    def write(self, answer: Answer, logits: torch.Tensor, most: int) -> FinishReason:
        """Until a token that ends it, or `most` tokens. `logits` (1, vocabulary) are those after the prompt."""
        guess: list[int] = []
        while True:
            right = 0
            for row in range(len(guess) + 1):
                if answer.sink.cancelled():
                    return FinishReason.CANCELLED
                token = answer.take(logits[row : row + 1])
                if token in self._ends:
                    answer.end(1)
                    return FinishReason.STOP
                answer.add(token)
                self._lookup.add(token)
                if answer.written == most:
                    answer.end(0)
                    return FinishReason.LENGTH
                if row == len(guess) or token != guess[row]:
                    break
                right += 1
            self._reader.forget(len(guess) - right)
            guess = self._lookup.guess()[: min(self._longest, most - answer.written - 1)]
            # Whether a guess is made or not: rows in pairs differ in last bits from single ones, and words may.
            logits = self._reader.step([token, *guess], in_pairs=self._lookup.copies)
