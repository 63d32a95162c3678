"""Clauses that turn what the stay says into its opposite: the other side, present for absent, the day of another event.

A clause is turned when its opposite is borne out better than it is itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from app.core.clinical_text import NEGATION, Clause, clauses
from app.core.discharge.source import Entry, Line
from app.core.evidence import EvidenceIndex
from app.core.notes import DISCHARGE_CONDITION
from app.core.unsupported import UnsupportedFact

_CLEARLY = 0.08
_BORNE_OUT = 0.5
_OPPOSITES = (("阳性", "阴性"), ("升高", "降低"), ("上升", "下降"), ("闭合", "开放"), ("左", "右"))
_FLIPS = {word: other for pair in _OPPOSITES for word, other in (pair, pair[::-1])}
_FLIP = re.compile("|".join(_FLIPS))
_INVASIVE = re.compile(r"[有无]创.{2}")
_DAY = re.compile(r"(?<!\d)(\d{1,2})月(\d{1,2})日")
_VALUE = re.compile(r"\d+(?:\.\d+)?")
_STAMP = re.compile(r"^(?:病程|医嘱|结果)\d{1,2}月\d{1,2}日起?：")


class Contradictions:
    """The stay made ready for comparison; made once for many texts."""

    def __init__(self, lines: Sequence[Line]) -> None:
        notes = [line for line in lines if line.entry is Entry.NOTE and not line.is_end]
        self._text = "\n".join(line.text for line in lines)
        self._whole = _index(lines)
        self._last = _index(notes[-1:])
        by_day: dict[tuple[int, int], list[Line]] = defaultdict(list)
        for line in lines:
            by_day[int(line.date[5:7]), int(line.date[8:10])].append(line)
        self._days = {day: _index(same) for day, same in by_day.items()}
        self._values = {
            day: {one for line in same for one in _VALUE.findall(line.text)} for day, same in by_day.items()
        }

    def check(self, key: str, text: str) -> Iterator[UnsupportedFact]:
        """`side` and `negation` for turned clauses of this section, `date` for a day that is another event's."""
        undated = _DAY.sub(lambda match: " " * len(match[0]), text)
        indexes = (self._last, self._whole) if key == DISCHARGE_CONDITION.key else (self._whole,)
        for clause in clauses(undated):
            said = undated[clause.start : clause.end]
            yield from self._flipped(clause, said)
            if any(_is_denied(clause, said, index) for index in indexes):
                yield UnsupportedFact(clause.start, clause.end, text[clause.start : clause.end], "negation")
        for match in _INVASIVE.finditer(text):
            if match[0] not in self._text:
                yield UnsupportedFact(match.start(), match.end(), match[0], "negation")
        yield from self._misdated(text)

    def _flipped(self, clause: Clause, said: str) -> Iterator[UnsupportedFact]:
        for match in _FLIP.finditer(said):
            other = f"{said[: match.start()]}{_FLIPS[match[0]]}{said[match.end() :]}"
            if self._whole.closeness(other) > max(self._whole.closeness(said), _BORNE_OUT) + _CLEARLY:
                kind = "side" if match[0] in "左右" else "negation"
                yield UnsupportedFact(clause.start + match.start(), clause.start + match.end(), match[0], kind)

    def _misdated(self, text: str) -> Iterator[UnsupportedFact]:
        """A day whose entries bear out what follows it less than those of another day do."""
        for match, said in _dated(text):
            day = int(match[1]), int(match[2])
            if day in self._days and self._is_of_another_day(said, day):
                yield UnsupportedFact(match.start(), match.end(), match[0], "date")

    def _is_of_another_day(self, said: str, day: tuple[int, int]) -> bool:
        """What is said has a value that only another day has, or other entries bear it out clearly better."""
        values = set(_VALUE.findall(said))
        if values - self._values[day] and any(values <= known for known in self._values.values()):
            return True
        best = max((index.closeness(said) for other, index in self._days.items() if other != day), default=0.0)
        return best > max(self._days[day].closeness(said), _BORNE_OUT) + 1.5 * _CLEARLY


def _is_denied(clause: Clause, said: str, index: EvidenceIndex) -> bool:
    """The text states what these lines only deny."""
    if clause.denied or NEGATION.search(said) or len(clause.words) < 2:
        return False
    return index.closeness(f"无{said}") > max(index.closeness(said), _BORNE_OUT) + _CLEARLY


def _dated(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Each day that is named, and the clause that follows it."""
    days = list(_DAY.finditer(text))
    for match, following in zip(days, (*days[1:], None), strict=bool(days)):
        end = len(text) if following is None else following.start()
        said = re.split(r"[，,。；;\n]", text[match.end() : end].lstrip(" ，,、：:"), maxsplit=1)[0]
        if len(said) > 3 and text[max(match.start() - 1, 0) : match.start()] not in ("（", "至"):
            yield match, said


def _index(lines: Iterable[Line]) -> EvidenceIndex:
    return EvidenceIndex({str(number): _STAMP.sub("", line.text) for number, line in enumerate(lines)})
