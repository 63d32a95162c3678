"""Prompt lookup (Saxena 2023): an answer that copies its source is guessed from it, several tokens at a time.

A guess is only ever checked, never believed: the tokens are those of plain decoding.
"""

from __future__ import annotations

from collections.abc import Sequence

# A place where the text's last tokens stood before is looked for with three of them, then with two.
_SIZES = (3, 2)
# After so many places in a row that led astray, guesses are made in silence, until one of them comes true.
_PATIENCE = 4
# How many tokens to guess after so many that came true: one costs little, where it does not come true, seven much.
_WIDTHS = ((4, 7), (1, 3), (0, 1))


class PromptLookup:
    """Follows a text, token by token, and guesses how it goes on: as it did where its end stood before.

    `most` is the most tokens of a guess; 0 guesses nothing. A place is followed until the text leaves it. What is told
    depends on the text alone, not on the guesses that were asked for.
    """

    def __init__(self, prompt: Sequence[int], most: int) -> None:
        self._most = most
        self._text: list[int] = []
        self._places: dict[tuple[int, ...], int] = {}
        self._place: int | None = None
        self._right = self._wrong = 0
        for token in prompt:
            self.add(token)
        self._right = self._wrong = 0

    @property
    def copies(self) -> bool:
        """Whether the next token is worth a guess. If a guess comes true, that holds for each token of it."""
        return self._place is not None and self._wrong < _PATIENCE

    def guess(self) -> list[int]:
        """What comes next; nothing if that is not worth a guess."""
        if self._place is None or not self.copies:
            return []
        width = next(width for right, width in _WIDTHS if self._right >= right)
        return self._text[self._place : self._place + min(width, self._most)]

    def add(self, token: int) -> None:
        """The text goes on with this token."""
        if not self._most:
            return
        followed = self._place
        self._text.append(token)
        self._place = self._look_up()
        if followed is None:
            return
        if self._text[followed] == token:
            self._place = followed + 1
            self._right, self._wrong = self._right + 1, 0
        else:
            self._right, self._wrong = 0, self._wrong + 1

    def _look_up(self) -> int | None:
        """What comes behind the last place where the end of the text stood before. That is the last place now."""
        found = None
        for size in (size for size in _SIZES if size <= len(self._text)):
            end = tuple(self._text[-size:])
            found = self._places.get(end) if found is None else found
            self._places[end] = len(self._text)
        return found
