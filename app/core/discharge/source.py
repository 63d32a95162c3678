"""What a model is shown of a stay: as much as its context takes, chosen by rules, and a list of what was left out.

Whole entries are left out, the least telling first: normal results, then drugs that ended and notes of the middle of
the stay, then repeated abnormal results. The admission, the operations, the first and the last note go last; a note
that is too long even alone is cut at the end of a sentence, and the cut is listed too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from app.core.discharge.record import (
    abnormal_results,
    day_words,
    discharge_drugs,
    is_procedure,
    order_words,
    result_words,
)
from app.core.stay import Order, Result, Stay

Meter = Callable[[str], int]
"""How many tokens of a model a text takes at most."""

_UNITS_OF_TEXT = re.compile(r"[^。；;\n]*[。；;\n]|[^。；;\n]+")
_NOTE_WORDS, _ORDER_WORDS, _RESULT_WORDS = "病程", "医嘱", "结果"


class Entry(StrEnum):
    """Which part of a stay a line comes from."""

    ADMISSION = "入院记录"
    NOTE = "病程记录"
    ORDER = "医嘱"
    RESULT = "检查结果"


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the stay as the model reads it. `rank` 0 is left out last; `date` is ISO.

    `is_end` marks the line that tells the day of discharge: it is no note.
    """

    entry: Entry
    date: str
    text: str
    rank: int
    is_end: bool = False


@dataclass(frozen=True, slots=True)
class Omission:
    """What the model was not shown: an entry, or the end of one (`cut`), in words for the doctor, and why."""

    entry: Entry
    date: str
    words: str
    reason: str
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What a model is shown, in the order of the stay (an entry may be cut), and what it is not."""

    lines: tuple[Line, ...]
    omitted: tuple[Omission, ...] = ()

    @property
    def text(self) -> str:
        """An entry a line."""
        return "\n".join(line.text for line in self.lines)


def lines_of(stay: Stay) -> tuple[Line, ...]:
    """All entries of a stay, in its order."""
    return in_order(_lines(stay))


def assemble(lines: Sequence[Line], budget: int, meter: Meter) -> Source:
    """As many of these lines as `budget` tokens take, by rank and then the earlier first; the order is kept."""
    left = budget
    chosen: dict[int, Line] = {}
    omitted: dict[int, Omission] = {}
    for index in sorted(range(len(lines)), key=lambda index: (lines[index].rank, index)):
        line = lines[index]
        cost = meter(line.text + "\n")
        if cost <= left:
            chosen[index], left = line, left - cost
            continue
        kept = beginning(line.text, left, meter) if line.rank == 0 else ""
        if kept:
            chosen[index], left = replace(line, text=kept), left - meter(kept + "\n")
        omitted[index] = Omission(line.entry, line.date, line.text, _reason(line, cut=bool(kept)), cut=bool(kept))
    return Source(tuple(chosen[i] for i in sorted(chosen)), tuple(omitted[i] for i in sorted(omitted)))


def _reason(line: Line, *, cut: bool) -> str:
    return "此条过长，只给了开头的整句" if cut else _REASONS.get((line.entry, line.rank), "资料超出模型能读的长度")


_REASONS = {
    (Entry.NOTE, 2): "住院中期的病程，超出模型能读的长度",
    (Entry.ORDER, 2): "在用药物，由程序照抄到出院医嘱",
    (Entry.ORDER, 4): "出院前已停的医嘱",
    (Entry.RESULT, 3): "重复的异常结果，由程序照抄到诊疗经过",
    (Entry.RESULT, 5): "正常结果",
}


def source_hash(lines: Iterable[Line]) -> str:
    """SHA-256 (hex) of all that a record of this stay is made from."""
    return hashlib.sha256("\n".join(line.text for line in lines).encode()).hexdigest()


def token_meter(*, chinese: bool) -> Meter:
    """An upper bound without a tokenizer.

    Vocabularies made for Chinese have about 0.7 tokens a character of clinical text (measured: Qwen2); byte-level
    ones never more than one token a byte.
    """
    return _characters if chinese else _bytes


def _characters(text: str) -> int:
    return len(text)


def _bytes(text: str) -> int:
    return len(text.encode())


def _lines(stay: Stay) -> Iterator[Line]:
    yield from _admission(stay)
    days = [note.date for note in stay.notes]
    for note in stay.notes:
        rank = 0 if note.date in (min(days), max(days)) else 2
        yield Line(Entry.NOTE, note.date, f"{_NOTE_WORDS}{day_words(note.date)}：{one_line(note.text)}", rank)
    kept = discharge_drugs(stay)
    for order in stay.orders:
        yield _order_line(order, stays_on=order in kept)
    telling = tuple(_first_and_last(abnormal_results(stay)))
    for result in stay.results:
        rank = 1 if result in telling else 3 if result.abnormal else 5
        yield Line(Entry.RESULT, result.date, f"{_RESULT_WORDS}{day_words(result.date)}：{result_words(result)}", rank)
    if stay.discharge_date:
        yield Line(
            Entry.NOTE, stay.discharge_date, f"出院：{day_words(stay.discharge_date, year=True)}", 0, is_end=True
        )


def _admission(stay: Stay) -> Iterator[Line]:
    admission, context = stay.admission, stay.patient.context
    who = f"，{context}" if context else ""
    texts = [f"入院：{day_words(admission.date, year=True)}{who}", f"主诉：{one_line(admission.complaint)}"]
    texts.append(f"病例特点：{one_line(admission.case_features)}")
    if admission.diagnoses:
        texts.append(f"入院诊断：{'；'.join(admission.diagnoses)}")
    for text in texts:
        yield Line(Entry.ADMISSION, admission.date, text, 0)


def _order_line(order: Order, *, stays_on: bool) -> Line:
    rank = 1 if is_procedure(order) else 2 if stays_on else 4
    return Line(Entry.ORDER, order.date, f"{_ORDER_WORDS}{day_words(order.date)}：{order_words(order)}", rank)


def _first_and_last(results: Iterable[Result]) -> Iterator[Result]:
    """Of each examination the first and the last abnormal result."""
    by_name: dict[str, list[Result]] = {}
    for result in results:
        by_name.setdefault(result.name, []).append(result)
    for same in by_name.values():
        yield same[0]
        yield same[-1]


def one_line(text: str) -> str:
    """The text without breaks."""
    return " ".join(text.split())


def beginning(text: str, budget: int, meter: Meter) -> str:
    """As many whole sentences as the budget takes."""
    kept = ""
    for piece in _UNITS_OF_TEXT.findall(text):
        if meter(kept + piece + "\n") > budget:
            break
        kept += piece
    return kept


def is_note(line: Line) -> bool:
    """A daily note, not the day of discharge."""
    return line.entry is Entry.NOTE and not line.is_end


def period_line(day: str, text: str) -> Line:
    """What a model wrote of the notes from this day on, in their place."""
    return Line(Entry.NOTE, day, f"{_NOTE_WORDS}{day_words(day)}起：{one_line(text)}", 0)


def in_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Admission, notes, orders, results, each by time."""
    return tuple(sorted(lines, key=lambda line: (_GROUPS[line.entry], line.is_end, line.date)))


_GROUPS = {Entry.ADMISSION: 0, Entry.NOTE: 1, Entry.ORDER: 2, Entry.RESULT: 3}
