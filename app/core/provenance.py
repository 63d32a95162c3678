"""Where the sentences of a note come from: spans that a model wrote, followed through every edit.

A span is one sentence that was put into a section. It moves with the text around it, grows and shrinks with edits
inside it, and is gone when its last character is. Text written at its edge is the doctor's own. Positions are Unicode
code points of the section's text; spans of a section never overlap and stand in its order.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

# What a signed text with sentences of a model carries (人工智能生成合成内容标识办法, 2025).
AI_ASSISTED_MARK = "AI辅助，医师已审核"
MIN_RECOGNISED = 8
_SENTENCE = re.compile(r"[^\s。；！？;][^。；！？;\n]*[。；！？;]*")
_MAX_MEASURED = 2_000


@dataclass(frozen=True, slots=True)
class Origin:
    """Who wrote: the run, the model's name and its version (engine, quantisation, hash), and when it came in."""

    run_id: str
    model: str
    version: str
    inserted_at: datetime


@dataclass(frozen=True, slots=True)
class AiSpan:
    """A sentence of a model in a section, `original` as it came in; reviewed by whom and when, if it was."""

    section: str
    start: int
    end: int
    original: str
    origin: Origin
    reviewed_by: str = ""
    reviewed_at: datetime | None = None

    @property
    def reviewed(self) -> bool:
        """A doctor has said that this sentence was checked."""
        return self.reviewed_at is not None


@dataclass(frozen=True, slots=True)
class Known:
    """Sentences that, put into the note, are a model's: each with the span that it was or would be.

    `wholes` are the texts that came in as one, in which even the shortest sentence is told.
    """

    sentences: Mapping[str, AiSpan] = field(default_factory=dict)
    wholes: Mapping[str, Origin] = field(default_factory=dict)

    def learnt(self, text: str, origin: Origin) -> Known:
        """This, and a suggestion's plain text; the newest origin of a sentence counts."""
        spans = {piece: AiSpan("", 0, 0, piece, origin) for _, _, piece in sentences(text)}
        return Known({**self.sentences, **spans}, {**self.wholes, text.strip(): origin})

    def with_spans(self, spans: Iterable[AiSpan], text: str) -> Known:
        """This, and what stands in a section's text: taken out and put back, it keeps its origin and its review."""
        both = {words: span for span in spans for words in (span.original, text[span.start : span.end]) if words}
        return Known({**self.sentences, **both}, self.wholes)


