"""Reading a prompt: only from its first change on, with progress, and to be cancelled between two layers."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from app.inference.engine import TokenSink
from app.inference.engines.bigdl_decoder import FEW_ROWS, Decoder

# What is read in one pass: more gains nothing, and takes memory.
_CHUNK = 512
# The prompt's last 1 to 4 tokens are always read anew, in a pass of their own. So an answer to an unchanged prompt is
# the same to the last bit, whether the rest was at hand or not. Four cost twice as much as one, eight more than three
# times.
_TAIL = 4
# With the token before it, a longer guess would not come out as it would one by one.
LONGEST_GUESS = FEW_ROWS - 1


class ReadingCancelledError(Exception):
    """Leaves a prompt between two layers."""


class PromptReader:
    """Knows which tokens the decoder's cache holds: the last prompt with its answer, and nothing else.

    What a prompt has in common with it from the beginning on is kept, the rest forgotten. So no answer depends on
    another patient's text.
    """

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._held: list[int] = []

    def read(self, prompt: Sequence[int], sink: TokenSink) -> torch.Tensor:
        """Logits (1, vocabulary) after the prompt. Raises ReadingCancelledError if `sink` says so."""
        tail = (len(prompt) - 1) // _TAIL * _TAIL
        self._keep(min(_common(self._held[: self._decoder.length], prompt), tail))
        while (start := self._decoder.length) < tail:
            self._pass(prompt, start, min((start // _CHUNK + 1) * _CHUNK, tail), sink)
        return self._decoder.logits(self._pass(prompt, tail, len(prompt), sink)[-1:])

    def read_all(self, prompt: Sequence[int]) -> torch.Tensor:
        """Logits (n, vocabulary) after each token of a text, in one pass and with nothing kept before it."""
        self._keep(0)
        return self.step(prompt)

    def step(self, ids: Sequence[int], *, in_pairs: bool = False) -> torch.Tensor:
        """Logits (n, vocabulary) after each of these tokens, which follow what was read. See Decoder.step."""
        self._held += ids
        return self._decoder.step(list(ids), in_pairs=in_pairs)

    def forget(self, count: int) -> None:
        """The last `count` tokens were not chosen after all."""
        self._keep(self._decoder.length - count)

    def _keep(self, count: int) -> None:
        self._decoder.length = count
        del self._held[count:]

    def _pass(self, prompt: Sequence[int], start: int, stop: int, sink: TokenSink) -> torch.Tensor:
        """Read prompt[start:stop]; the rows after the last layer."""
        rows = self._decoder.embed(list(prompt[start:stop]))
        for number in range(self._decoder.layers):
            if sink.cancelled():
                raise ReadingCancelledError
            rows = self._decoder.layer(number, rows)
            sink.reading(start + (stop - start) * (number + 1) // self._decoder.layers, len(prompt))
        self._decoder.advance(stop - start)
        self._held += prompt[start:stop]
        return rows


def _common(held: Sequence[int], prompt: Sequence[int]) -> int:
    """How many tokens both begin with."""
    pairs = enumerate(zip(held, prompt, strict=False))
    return next((index for index, (one, other) in pairs if one != other), min(len(held), len(prompt)))
