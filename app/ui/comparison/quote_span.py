"""From what is selected in a drawn answer to the same words in the text as the model wrote it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.answer_map import NAME, Place
from app.core.judged_answer import JudgedAnswer
from app.ui.comparison.item_text import DANGEROUS, DROPPED, NO_SOURCE, TICKED, UNTICKED, VOTES

_MARKS = re.compile("|".join(map(re.escape, (NO_SOURCE, DANGEROUS, DROPPED, TICKED, UNTICKED, *VOTES.values()))))
_BETWEEN = r"[\s*\-`#]*"


@dataclass(frozen=True, slots=True)
class Quote:
    """A piece of a suggestion's text, `start` to `end` (exclusive) in code points; `item` is its diagnosis, if any."""

    start: int
    end: int
    text: str
    item: str


def quote_of(answer: JudgedAnswer, drawn: str, shown: Sequence[Place], start: int, end: int) -> Quote | None:
    """What `start` to `end` of the drawn text says in the model's own text; None if that cannot be told."""
    pattern = _pattern(drawn[start:end])
    if pattern is None:
        return None
    names = [place for place in shown if place.field == NAME and _line_start(drawn, place.start) <= start]
    item = answer.items[names[-1].diagnosis] if names else None
    begin, stop = (item.start, item.end) if item else (0, len(answer.text))
    before = len(pattern.findall(drawn, _line_start(drawn, names[-1].start) if names else 0, start))
    found = list(pattern.finditer(answer.text, begin, stop))
    if not found:
        return None
    match = found[min(before, len(found) - 1)]
    return Quote(match.start(), match.end(), match[0], item.diagnosis.name if item else "")


def _pattern(words: str) -> re.Pattern[str] | None:
    bare = [character for character in _MARKS.sub("", words) if not character.isspace()]
    return re.compile(_BETWEEN.join(map(re.escape, bare))) if bare else None


def _line_start(text: str, place: int) -> int:
    return text.rfind("\n", 0, place) + 1
