"""Finding a patient among thousands: by bed, name, how the name sounds, 住院号; and who bears the same name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.controllers.pinyin import Readings, name_readings, sounds_like
from app.storage.encounters import EncounterSummary

_LETTERS = re.compile(r"[a-z]+")
_BED = re.compile(r"(\+|＋|加)?0*(\d+)床?")
_EXACT, _BEGINS, _WITHIN = range(3)


@dataclass(frozen=True, slots=True)
class _Entry:
    summary: EncounterSummary
    name: str
    mrn: str
    bed: str
    text: str
    readings: Readings
    initials: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Word:
    """One word of a search; `bed` is empty where it names none, `letter` where it cannot be a sound."""

    text: str
    bed: str
    letter: str

    @classmethod
    def of(cls, text: str) -> _Word:
        return cls(text, bed_number(text), text[0] if _LETTERS.fullmatch(text) else "")


class PatientIndex:
    """The stays of one reading of the list. Nothing here is slow: 5,000 stays are searched in some milliseconds."""

    def __init__(self, summaries: Sequence[EncounterSummary] = (), before: PatientIndex | None = None) -> None:
        """`summaries` in the order of the ward; what `before` knows of stays that are as they were is used again."""
        entries = () if before is None else before._entries
        known = {entry.summary.encounter.encounter_id: entry for entry in entries}
        self._entries: Sequence[_Entry] = [
            _entry(summary, known.get(summary.encounter.encounter_id)) for summary in summaries
        ]
        self._namesakes = _namesakes(self._entries)

    @property
    def summaries(self) -> tuple[EncounterSummary, ...]:
        """All stays in the order of the ward; what did not change is the same object as before."""
        return tuple(entry.summary for entry in self._entries)

    def search(self, text: str) -> tuple[EncounterSummary, ...]:
        """The stays that every word of the text fits, best first: an exact bed or 住院号, then a beginning; those who
        have left come last."""
        words = [_Word.of(word) for word in text.casefold().split()]
        found = [(rank, entry) for entry in self._entries if (rank := _rank(words, entry)) is not None]
        found.sort(key=lambda hit: (hit[1].summary.encounter.discharged, hit[0]))
        return tuple(entry.summary for _, entry in found)

    def namesakes(self, encounter_id: str) -> tuple[EncounterSummary, ...]:
        """The present stays of other people with the same name as this present stay's patient."""
        return self._namesakes.get(encounter_id, ())

    def in_bed(self, bed: str) -> tuple[EncounterSummary, ...]:
        """The stays in a bed of this number, in any ward; of this name, for a bed without a number."""
        number = bed_number(bed)
        return tuple(
            entry.summary
            for entry in self._entries
            if (entry.bed == number if number else bed.strip() and entry.summary.encounter.bed.strip() == bed.strip())
        )

    def named(self, name: str) -> tuple[EncounterSummary, ...]:
        """Every stay, present or past, of people of this name."""
        wanted = plain_name(name)
        return tuple(entry.summary for entry in self._entries if entry.name == wanted) if wanted else ()


def plain_name(name: str) -> str:
    """A name as it is compared: no blanks, no case."""
    return "".join(name.split()).casefold()


def bed_number(bed: str) -> str:
    """A bed as it is compared (`03床` as 3, `加3` as +3); empty for one without a number."""
    match = _BED.fullmatch(bed.strip().casefold())
    return f"{'+' if match[1] else ''}{match[2]}" if match else ""


def _entry(summary: EncounterSummary, known: _Entry | None) -> _Entry:
    if known is not None and known.summary == summary:
        return known
    if known is not None and (known.summary.encounter, known.summary.patient) == (summary.encounter, summary.patient):
        return replace(known, summary=summary)
    encounter, name = summary.encounter, plain_name(summary.patient.name)
    bed = encounter.bed.strip()
    label = bed if bed.endswith("床") else f"{bed}床" if bed else ""
    text = f"{label} {name} {encounter.mrn} {encounter.ward} {encounter.department}".casefold()
    readings = name_readings(summary.patient.name)
    initials = frozenset(reading[0] for character in readings for reading in character)
    return _Entry(summary, name, encounter.mrn.casefold(), bed_number(bed), text, readings, initials)


def _rank(words: Sequence[_Word], entry: _Entry) -> int | None:
    """The worst of the words' ranks; None if one does not fit."""
    worst = _EXACT
    for word in words:
        rank = _rank_of(word, entry)
        if rank is None:
            return None
        worst = max(worst, rank)
    return worst


def _rank_of(word: _Word, entry: _Entry) -> int | None:
    text = word.text
    if text == entry.mrn or text == entry.name or (word.bed and word.bed == entry.bed):
        return _EXACT
    if entry.name.startswith(text) or entry.text.startswith(text):
        return _BEGINS
    if word.letter in entry.initials and sounds_like(text, entry.readings):
        return _BEGINS
    return _WITHIN if text in entry.text else None


def _namesakes(entries: Sequence[_Entry]) -> Mapping[str, tuple[EncounterSummary, ...]]:
    by_name: dict[str, list[EncounterSummary]] = defaultdict(list)
    for entry in entries:
        if not entry.summary.encounter.discharged:
            by_name[entry.name].append(entry.summary)
    return {
        one.encounter.encounter_id: others
        for group in by_name.values()
        if len(group) > 1
        for one in group
        if (others := tuple(other for other in group if other.patient.patient_id != one.patient.patient_id))
    }
