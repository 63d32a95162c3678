"""The patient list, the open note, and saving it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import uuid4

from PySide6.QtCore import QObject, Signal

from app.controllers.autosave import Autosaver, SaveTiming, local_now
from app.controllers.open_note import OpenNote, load
from app.controllers.pinyin import learn
from app.core.entities import Encounter, Patient, Severity, Sex
from app.core.errors import UsageFault, WardNoteError
from app.core.notes import Note, NoteKind, NoteState
from app.core.provenance import Origin, reviewed
from app.core.runs import Binding
from app.storage.encounters import EncounterSummary
from app.storage.notes import NoteVersion, VersionReason
from app.storage.repositories import Repositories
from app.workers.storage_thread import StorageThread

__all__ = ["EncounterSummary", "NoteController", "NoteVersion", "OpenNote", "SaveTiming", "VersionReason"]

T = TypeVar("T")

_BUG = "程序内部出错，内容仍保留在窗口中，程序会自动重试；若反复出现，请联系信息科。"
_EARLIER_NOTE = "刚才离开的那份病历还没有保存成功，程序会继续重试。"


class NoteController(QObject):
    """Opens notes and keeps what is typed.

    Signals:
        encounters_changed: tuple[EncounterSummary, ...], by ward and bed.
        stay_changed: OpenNote; whose stay is open was read again (another bed, a merge), its text is untouched.
        opened: OpenNote; from here on `edit` means this note.
        saved: note_id, version, time; of the open note only, and only after the commit.
        save_failed: a sentence; the text is kept and saving is tried again.
        load_failed: a sentence; what was open stays open.
        provenance_changed: which sentences of the open note a model wrote, or which of them were reviewed.
    """

    encounters_changed = Signal(object)
    stay_changed = Signal(object)
    opened = Signal(object)
    saved = Signal(str, int, object)
    save_failed = Signal(str)
    provenance_changed = Signal()
    load_failed = Signal(str)

    def __init__(
        self, storage: StorageThread, actor: str, timing: SaveTiming | None = None, parent: QObject | None = None
    ) -> None:
        """`actor` is the doctor whose name the kept versions carry."""
        super().__init__(parent)
        self._storage = storage
        self._actor = actor
        self._timing = timing or SaveTiming()
        self._savers: dict[str, Autosaver] = {}
        self._open_note: OpenNote | None = None
        self._opening = self._answered = 0

    @property
    def open_note(self) -> OpenNote | None:
        """What is open, with the text as typed; comparisons and votes as they were when it was opened."""
        if self._open_note is None:
            return None
        return replace(self._open_note, note=self._saver(self._open_note).note)

    def set_actor(self, actor: str) -> None:
        """Whose name kept versions and reviews carry from now on."""
        self._actor = actor

    @property
    def binding(self) -> Binding | None:
        """What a backfill must match now; None if nothing is open."""
        open_note = self.open_note
        return open_note.binding if open_note else None

    @property
    def unsaved(self) -> bool:
        """Something typed, in any note, is not on the disk yet."""
        return any(saver.dirty for saver in self._savers.values())

    def refresh(self) -> None:
        """Read the patient list again."""
        self._storage.submit(
            _summaries,
            self.encounters_changed.emit,
            self._on_load_failed,
        )

    def refresh_stay(self) -> None:
        """Read again whose stay is open, after a move or a merge."""
        if self._open_note is not None:
            encounter_id = self._open_note.encounter.encounter_id
            self._storage.submit(
                lambda repositories: repositories.encounters.get(encounter_id), self._on_stay, self._on_load_failed
            )

    def open(self, encounter_id: str) -> None:
        """Show this stay's first note; the one that is open is saved first. The last call wins."""
        actor, now = self._actor, local_now()
        self._open(lambda repositories: repositories.notes.open(encounter_id, NoteKind.FIRST_PROGRESS, now, actor))

    def open_document(self, note_id: str) -> None:
        """Show this document; else as `open`."""
        self._open(lambda repositories: repositories.notes.get(note_id))

    def read_again(self) -> None:
        """Show the open document as it is stored now, unless another one is being opened: that one wins."""
        if self._open_note is not None and self._answered == self._opening:
            self.open_document(self._open_note.note.note_id)

    def add_document(self, kind: NoteKind) -> None:
        """Begin a new document of the open stay and show it; the only one of its kind is shown if it is there."""
        if self._open_note is None:
            return
        encounter_id, actor, now = self._open_note.encounter.encounter_id, self._actor, local_now()
        self._open(
            lambda repositories: (
                repositories.notes.open(encounter_id, kind, now, actor)
                if kind.is_single
                else repositories.notes.add(encounter_id, kind, now, actor)
            )
        )

    def delete_empty_document(self) -> None:
        """Remove the open document, in which nothing was ever kept, and show the stay's first note."""
        if self._open_note is None:
            return
        self.flush()
        note_id, encounter_id = self._open_note.note.note_id, self._open_note.encounter.encounter_id
        self._storage.submit(
            lambda repositories: repositories.notes.delete_empty(note_id),
            lambda _: self.open(encounter_id),
            self._on_load_failed,
        )

    def set_recorded_at(self, moment: datetime) -> None:
        """The open document bears this date from now on; it is shown anew."""
        if self._open_note is not None:
            note_id = self._open_note.note.note_id
            self._open(lambda repositories: repositories.notes.set_recorded_at(note_id, moment))

    def _open(self, find: Callable[[Repositories], Note], refused: Callable[[str], None] | None = None) -> None:
        self.flush()
        self._opening += 1
        actor = self._actor
        self._storage.submit(
            lambda repositories: load(repositories, find(repositories), actor),
            partial(self._on_loaded, self._opening),
            partial(self._on_open_failed, self._opening, refused or self.load_failed.emit),
        )

    def edit(self, section_key: str, text: str) -> None:
        """A section of the open note now says this. Raises RuntimeError if no note is open."""
        if self._open_note is None:
            raise RuntimeError("no note is open")
        saver = self._saver(self._open_note)
        before = saver.note.provenance
        saver.edit(section_key, text)
        if before or saver.note.provenance:
            self.provenance_changed.emit()

    def learn(self, text: str, origin: Origin) -> None:
        """A suggestion's plain text: where it comes into the open note it is known for a model's."""
        if self._open_note is not None:
            self._saver(self._open_note).learn(text, origin)

    def learn_copied(self, section_key: str, text: str) -> None:
        """This text of a section is about to be copied from the stay itself: no sentence in it is a model's."""
        if self._open_note is not None:
            self._saver(self._open_note).learn_copied(section_key, text)

    def find_known(self) -> None:
        """Look for what was learnt in the open note, if nothing is known of its sentences yet."""
        if self._open_note is not None:
            self._saver(self._open_note).find_known()

    def review(self, section: str = "", start: int = 0, end: int | None = None) -> None:
        """The doctor has checked the model's sentences in a stretch of a section, or in the whole open note."""
        if self._open_note is None or self._open_note.note.state is NoteState.SIGNED:
            return
        saver = self._saver(self._open_note)
        saver.set_provenance(reviewed(saver.note.provenance, self._actor, local_now(), section, start, end))
        self.provenance_changed.emit()

    def flush(self) -> None:
        """Save at once whatever is not saved, in this note and in those left before."""
        for saver in self._savers.values():
            saver.flush()

    def checkpoint(
        self, reason: VersionReason = VersionReason.SAVED, done: Callable[[int], None] = lambda version: None
    ) -> None:
        """Save, and keep this state as a version (Ctrl+S, after a backfill, around a restore).

        `done` is told the newest version after the commit; not called if that failed, which `save_failed` says.
        """
        if self._open_note is not None:
            self._saver(self._open_note).checkpoint(
                reason, self._actor, lambda note: done(note.version) if note else None
            )

    def keep_backfill(self, expected: Binding, refused: Callable[[str], None]) -> None:
        """Store the open note after a backfill, if it is still what the suggestion was made for; else `refused` is
        told why: the text must be taken back."""
        if self._open_note is None:
            return
        note_id = self._open_note.note.note_id

        def told(sentence: str) -> None:
            if self._is_open(note_id):
                refused(sentence)

        self._saver(self._open_note).keep_backfill(self._actor, expected, told)

    def list_versions(self, done: Callable[[tuple[NoteVersion, ...]], None]) -> None:
        """Tell the kept versions of the open note, newest first; not called if another note was opened meanwhile."""
        self._read(lambda repositories, note_id: repositories.notes.versions(note_id)[::-1], done)

    def read_versions(self, numbers: Sequence[int], done: Callable[[tuple[Mapping[str, str], ...]], None]) -> None:
        """Tell the sections of these versions of the open note; not called if another note was opened meanwhile."""
        self._read(
            lambda repositories, note_id: tuple(
                repositories.notes.version_sections(note_id, number) for number in numbers
            ),
            done,
        )

    def request_binding(self, done: Callable[[Binding], None]) -> None:
        """Keep this state as a version and tell what a comparison of it is bound to.

        The texts are those at the moment of this call: take them now. If the version cannot be stored (which
        `save_failed` says) the newest one that could is named. Not called if another note was opened meanwhile.
        """
        asked = self.open_note
        if asked is None:
            return
        self._saver(asked).checkpoint(VersionReason.COMPARISON, self._actor, partial(self._on_bound, asked, done))

    def add_encounter(
        self,
        *,
        name: str,
        sex: Sex,
        age: str,
        bed: str,
        mrn: str,
        department: str,
        ward: str,
        severity: Severity = Severity.STABLE,
        diagnoses: tuple[str, ...] = (),
        admitted_at: datetime | None = None,
        known: Patient | None = None,
        refused: Callable[[str], None] | None = None,
    ) -> str:
        """Store a new stay, of a new patient or of a `known` one, and read the list again; returns the encounter's id,
        ready for `open`. `admitted_at` is now if not said otherwise. With `refused` its note is opened in the same
        act, or it is told why nothing was stored.

        Raises UsageFault if the name is empty or the admission in the future.
        """
        if not name.strip():
            raise UsageFault("请填写患者姓名。")
        now = local_now()
        admitted = admitted_at or now
        if admitted > now:
            raise UsageFault("入院时间晚于现在，请检查。")
        patient, actor = known or Patient(uuid4().hex, name.strip(), sex), self._actor
        encounter = Encounter(
            uuid4().hex,
            patient.patient_id,
            mrn,
            age,
            department,
            ward,
            bed,
            admitted,
            severity=severity,
            diagnoses=diagnoses,
        )

        def add(repositories: Repositories) -> None:
            repositories.encounters.add(patient, encounter, now, actor=actor)

        def add_and_open(repositories: Repositories) -> Note:
            with repositories.database.transaction():
                add(repositories)
                return repositories.notes.open(encounter.encounter_id, NoteKind.FIRST_PROGRESS, now, actor)

        if refused is None:
            self._storage.submit(add, lambda _: self.refresh(), self._on_load_failed)
        else:
            self._open(add_and_open, refused)
            self.refresh()
        return encounter.encounter_id

    def close(self) -> None:
        """Save what is left and stop all timers; the storage thread's `close` then sees it through."""
        self._opening += 1  # What is still being read comes too late to be shown.
        for saver in self._savers.values():
            saver.close()

    def _read(self, work: Callable[[Repositories, str], T], done: Callable[[T], None]) -> None:
        if self._open_note is None:
            return
        note_id = self._open_note.note.note_id
        self._storage.submit(
            lambda repositories: work(repositories, note_id),
            lambda result: done(result) if self._is_open(note_id) else None,
            self._on_load_failed,
        )

    def _saver(self, open_note: OpenNote) -> Autosaver:
        return self._savers[open_note.note.note_id]

    def _on_loaded(self, opening: int, loaded: OpenNote) -> None:
        if opening != self._opening:
            return
        self._answered = opening
        self.flush()
        # A saver from before holds the newest text, also where saving it failed.
        if saver := self._savers.get(loaded.note.note_id):
            saver.adopt(loaded.note)
        else:
            self._add_saver(loaded.note)
        self._open_note = loaded
        self._drop_clean_savers()
        self.opened.emit(self.open_note)

    def _on_stay(self, stay: tuple[Patient, Encounter]) -> None:
        patient, encounter = stay
        if self._open_note is not None and self._open_note.encounter.encounter_id == encounter.encounter_id:
            self._open_note = replace(self._open_note, patient=patient, encounter=encounter)
            self.stay_changed.emit(self.open_note)

    def _add_saver(self, note: Note) -> None:
        saver = Autosaver(self._storage, note, self._timing, self)
        saver.saved.connect(self._on_saved)
        saver.failed.connect(partial(self._on_save_failed, note.note_id))
        self._savers[note.note_id] = saver

    def _on_bound(self, asked: OpenNote, done: Callable[[Binding], None], stored: Note | None) -> None:
        if self._is_open(asked.note.note_id):
            note = asked.note if stored is None else replace(asked.note, version=stored.version)
            done(replace(asked, note=note).binding)

    def _on_saved(self, note: Note) -> None:
        if self._is_open(note.note_id):
            self.saved.emit(note.note_id, note.version, note.updated_at)
        else:
            self._drop_clean_savers()

    def _on_save_failed(self, note_id: str, error: Exception) -> None:
        sentence = _sentence(error)
        self.save_failed.emit(sentence if self._is_open(note_id) else _EARLIER_NOTE + sentence)

    def _on_open_failed(self, opening: int, told: Callable[[str], None], error: Exception) -> None:
        self._answered = max(self._answered, opening)
        told(_sentence(error))

    def _on_load_failed(self, error: Exception) -> None:
        self.load_failed.emit(_sentence(error))

    def _is_open(self, note_id: str) -> bool:
        return self._open_note is not None and self._open_note.note.note_id == note_id

    def _drop_clean_savers(self) -> None:
        for note_id, saver in list(self._savers.items()):
            if saver.settled and not self._is_open(note_id):
                del self._savers[note_id]
                saver.close()
                saver.deleteLater()


def _summaries(repositories: Repositories) -> tuple[EncounterSummary, ...]:
    summaries = repositories.encounters.summaries()
    learn(summary.patient.name for summary in summaries)
    return summaries


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, WardNoteError) else _BUG
