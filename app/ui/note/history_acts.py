"""What the doctor does with the kept versions of the open note: look at them, and go back to one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QObject

from app.controllers.note import NoteController, NoteVersion, VersionReason
from app.controllers.signing import SigningController
from app.core.notes import NoteState
from app.ui.kit.notice_bar import Done
from app.ui.kit.text_safety import visible_controls
from app.ui.kit.theme import Appearance
from app.ui.kit.wording import bed_label
from app.ui.note.history_dialog import HistoryDialog
from app.ui.note.note_editor import NoteEditor

NO_NOTE = "请先从左侧选择一位患者，再查看版本历史。"


class HistoryActs(QObject):
    """The presenter of the history dialog."""

    def __init__(
        self,
        editor: NoteEditor,
        notes: NoteController,
        signing: SigningController,
        appearance: Appearance,
        say: Callable[[str], None],
    ) -> None:
        """`say` shows a sentence."""
        super().__init__(editor)
        self._editor = editor
        self._notes = notes
        self._signing = signing
        self._appearance = appearance
        self._say = say
        self.dialog: HistoryDialog | None = None
        notes.opened.connect(lambda _note: self._close())

    def open(self) -> None:
        """Show the versions of the open note."""
        if self._notes.open_note is None:
            self._say(NO_NOTE)
        elif self.dialog is None:
            self._notes.list_versions(self._show)

    def _show(self, versions: tuple[NoteVersion, ...]) -> None:
        note = self._notes.open_note
        if note is None or self.dialog is not None:
            return
        kind = note.note.kind
        person = visible_controls(f"{bed_label(note.encounter.bed)} {note.patient.name}")
        self.dialog = HistoryDialog(
            f"{kind.heading}　{person}",
            kind,
            versions,
            note.note.sections,
            self._appearance,
            self._editor.window(),
            self._signing.acts,
        )
        if note.note.state is NoteState.SIGNED:
            self.dialog.forbid_restore()
        self.dialog.texts_wanted.connect(self._read)
        self.dialog.restore_wanted.connect(self._restore)
        self.dialog.finished.connect(lambda _result: self._close())
        self.dialog.compare()
        self.dialog.open()

    def _read(self, numbers: tuple[int, ...]) -> None:
        self._notes.read_versions(numbers, partial(self._on_read, self.dialog, numbers))

    def _on_read(
        self, dialog: HistoryDialog | None, numbers: tuple[int, ...], texts: tuple[Mapping[str, str], ...]
    ) -> None:
        if dialog is not None and dialog is self.dialog:
            dialog.add_texts(dict(zip(numbers, texts, strict=True)))

    def _restore(self, number: int, sections: Mapping[str, str]) -> None:
        """Keep the present text; once it is on the disk, put the old one in its place and keep that as well."""
        binding = self._notes.binding
        self._close()
        if binding is not None:
            put_back = partial(self._put_back, binding.note_id, number, sections)
            self._notes.checkpoint(VersionReason.BEFORE_RESTORE, put_back)

    def _put_back(self, note_id: str, number: int, sections: Mapping[str, str], before: int) -> None:
        binding = self._notes.binding
        if binding is None or binding.note_id != note_id:
            return
        self._editor.replace_sections(sections)
        self._notes.checkpoint(VersionReason.RESTORED, partial(self._say_restored, number, before))

    def _say_restored(self, number: int, before: int, newest: int) -> None:
        words = f"已恢复第 {number} 版的文字，留存为第 {newest} 版；恢复前的文字在第 {before} 版。"
        self._say(Done(words))

    def _close(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.hide()
            dialog.deleteLater()
