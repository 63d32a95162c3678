"""What the doctor does to have the open document on paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from app.controllers.note import NoteController
from app.controllers.papers import PaperController
from app.core.paper import Paper
from app.ui.kit.wording import bed_label
from app.ui.note.note_editor import NoteEditor
from app.ui.note.print_dialog import PrintDialog

NO_NOTE = "请先从左侧选择一位患者，再打印文书。"


class PrintActs(QObject):
    """The presenter of the print preview."""

    def __init__(
        self, editor: NoteEditor, notes: NoteController, papers: PaperController, say: Callable[[str], None]
    ) -> None:
        """`say` shows a sentence."""
        super().__init__(editor)
        self._editor = editor
        self._notes = notes
        self._papers = papers
        self._say = say
        self.dialog: PrintDialog | None = None
        notes.opened.connect(lambda _note: self._close())

    def open(self) -> None:
        """The key: show the open document as it will be printed."""
        if self._notes.open_note is None:
            self._say(NO_NOTE)
        elif self.dialog is None:
            self._papers.read(self._show, self._say)

    def _show(self, paper: Paper) -> None:
        note = self._notes.open_note
        if note is None or self.dialog is not None:
            return
        person = f"{bed_label(note.encounter.bed)} {note.patient.name}"
        self.dialog = PrintDialog(paper, person, self._editor.window())
        self.dialog.file_wanted.connect(self._write)
        self.dialog.finished.connect(lambda _result: self._close())
        self.dialog.open()

    def _write(self, form: str, path: Path) -> None:
        if self.dialog is not None:
            self._papers.write(self.dialog.paper, form, path, lambda written: self._tell(_written(written)), self._tell)

    def _tell(self, sentence: str) -> None:
        if self.dialog is None:
            self._say(sentence)
        else:
            self.dialog.say(sentence)

    def _close(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.hide()
            dialog.deleteLater()


def _written(path: Path) -> str:
    return f"已存为 {path.name}：其中含患者信息，请按规定保管。"
