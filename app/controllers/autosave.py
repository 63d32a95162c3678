"""Autosave of one note: what is typed is on the disk soon after, and is kept until it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from app.core.notes import Note
from app.core.provenance import AiSpan, Known, Origin, followed, recognised
from app.core.runs import Binding
from app.storage.notes import BackfillRefused, VersionReason
from app.workers.storage_thread import StorageThread


@dataclass(frozen=True, slots=True)
class SaveTiming:
    """Milliseconds: after the last key, at most while typing goes on, first and longest pause after a failure."""

    after_last_key: int = 300
    at_most: int = 2_000
    first_retry: int = 1_000
    longest_retry: int = 15_000


def local_now() -> datetime:
    """Now, with the machine's offset."""
    return datetime.now().astimezone()


class Autosaver(QObject):
    """The working text of one note in memory, followed by the one on the disk.

    Signals:
        saved: Note, as it was committed; only after the commit.
        failed: Exception; the text is kept, and saving is tried again.
    """

    saved = Signal(object)
    failed = Signal(object)

    def __init__(self, storage: StorageThread, note: Note, timing: SaveTiming, parent: QObject | None = None) -> None:
        """`note` is as it is stored."""
        super().__init__(parent)
        self._storage = storage
        self._timing = timing
        self._note = note
        self._known = Known()
        self._copied: dict[str, str] = {}
        self._revision = self._submitted = self._committed = 0
        self._failures = self._in_flight = 0
        self._overdue = False
        self._closed = False
        self._soon = self._timer(timing.after_last_key)
        self._latest = self._timer(timing.at_most)
        self._retry = self._timer(timing.first_retry)

    @property
    def note(self) -> Note:
        """The note as it was typed, saved or not."""
        return self._note

    @property
    def dirty(self) -> bool:
        """Something typed is not on the disk yet."""
        return self._committed < self._revision

    @property
    def settled(self) -> bool:
        """Nothing is unsaved, and nothing is on its way."""
        return not self.dirty and not self._in_flight

    def edit(self, section_key: str, text: str) -> None:
        """One section's text is now this. Raises KeyError for a section that the note does not have."""
        if self._note.sections[section_key] == text:
            return
        before, known = self._note.provenance, Known() if self._copied.get(section_key) == text else self._known
        provenance = followed(before, section_key, self._note.sections[section_key], text, known)
        if provenance != before:
            own = [span for span in before if span.section == section_key]
            self._known = self._known.with_spans(own, self._note.sections[section_key])
        self._note = replace(self._note, sections={**self._note.sections, section_key: text}, provenance=provenance)
        self._touch()

    def learn(self, text: str, origin: Origin) -> None:
        """A suggestion's plain text: where it comes into the note it is known for a model's."""
        self._known = self._known.learnt(text, origin)

    def learn_copied(self, section_key: str, text: str) -> None:
        """This text of a section is about to be copied from the stay itself, whatever a model wrote that is like it."""
        self._copied[section_key] = text

    def find_known(self) -> None:
        """Look for what was learnt in the text as it stands; for a note from before its sentences were followed."""
        found = [
            replace(span, section=key)
            for key, text in self._note.sections.items()
            for span in recognised(text, self._known)
        ]
        if found and not self._note.provenance:
            self.set_provenance(tuple(found))

    def set_provenance(self, provenance: tuple[AiSpan, ...]) -> None:
        """The text stays; what is known of its sentences changes (a review)."""
        if provenance != self._note.provenance:
            self._note = replace(self._note, provenance=provenance)
            self._touch()

    def _touch(self) -> None:
        self._revision += 1
        if self._closed:
            self.flush()
            return
        self._soon.start()
        if not self._latest.isActive():
            self._latest.start()

    def adopt(self, stored: Note) -> None:
        """The note was read anew: all of it counts but the text, of which this has the newest."""
        self._note = replace(stored, sections=self._note.sections, provenance=self._note.provenance)

    def flush(self) -> None:
        """Save at once what is not saved or on its way."""
        self._soon.stop()
        self._latest.stop()
        if self._submitted >= self._revision:
            return
        note, now = self._note, local_now()
        self._submit(
            lambda repositories: repositories.notes.save(note.note_id, note.sections, now, note.provenance),
            lambda note: None,
        )

    def checkpoint(self, reason: VersionReason, actor: str, done: Callable[[Note | None], None]) -> None:
        """Save and keep this state as a version; `done` is told the stored note, or None if that failed."""
        self._soon.stop()
        self._latest.stop()
        note, now = self._note, local_now()
        self._submit(
            lambda repositories: repositories.notes.checkpoint(
                note.note_id, note.sections, reason, actor, now, note.provenance
            ),
            done,
        )

    def keep_backfill(self, actor: str, expected: Binding, refused: Callable[[str], None]) -> None:
        """Keep this state as a version if the stored note is still what a suggestion was made for.

        If it is not, nothing is stored and `refused` is told why; it takes the text back, which is then saved.
        """
        self._soon.stop()
        self._latest.stop()
        note, now = self._note, local_now()
        self._submit(
            lambda repositories: repositories.notes.checkpoint(
                note.note_id, note.sections, VersionReason.BACKFILL, actor, now, note.provenance, expected
            ),
            lambda _note: None,
            refused,
        )

    def close(self) -> None:
        """Save what is left and stop the timers."""
        self._closed = True
        self.flush()
        self._retry.stop()

    def _submit(
        self,
        work: Callable[..., Note],
        done: Callable[[Note | None], None],
        not_bound: Callable[[str], None] = lambda _reason: None,
    ) -> None:
        self._retry.stop()
        self._overdue = False
        self._submitted = self._revision
        self._in_flight += 1
        self._storage.submit(
            work,
            partial(self._on_committed, self._revision, done),
            partial(self._on_refused, done, not_bound),
        )

    def _on_committed(self, revision: int, done: Callable[[Note | None], None], note: Note) -> None:
        self._failures = 0
        self._in_flight -= 1
        self._committed = max(self._committed, revision)
        self._note = replace(self._note, version=note.version, updated_at=note.updated_at)
        self.saved.emit(note)
        done(note)
        if self._overdue:
            self.flush()

    def _on_refused(
        self, done: Callable[[Note | None], None], not_bound: Callable[[str], None], error: Exception
    ) -> None:
        self._in_flight -= 1
        self._submitted = self._committed
        if isinstance(error, BackfillRefused):
            not_bound(str(error))
            self.flush()
            return
        if not self._closed:
            pause = self._timing.first_retry * 2 ** min(self._failures, 10)
            self._retry.start(min(pause, self._timing.longest_retry))
        self._failures += 1
        self.failed.emit(error)
        done(None)

    def _on_due(self) -> None:
        """One timed save at a time, so that a slow disk does not gather a queue of them."""
        self._overdue = bool(self._in_flight)
        if not self._in_flight:
            self.flush()

    def _timer(self, milliseconds: int) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(self._on_due)
        return timer
