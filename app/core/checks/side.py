"""The same organ on the left in one section and only on the right in another."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.core.checks.finding import CheckedNote, Finding, Severity, Span
from app.core.laterality import BOTH, SIDE
from app.core.notes import (
    ADMISSION_CONDITION,
    ADMISSION_DIAGNOSIS,
    CASE_FEATURES,
    CHIEF_COMPLAINT,
    CONDITION,
    COURSE,
    DIAGNOSTIC_BASIS,
    DISCHARGE_DIAGNOSIS,
    MEASURES,
    PRELIMINARY_DIAGNOSIS,
    Section,
)

# The second section of each pair is the one that must agree with the first.
_PAIRS = (
    (CHIEF_COMPLAINT, CASE_FEATURES),
    (CHIEF_COMPLAINT, PRELIMINARY_DIAGNOSIS),
    (CASE_FEATURES, PRELIMINARY_DIAGNOSIS),
    (PRELIMINARY_DIAGNOSIS, DIAGNOSTIC_BASIS),
    (CONDITION, MEASURES),
    (ADMISSION_CONDITION, ADMISSION_DIAGNOSIS),
    (ADMISSION_DIAGNOSIS, COURSE),
    (ADMISSION_DIAGNOSIS, DISCHARGE_DIAGNOSIS),
)


def check_sides(note: CheckedNote) -> Iterator[Finding]:
    """One finding for each organ and section.

    Two sections contradict each other where one names a part on one side, the other the same part on the opposite
    side, and neither the organ on the first's side too. Sections that name both sides are left alone.
    """
    told: set[tuple[str, str]] = set()
    for first, second in _PAIRS:
        for match, opposite in _contradictions(note.text(first.key), note.text(second.key)):
            if (place := (second.key, match["organ"])) not in told:
                told.add(place)
                yield _finding(first, second, match, opposite)


def _finding(first: Section, second: Section, match: re.Match[str], opposite: str) -> Finding:
    reason = f"{first.title}写“{opposite}”，{second.title}写“{match[0]}”，请核对左右。"
    return Finding("side", Severity.MUST, Span(second.key, *match.span()), reason)


def _contradictions(first: str, second: str) -> Iterator[tuple[re.Match[str], str]]:
    """Sides in `second` that `first` has on the other side only, each with the words of `first`."""
    ours = [match for match in SIDE.finditer(first) if match["part"]]
    theirs = [match for match in SIDE.finditer(second) if match["part"]] if ours else []
    both = {match["organ"] for text in (first, second) for match in BOTH.finditer(text)} if theirs else set()
    our_organs = {(match["side"], match["organ"]) for match in ours}
    their_organs = {(match["side"], match["organ"]) for match in theirs}
    words = {(match["side"], match["part"]): match[0] for match in reversed(ours)}
    for match in theirs:
        organ, other = match["organ"], "右" if match["side"] == "左" else "左"
        agrees = organ in both or (match["side"], organ) in our_organs or (other, organ) in their_organs
        if not agrees and (opposite := words.get((other, match["part"]))):
            yield match, opposite
