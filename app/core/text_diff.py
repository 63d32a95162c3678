"""How one text became another (修改痕迹): what was kept, struck and added. Pure, and bounded in time for long texts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import accumulate, takewhile

BUDGET = 1_000_000
"""Elements that one comparison may look at, over all its levels; about 0.2 s."""

_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_CLAUSES = re.compile(r"[^。；！？，,;\n]*[。；！？，,;\n]|[^。；！？，,;\n]+")
_WORDS = re.compile(r"\d+(?:\.\d+)?|[A-Za-z]+|.", re.DOTALL)


class Change(StrEnum):
    """What became of a piece of text."""

    KEPT = "kept"
    STRUCK = "struck"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters with one fate."""

    change: Change
    text: str


class _Budget:
    """What may still be looked at."""

    def __init__(self, elements: int) -> None:
        self._left = elements

    def take(self, elements: int) -> bool:
        """Spend so much if there is so much."""
        if elements > self._left:
            return False
        self._left -= elements
        return True


def difference(old: str, new: str, budget: int = BUDGET) -> tuple[Piece, ...]:
    """The pieces of both texts in reading order, what was struck before what was added in its place.

    Lines are compared first, then the clauses of changed lines, then the characters of changed clauses; a number or a
    Latin word is one unit. Joining all pieces but the added ones gives `old`, all but the struck ones `new`. A part
    that would cost more than what is left of the budget is struck and added as a whole.
    """
    return tuple(_joined(_compared(old, new, (_LINES, _CLAUSES, _WORDS), _Budget(budget))))


def amounts(pieces: Iterable[Piece]) -> tuple[int, int]:
    """How many characters were added, and how many struck."""
    counts = Counter[Change]()
    for piece in pieces:
        counts[piece.change] += len(piece.text)
    return counts[Change.ADDED], counts[Change.STRUCK]


def _compared(old: str, new: str, units: Sequence[re.Pattern[str]], budget: _Budget) -> Iterator[Piece]:
    if not (old and new and units):
        yield from _replaced(old, new)
        return
    before, after = units[0].findall(old), units[0].findall(new)
    pieces = list(_aligned(before, after, units[1:], budget))
    yield from pieces if len(units) > 1 else _without_confetti(pieces)


def _aligned(
    before: Sequence[str], after: Sequence[str], finer: Sequence[re.Pattern[str]], budget: _Budget
) -> Iterator[Piece]:
    """Kept elements as they are, what lies between them compared by the finer units."""
    i = j = 0
    for a, b, size in (*_matches(before, after, budget), (len(before), len(after), 0)):
        yield from _compared("".join(before[i:a]), "".join(after[j:b]), finer, budget)
        yield from _piece(Change.KEPT, "".join(before[a : a + size]))
        i, j = a + size, b + size


def _matches(before: Sequence[str], after: Sequence[str], budget: _Budget) -> list[tuple[int, int, int]]:
    """Matching runs (start in `before`, start in `after`, length) in order, as far as the budget goes."""
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    ends = len(before) - tail, len(after) - tail
    middle = _searched(before[head : ends[0]], after[head : ends[1]], budget)
    return [(0, 0, head), *((a + head, b + head, size) for a, b, size in middle), (*ends, tail)]


def _searched(before: Sequence[str], after: Sequence[str], budget: _Budget) -> list[tuple[int, int, int]]:
    if not before or not after or not budget.take(len(before) + len(after)):
        return []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    # A search looks at every place of `after` that equals an element of its part of `before`.
    places = Counter(after)
    costs = [0, *accumulate(1 + places[element] for element in before)]
    found: list[tuple[int, int, int]] = []
    parts = [(0, len(before), 0, len(after))]
    while parts:
        a_low, a_high, b_low, b_high = parts.pop()
        if a_low == a_high or b_low == b_high or not budget.take(costs[a_high] - costs[a_low]):
            continue
        a, b, size = matcher.find_longest_match(a_low, a_high, b_low, b_high)
        if size:
            found.append((a, b, size))
            parts += [(a_low, a, b_low, b), (a + size, a_high, b + size, b_high)]
    return sorted(found)


def _without_confetti(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Strike and add anew what was kept by chance: a run no longer than the changes on both of its sides."""
    runs = list(_joined(pieces))
    changed = [0]
    for piece in runs:
        if piece.change is Change.KEPT:
            changed.append(0)
        else:
            changed[-1] = max(changed[-1], len(piece.text))
    number = 0
    for piece in runs:
        kept = piece.change is Change.KEPT
        if kept and len(piece.text) <= min(changed[number], changed[number + 1]):
            yield from _replaced(piece.text, piece.text)
        else:
            yield piece
        number += kept


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Neighbours of one fate as one piece; between two kept pieces at most one struck and one added."""
    struck, added, kept = "", "", ""
    for piece in pieces:
        if piece.change is Change.KEPT:
            yield from _replaced(struck, added)
            struck, added = "", ""
            kept += piece.text
            continue
        yield from _piece(Change.KEPT, kept)
        kept = ""
        struck += piece.text if piece.change is Change.STRUCK else ""
        added += piece.text if piece.change is Change.ADDED else ""
    yield from _replaced(struck, added)
    yield from _piece(Change.KEPT, kept)


def _replaced(struck: str, added: str) -> Iterator[Piece]:
    yield from _piece(Change.STRUCK, struck)
    yield from _piece(Change.ADDED, added)


def _piece(change: Change, text: str) -> Iterator[Piece]:
    if text:
        yield Piece(change, text)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
