"""A record in stages, where the notes of a stay do not fit into a model's context: each period, then the whole.

For whoever drives models; nothing here knows of Qt, threads or engines:

    plan = plan_record(templates, stay, lines_of(stay), Reader(model.request.context_tokens, chinese=...))
    written = []
    while (stage := plan.stage(written)) is not None:
        written.append(answer_to(stage.ask))      # the model's text, whatever it is
    record = Finisher(stay).finish(parse_draft(written[-1]))

`plan.stages` (1 where the stay fits in one piece) and `plan.omitted` are known before the first question. Only the
last answer is a record: the others are never shown as one. A stage that is cancelled or fails ends the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from app.core.discharge.asks import FIELDS, Ask, Reader, ask_of, record_ask
from app.core.discharge.form import period_grammar
from app.core.discharge.record import day_words
from app.core.discharge.source import (
    Line,
    Meter,
    Omission,
    Source,
    assemble,
    beginning,
    in_order,
    is_note,
    one_line,
    period_line,
)
from app.core.prompts import PromptTemplate
from app.core.stay import Stay

_SHARE_OF_PERIODS = 2
"""What is written of the periods takes at most one part in so many of the room for the stay."""

_SHORTEST_PERIOD = 60
"""Characters: with less room than this, nothing useful can be written of a period."""


@dataclass(frozen=True, slots=True)
class Templates:
    """The prompt for the record, and the one for the notes of a period."""

    record: PromptTemplate
    period: PromptTemplate

    @classmethod
    def parse(cls, record: str, period: str) -> Templates:
        """From the texts of `discharge.md` and `discharge_period.md`. Raises ValueError."""
        return cls(PromptTemplate.parse(record, FIELDS), PromptTemplate.parse(period, FIELDS))


@dataclass(frozen=True, slots=True)
class Stage:
    """A question on the way to a record, `number` (from 1) of `total`; `words` name it for the doctor."""

    ask: Ask
    number: int
    total: int
    words: str


@dataclass(frozen=True, slots=True)
class _Period:
    """Notes that are read together."""

    notes: tuple[Line, ...]
    source: Source

    @property
    def first_day(self) -> str:
        return self.notes[0].date

    @property
    def words(self) -> str:
        """5月1日至5月9日."""
        return "至".join(dict.fromkeys(day_words(note.date) for note in (self.notes[0], self.notes[-1])))


@dataclass(frozen=True, slots=True)
class RecordPlan:
    """How one model comes to the record of one stay; see the module. `omitted` is what no stage shows it."""

    omitted: tuple[Omission, ...]
    _templates: Templates
    _stay: Stay
    _lines: tuple[Line, ...]
    _reader: Reader
    _source: Source
    _periods: tuple[_Period, ...] = ()
    _answer: int = 0

    @property
    def stages(self) -> int:
        """How many questions there are."""
        return len(self._periods) + 1

    def stage(self, written: Sequence[str] = ()) -> Stage | None:
        """What is asked next, given the answers so far; None when the record has been written."""
        number = len(written) + 1
        if number > self.stages:
            return None
        if number < self.stages:
            period = self._periods[len(written)]
            return Stage(self._period_ask(period), number, self.stages, f"{period.words}的病程")
        ask = record_ask(self._templates.record, self._stay, self._lines, self._reader, self._whole(written))
        return Stage(ask, number, self.stages, "出院记录")

    def _period_ask(self, period: _Period) -> Ask:
        template = self._templates.period
        characters = self._reader.characters(self._answer)
        grammar = period_grammar(template.decoding.grammar, period.notes, characters)
        return ask_of(template, period.source, grammar, self._answer)

    def _whole(self, written: Sequence[str]) -> Source:
        """The stay with what was written of each period in place of its notes."""
        room, meter = self._answer, self._reader.meter
        periods = []
        for period, text in zip(self._periods, written, strict=True):
            empty = period_line(period.first_day, "").text + "\n"
            periods.append(period_line(period.first_day, beginning(one_line(text), room - meter(empty), meter)))
        return Source(in_order([*self._source.lines, *periods]), self.omitted)


def plan_record(templates: Templates, stay: Stay, lines: Sequence[Line], reader: Reader) -> RecordPlan:
    """One piece, if it has every note whole (what else is left out is chosen by `assemble`); else stages.

    `lines` are those of `lines_of(stay)`. A context too small for stages gets one piece, with less of the notes.
    """
    room = reader.room(templates.record, reader.longest(templates.record))
    source = assemble(lines, room, reader.meter)
    whole = RecordPlan(source.omitted, templates, stay, tuple(lines), reader, source)
    notes = tuple(replace(line, rank=0) for line in lines if is_note(line))
    if sum(map(is_note, source.lines)) == len(notes) and not any(one.cut for one in source.omitted):
        return whole
    periods, answer = _periods(notes, templates, reader, room // _SHARE_OF_PERIODS)
    if not periods:
        return whole
    others = [line for line in lines if not is_note(line)]
    source = assemble(others, room - answer * len(periods), reader.meter)
    omitted = (*source.omitted, *(one for period in periods for one in period.source.omitted))
    return RecordPlan(omitted, templates, stay, tuple(lines), reader, source, periods, answer)


def _periods(notes: Sequence[Line], templates: Templates, reader: Reader, room: int) -> tuple[tuple[_Period, ...], int]:
    """The fewest periods that each fit, and the tokens for what is written of one; no more than `room` has place for.

    With too little room for that, the end of a period is left out, and listed.
    """
    shortest = reader.meter("字" * _SHORTEST_PERIOD)
    found: tuple[_Period, ...] = ()
    answer = 0
    for count in range(1, min(room // shortest, len(notes)) + 1):
        answer = min(room // count, reader.longest(templates.period))
        budget = reader.room(templates.period, answer)
        pieces = _cut(notes, count, reader.meter)
        found = tuple(_Period(piece, assemble(piece, budget, reader.meter)) for piece in pieces)
        if not any(period.source.omitted and len(period.notes) > 1 for period in found):
            break
    return found, answer


def _cut(notes: Sequence[Line], count: int, meter: Meter) -> list[tuple[Line, ...]]:
    """The notes in `count` runs of about the same length; fewer, where a note is longer than that."""
    costs = [meter(note.text + "\n") for note in notes]
    total = sum(costs)
    pieces: dict[int, list[Line]] = {}
    for note, cost, end in zip(notes, costs, accumulate(costs), strict=True):
        pieces.setdefault((end - cost // 2 - 1) * count // total, []).append(note)
    return [tuple(piece) for piece in pieces.values()]
