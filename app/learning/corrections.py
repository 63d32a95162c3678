"""Rows from texts that a doctor put right: an edit that was signed, and a report of errors with corrections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from app.core.acts import ErrorReport, report_of
from app.core.diagnosis_table import DiagnosisTable
from app.core.events import EventKind, FeedbackEvent
from app.core.unsupported import unsupported_facts
from app.learning.diagnoses import new_diagnoses
from app.learning.log import Log
from app.learning.records import Suggestion
from app.learning.rows import Basis, DpoRow, KtoRow, SftRow, TrainingRow

# An answer of which less was signed is no answer to its prompt: headings and numbering may be missing, not findings.
SIGNED_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class SignedText:
    """What became of a suggestion in a signed note.

    `text` is the suggestion as its author left it, `kept_share` how much of it (0-1) was in the note at all.
    """

    text: str
    actor: str
    changed: bool
    kept_share: float

    @property
    def is_whole(self) -> bool:
        """The doctor signed an answer to the prompt, not a part of one."""
        return self.kept_share >= SIGNED_SHARE


def signed_text(suggestion: Suggestion, log: Log) -> SignedText | None:
    """The suggestion with its inserted parts as they were signed; None if it was not put into a note and signed."""
    edits = _last_signed(suggestion, log)
    if not edits or not log.of(suggestion.generation_id, EventKind.BACKFILL):
        return None
    pairs = [(_text(event, "inserted"), _text(event, "final")) for event in edits]
    share = sum(_weight(inserted) for inserted, _ in pairs) / max(1, _weight(suggestion.output))
    return SignedText(
        text=_put_right(suggestion.output, pairs),
        actor=edits[-1].actor,
        changed=any(inserted.strip() != final.strip() for inserted, final in pairs),
        kept_share=share,
    )


def _last_signed(suggestion: Suggestion, log: Log) -> list[FeedbackEvent]:
    """What the latest signature told, one event for each insertion: an amendment tells all of them anew."""
    told: list[FeedbackEvent] = []
    last: list[FeedbackEvent] = []
    for event in log.of(suggestion.generation_id, EventKind.EDITED, EventKind.SIGNED):
        if event.kind is EventKind.EDITED:
            told.append(event)
        else:
            last, told = told, []
    return last


def edit_rows(suggestion: Suggestion, log: Log, table: DiagnosisTable) -> list[TrainingRow]:
    """Of a suggestion that was changed before it was signed: what was signed, over what the model had written.

    Where its author left nothing of it, it was a bad answer. A diagnosis that the doctor added from elsewhere counts as
    invented: a report of errors that corrects one does not, since that is what the report is for.
    """
    signed = signed_text(suggestion, log)
    if signed is None or not signed.changed:
        return []
    if not signed.text:
        return [KtoRow(suggestion, False, Basis.EDIT, signed.actor)]
    rows: list[SftRow | DpoRow] = [*sft_rows(suggestion, signed, Basis.EDIT)]
    rows.append(_better(suggestion, signed.text, Basis.EDIT, signed.actor))
    added = new_diagnoses(signed.text, suggestion, table)
    return [replace(row, invented=row.invented + added) for row in rows]


def sft_rows(suggestion: Suggestion, signed: SignedText, basis: Basis) -> list[SftRow]:
    """What was signed as an answer to imitate, if it is a whole one."""
    if not signed.is_whole or not signed.text:
        return []
    return [SftRow(suggestion, signed.text, invented(signed.text, suggestion), basis, signed.actor)]


def report_rows(suggestion: Suggestion, log: Log) -> list[TrainingRow]:
    """Of a suggestion in which errors were marked: bad if one is severe, and each correction over the error.

    Imitated only where a second doctor marked the same errors with the same corrections, and none was left as it is.
    """
    last = {
        (event.actor, event.data["start"], event.data["end"]): event
        for event in log.of(suggestion.generation_id, EventKind.ERROR_REPORTED)
    }
    reports = [(event.actor, report_of(event)) for event in last.values()]
    severe = sorted({actor for actor, report in reports if report.severity.is_severe})
    better = [
        _better(suggestion, text, Basis.REPORT, actor)
        for actor, report in reports
        if (text := report.corrected(suggestion.output)) is not None and text != suggestion.output
    ]
    bad = [KtoRow(suggestion, False, Basis.REPORT, actor) for actor in severe]
    return [*_second_read(suggestion, reports), *bad, *better]


def invented(text: str, suggestion: Suggestion) -> int:
    """How many facts of a text the suggestion's prompt lacks."""
    return _unsupported(text, suggestion.messages[-1].content if suggestion.messages else "")


@lru_cache(maxsize=16)
def _unsupported(text: str, source: str) -> int:
    """One text makes several rows."""
    return len(unsupported_facts(text, source))


def _second_read(suggestion: Suggestion, reports: Sequence[tuple[str, ErrorReport]]) -> list[TrainingRow]:
    readers: dict[tuple[int, int, str], list[str]] = {}
    for actor, report in reports:
        readers.setdefault((report.start, report.end, report.correction), []).append(actor)
    if not readers or any(len(actors) < 2 or not correction for (_, _, correction), actors in readers.items()):
        return []
    text = _all_corrected(suggestion.output, sorted(readers))
    if text is None:
        return []
    actor = next(iter(readers.values()))[-1]
    return [SftRow(suggestion, text, invented(text, suggestion), Basis.REPORT, actor)]


def _all_corrected(text: str, spans: Sequence[tuple[int, int, str]]) -> str | None:
    """None where two corrections touch the same characters."""
    if any(one[1] > other[0] for one, other in pairwise(spans)):
        return None
    for start, end, correction in reversed(spans):
        text = text[:start] + correction + text[end:]
    return text


def _better(suggestion: Suggestion, text: str, basis: Basis, actor: str) -> DpoRow:
    return DpoRow(suggestion, text, suggestion.output, 1.0, basis, actor, invented=invented(text, suggestion))


def _put_right(output: str, pairs: Sequence[tuple[str, str]]) -> str:
    """The output with each inserted part as it was left; parts that it does not have (renderings) stand alone."""
    if not any(final.strip() for _, final in pairs):
        return ""
    if not all(inserted.strip() and inserted in output for inserted, _ in pairs):
        return "\n\n".join(final for _, final in pairs if final.strip())
    for inserted, final in pairs:
        output = output.replace(inserted, final, 1)
    return output


def _weight(text: str) -> int:
    return sum(map(str.isalnum, text))


def _text(event: FeedbackEvent, key: str) -> str:
    return str(event.data.get(key, ""))
