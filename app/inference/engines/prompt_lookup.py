"""Prompt lookup (Saxena 2023): an answer that copies its source is guessed from it, several tokens at a time.

A guess is only ever checked, never believed: the tokens are those of plain decoding.
"""

from __future__ import annotations

from collections.abc import Sequence

_LONGEST, _SHORTEST = 3, 2


class PromptLookup:
    """Guesses what follows, at first one token, and after each guess that came true as a whole twice as many and one.

    `most` is the most tokens of a guess; 0 guesses nothing. One guessed token costs nothing where rows are computed in
    pairs; with AVX2 four rows cost twice as much as one, eight three and a half times as much.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._width = min(1, most)

    def guess(self, tokens: Sequence[int]) -> list[int]:
        """What followed the last time that the end of `tokens` stood there; nothing if it never did."""
        for size in range(min(_LONGEST, len(tokens) - 1), _SHORTEST - 1, -1) if self._most else ():
            if (at := _last_place(tokens, size)) is not None:
                return list(tokens[at + size : at + size + self._width])
        return []

    def judge(self, guessed: int, right: int) -> None:
        """So many tokens of a guess came true."""
        self._width = min(2 * guessed + 1 if guessed == right else 1, self._most)


def _last_place(tokens: Sequence[int], size: int) -> int | None:
    """Where the last `size` tokens stood before, latest first."""
    end, last = tokens[-size:], tokens[-1]
    for at in range(len(tokens) - size - 1, -1, -1):
        if tokens[at + size - 1] == last and tokens[at : at + size] == end:
            return at
    return None
