"""What a discharge record says and the stay does not, found by rules alone.

Numbers, dates, sides, denials and drugs are looked up in the whole stay; a value beside the name of an examination
or a drug must be a value of that very one. 入院情况 is compared with the admission only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from app.core.discharge.contradictions import Contradictions
from app.core.discharge.pairs import PairIndex
from app.core.discharge.record import BLANK
from app.core.discharge.source import Entry, Line
from app.core.drugs import drugs_in, is_named
from app.core.evidence import EvidenceIndex
from app.core.notes import ADMISSION_CONDITION, DISCHARGE_DIAGNOSIS
from app.core.stay import Stay
from app.core.unsupported import POWER, FactSource, UnsupportedFact

_NUMBER = re.compile(r"(?<![\d.])\d+(?:\.\d+)?")
_LIST_NUMBER = re.compile(r"^\s*\d{1,2}[.、．](?!\d)", re.MULTILINE)
_DATE = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})[日号]|(\d{4})-(\d{1,2})-(\d{1,2})")
_COUNTER = r"次|枚|根|级|分(?!钟)|型|期|年|月|周|天|小时|分钟|岁|个|例|处|条"
_COUNTED = re.compile(rf"(?<![\d.])(\d+(?:\.\d+)?|[一二两三四五六七八九十]{{1,3}})\s*({_COUNTER})")
# Words that the form gives: no one claims anything by them.
_GIVEN = re.compile(r"^患者出院时")
_RANGE = re.compile(r"（参考 [^）]*）")
_SENTENCE = re.compile(r"[^。；;！!\n]+[。；;！!]?")
_ADMISSION_DIAGNOSES = re.compile(r"入院诊断[：:为]?([^。\n]+)")
# What no ward writes: not Latin, Greek, Chinese, nor a sign.
_FOREIGN = re.compile(
    r"[^\s\u0020-\u007e\u00a0-\u024f\u0370-\u03ff\u1e00-\u1eff\u2000-\u2bff\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff"
    r"\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]+"
)
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}


@dataclass(frozen=True, slots=True)
class SectionFact:
    """A span of a section (by key) without a source; `kind` as in UnsupportedFact, or one of the record's own.

    These are date, dose, result, diagnosis, sentence, and character (of a script that no ward writes).
    """

    section: str
    start: int
    end: int
    quote: str
    kind: str


class FactChecker:
    """The rules for one stay; made once, asked for many texts."""

    def __init__(self, stay: Stay, lines: Iterable[Line]) -> None:
        """`lines` are all entries of the stay, also those that a model was not shown."""
        entries = tuple(lines)
        admission = [line.text for line in entries if line.entry is Entry.ADMISSION]
        first_day = [line.text for line in entries if line.entry is Entry.NOTE and line.date == stay.admission.date]
        self._whole = _Texts(_without_ranges(line.text for line in entries))
        self._admission = _Texts(_without_ranges(admission + first_day + _results_of_admission(stay, entries)))
        self._pairs = PairIndex(stay, self._whole.text)
        self._contradictions = Contradictions(entries)
        self._diagnoses = stay.admission.diagnoses
        self._dates = _dates_of(stay, self._whole.text)

    def check(self, key: str, text: str) -> tuple[SectionFact, ...]:
        """The facts of this section without a source, in order; none overlaps another."""
        text = _GIVEN.sub(lambda words: " " * len(words[0]), text)
        source = self._admission if key == ADMISSION_CONDITION.key else self._whole
        found = [*self._bad_dates(text), *self._pairs.check(text), *source.unsupported(text)]
        found += [_fact(drug, "drug") for drug in drugs_in(text) if not is_named(drug[0], self._whole.text)]
        found += [_fact(match, "character") for match in _FOREIGN.finditer(text) if match[0] not in self._whole.text]
        found += [*source.unknown_numbers(text), *self._contradictions.check(key, text)]
        if key == DISCHARGE_DIAGNOSIS.key:
            found += self._unfounded(text)
        if key == ADMISSION_CONDITION.key:
            found += self._other_diagnoses(text)
        spared = [match.span() for match in (*_LIST_NUMBER.finditer(text), *self._good_dates(text))]
        return tuple(SectionFact(key, *_values(fact)) for fact in _apart(found, spared))

    def _bad_dates(self, text: str) -> Iterator[UnsupportedFact]:
        for match in _DATE.finditer(text):
            if not self._is_known(match):
                yield _fact(match, "date")

    def _good_dates(self, text: str) -> Iterator[re.Match[str]]:
        return (match for match in _DATE.finditer(text) if self._is_known(match))

    def _is_known(self, match: re.Match[str]) -> bool:
        year, month, day = _parts(match)
        return any((month, day) == (m, d) and year in (None, y) for y, m, d in self._dates)

    def _unfounded(self, text: str) -> Iterator[UnsupportedFact]:
        """A diagnosis of which no note, and no diagnosis of admission, says half the words."""
        for match in re.finditer(r"[^\n；;]+", _LIST_NUMBER.sub(lambda number: " " * len(number[0]), text)):
            name = match[0].strip()
            start = match.start() + match[0].index(name) if name else 0
            if name and not self._whole.has(name):
                yield UnsupportedFact(start, start + len(name), name, "diagnosis")

    def _other_diagnoses(self, text: str) -> Iterator[UnsupportedFact]:
        for listed in _ADMISSION_DIAGNOSES.finditer(text):
            for name in re.finditer(r"[^，、；;,：:]+", listed[1]):
                plain = _bare(re.sub(r"^\s*\d+[.．、]|等$", "", name[0]))
                if plain and not any(plain in one or one in plain for one in map(_bare, self._diagnoses)):
                    start = listed.start(1) + name.start()
                    yield UnsupportedFact(start, start + len(name[0]), name[0], "diagnosis")


class _Texts:
    """A source made ready for lookups."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._index = EvidenceIndex({"source": text})
        self._facts = FactSource(text, self._index)
        self._numbers = {_decimal(match[0]) for match in _NUMBER.finditer(_powerless(text))}
        self._counted = {(_count(match[1]), match[2]) for match in _COUNTED.finditer(text)}

    def has(self, name: str) -> bool:
        """The source says these words, or most of them in one clause."""
        return name in self.text or bool(self._index.find(name))

    def unsupported(self, text: str) -> tuple[UnsupportedFact, ...]:
        """What any text of a model is checked for."""
        return self._facts.unsupported(text)

    def unknown_numbers(self, text: str) -> Iterator[UnsupportedFact]:
        """Numbers of any kind, and counts of any thing, in digits or in Chinese, that stand nowhere in the source."""
        for match in _COUNTED.finditer(text):
            if match[0] not in self.text and (_count(match[1]), match[2]) not in self._counted:
                yield _fact(match, "number")
        for match in _NUMBER.finditer(_powerless(text)):
            if _decimal(match[0]) not in self._numbers:
                yield _fact(match, "number")


