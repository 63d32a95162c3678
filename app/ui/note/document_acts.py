"""What the doctor does with the documents of a stay: look through them, begin one, date one, drop an empty one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QMenu, QVBoxLayout, QWidget

from app.controllers.autosave import local_now
from app.controllers.note import NoteController, OpenNote
from app.core.notes import NoteKind, NoteState, NoteSummary
from app.ui.kit.date_fields import entered_moment, moment_field
from app.ui.kit.text_safety import visible_controls
from app.ui.kit.wording import minute
from app.ui.note.note_editor import NoteEditor

NO_NOTE = "请先从左侧选择一位患者，再选择文书。"
FUTURE = "记录时间不能晚于现在，没有更改。"


class DocumentActs(QObject):
    """The presenter of the document menu in the header.

    Signals:
        print_wanted: the open document is to be shown as it will be printed.
    """

    print_wanted = Signal()

    def __init__(self, editor: NoteEditor, notes: NoteController, say: Callable[[str], None]) -> None:
        """`say` shows a sentence."""
        super().__init__(editor)
        self._editor = editor
        self._notes = notes
        self._say = say
        self.dialog: DateDialog | None = None
        editor.header.documents.aboutToShow.connect(self._fill)
        notes.opened.connect(self._fill)

    def choose(self) -> None:
        """The key: open the menu."""
        if self._notes.open_note is None:
            self._say(NO_NOTE)
        else:
            self._editor.header.document.showMenu()

    def step(self, by: int) -> None:
        """Show the document before or after the open one; at the ends nothing happens."""
        note = self._notes.open_note
        if note is None:
            return
        ids = [summary.note_id for summary in note.documents]
        place = ids.index(note.note.note_id) + by
        if 0 <= place < len(ids):
            self._notes.open_document(ids[place])

    def ask_date(self) -> None:
        """Ask for the date and time that the open document bears."""
        note = self._notes.open_note
        if note is None or self.dialog is not None:
            return
        self.dialog = DateDialog(note, self._editor.window())
        self.dialog.accepted.connect(partial(self._set_date, self.dialog))
        self.dialog.finished.connect(lambda _result: self._close())
        self.dialog.open()

    def _fill(self, _note: OpenNote | None = None) -> None:
        menu, note = self._editor.header.documents, self._notes.open_note
        menu.clear()
        if note is None:
            return
        for summary in note.documents:
            action = menu.addAction(words(summary), partial(self._notes.open_document, summary.note_id))
            action.setCheckable(True)
            action.setChecked(summary.note_id == note.note.note_id)
        menu.addSeparator()
        for action in self._new_documents(menu, note.documents):
            menu.addAction(action)
        menu.addSeparator()
        self._add_acts_of_one(menu, note)

    def _new_documents(self, menu: QMenu, documents: Iterable[NoteSummary]) -> Iterable[QAction]:
        there = {summary.kind for summary in documents}
        for kind, key in ((NoteKind.DAILY_PROGRESS, "N"), (NoteKind.DISCHARGE, "C")):
            action = QAction(f"新建{kind.heading}(&{key})", menu)
            action.triggered.connect(partial(self._notes.add_document, kind))
            action.setEnabled(not (kind.is_single and kind in there))
            yield action

    def _add_acts_of_one(self, menu: QMenu, note: OpenNote) -> None:
        signed = note.note.state is NoteState.SIGNED
        date = menu.addAction("修改记录时间…(&T)", self.ask_date)
        date.setEnabled(not signed)
        menu.addAction("打印预览…(&P)", self.print_wanted.emit)
        drop = menu.addAction("删除这份空白文书(&X)", self._notes.delete_empty_document)
        drafted = bool(note.comparisons)
        written = drafted or note.note.version or any(text.strip() for text in note.note.sections.values())
        drop.setEnabled(not (written or signed or note.note.kind is NoteKind.FIRST_PROGRESS))

    def _set_date(self, dialog: DateDialog) -> None:
        moment = entered_moment(dialog.moment)
        if moment > local_now():
            self._say(FUTURE)
        else:
            self._notes.set_recorded_at(moment)

    def _close(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.deleteLater()


class DateDialog(QDialog):
    """Asks for the date and time that a document bears."""

    def __init__(self, note: OpenNote, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"{note.note.kind.heading}：记录时间")
        self.moment = moment_field(note.note.recorded_at)
        self.moment.setAccessibleName("记录时间")
        form = QFormLayout()
        form.addRow("记录时间", self.moment)
        buttons = QDialogButtonBox()
        buttons.addButton("确定", QDialogButtonBox.ButtonRole.AcceptRole).setObjectName("primary")
        buttons.addButton("取消", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(buttons)


def words(summary: NoteSummary) -> str:
    """A document in one line of the menu: what, when, by whom, how far."""
    state = "修正中" if summary.signed_version and summary.state is not NoteState.SIGNED else summary.state.words
    state = "空白" if summary.empty and summary.state is NoteState.DRAFT else state
    parts = (summary.kind.heading, minute(summary.recorded_at), visible_controls(summary.author), state)
    return "　".join(part for part in parts if part).replace("&", "&&")
