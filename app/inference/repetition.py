"""What a model says twice is shown once, and a model that only repeats itself is stopped.

Small models that choose the likeliest token repeat points within a field, and whole diagnoses. A point that its field
has already is left out, and so are marks with nothing between them; an answer ends before a diagnosis that it has
already, and after a line that came three times running. Nothing else is held back.
"""

from __future__ import annotations

import re

_FIELD = re.compile(r"\s*-\s*(?:支持点|不支持点|缺什么|建议检查)[：:]")
_NAME_BEGINS = re.compile(r"\n?\d{0,2}(?:\.(?: (?:\*(?:\*[^*\n]*\*{0,2})?)?)?)?")
_NAME = re.compile(r"\n?\d{1,2}\. \*\*(?P<name>[^*\n]*)(?P<closed>\*\*)?")
_POINT_ENDS = "；;、，,\n"
_MAX_SAME_LINES = 3


class RepetitionFilter:
    """Follows one answer. It holds back no more than the beginning of what may turn out to be a repetition."""

    def __init__(self) -> None:
        self._held = "\n"
        self._begun = False
        self._line = ""
        self._lines: list[str] = []
        self._names: list[str] = []
        self._points: list[str] = []
        self._holding = True
        self.stopped = False

    def feed(self, delta: str) -> str:
        """The part of what came so far that can be shown now."""
        shown = "".join(map(self._take, delta))
        return self._without_lead(shown)

    def rest(self) -> str:
        """What was held back, once no more text will come."""
        held, self._held = self._held, ""
        point = self._point()
        empty = not point and bool(_FIELD.match(self._line))
        repeats = self.stopped or point in self._points or (empty and held != "")
        return "" if repeats else self._without_lead(held)

    def _without_lead(self, shown: str) -> str:
        """The answer's first line is held like any other, behind a line end that the model did not write."""
        if shown and not self._begun:
            self._begun = True
            return shown.removeprefix("\n")
        return shown

    def _take(self, character: str) -> str:
        if self.stopped:
            return ""
        in_field = bool(_FIELD.match(self._line))
        if character == "\n" or (in_field and character in _POINT_ENDS):
            return self._end_piece(character, in_field=in_field)
        self._line += character
        if not self._holding:
            if _FIELD.fullmatch(self._line):
                self._points.clear()
            return character
        self._held += character
        if self._may_repeat():
            return ""
        return "" if self.stopped else self._let_go()

    def _end_piece(self, mark: str, *, in_field: bool) -> str:
        """A point or a line ends; what was held is shown unless its field has that point."""
        point = self._point() if in_field else ""
        repeats = point in self._points if point else in_field and bool(self._held.strip())
        shown = "" if repeats or not self._holding else self._held
        if point and not repeats:
            self._points.append(point)
        if mark == "\n":
            self._end_line()
        else:
            self._line += mark
        self._held, self._holding = mark, True
        return shown

    def _end_line(self) -> None:
        self._lines = [*self._lines[1 - _MAX_SAME_LINES :], self._line.strip()]
        same = len(self._lines) == _MAX_SAME_LINES and len(set(self._lines)) == 1
        self.stopped = same and bool(self._lines[0])
        if name := _NAME.match(self._line):
            self._names.append(name["name"])
        self._line = ""
        self._points.clear()

    def _point(self) -> str:
        """The point that is being written, without the mark before it."""
        label = _FIELD.match(self._line)
        return re.split("[；;、，,]", self._line[label.end() :])[-1].strip() if label else ""

    def _may_repeat(self) -> bool:
        if _FIELD.match(self._line):
            return any(point.startswith(self._point()) for point in self._points)
        name = _NAME.fullmatch(self._held)
        if name is None:
            return bool(_NAME_BEGINS.fullmatch(self._held))
        self.stopped = bool(name["closed"]) and name["name"] in self._names
        return not name["closed"] and any(one.startswith(name["name"]) for one in self._names)

    def _let_go(self) -> str:
        shown, self._held, self._holding = self._held, "", False
        return shown
