"""The acts that become feedback events: what each kind keeps, in one place for those who write and those who read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.core.events import ErrorSeverity, ErrorType, EventKind, FeedbackEvent, Vote
from app.core.text_diff import amounts, difference

JUDGEMENTS = (EventKind.NONE_CORRECT, EventKind.ALL_ACCEPTABLE)


@dataclass(frozen=True, slots=True)
class Act:
    """What was done, before it is told by whom and when. `item` and `data` as in FeedbackEvent."""

    kind: EventKind
    item: str = ""
    data: Mapping[str, object] = field(default_factory=dict)

    def event(self, event_id: str, generation_id: str, actor: str, occurred_at: datetime) -> FeedbackEvent:
        """The row of the log."""
        return FeedbackEvent(event_id, generation_id, self.kind, actor, occurred_at, self.item, self.data)


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """A marked error: `start` to `end` (exclusive) of the suggestion's text in Unicode code points, quoted.

    `correction` is what should stand there (empty if none was given; an omission may have an empty span).
    """

    start: int
    end: int
    quote: str
    type: ErrorType
    severity: ErrorSeverity
    correction: str = ""
    comment: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for a span that cannot be the quote's."""
        if not 0 <= self.start <= self.end or self.end - self.start != len(self.quote):
            raise ValueError(f"the span {self.start}-{self.end} is not that of a quote of {len(self.quote)}")

    def corrected(self, text: str) -> str | None:
        """The text with this span corrected; None without a correction, or if the quote does not stand there."""
        if not self.correction or text[self.start : self.end] != self.quote:
            return None
        return text[: self.start] + self.correction + text[self.end :]


def shown(milliseconds: int, item: str = "") -> Act:
    """A suggestion, or one diagnosis of it (`item`), was in view for so long."""
    return Act(EventKind.SHOWN, item, {"milliseconds": milliseconds})


def uncovered(display_order: int, *, wrote_first: bool) -> Act:
    """A suggestion that was covered came into view, in this pane of a random order (against anchoring).

    `wrote_first`: the doctor had written a first diagnosis before.
    """
    data = {"milliseconds": 0, "commit_first": True, "wrote_first": wrote_first, "display_order": display_order}
    return Act(EventKind.SHOWN, data=data)


def voted(vote: Vote, item: str = "", reasons: Sequence[str] = (), comment: str = "") -> Act:
    """A thumb on the whole suggestion, or on one diagnosis (`item`), with the reasons that were picked."""
    why = {"reasons": list(reasons)} if reasons else {}
    said = {"comment": comment} if comment else {}
    return Act(EventKind.VOTE, item, {"vote": vote.value, **why, **said})


def backfilled(section: str, text: str) -> Act:
    """`text`, all of the suggestion or a part of it, went into a section of its note."""
    return Act(EventKind.BACKFILL, section, {"text": text})


def copied() -> Act:
    """The suggestion was copied."""
    return Act(EventKind.COPIED)


def edited(section: str, inserted: str, final: str) -> Act:
    """At signing: what had been put into a section, what its author left in its place, and how much that changed."""
    added, struck = amounts(difference(inserted, final))
    return Act(EventKind.EDITED, section, {"inserted": inserted, "final": final, "added": added, "struck": struck})


def error_reported(report: ErrorReport, item: str = "") -> Act:
    """A doctor marked an error; a second report of the same span by the same doctor replaces the first."""
    data: dict[str, object] = {
        "start": report.start,
        "end": report.end,
        "quote": report.quote,
        "type": report.type.value,
        "severity": report.severity.value,
        "correction": report.correction,
        "comment": report.comment,
    }
    return Act(EventKind.ERROR_REPORTED, item, data)


def report_of(event: FeedbackEvent) -> ErrorReport:
    """The inverse of `error_reported`."""
    data = event.data
    return ErrorReport(
        start=int(str(data["start"])),
        end=int(str(data["end"])),
        quote=str(data["quote"]),
        type=ErrorType(str(data["type"])),
        severity=ErrorSeverity(str(data["severity"])),
        correction=str(data["correction"]),
        comment=str(data["comment"]),
    )


def none_correct(generations: Sequence[str], *, withdrawn: bool = False) -> Act:
    """None of these finished suggestions of a comparison is right; it stands on the first of them.

    A doctor's last word on all of them counts; `withdrawn` takes it back.
    """
    return Act(EventKind.NONE_CORRECT, data=_about_all(generations, withdrawn))


def all_acceptable(generations: Sequence[str], *, withdrawn: bool = False) -> Act:
    """Each of these finished suggestions of a comparison would do; otherwise as `none_correct`."""
    return Act(EventKind.ALL_ACCEPTABLE, data=_about_all(generations, withdrawn))


def _about_all(generations: Sequence[str], withdrawn: bool) -> Mapping[str, object]:
    return {"generations": list(generations), **({"withdrawn": True} if withdrawn else {})}


def rerun(generations: Sequence[str], changed: Mapping[str, tuple[int, int]]) -> Act:
    """This comparison was asked anew; `changed` has characters added and struck by section of the input."""
    amounts = {section: {"added": added, "struck": struck} for section, (added, struck) in changed.items()}
    return Act(EventKind.RERUN, data={"generations": list(generations), "changed": amounts})


def signed(note_id: str, version: int) -> Act:
    """The note version that a suggestion went into was signed; it stands on each generation that is in the note."""
    return Act(EventKind.SIGNED, data={"note_id": note_id, "version": version})


def final_diagnosis(generations: Sequence[str], diagnoses: Sequence[str]) -> Act:
    """What the closed record says the patient had, most important first, for the comparison of these generations."""
    return Act(EventKind.FINAL_DIAGNOSIS, data={"generations": list(generations), "diagnoses": list(diagnoses)})
