"""What the doctor does with a suggestion becomes events; no act waits for the disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import uuid4

from PySide6.QtCore import QObject, Signal

from app.controllers.autosave import local_now
from app.core import acts
from app.core.acts import Act, ErrorReport
from app.core.errors import WardNoteError
from app.core.events import EventKind, Vote
from app.storage.feedback import OwnFeedback
from app.storage.repositories import Repositories
from app.workers.storage_thread import StorageThread

__all__ = ["FeedbackController", "OwnFeedback"]

_BUG = "程序内部出错，这次反馈没有保存；若反复出现，请联系信息科。"


class FeedbackController(QObject):
    """Records feedback on runs, by their run id.

    Signals:
        vote_stored: run_id, Vote (WITHDRAWN takes a vote back); only after the commit.
        item_vote_stored: run_id, a diagnosis by name, Vote; likewise.
        actor_changed: somebody else gives the feedback now; what is shown of the one before is to be read anew.
        failed: a sentence; what the environment refused is kept and stored later.
    """

    vote_stored = Signal(str, object)
    item_vote_stored = Signal(str, str, object)
    actor_changed = Signal()
    failed = Signal(str)

    def __init__(self, storage: StorageThread, actor: str, parent: QObject | None = None) -> None:
        """`actor` is the doctor who gives the feedback."""
        super().__init__(parent)
        self._storage = storage
        self._actor = actor

    def set_actor(self, actor: str) -> None:
        """Who gives feedback from now on."""
        if actor != self._actor:
            self._actor = actor
            self.actor_changed.emit()

    def vote(self, run_id: str, vote: Vote, item: str = "", reasons: Sequence[str] = (), comment: str = "") -> None:
        """The doctor's vote on a whole suggestion, or on one diagnosis (`item`); the last one counts."""

        def stored() -> None:
            if item:
                self.item_vote_stored.emit(run_id, item, vote)
            else:
                self.vote_stored.emit(run_id, vote)

        self.record(run_id, acts.voted(vote, item, reasons, comment), stored)

    def votes(self, note_id: str, done: Callable[[Mapping[str, Vote]], None]) -> None:
        """Read this doctor's standing votes on whole suggestions of a note, by run id."""
        actor = self._actor
        self._storage.submit(
            lambda repositories: repositories.feedback.votes(note_id, actor),
            done,
            lambda _error: self.failed.emit("以前对各份建议的评价未能读取，请重新打开这份病历。"),
        )

    def item_votes(self, note_id: str, done: Callable[[Mapping[tuple[str, str], Vote]], None]) -> None:
        """Read this doctor's standing votes on diagnoses of a note, by run id and name."""
        actor = self._actor
        self._storage.submit(
            lambda repositories: repositories.feedback.item_votes(note_id, actor),
            done,
            lambda _error: self.failed.emit("以前对各诊断的评价未能读取，请重新打开这份病历。"),
        )

    @property
    def actor(self) -> str:
        """The doctor who gives the feedback."""
        return self._actor

    def uncovered(self, run_id: str, display_order: int, *, wrote_first: bool) -> None:
        """A covered suggestion came into view."""
        self.record(run_id, acts.uncovered(display_order, wrote_first=wrote_first))

    def report(self, run_id: str, report: ErrorReport, item: str = "") -> None:
        """There is an error in a piece of the suggestion's text, which is about the diagnosis `item`, if any."""
        self.record(run_id, acts.error_reported(report, item))

    def judge_all(
        self, kind: EventKind, run_ids: Sequence[str], stored: Callable[[], None], *, withdrawn: bool = False
    ) -> None:
        """NONE_CORRECT or ALL_ACCEPTABLE of these finished suggestions of a comparison, or that taken back."""
        make = {EventKind.NONE_CORRECT: acts.none_correct, EventKind.ALL_ACCEPTABLE: acts.all_acceptable}[kind]
        self.record(run_ids[0], make(run_ids, withdrawn=withdrawn), stored)

    def judgements(self, note_id: str, done: Callable[[Mapping[str, EventKind]], None]) -> None:
        """Read what this doctor last said of all suggestions of a comparison at once, by comparison."""
        actor = self._actor
        self._storage.submit(
            lambda repositories: repositories.feedback.judgements(note_id, actor),
            done,
            lambda _error: self.failed.emit("以前对各份建议的评价未能读取，请重新打开这份病历。"),
        )

    def mine(self, done: Callable[[tuple[OwnFeedback, ...]], None]) -> None:
        """Read what this doctor has said about suggestions, the newest first."""
        actor = self._actor
        self._storage.submit(
            lambda repositories: repositories.feedback.of_actor(actor),
            done,
            lambda _error: self.failed.emit("您的反馈未能读取，请稍后再试。"),
        )

    def copied(self, run_id: str) -> None:
        """The suggestion was copied."""
        self.record(run_id, acts.copied())

    def backfilled(self, run_id: str, section_key: str, text: str) -> None:
        """`text` of the suggestion went into a section of its note."""
        self.record(run_id, acts.backfilled(section_key, text))

    def shown(self, run_id: str, milliseconds: int, item: str = "") -> None:
        """The suggestion, or one diagnosis of it, was in view for so long."""
        self.record(run_id, acts.shown(milliseconds, item))

    def asked_anew(self, run_ids: Sequence[str], changed: Mapping[str, tuple[int, int]]) -> None:
        """After these suggestions the doctor asked again, with so much added to and struck from each section."""
        self.record(run_ids[0], acts.rerun(run_ids, changed))

    def record(self, run_id: str, act: Act, stored: Callable[[], None] = lambda: None) -> None:
        """Any act on a run; `stored` is called after the commit."""
        event = act.event(uuid4().hex, run_id, self._actor, local_now())

        def told(error: Exception | None) -> None:
            if error is None:
                stored()
            else:
                self.failed.emit(str(error) if isinstance(error, WardNoteError) else _BUG)

        def append(repositories: Repositories) -> None:
            repositories.feedback.append(event)

        self._storage.record(append, told)
