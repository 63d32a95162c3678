"""What a doctor picked of a suggestion before it goes into the note: which diagnoses, in which order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.core.differential import Item

_NUMBER = re.compile(r"^(\s*)\d{1,2}(\s*[.．、)）])")


@dataclass(frozen=True, slots=True)
class Picks:
    """Diagnoses by their index in the answer. `order` holds all of them; a dropped one is never ticked."""

    order: tuple[int, ...]
    ticked: frozenset[int] = frozenset()
    dropped: frozenset[int] = frozenset()

    @classmethod
    def of(cls, count: int) -> Picks:
        """Nothing picked, in the model's own order."""
        return cls(tuple(range(count)))

    @property
    def is_touched(self) -> bool:
        """Whether the doctor changed anything."""
        return bool(self.ticked or self.dropped or self.order != tuple(sorted(self.order)))

    @property
    def chosen(self) -> tuple[int, ...]:
        """What goes into the note, in order: the ticked ones, or all that were not dropped."""
        return tuple(one for one in self.order if (one in self.ticked if self.ticked else one not in self.dropped))

    def ticking(self, index: int) -> Picks:
        """Tick a diagnosis, or take the tick away; one that was dropped comes back."""
        return replace(self, ticked=self.ticked ^ {index}, dropped=self.dropped - {index})

    def dropping(self, index: int) -> Picks:
        """Drop a diagnosis, or take it back."""
        return replace(self, ticked=self.ticked - {index}, dropped=self.dropped ^ {index})

    def moving(self, index: int, step: int) -> Picks:
        """Move a diagnosis by one place up (-1) or down (1); at the end it stays."""
        place = self.order.index(index)
        other = place + step
        if not 0 <= other < len(self.order):
            return self
        order = list(self.order)
        order[place], order[other] = order[other], order[place]
        return replace(self, order=tuple(order))


def composed(text: str, items: Sequence[Item], indices: Sequence[int]) -> str:
    """The pieces of these diagnoses in this order, numbered from 1 where they have numbers."""
    pieces = (text[items[index].start : items[index].end].strip("\n\r") for index in indices)
    return "\n".join(renumbered(piece, number) for number, piece in enumerate(pieces, 1))


def renumbered(piece: str, number: int) -> str:
    """A piece with another number at its beginning, if there is one."""
    return _NUMBER.sub(lambda match: f"{match[1]}{number}{match[2]}", piece, count=1)
