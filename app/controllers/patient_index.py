"""Finding a patient among thousands: by bed, name, how the name sounds, 住院号; and who bears the same name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


class PatientIndex:
    """The stays of one reading of the list. Nothing here is slow: 5,000 stays are searched in some milliseconds."""

    def __init__(self, summaries: Sequence[EncounterSummary] = ()) -> None:
        """`summaries` in the order of the ward."""
        self._entries = [_entry(summary) for summary in summaries]
        self._namesakes = _namesakes(summaries)

    def search(self, text: str) -> tuple[EncounterSummary, ...]:
        """The stays that every word of the text fits, best first: an exact bed or 住院号, then a beginning; those who
        have left come last."""
        words = text.casefold().split()
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


def _entry(summary: EncounterSummary) -> _Entry:
    encounter, name = summary.encounter, plain_name(summary.patient.name)
    bed = encounter.bed.strip()
    label = bed if bed.endswith("床") else f"{bed}床" if bed else ""
    text = f"{label} {name} {encounter.mrn} {encounter.ward} {encounter.department}".casefold()
    return _Entry(summary, name, encounter.mrn.casefold(), bed_number(bed), text, name_readings(summary.patient.name))


def _rank(words: Sequence[str], entry: _Entry) -> int | None:
    """The worst of the words' ranks; None if one does not fit."""
    worst = _EXACT
    for word in words:
        rank = _rank_of(word, entry)
        if rank is None:
            return None
        worst = max(worst, rank)
    return worst


def _rank_of(word: str, entry: _Entry) -> int | None:
    if word == entry.mrn or word == entry.name or (entry.bed and bed_number(word) == entry.bed):
        return _EXACT
    if entry.name.startswith(word) or entry.text.startswith(word):
        return _BEGINS
    if _LETTERS.fullmatch(word) and sounds_like(word, entry.readings):
        return _BEGINS
    return _WITHIN if word in entry.text else None


def _namesakes(summaries: Sequence[EncounterSummary]) -> Mapping[str, tuple[EncounterSummary, ...]]:
    by_name: dict[str, list[EncounterSummary]] = defaultdict(list)
    for summary in summaries:
        if not summary.encounter.discharged:
            by_name[plain_name(summary.patient.name)].append(summary)
    return {
        one.encounter.encounter_id: others
        for group in by_name.values()
        if len(group) > 1
        for one in group
        if (others := tuple(other for other in group if other.patient.patient_id != one.patient.patient_id))
    }