def sentences(text: str) -> Iterator[re.Match[str]]:
    """The sentences of a text, with their marks."""
    return _SENTENCE.finditer(text)


def _results_of_admission(stay: Stay, lines: Iterable[Line]) -> list[str]:
    return [line.text for line in lines if line.entry is Entry.RESULT and line.date[:10] == stay.admission.date[:10]]


def _dates_of(stay: Stay, text: str) -> frozenset[tuple[int, int, int]]:
    """Every day that the stay names, as (year, month, day); a day without a year is of the year of admission."""
    year = int(stay.admission.date[:4])
    found = [(_parts(match)[0] or year, *_parts(match)[1:]) for match in _DATE.finditer(text)]
    ends = [order.until for order in stay.orders if order.until]
    dates = [stay.discharge_date, *ends, *(note.date for note in stay.notes), *(one.date for one in stay.results)]
    found += [(int(date[:4]), int(date[5:7]), int(date[8:10])) for date in dates if date]
    return frozenset(found)


def _parts(match: re.Match[str]) -> tuple[int | None, int, int]:
    year, month, day = (match[1], match[2], match[3]) if match[2] else (match[4], match[5], match[6])
    return (int(year) if year else None), int(month), int(day)


def _apart(found: Iterable[UnsupportedFact], spared: list[tuple[int, int]]) -> Iterator[UnsupportedFact]:
    """The longest findings first, none inside another or inside what is known to be right."""
    taken = list(spared)
    kept: list[UnsupportedFact] = []
    for fact in sorted(found, key=lambda fact: (fact.start - fact.end, fact.start)):
        hidden = taken if fact.kind != "date" else [(one.start, one.end) for one in kept]
        if BLANK not in fact.quote and not any(fact.start < end and start < fact.end for start, end in hidden):
            taken.append((fact.start, fact.end))
            kept.append(fact)
    return iter(sorted(kept, key=lambda fact: fact.start))


def _values(fact: UnsupportedFact) -> tuple[int, int, str, str]:
    return fact.start, fact.end, fact.quote, fact.kind


def _fact(match: re.Match[str], kind: str) -> UnsupportedFact:
    return UnsupportedFact(match.start(), match.end(), match[0], kind)


def _bare(name: str) -> str:
    return re.sub(r"\s", "", name)


def _decimal(digits: str) -> Decimal:
    return Decimal(digits).normalize()


def _without_ranges(texts: Iterable[str]) -> str:
    """The texts as one; the limits of a laboratory are no findings."""
    return _RANGE.sub("", "\n".join(texts))


def _powerless(text: str) -> str:
    """The text without the powers of its units, in the same length."""
    return POWER.sub(lambda power: " " * len(power[0]), text)


def _count(words: str) -> Decimal:
    if words[0].isdecimal():
        return _decimal(words)
    tens, ten, ones = words.partition("十")
    if not ten:
        return Decimal(_DIGITS[words[0]])
    return Decimal(10 * _DIGITS.get(tens[:1], 1) + _DIGITS.get(ones[:1], 0))
