"""Where the diagnoses and points of an answer stand in a text that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.core.differential import Diagnosis

NAME = "name"
FIELDS = ("supporting", "opposing", "missing", "next_steps")


@dataclass(frozen=True, slots=True)
class Place:
    """A name (`field` NAME) or a point of a diagnosis, both by index, `start` to `end` (exclusive), in code points."""

    diagnosis: int
    field: str
    point: int
    start: int
    end: int

    @property
    def about(self) -> tuple[int, str, int]:
        """What stands here, wherever that is."""
        return self.diagnosis, self.field, self.point


def places(text: str, shown: Sequence[tuple[int, Diagnosis]]) -> tuple[Place, ...]:
    """What stands where, in the order of the text, of diagnoses (with their index) that it shows in this order.

    What the text shows otherwise than it was read (emphasis within a point) has no place.
    """
    names = list(_names(text, shown))
    ends = [start for _, _, start in names[1:]] + [len(text)]
    found: list[Place] = []
    for (index, diagnosis, start), end in zip(names, ends, strict=False):
        after = start + len(diagnosis.name)
        found.append(Place(index, NAME, 0, start, after))
        found += sorted(_points(text, index, diagnosis, after, end), key=lambda place: place.start)
    return tuple(found)


def _names(text: str, shown: Sequence[tuple[int, Diagnosis]]) -> Iterator[tuple[int, Diagnosis, int]]:
    last = 0
    for index, diagnosis in shown:
        start = text.find(diagnosis.name, last)
        if start >= 0:
            last = start + len(diagnosis.name)
            yield index, diagnosis, start


def _points(text: str, index: int, diagnosis: Diagnosis, start: int, end: int) -> Iterator[Place]:
    last = start
    for field in FIELDS:
        for number, point in enumerate(getattr(diagnosis, field)):
            place = text.find(point, last, end)
            place = text.find(point, start, end) if place < 0 else place
            if place >= 0:
                last = place + len(point)
                yield Place(index, field, number, place, last)
