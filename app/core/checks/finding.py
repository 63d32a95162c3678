"""What a quality check says, and what it looks at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from app.core.entities import Encounter, Patient
from app.core.notes import NoteKind


class Severity(StrEnum):
    """How much a finding matters before signing."""

    MUST = "必须"
    ADVISED = "建议"


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a note: a section's key, `start` to `end` (exclusive) in Unicode code points."""

    section: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One point for the doctor to look at; `reason` is a Chinese phrase that says what is wrong."""

    code: str
    severity: Severity
    span: Span
    reason: str


@dataclass(frozen=True, slots=True)
class PastNote:
    """An earlier note of the stay: the day it is about, and its sections' texts."""

    day: date
    sections: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AbnormalResult:
    """A result outside its range: the test's name and its value with the unit, as reported."""

    name: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class StayFacts:
    """What the rest of the stay says, as far as it is recorded: an empty part is not known and nothing is concluded.

    `previous` is the last progress note before this one, `admission` the 首次病程记录; `ordered` are drug names.
    """

    previous: PastNote | None = None
    admission: Mapping[str, str] = field(default_factory=dict)
    ordered: tuple[str, ...] = ()
    abnormal: tuple[AbnormalResult, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedNote:
    """A note under check: its sections' texts (all keys of its kind), whose it is, and which sentences a model wrote.

    `recorded_on` is the day that the note is about; None if that is today.
    """

    sections: Mapping[str, str]
    patient: Patient
    encounter: Encounter
    now: datetime
    unreviewed_ai: tuple[Span, ...] = ()
    kind: NoteKind = NoteKind.FIRST_PROGRESS
    recorded_on: date | None = None
    facts: StayFacts = StayFacts()

    @property
    def day(self) -> date:
        """The day that the note is about."""
        return self.recorded_on or self.now.date()

    def text(self, key: str) -> str:
        """A section's text; empty if this kind of note has no such section."""
        return self.sections.get(key, "")


_SENTENCE_END = re.compile(r"[。；;\n]")
_RELATIVES = re.compile(
    r"父|母|姐|妹|兄|弟|哥|妻|爱人|配偶|伴侣|性伴|女友|男友|丈夫|老公|老婆|女儿|儿子|祖|外公|外婆|爷|奶|姑|姨|舅|叔|伯"
    r"|表亲|堂亲|家族|家属|亲属|亲戚|家人|家中"
)


_IN_GENERAL = re.compile(r"多见|好发|常见|多发|高发|易患|易发")


def sentence_before(text: str, position: int) -> str:
    """What stands before a position in its own sentence."""
    return _SENTENCE_END.split(text[max(0, position - 200) : position])[-1]


def sentence_after(text: str, position: int) -> str:
    """What stands after a position in its own sentence."""
    return _SENTENCE_END.split(text[position : position + 200])[0]


def speaks_of_relative(text: str, position: int) -> bool:
    """Whether a relative was named before the position in its sentence (`母亲患子宫肌瘤`)."""
    return _RELATIVES.search(sentence_before(text, position)) is not None


def speaks_in_general(text: str, start: int, end: int) -> bool:
    """Whether the sentence around a place is about who falls ill, not about this patient (`多见于老年男性`)."""
    return _IN_GENERAL.search(sentence_before(text, start) + sentence_after(text, end)) is not None


def blocking(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that must be settled before the note is signed."""
    return tuple(finding for finding in findings if finding.severity is Severity.MUST)
