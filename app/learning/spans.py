"""Where a marked span stands after its text was changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.core.text_diff import Change, difference


@dataclass(frozen=True, slots=True)
class _Block:
    """`old[start:end]` became `new[new_start:new_end]`, unchanged or as something else."""

    start: int
    end: int
    new_start: int
    new_end: int
    kept: bool


def moved_span(old: str, new: str, start: int, end: int) -> tuple[int, int]:
    """The part of `new` that became of `old[start:end]`; what was replaced is taken whole, never in part."""
    if old == new:
        return start, end
    blocks = list(_blocks(old, new))
    moved_end = next((_inside(one, end, one.new_end) for one in blocks if one.start < end <= one.end), 0)
    if start == end:
        return moved_end, moved_end
    moved_start = next(
        (_inside(one, start, one.new_start) for one in blocks if one.start <= start < one.end), moved_end
    )
    return moved_start, max(moved_start, moved_end)


def _inside(block: _Block, offset: int, edge: int) -> int:
    return block.new_start + offset - block.start if block.kept else edge


def _blocks(old: str, new: str) -> Iterator[_Block]:
    """The blocks that hold text of `old`, in order; what was only added belongs to none."""
    before = after = 0
    struck = 0
    for piece in (*difference(old, new), None):
        size = len(piece.text) if piece else 0
        added = size if piece and piece.change is Change.ADDED else 0
        if struck:
            yield _Block(before, before + struck, after, after + added, kept=False)
            before, struck = before + struck, 0
        after += added
        if piece and piece.change is Change.STRUCK:
            struck = size
        elif piece and piece.change is Change.KEPT:
            yield _Block(before, before + size, after, after + size, kept=True)
            before, after = before + size, after + size
