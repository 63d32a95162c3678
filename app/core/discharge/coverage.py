"""What of a stay a discharge record does not mention: abnormal results, drugs, procedures, days with a note."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from app.core.clinical_text import unified
from app.core.discharge.links import LinkIndex
from app.core.discharge.record import abnormal_results, day_words, is_drug, is_procedure
from app.core.discharge.source import Entry
from app.core.drugs import drug_stem
from app.core.result_names import is_told, plain
from app.core.stay import Stay

_SAME_WORDS = 0.6


@dataclass(frozen=True, slots=True)
class Meter:
    """Of one kind: how many there are, and the names of those that are not mentioned."""

    total: int
    missing: tuple[str, ...]

    @property
    def share(self) -> float:
        """Mentioned of all, 0 to 1; 1 where there is nothing to mention."""
        return 1.0 if self.total == 0 else 1 - len(self.missing) / self.total


@dataclass(frozen=True, slots=True)
class Coverage:
    """The four meters."""

    results: Meter
    drugs: Meter
    procedures: Meter
    days: Meter

    @property
    def share(self) -> float:
        """Mentioned of all four kinds together, 0 to 1."""
        meters = (self.results, self.drugs, self.procedures, self.days)
        total = sum(meter.total for meter in meters)
        return 1.0 if total == 0 else 1 - sum(len(meter.missing) for meter in meters) / total


def coverage(stay: Stay, index: LinkIndex, sections: Iterable[str]) -> Coverage:
    """What these texts mention of the stay. A name counts, in any of its usual forms; a value need not stand there."""
    texts = tuple(sections)
    whole = "\n".join(texts)
    words, told = unified(whole).text, plain(whole)
    results = dict.fromkeys(result.name for result in abnormal_results(stay))
    drugs = dict.fromkeys(order.name for order in stay.orders if is_drug(order))
    procedures = dict.fromkeys(order.name for order in stay.orders if is_procedure(order))
    linked = {index.lines[line].date[:10] for text in texts for link in index.link(text) for line in link.lines}
    return Coverage(
        _meter(results, lambda name: unified(name).text in words or is_told(name, told)),
        _meter(drugs, lambda name: unified(drug_stem(name)).text in words),
        _meter(procedures, lambda name: _is_told(name, texts)),
        _meter(dict.fromkeys(_days(index)), lambda day: day[:10] in linked or day_words(day) in words, day_words),
    )


def _days(index: LinkIndex) -> Iterator[str]:
    return (line.date for line in index.lines if line.entry is Entry.NOTE and not line.is_end)


def _meter(names: Iterable[str], is_told: Callable[[str], bool], words: Callable[[str], str] = str) -> Meter:
    all_names = tuple(names)
    return Meter(len(all_names), tuple(words(name) for name in all_names if not is_told(name)))


def _is_told(name: str, texts: Iterable[str]) -> bool:
    """A sentence has most of the pairs of characters of a procedure's name."""
    wanted = {one + other for one, other in pairwise(name)}
    return any(
        len(wanted & {one + other for one, other in pairwise(piece)}) >= _SAME_WORDS * len(wanted)
        for text in texts
        for piece in text.replace("；", "。").split("。")
    )
