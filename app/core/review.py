"""A model's review of a note on request (病历内涵质控): the prompt, the points it wrote, and where their quotes stand.

A model's opinion, never a finding: it blocks nothing and is shown apart from the rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from app.core.checks.finding import Span
from app.core.notes import SECTIONS, NoteKind
from app.core.prompts import PromptTemplate, filled
from app.core.runs import Prompt

REVIEW_FIELDS = frozenset({"document", "patient_context", "note"})
MOST_POINTS = 4
_UNKNOWN = "未提供"
_POINT = re.compile(r"^\s{0,8}\d{1,2}\s{0,4}[.．、)）]\s{0,4}(?P<rest>.*)$")
_QUOTED = re.compile(r"[“\"「『](?P<quote>[^”\"」』\n]{1,200})[”\"」』]?")
_LABEL = re.compile(r"^[\s\-*•·]{0,12}(?:问题|意见|建议)\s{0,4}[:：]\s{0,4}")
_BLANK = re.compile(r"\s+")
_SHORTEST_QUOTE = 2


@dataclass(frozen=True, slots=True)
class ReviewPoint:
    """One point: the words of the note that it is about, and what the model says of them (as far as it is written)."""

    quote: str
    problem: str


def review_prompt(
    template: PromptTemplate, kind: NoteKind, patient_context: str, sections: Mapping[str, str]
) -> Prompt:
    """The messages that ask for a review of these sections; empty ones are left out. No name, no number."""
    written = [(section.title, sections.get(section.key, "").strip()) for section in SECTIONS[kind]]
    note = "\n".join(f"{title}：{text}" for title, text in written if text)
    return filled(template, {"document": kind.heading, "patient_context": patient_context or _UNKNOWN, "note": note})


def review_hash(sections: Mapping[str, str]) -> str:
    """What a review was asked about: a hash of all sections."""
    return sha256("\x1e".join(f"{key}\x1f{sections[key]}" for key in sorted(sections)).encode()).hexdigest()


def parse_review(text: str) -> tuple[ReviewPoint, ...]:
    """The points of an answer or of any beginning of one, at most four. Never raises."""
    points: list[ReviewPoint] = []
    for line in text.splitlines():
        if start := _POINT.match(line):
            quoted = _QUOTED.search(start["rest"])
            rest = start["rest"][quoted.end() :] if quoted else start["rest"]
            points.append(ReviewPoint(quoted["quote"].strip() if quoted else "", _LABEL.sub("", rest).strip()))
        elif points and line.strip():
            words = _LABEL.sub("", line).strip()
            points[-1] = ReviewPoint(points[-1].quote, f"{points[-1].problem} {words}".strip())
    return tuple(points[:MOST_POINTS])


def locate(quote: str, sections: Mapping[str, str]) -> Span | None:
    """Where a quote stands in the note: the first section that has it, blanks and line ends aside; None if none has."""
    words = _BLANK.sub("", quote)
    if len(words) < _SHORTEST_QUOTE:
        return None
    for key, text in sections.items():
        places = [index for index, character in enumerate(text) if not character.isspace()]
        start = "".join(text[index] for index in places).find(words)
        if start >= 0:
            return Span(key, places[start], places[start + len(words) - 1] + 1)
    return None
