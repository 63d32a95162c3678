"""Review, signature, amendment and the senior doctor's word, on the open document."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from app.controllers.autosave import local_now
from app.controllers.note import NoteController
from app.controllers.people import PeopleController
from app.core.errors import WardNoteError
from app.core.signing import ActKind, NoteAct, refusal
from app.storage.repositories import Repositories
from app.storage.signing import WaitingNote
from app.workers.storage_thread import StorageThread

__all__ = ["SigningController", "WaitingNote"]

T = TypeVar("T")

_BUG = "程序内部出错，没有签名，文书没有改变；若反复出现，请联系信息科。"


class SigningController(QObject):
    """What is done to the open document beside writing it.

    Signals:
        done: ActKind; stored, and the document is shown anew.
        acts_read: tuple[NoteAct, ...] of the open document, oldest first.
        waiting_read: tuple[WaitingNote, ...] for the present person.
        failed: a sentence; nothing changed.
    """

    done = Signal(object)
    acts_read = Signal(object)
    waiting_read = Signal(object)
    failed = Signal(str)

    def __init__(
        self, storage: StorageThread, notes: NoteController, people: PeopleController, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._storage = storage
        self._notes = notes
        self._people = people
        self.acts: tuple[NoteAct, ...] = ()
        notes.opened.connect(lambda _note: self._read_acts())
        people.changed.connect(lambda _person: self.read_waiting())

    def refusal(self, kind: ActKind) -> str:
        """Why the present person cannot do this to the open document; empty if nothing speaks against it."""
        note = self._notes.open_note
        if note is None:
            return "请先从左侧选择一位患者。"
        return refusal(kind, self._people.present, note.note.state, self.acts)

    def perform(self, kind: ActKind, comment: str = "", answer: Callable[[str], None] | None = None) -> None:
        """Do this to the open document as it is shown; what was typed is saved first.

        `answer` takes why it was not done (empty if it was), instead of `failed`.
        """
        open_note = self._notes.open_note
        if open_note is None:
            return
        self._notes.flush()
        note, person, now = open_note.note, self._people.present, local_now()
        self._storage.submit(
            lambda repositories: repositories.signing.perform(kind, note, person, now, comment),
            lambda _note: self._on_performed(kind, note.note_id, answer),
            lambda error: (answer or self.failed.emit)(_sentence(error)),
        )

    def read_waiting(self) -> None:
        """Look for what waits for the present person."""
        person = self._people.present
        self._do(lambda repositories: repositories.signing.waiting(person), self.waiting_read.emit)

    def _on_performed(self, kind: ActKind, note_id: str, answer: Callable[[str], None] | None) -> None:
        if answer is not None:
            answer("")
        open_note = self._notes.open_note
        if open_note is not None and open_note.note.note_id == note_id:
            self._notes.read_again()
        self.done.emit(kind)
        self.read_waiting()

    def _read_acts(self) -> None:
        open_note = self._notes.open_note
        self.acts = ()
        if open_note is not None:
            note_id = open_note.note.note_id
            self._do(lambda repositories: repositories.signing.acts(note_id), lambda acts: self._on_acts(note_id, acts))

    def _on_acts(self, note_id: str, acts: tuple[NoteAct, ...]) -> None:
        open_note = self._notes.open_note
        if open_note is not None and open_note.note.note_id == note_id:
            self.acts = acts
            self.acts_read.emit(acts)

    def _do(self, work: Callable[[Repositories], T], done: Callable[[T], None]) -> None:
        self._storage.submit(work, done, self._on_failed)

    def _on_failed(self, error: Exception) -> None:
        self.failed.emit(_sentence(error))


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, WardNoteError) else _BUG