def sentences(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and text of each sentence, without the blanks around it."""
    for match in _SENTENCE.finditer(text):
        piece = match.group().rstrip()
        yield match.start(), match.start() + len(piece), piece


def followed(spans: Sequence[AiSpan], section: str, before: str, after: str, known: Known) -> tuple[AiSpan, ...]:
    """The spans of all sections after one section's text became another one.

    One stretch of text was replaced (all that an editor does at once). What came in with it is looked up in `known`.
    """
    start, end, inserted = changed_stretch(before, after)
    shift = len(inserted) - (end - start)
    kept = [moved for span in spans if span.section == section if (moved := _moved(span, start, end, shift))]
    others = [span for span in spans if span.section != section]
    touched = [span for span in spans if span.section == section and span.end > start and span.start < end]
    new = [
        replace(span, section=section, start=span.start + start, end=span.end + start)
        for span in recognised(inserted, known.with_spans(touched, before))
    ]
    inside = sorted((*kept, *(span for span in new if not _overlaps(span, kept))), key=lambda span: span.start)
    return (*others, *inside)


def recognised(text: str, known: Known) -> tuple[AiSpan, ...]:
    """The sentences of a text that are known to be a model's: to the letter, or as a part of one of its sentences.

    Shorter ones than 8 characters only where the whole text is known, or where the sentence before or after is a
    model's too.
    """
    if not known.sentences or not text.strip():
        return ()
    pieces = list(sentences(text))
    whole = known.wholes.get(text.strip())
    found: list[AiSpan | None] = []
    for _, _, piece in pieces:
        span = _source(piece, known)
        if whole is not None:
            span = replace(span or AiSpan("", 0, 0, piece, whole), origin=whole)
        found.append(span)
    return tuple(
        replace(span, start=start, end=end)
        for number, ((start, end, piece), span) in enumerate(zip(pieces, found, strict=True))
        if span and (whole is not None or len(piece) >= MIN_RECOGNISED or _long_neighbour(pieces, found, number))
    )


def changed_stretch(before: str, after: str) -> tuple[int, int, str]:
    """Start and end in `before` of the one stretch that differs, and what stands there in `after`."""
    shorter = min(len(before), len(after))
    start = _longest(shorter, lambda length: before[:length] == after[:length])
    tail = _longest(shorter - start, lambda length: not length or before[-length:] == after[-length:])
    return start, len(before) - tail, after[start : len(after) - tail]


def reviewed(
    spans: Iterable[AiSpan], by: str, at: datetime, section: str = "", start: int = 0, end: int | None = None
) -> tuple[AiSpan, ...]:
    """The spans with those of a stretch (of a section, or of the whole note) reviewed; earlier reviews stay."""

    def meant(span: AiSpan) -> bool:
        if not section:
            return True
        return span.section == section and span.end > start and (end is None or span.start < max(end, start + 1))

    return tuple(
        replace(span, reviewed_by=by, reviewed_at=at) if meant(span) and not span.reviewed else span for span in spans
    )


def is_untouched(spans: Iterable[AiSpan], section: str, text: str) -> bool:
    """A section says only what models wrote, to the letter, and no doctor has marked any of it reviewed."""
    own = [span for span in spans if span.section == section and not span.reviewed]
    return all(
        any(span.start <= start and end <= span.end and piece == span.original for span in own)
        for start, end, piece in sentences(text)
    )


def share_edited(original: str, present: str) -> float:
    """How much of a sentence was edited, 0 to 1: the edit distance (Levenshtein) over the longer length."""
    if original == present:
        return 0.0
    longer = max(len(original), len(present))
    if longer > _MAX_MEASURED:
        start, end, inserted = changed_stretch(original, present)
        return max(end - start, len(inserted)) / longer
    return _distance(original, present) / longer


def _moved(span: AiSpan, start: int, end: int, shift: int) -> AiSpan | None:
    """The span after a stretch grew by `shift`; an edit of a part of the sentence is an edit of it. None: gone."""
    if span.end <= start:
        return span
    if span.start >= end:
        return replace(span, start=span.start + shift, end=span.end + shift)
    if span.start <= start and end <= span.end and (span.start, span.end) != (start, end):
        return replace(span, end=span.end + shift)
    if span.start < start:
        return replace(span, end=start)
    if end < span.end:
        return replace(span, start=end + shift, end=span.end + shift)
    return None


def _overlaps(span: AiSpan, others: Iterable[AiSpan]) -> bool:
    return any(span.start < other.end and other.start < span.end for other in others)


def _source(piece: str, known: Known) -> AiSpan | None:
    if exact := known.sentences.get(piece):
        return exact
    if len(piece) < MIN_RECOGNISED:
        return None
    return next((known.sentences[text] for text in reversed(tuple(known.sentences)) if piece in text), None)


def _long_neighbour(pieces: Sequence[tuple[int, int, str]], found: Sequence[AiSpan | None], number: int) -> bool:
    return any(
        found[other] and len(pieces[other][2]) >= MIN_RECOGNISED
        for other in (number - 1, number + 1)
        if 0 <= other < len(pieces)
    )


def _longest(limit: int, holds: Callable[[int], bool]) -> int:
    """The greatest length up to `limit` for which a property holds that holds for all shorter ones."""
    return bisect_left(range(1, limit + 1), True, key=lambda length: not holds(length))


def _distance(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for number, character in enumerate(one, start=1):
        last, row[0] = row[0], number
        for place, candidate in enumerate(other, start=1):
            last, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, last + (character != candidate))
    return row[-1]
