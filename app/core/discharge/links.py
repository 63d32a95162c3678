"""Where each sentence of a section comes from: the note, order or result of the stay that says the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.clinical_text import clauses
from app.core.discharge.facts import sentences
from app.core.discharge.source import Entry, Line
from app.core.evidence import EvidenceIndex

_DAY = re.compile(r"(?:\d{4}年)?\d{1,2}月\d{1,2}日")


@dataclass(frozen=True, slots=True)
class Link:
    """A sentence, `start` to `end` in code points, and the lines of the stay that it comes from (by index).

    No line: no part of it has a source.
    """

    start: int
    end: int
    lines: tuple[int, ...]


class LinkIndex:
    """The lines of a stay made ready to be searched; made once for many texts."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = tuple(lines)
        self._index = EvidenceIndex({str(number): line.text for number, line in enumerate(self.lines)})

    def link(self, text: str) -> tuple[Link, ...]:
        """Every sentence with its lines, those that bear out most of its clauses first. A day alone is no source."""
        found = []
        for match in sentences(text):
            sentence = match[0].strip()
            if sentence and any(True for _ in clauses(sentence)):
                start = match.start() + match[0].index(sentence)
                found.append(Link(start, start + len(sentence), self._lines(sentence)))
        return tuple(found)

    def _lines(self, sentence: str) -> tuple[int, ...]:
        spans = [int(span.section) for span in self._index.find(_DAY.sub("", sentence))]
        ranked = sorted(dict.fromkeys(spans), key=lambda number: (-spans.count(number), self._rank(number)))
        return tuple(ranked)

    def _rank(self, number: int) -> int:
        return _ORDER[self.lines[number].entry]


_ORDER = {Entry.NOTE: 0, Entry.RESULT: 1, Entry.ORDER: 2, Entry.ADMISSION: 3}
