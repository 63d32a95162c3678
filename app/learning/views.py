"""Training rows from the event log.

One basis per generation, the strongest that applies: an edit that was signed, then a report of errors, then a choice
(backfill), then a vote. A vote on one suggestion says nothing about its siblings, and no vote is not a down-vote.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.core.diagnosis_table import DiagnosisTable, normalised_name
from app.core.differential import parse_differential
from app.core.events import EventKind, FeedbackEvent, Vote
from app.learning.corrections import edit_rows, report_rows, sft_rows, signed_text
from app.learning.log import Log, generations_of
from app.learning.records import ComparisonRecord, Suggestion
from app.learning.rows import Basis, DpoRow, GrpoRow, KtoRow, TrainingRow

_NO_TABLE = DiagnosisTable()


def training_rows(record: ComparisonRecord, table: DiagnosisTable = _NO_TABLE) -> Iterator[TrainingRow]:
    """All rows of a comparison, by display order of the generation that they are about.

    `table` knows the other names of diagnoses.
    """
    log = Log(record)
    finished = [one for one in record.suggestions if one.completed and one.output.strip()]
    for suggestion in sorted(finished, key=lambda one: (one.display_order, one.generation_id)):
        yield from _strongest(record, suggestion, log, table)
    yield from _final_rows(finished, log)


def _strongest(record: ComparisonRecord, suggestion: Suggestion, log: Log, table: DiagnosisTable) -> list[TrainingRow]:
    return (
        edit_rows(suggestion, log, table)
        or report_rows(suggestion, log)
        or _choice_rows(record, suggestion, log)
        or _vote_rows(suggestion, log)
    )


def _choice_rows(record: ComparisonRecord, suggestion: Suggestion, log: Log) -> list[TrainingRow]:
    """A suggestion that was put into the note; also one to imitate if it was signed as it is."""
    backfill = log.last(suggestion.generation_id, EventKind.BACKFILL)
    if backfill is None:
        return []
    signed = signed_text(suggestion, log)
    rows: list[TrainingRow] = [] if signed is None else [*sft_rows(suggestion, signed, Basis.CHOICE)]
    rows.append(KtoRow(suggestion, True, Basis.CHOICE, backfill.actor))
    if _was_a_choice(record, suggestion, backfill, log):
        weight = 1 / (record.runs - 1)
        rows += [
            DpoRow(suggestion, suggestion.output, sibling.output, weight, Basis.CHOICE, backfill.actor, sibling)
            for sibling in record.suggestions
            if sibling.output.strip() != suggestion.output.strip()
        ]
    return rows


def _was_a_choice(record: ComparisonRecord, chosen: Suggestion, backfill: FeedbackEvent, log: Log) -> bool:
    """One of several that were all there to be read, made from the same messages; nothing else was taken."""
    others = [one for one in record.suggestions if one.generation_id != chosen.generation_id]
    return (
        len(record.suggestions) == record.runs > 1
        and all(one.completed and one.output.strip() for one in others)
        and all(one.finished_at <= backfill.occurred_at for one in record.suggestions)
        and all(log.of(one.generation_id, EventKind.SHOWN) for one in record.suggestions)
        and all(one.messages == chosen.messages for one in others)
        and not any(log.of(one.generation_id, EventKind.BACKFILL) for one in others)
        and not log.about_comparison(EventKind.ALL_ACCEPTABLE)
    )


def _vote_rows(suggestion: Suggestion, log: Log) -> list[TrainingRow]:
    votes = sorted(log.votes(suggestion.generation_id).items())
    return [KtoRow(suggestion, vote is Vote.UP, Basis.VOTE, actor) for actor, vote in votes]


def _final_rows(finished: list[Suggestion], log: Log) -> Iterator[GrpoRow]:
    """The prompt with the closed record's diagnoses: the last word counts."""
    event = next(reversed(log.about_comparison(EventKind.FINAL_DIAGNOSIS)), None)
    named = set() if event is None else {*generations_of(event), event.generation_id}
    about = [one for one in finished if one.generation_id in named]
    if event is None or not about:
        return
    told = event.data.get("diagnoses")
    diagnoses = tuple(str(one) for one in told) if isinstance(told, list) else ()
    if diagnoses:
        ranks = {one.generation_id: _rank(diagnoses[0], one.output) for one in about}
        yield GrpoRow(about[0], diagnoses, ranks, event.actor)


def _rank(diagnosis: str, output: str) -> int | None:
    names = [normalised_name(one.name) for one in parse_differential(output)]
    wanted = normalised_name(diagnosis)
    return names.index(wanted) + 1 if wanted in names else None
